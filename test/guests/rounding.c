/*
 * Benchmark: interval arithmetic, which changes the rounding mode for each bound: the logistic map on an interval, begun anew every 40 steps. Argument:
 * thousands of steps. Prints the bits of sums of both bounds.
 */
#include "guest.h"

static inline double down(double x, double y, int multiply) {
  double z;
  __asm__ volatile("fsrmi 2" ::: "memory"); /* RDN */
  __asm__ volatile("" : "+f"(x), "+f"(y));
  z = multiply ? x * y : x - y;
  __asm__ volatile("" : "+f"(z));
  return z;
}
static inline double up(double x, double y, int multiply) {
  double z;
  __asm__ volatile("fsrmi 3" ::: "memory"); /* RUP */
  __asm__ volatile("" : "+f"(x), "+f"(y));
  z = multiply ? x * y : x - y;
  __asm__ volatile("" : "+f"(z));
  return z;
}

int main(int argc, char **argv) {
  u32 steps = argument(argc, argv, 1, 10) * 1000;
  double least = 0, most = 0, low = 0, high = 0;
  for (u32 i = 0; i < steps; i++) {
    if (i % 40 == 0) low = high = 0.3 + (i % 7) * 0.05;
    /* 3.6 x (1 - x) with outward rounding; both factors are positive */
    double low1 = down(1, high, 0), high1 = up(1, low, 0);
    low = down(3.6, down(low, low1, 1), 1);
    high = up(3.6, up(high, high1, 1), 1);
    if (high > 1) high = 1;
    __asm__ volatile("fsrmi 0" ::: "memory");
    least += low, most += high;
  }
  print("rounding ");
  print_double(least);
  put(' ');
  print_double(most);
  put('\n');
  return 0;
}
