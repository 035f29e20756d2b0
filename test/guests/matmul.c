/* Benchmark: product of two 64 × 64 matrices of 32-bit integers. Argument: rounds. Prints a checksum. */
#include "guest.h"

#define N 64
static u32 a[N][N], b[N][N], c[N][N];

int main(int argc, char **argv) {
  u32 rounds = argument(argc, argv, 1, 100);
  u32 seed = 1, checksum = 0;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      seed = seed * 1664525 + 1013904223;
      a[i][j] = seed >> 8;
      b[j][i] = seed >> 16;
    }
  for (u32 round = 0; round < rounds; round++) {
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) {
        u32 sum = 0;
        for (int k = 0; k < N; k++) sum += a[i][k] * b[k][j];
        c[i][j] = sum;
      }
    /* The next round starts from this one's result, so that no round may be left out. */
    for (int i = 0; i < N; i++) a[i][round % N] ^= c[round % N][i];
    checksum = checksum * 31 + c[round % N][(round * 7) % N];
  }
  print("matmul ");
  print_hex(checksum, 8);
  put('\n');
  return 0;
}
