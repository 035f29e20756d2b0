/*
 * What the guest programs stand on instead of a C library: Linux system calls and a little formatted output. Compiled for the host, where the benchmark compares them with
 * native code, they have its library under them.
 */
#ifndef GUEST_H
#define GUEST_H

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long word; /* as wide as a register */

/* asm-generic/unistd.h */
enum { SYS_write = 64, SYS_exit_group = 94, SYS_uname = 160, SYS_mprotect = 226 };

#ifdef __riscv
static inline long syscall3(long number, long a, long b, long c) {
  register long a0 __asm__("a0") = a;
  register long a1 __asm__("a1") = b;
  register long a2 __asm__("a2") = c;
  register long a7 __asm__("a7") = number;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
  return a0;
}
#endif

/* Output gathers in a buffer; start.S calls flush before it exits. */
void flush(void);
void put(char c);
void print(const char *text);
void print_number(u32 value);
void print_hex(u32 value, int digits);
/* Its bits, as 16 hexadecimal digits. */
static inline void print_double(double value) {
  unsigned long long bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  print_hex((u32)(bits >> 32), 8);
  print_hex((u32)bits, 8);
}
/* A decimal argument, or `otherwise` when there is none. */
u32 argument(int argc, char **argv, int index, u32 otherwise);

/* Random enough for test data, the same everywhere: Marsaglia's xorshift. The state must not be 0. */
static inline u32 xorshift(u32 *state) {
  u32 x = *state;
  x ^= x << 13;
  x ^= x >> 17;
  x ^= x << 5;
  return *state = x;
}
/* Folds a value into a checksum: FNV-1a by words. */
static inline u32 mix(u32 sum, u32 value) { return (sum ^ value) * 16777619u; }
/* "NAME CHECKSUM", the line by which runs of a benchmark are compared. */
static inline void print_checksum(const char *name, u32 sum) {
  print(name);
  put(' ');
  print_hex(sum, 8);
  put('\n');
}

#endif
