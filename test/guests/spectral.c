/* Benchmark: the spectral norm of the infinite matrix 1 / ((i + j) (i + j + 1) / 2 + i + 1), cut off at n: divisions and sums. Argument: n. */
#include "guest.h"

enum { MOST = 4000 };
static double u[MOST], v[MOST], t[MOST];

static double element(u32 i, u32 j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

static void multiply(u32 n, const double *from, double *to, int transposed) {
  for (u32 i = 0; i < n; i++) {
    double sum = 0;
    for (u32 j = 0; j < n; j++) sum += (transposed ? element(j, i) : element(i, j)) * from[j];
    to[i] = sum;
  }
}

int main(int argc, char **argv) {
  u32 n = argument(argc, argv, 1, 100);
  if (n > MOST) n = MOST;
  for (u32 i = 0; i < n; i++) u[i] = 1;
  for (int round = 0; round < 10; round++) {
    multiply(n, u, t, 0), multiply(n, t, v, 1);
    multiply(n, v, t, 0), multiply(n, t, u, 1);
  }
  double vbv = 0, vv = 0;
  for (u32 i = 0; i < n; i++) vbv += u[i] * v[i], vv += v[i] * v[i];
  print("spectral ");
  print_double(__builtin_sqrt(vbv / vv));
  put('\n');
  return 0;
}
