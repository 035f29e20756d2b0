/* Benchmark: quicksort and heapsort of 16,384 words, by value and of records through a function that compares. Argument: rounds. Prints a checksum. */
#include "guest.h"

enum { N = 16384 };
struct record {
  u32 key, number;
};
static u32 words[N];
static struct record records[N];

static void insertion(u32 *a, int n) {
  for (int i = 1; i < n; i++) {
    u32 value = a[i];
    int j = i;
    for (; j > 0 && a[j - 1] > value; j--) a[j] = a[j - 1];
    a[j] = value;
  }
}

/* Hoare's partition about the median of three; small parts by insertion. */
static void quicksort(u32 *a, int n) {
  while (n > 12) {
    u32 x = a[0], y = a[n / 2], z = a[n - 1];
    u32 pivot = x < y ? (y < z ? y : x < z ? z : x) : (x < z ? x : y < z ? z : y);
    int i = -1, j = n;
    for (;;) {
      do i++;
      while (a[i] < pivot);
      do j--;
      while (a[j] > pivot);
      if (i >= j) break;
      u32 swapped = a[i];
      a[i] = a[j], a[j] = swapped;
    }
    /* Recursion for the smaller part. */
    if (j + 1 < n - j - 1) quicksort(a, j + 1), a += j + 1, n -= j + 1;
    else quicksort(a + j + 1, n - j - 1), n = j + 1;
  }
  insertion(a, n);
}

typedef int (*order)(const struct record *, const struct record *);
static int by_key(const struct record *a, const struct record *b) {
  return a->key != b->key ? (a->key < b->key ? -1 : 1) : a->number < b->number ? -1 : a->number > b->number;
}
static int by_number(const struct record *a, const struct record *b) { return a->number < b->number ? -1 : a->number > b->number; }

static void sift(struct record *a, u32 at, u32 n, order compare) {
  struct record value = a[at];
  for (u32 child; (child = 2 * at + 1) < n; at = child) {
    if (child + 1 < n && compare(&a[child], &a[child + 1]) < 0) child++;
    if (compare(&value, &a[child]) >= 0) break;
    a[at] = a[child];
  }
  a[at] = value;
}
static void heapsort(struct record *a, u32 n, order compare) {
  for (u32 i = n / 2; i-- > 0;) sift(a, i, n, compare);
  for (u32 end = n; end-- > 1;) {
    struct record swapped = a[0];
    a[0] = a[end], a[end] = swapped;
    sift(a, 0, end, compare);
  }
}

int main(int argc, char **argv) {
  u32 rounds = argument(argc, argv, 1, 5);
  u32 state = 1, sum = 0;
  /* Not to be seen through by the compiler. */
  order volatile orders[] = {by_key, by_number};
  for (u32 round = 0; round < rounds; round++) {
    for (u32 i = 0; i < N; i++) {
      words[i] = xorshift(&state);
      records[i] = (struct record){words[i] >> 20, state};
    }
    quicksort(words, N);
    heapsort(records, N, orders[round % 2]);
    for (u32 i = 1; i < N; i++) sum += words[i - 1] > words[i];
    sum = mix(sum, words[round % N]);
    sum = mix(sum, records[round % N].number);
  }
  print_checksum("sort", sum);
  return 0;
}
