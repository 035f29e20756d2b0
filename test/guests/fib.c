/* Benchmark: calls and returns. Arguments: n, rounds. Prints the n-th Fibonacci number, computed without any wit, times rounds. */
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
  u32 rounds = argument(argc, argv, 2, 1), sum = 0;
  while (rounds--) sum += fib(n);
  print("fib ");
  print_number(sum);
  put('\n');
  return 0;
}
