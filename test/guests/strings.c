/*
 * Benchmark: work on strings of bytes that end with 0: lengths, copies, comparisons, search for words, splitting, numbers to text and back. Argument: rounds. Prints a checksum.
 */
#include "guest.h"

static u32 length(const char *s) {
  const char *p = s;
  while (*p) p++;
  return (u32)(p - s);
}
static int compare(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return (u8)*a - (u8)*b;
}
static char *append(char *to, const char *from) {
  while ((*to = *from++)) to++;
  return to;
}
static int is_letter(char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }
static int is_digit(char c) { return c >= '0' && c <= '9'; }

static char *append_number(char *to, u32 value) {
  char digits[10];
  int n = 0;
  do digits[n++] = (char)('0' + value % 10);
  while (value /= 10);
  while (n) *to++ = digits[--n];
  *to = 0;
  return to;
}
static u32 parse_number(const char **at) {
  u32 value = 0;
  while (is_digit(**at)) value = value * 10 + (u32)(*(*at)++ - '0');
  return value;
}

/* Horspool 1980: skips by the last byte of the window. Gives the number of places. */
static u32 count_places(const char *text, u32 n, const char *word) {
  u32 m = length(word), places = 0;
  u8 skip[256];
  for (int i = 0; i < 256; i++) skip[i] = (u8)m;
  for (u32 i = 0; i + 1 < m; i++) skip[(u8)word[i]] = (u8)(m - 1 - i);
  for (u32 at = 0; at + m <= n; at += skip[(u8)text[at + m - 1]]) {
    u32 i = m;
    while (i && text[at + i - 1] == word[i - 1]) i--;
    places += i == 0;
  }
  return places;
}

static const char *const words[] = {"register", "of",   "the",     "machine", "is",   "written", "when",  "an",
                                    "instruction", "ends", "without", "trap",    "then", "memory",  "holds", "zero"};
enum { WORDS = 16, TEXT = 1 << 14 };
static char text[TEXT + 64], upper[TEXT + 64];

static u32 write_text(u32 seed) {
  u32 state = seed;
  char *to = text;
  while (to < text + TEXT) {
    u32 r = xorshift(&state);
    if (r % 8 == 0) to = append_number(to, r >> 12);
    else to = append(to, words[r >> 8 & (WORDS - 1)]);
    to = append(to, r >> 16 & 7 ? " " : ", ");
  }
  return (u32)(to - text);
}

/* Splits into words and numbers; which word it is, is looked up in the table by comparison. */
static u32 read_text(void) {
  u32 sum = 0;
  for (const char *p = text; *p;) {
    if (is_digit(*p)) sum = mix(sum, parse_number(&p));
    else if (is_letter(*p)) {
      char word[16];
      u32 n = 0;
      while (is_letter(*p) && n < 15) word[n++] = *p++;
      word[n] = 0;
      u32 which = 0;
      while (which < WORDS && compare(words[which], word) != 0) which++;
      sum = mix(sum, which);
    } else p++;
  }
  return sum;
}

static u32 capitals(void) {
  u32 changed = 0;
  char *to = upper;
  for (const char *p = text; (*to = *p); p++, to++)
    if (*p >= 'a' && *p <= 'z') *to = (char)(*p - 32), changed++;
  return changed;
}

int main(int argc, char **argv) {
  u32 rounds = argument(argc, argv, 1, 10);
  u32 sum = 2166136261u;
  for (u32 round = 0; round < rounds; round++) {
    u32 n = write_text(round + 1);
    sum = mix(sum, read_text());
    sum = mix(sum, capitals());
    sum = mix(sum, count_places(text, n, "instruction") + count_places(text, n, "memory holds") + count_places(upper, n, "TRAP"));
    sum = mix(sum, length(upper) + (u32)compare(text, upper));
  }
  print_checksum("strings", sum);
  return 0;
}
