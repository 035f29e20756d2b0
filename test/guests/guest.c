/* The functions of guest.h, and those that the compiler calls by itself. */
#include "guest.h"
#ifndef __riscv
#include <unistd.h>
static long write_out(const char *from, word bytes) { return write(1, from, bytes); }
#else
static long write_out(const char *from, word bytes) { return syscall3(SYS_write, 1, (long)from, (long)bytes); }
#endif

static char buffer[1024];
static word filled;

void flush(void) {
  word done = 0;
  while (done < filled) {
    long n = write_out(buffer + done, filled - done);
    if (n <= 0) break;
    done += (word)n;
  }
  filled = 0;
}

void put(char c) {
  if (filled == sizeof buffer) flush();
  buffer[filled++] = c;
}

void print(const char *text) {
  while (*text) put(*text++);
}

void print_number(u32 value) {
  char digits[10];
  int n = 0;
  do digits[n++] = (char)('0' + value % 10);
  while (value /= 10);
  while (n) put(digits[--n]);
}

void print_hex(u32 value, int digits) {
  while (digits--) put("0123456789abcdef"[value >> (4 * digits) & 15]);
}

u32 argument(int argc, char **argv, int index, u32 otherwise) {
  if (index >= argc) return otherwise;
  u32 value = 0;
  for (const char *p = argv[index]; *p >= '0' && *p <= '9'; p++) value = value * 10 + (u32)(*p - '0');
  return value;
}

#ifdef __riscv
void *memcpy(void *to, const void *from, word n) {
  u8 *t = to;
  const u8 *f = from;
  while (n--) *t++ = *f++;
  return to;
}

void *memset(void *to, int c, word n) {
  u8 *t = to;
  while (n--) *t++ = (u8)c;
  return to;
}
#else
/* start.S does this for guests. */
__attribute__((destructor)) static void flush_at_exit(void) { flush(); }
#endif
