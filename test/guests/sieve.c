/* Benchmark: the sieve of Eratosthenes over 64 KiB, again and again. Argument: rounds. Prints the number of primes and a checksum. */
#include "guest.h"

#define SIZE 65536
static u8 flags[SIZE];

int main(int argc, char **argv) {
  u32 rounds = argument(argc, argv, 1, 100);
  u32 count = 0, checksum = 0;
  for (u32 round = 0; round < rounds; round++) {
    count = 0;
    for (u32 i = 0; i < SIZE; i++) flags[i] = 1;
    for (u32 i = 2; i < SIZE; i++) {
      if (!flags[i]) continue;
      count++;
      checksum = checksum * 31 + i;
      for (u32 j = i + i; j < SIZE; j += i) flags[j] = 0;
    }
  }
  print("sieve ");
  print_number(count);
  put(' ');
  print_hex(checksum, 8);
  put('\n');
  return 0;
}
