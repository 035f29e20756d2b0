/*
 * Benchmark: interval arithmetic, which changes the rounding mode for each bound: the logistic map on an interval, begun anew every 40 steps. Argument:
 * thousands of steps. Prints the bits of sums of both bounds.
 */
#include "guest.h"

#ifdef __riscv
/* frm: RNE 0, RDN 2, RUP 3 */
#define NEAREST 0
#define DOWN 2
#define UP 3
#define SET_ROUNDING(mode) __asm__ volatile("fsrmi %0" ::"i"(mode) : "memory")
#elif defined __x86_64__
/* MXCSR as after reset (exceptions masked), with its bits 14:13 */
#define NEAREST 0x1f80
#define DOWN 0x3f80
#define UP 0x5f80
#define SET_ROUNDING(mode)                                \
  do {                                                    \
    static const u32 csr = (mode);                        \
    __asm__ volatile("ldmxcsr %0" ::"m"(csr) : "memory"); \
  } while (0)
#else
#include <fenv.h>
#define NEAREST FE_TONEAREST
#define DOWN FE_DOWNWARD
#define UP FE_UPWARD
#define SET_ROUNDING(mode) fesetround(mode)
#endif
/* Sums and products do not move over a change of the rounding mode. */
#ifdef __x86_64__
#define HERE "+x"
#elif defined __aarch64__
#define HERE "+w"
#else
#define HERE "+f"
#endif

static inline double down(double x, double y, int multiply) {
  double z;
  SET_ROUNDING(DOWN);
  __asm__ volatile("" : HERE(x), HERE(y));
  z = multiply ? x * y : x - y;
  __asm__ volatile("" : HERE(z));
  return z;
}
static inline double up(double x, double y, int multiply) {
  double z;
  SET_ROUNDING(UP);
  __asm__ volatile("" : HERE(x), HERE(y));
  z = multiply ? x * y : x - y;
  __asm__ volatile("" : HERE(z));
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
    SET_ROUNDING(NEAREST);
    least += low, most += high;
  }
  print("rounding ");
  print_double(least);
  put(' ');
  print_double(most);
  put('\n');
  return 0;
}
