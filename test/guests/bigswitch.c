/*
 * Benchmark: one switch with 120 cases, in an order that follows no pattern: a machine with 16 registers and a program of 4,096 instructions made at random. Argument: rounds of
 * that program. Prints a checksum.
 */
#include "guest.h"

enum { REGISTERS = 16, LENGTH = 4096, MEMORY = 256 };
struct instruction {
  u8 operation, to, a, b;
};
static struct instruction program[LENGTH];
static u32 memory[MEMORY];

/* Fifteen operations, each in eight forms that treat the second operand differently. */
#define FORMS(base, statement)                                                            \
  case base: y = r[in.b]; statement; break;                                               \
  case base + 15: y = in.b; statement; break;                                             \
  case base + 30: y = ~r[in.b]; statement; break;                                         \
  case base + 45: y = r[in.b] << 3; statement; break;                                     \
  case base + 60: y = r[in.b] >> 5; statement; break;                                     \
  case base + 75: y = memory[r[in.b] % MEMORY]; statement; break;                         \
  case base + 90: y = r[in.b]++; statement; break;                                        \
  case base + 105: y = r[in.b] ^ in.to; statement; memory[in.a * 16 + in.to] ^= y; break;
enum { OPERATIONS = 120 };

__attribute__((noinline)) static u32 run(u32 *r) {
  u32 executed = 0;
  for (u32 pc = 0; pc < LENGTH; pc++, executed++) {
    struct instruction in = program[pc];
    u32 x = r[in.a], y;
    switch (in.operation) {
      FORMS(0, r[in.to] = x + y)
      FORMS(1, r[in.to] = x - y)
      FORMS(2, r[in.to] = x * (y | 1))
      FORMS(3, r[in.to] = x ^ y)
      FORMS(4, r[in.to] = x & y)
      FORMS(5, r[in.to] = x | y)
      FORMS(6, r[in.to] = x << (y & 31))
      FORMS(7, r[in.to] = x >> (y & 31))
      FORMS(8, r[in.to] = (u32)((int)x >> (y & 31)))
      FORMS(9, r[in.to] = x < y)
      FORMS(10, r[in.to] = x / (y | 1))
      FORMS(11, r[in.to] = memory[(x + y) % MEMORY])
      FORMS(12, memory[(x + y) % MEMORY] = r[in.to])
      FORMS(13, if (x > y) pc += in.to)
      FORMS(14, r[in.to] = x << 16 | y >> 16)
    }
  }
  return executed;
}

int main(int argc, char **argv) {
  u32 rounds = argument(argc, argv, 1, 20);
  u32 state = 1, executed = 0, sum = 0, r[REGISTERS];
  for (int i = 0; i < LENGTH; i++) {
    u32 random = xorshift(&state);
    program[i] = (struct instruction){(u8)(random % OPERATIONS), random >> 8 & 15, random >> 12 & 15, random >> 16 & 15};
  }
  for (int i = 0; i < REGISTERS; i++) r[i] = xorshift(&state);
  for (u32 round = 0; round < rounds; round++) {
    executed += run(r);
    r[round % REGISTERS] += round;
    sum = mix(sum, r[round * 3 % REGISTERS]);
  }
  print_checksum("bigswitch", mix(sum, executed));
  return 0;
}
