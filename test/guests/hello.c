/* The bundled Linux program: greets, shows its arguments, and does enough work that a compiler pays. */
#include "guest.h"
#include "sha256.h"

struct utsname { char field[6][65]; };

#define SIEVE (1 << 20)
static u8 composite[SIEVE];

/* The number of primes below SIEVE; composite[n] is 1 for each n that is none. */
static u32 sieve(void) {
  u32 count = 0;
  for (u32 n = 2; n < SIEVE; n++) {
    if (composite[n]) continue;
    count++;
    if (n < SIEVE / n) for (u32 m = n * n; m < SIEVE; m += n) composite[m] = 1;
  }
  return count;
}

/* Pointers in data: a position-independent program has to relocate them. */
static const char *const volatile greeting[] = {"Hello from ", " Linux!\n", "somewhere"};

int main(int argc, char **argv) {
  struct utsname name;
  print(greeting[0]);
  print(syscall3(SYS_uname, (long)&name, 0, 0) == 0 ? name.field[4] : greeting[2]);
  print(greeting[1]);
  for (int i = 1; i < argc; i++) {
    print("argument ");
    print_number((u32)i);
    print(": ");
    print(argv[i]);
    put('\n');
  }
  print("primes below ");
  print_number(SIEVE);
  print(": ");
  print_number(sieve());
  print("\nsha256 of that sieve: ");
  u32 h[8];
  sha256(h, composite, SIEVE);
  for (int i = 0; i < 8; i++) print_hex(h[i], 8);
  put('\n');
  return 0;
}
