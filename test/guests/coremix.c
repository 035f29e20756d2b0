/*
 * Benchmark: the mixture that benchmarks of small processors have: a linked list searched, reversed and sorted by merging, small matrices, a state machine that reads
 * numbers from text, and a CRC-16 over all results. Argument: rounds. Prints a checksum.
 */
#include "guest.h"

typedef unsigned short u16;
typedef short s16;

/* CRC-16/ARC, a bit at a time. */
static u16 crc_byte(u8 byte, u16 crc) {
  for (int i = 0; i < 8; i++) {
    int carry = (byte ^ crc) & 1;
    byte >>= 1, crc >>= 1;
    if (carry) crc ^= 0xa001;
  }
  return crc;
}
static u16 crc_word(u32 word, u16 crc) {
  for (int i = 0; i < 4; i++) crc = crc_byte((u8)(word >> 8 * i), crc);
  return crc;
}

/* ---- lists */

struct item {
  s16 value, index;
};
struct link {
  struct link *next;
  struct item *item;
};
enum { LINKS = 64 };
static struct item items[LINKS];
static struct link links[LINKS];

static u16 digest(const struct item *item) { return crc_byte((u8)item->value, crc_byte((u8)item->index, 0)) & 0xff; }
static int by_digest(const struct item *a, const struct item *b) { return (int)digest(a) - (int)digest(b); }
static int by_index(const struct item *a, const struct item *b) { return a->index - b->index; }

static struct link *find(struct link *list, s16 value) {
  while (list && (list->item->value & 0xff) != value) list = list->next;
  return list;
}
static struct link *reverse(struct link *list) {
  struct link *done = 0;
  while (list) {
    struct link *next = list->next;
    list->next = done, done = list, list = next;
  }
  return done;
}
/* From the bottom up: runs of 1, 2, 4 … are merged until there is one. */
static struct link *merge_sort(struct link *list, int (*compare)(const struct item *, const struct item *)) {
  for (int run = 1;; run *= 2) {
    struct link *p = list, *tail = 0;
    int merges = 0;
    list = 0;
    while (p) {
      merges++;
      struct link *q = p;
      int left = 0, right = run;
      while (left < run && q) left++, q = q->next;
      while (left > 0 || (right > 0 && q)) {
        struct link *taken;
        if (left > 0 && (right == 0 || !q || compare(p->item, q->item) <= 0)) taken = p, p = p->next, left--;
        else taken = q, q = q->next, right--;
        if (tail) tail->next = taken;
        else list = taken;
        tail = taken;
      }
      p = q;
    }
    tail->next = 0;
    if (merges <= 1) return list;
  }
}

static u16 list_work(u32 seed, u16 crc) {
  for (int i = 0; i < LINKS; i++) {
    items[i] = (struct item){(s16)xorshift(&seed), (s16)i};
    links[i] = (struct link){i + 1 < LINKS ? &links[i + 1] : 0, &items[i]};
  }
  struct link *list = links;
  u16 found = 0;
  for (s16 wanted = 0; wanted < 24; wanted++) {
    struct link *link = find(list, wanted);
    list = reverse(list);
    if (!link) continue;
    found++;
    /* What was found moves behind the head. */
    if (link->next && link != list) {
      struct link *next = link->next;
      link->next = next->next, next->next = list->next, list->next = next;
    }
  }
  list = merge_sort(list, by_digest);
  for (struct link *p = list; p; p = p->next) crc = crc_byte((u8)p->item->value, crc);
  list = merge_sort(list, by_index);
  for (struct link *p = list; p; p = p->next) crc = crc_byte((u8)p->item->index, crc);
  return crc_byte((u8)found, crc);
}

/* ---- matrices */

enum { N = 9 };
static s16 a[N][N], b[N][N];
static int c[N][N];

static u16 matrix_sum(u16 crc) {
  int sum = 0, before = 0;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      sum += c[i][j];
      if (sum > 20000) crc = crc_word((u32)sum, crc), sum = 0;
      else sum += c[i][j] > before ? 10 : 0;
      before = c[i][j];
    }
  return crc_word((u32)sum, crc);
}

