/* Benchmark: systems of 100 linear equations solved by elimination with pivots, in doubles. Argument: systems. Prints the bits of a sum of solutions. */
#include "guest.h"

enum { N = 100 };
static double a[N][N], b[N];

static u32 state = 1;
static double next(void) {
  state = state * 1664525 + 1013904223;
  return (int)state * (1.0 / 2147483648.0);
}

static void solve(void) {
  for (int k = 0; k < N; k++) {
    int pivot = k;
    for (int i = k + 1; i < N; i++)
      if (__builtin_fabs(a[i][k]) > __builtin_fabs(a[pivot][k])) pivot = i;
    for (int j = 0; pivot != k && j < N; j++) {
      double swapped = a[k][j];
      a[k][j] = a[pivot][j], a[pivot][j] = swapped;
    }
    double swapped = b[k];
    b[k] = b[pivot], b[pivot] = swapped;
    for (int i = k + 1; i < N; i++) {
      double factor = a[i][k] / a[k][k];
      for (int j = k + 1; j < N; j++) a[i][j] -= factor * a[k][j];
      b[i] -= factor * b[k];
    }
  }
  for (int i = N - 1; i >= 0; i--) {
    double sum = b[i];
    for (int j = i + 1; j < N; j++) sum -= a[i][j] * b[j];
    b[i] = sum / a[i][i];
  }
}

int main(int argc, char **argv) {
  u32 systems = argument(argc, argv, 1, 5);
  double total = 0;
  for (u32 round = 0; round < systems; round++) {
    for (int i = 0; i < N; i++) {
      for (int j = 0; j < N; j++) a[i][j] = next();
      b[i] = next();
    }
    solve();
    for (int i = 0; i < N; i++) total += b[i];
  }
  print("linear ");
  print_double(total);
  put('\n');
  return 0;
}
