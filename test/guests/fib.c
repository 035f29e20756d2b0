/* Benchmark: calls and returns. Argument: n. Prints the n-th Fibonacci number, computed without any wit. */
#include "guest.h"

__attribute__((noinline, optimize("no-optimize-sibling-calls"))) static u32 fib(u32 n) {
  if (n < 2) return n;
  u32 below = fib(n - 1);
  /* Nothing known about `n` here: otherwise the compiler unrolls the recursion. */
  __asm__("" : "+r"(n));
  return below + fib(n - 2);
}

int main(int argc, char **argv) {
  u32 n = argument(argc, argv, 1, 27);
  print("fib ");
  print_number(fib(n));
  put('\n');
  return 0;
}