static u16 matrix_work(u32 seed, u16 crc) {
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) a[i][j] = (s16)(xorshift(&seed) & 0xfff), b[i][j] = (s16)(xorshift(&seed) & 0xff);
  s16 by = (s16)(seed & 0xff);
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) c[i][j] = a[i][j] * by;
  crc = matrix_sum(crc);
  for (int i = 0; i < N; i++) {
    c[i][0] = 0;
    for (int j = 0; j < N; j++) c[i][0] += a[i][j] * b[0][j];
  }
  crc = matrix_sum(crc);
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      c[i][j] = 0;
      for (int k = 0; k < N; k++) c[i][j] += a[i][k] * b[k][j];
    }
  crc = matrix_sum(crc);
  /* Bits 2…5 times bits 5…11 of the products. */
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      c[i][j] = 0;
      for (int k = 0; k < N; k++) {
        int product = a[i][k] * b[k][j];
        c[i][j] += (product >> 2 & 15) * (product >> 5 & 127);
      }
    }
  return matrix_sum(crc);
}

/* ---- a state machine */

enum state { START, SIGN, INTEGER, POINT, FRACTION, EXPONENT, EXPONENT_SIGN, SCIENTIFIC, WRONG, STATES };
static const char *const tokens[] = {"5012", "1234", "-874", "+122", "35.54400", ".1234500", "-110.700", "+0.64400",
                                     "5.500e+3", "-.123e-2", "-87e+832", "+0.6e-12", "T0.3e-1F", "-T.T++Tq", "1T3.4e4z", "34.0e-T^"};
static char line[400];

static enum state read_token(const char **at, u32 counts[STATES]) {
  enum state state = START;
  const char *p = *at;
  for (; *p && state != WRONG; p++) {
    char ch = *p;
    if (ch == ',') {
      p++;
      break;
    }
    int is_digit = ch >= '0' && ch <= '9';
    enum state before = state;
    switch (state) {
    case START: state = is_digit ? INTEGER : ch == '+' || ch == '-' ? SIGN : ch == '.' ? POINT : WRONG; break;
    case SIGN: state = is_digit ? INTEGER : ch == '.' ? POINT : WRONG; break;
    case INTEGER: state = is_digit ? INTEGER : ch == '.' ? FRACTION : ch == 'e' ? EXPONENT : WRONG; break;
    case POINT: state = is_digit ? FRACTION : WRONG; break;
    case FRACTION: state = is_digit ? FRACTION : ch == 'e' ? EXPONENT : WRONG; break;
    case EXPONENT: state = ch == '+' || ch == '-' ? EXPONENT_SIGN : WRONG; break;
    case EXPONENT_SIGN: state = is_digit ? SCIENTIFIC : WRONG; break;
    case SCIENTIFIC: state = is_digit ? SCIENTIFIC : WRONG; break;
    default: break;
    }
    if (state != before) counts[before]++;
  }
  if (state == WRONG)
    while (*p && *p++ != ',');
  *at = p;
  return state;
}

static u16 state_work(u32 seed, u16 crc) {
  u32 n = 0;
  while (n < sizeof line - 12) {
    for (const char *p = tokens[xorshift(&seed) % 16]; *p; p++) line[n++] = *p;
    line[n++] = ',';
  }
  line[n] = 0;
  u32 last[STATES] = {0}, counts[STATES] = {0};
  for (int round = 0; round < 2; round++) {
    for (const char *p = line; *p;) last[read_token(&p, counts)]++;
    /* Then with some bytes wrong. */
    for (u32 at = seed % 16; at < n; at += 23)
      if (line[at] != ',') line[at] ^= (char)(1 + (seed & 3));
  }
  for (int i = 0; i < STATES; i++) crc = crc_word(last[i], crc_word(counts[i], crc));
  return crc;
}

int main(int argc, char **argv) {
  u32 rounds = argument(argc, argv, 1, 10);
  u32 seed = 1;
  u16 crc = 0;
  for (u32 round = 0; round < rounds; round++) {
    xorshift(&seed);
    crc = list_work(seed, crc);
    crc = matrix_work(seed, crc);
    crc = state_work(seed, crc);
  }
  print_checksum("coremix", crc);
  return 0;
}
