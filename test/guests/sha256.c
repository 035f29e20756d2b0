/* Benchmark: SHA-256 of 64 KiB, each round of what the round before gave. Argument: rounds. Prints the first word of the last hash. */
#include "sha256.h"

enum { BYTES = 65536 };
static u8 data[BYTES];

int main(int argc, char **argv) {
  u32 rounds = argument(argc, argv, 1, 10);
  u32 state = 1, h[8] = {0};
  for (u32 i = 0; i < BYTES; i++) data[i] = (u8)xorshift(&state);
  for (u32 round = 0; round < rounds; round++) {
    sha256(h, data, BYTES);
    for (u32 i = 0; i < 32; i++) data[(round * 64 + i) % BYTES] = (u8)(h[i / 4] >> 8 * (i % 4));
  }
  print_checksum("sha256", h[0]);
  return 0;
}
