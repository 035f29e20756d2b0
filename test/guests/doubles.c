/*
 * Doubles by their bits: every instruction of D that the guest has, in every rounding mode, on random and boundary operands. Argument: rounds.
 * Prints a checksum of results and exception flags for each instruction.
 */
#include "guest.h"

typedef unsigned long long u64;

static u64 state = 88172645463325252ull;

/* Marsaglia, "Xorshift RNGs": xor64. */
static u64 random(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static const u64 boundary[] = {
    0x0000000000000000, 0x8000000000000000, 0x3ff0000000000000, 0xbff0000000000000, /* 0, −0, 1, −1 */
    0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000, 0x7ff0000000000001, /* infinities, quiet and signaling NaN */
    0x0000000000000001, 0x000fffffffffffff, 0x0010000000000000, 0x7fefffffffffffff, /* subnormals, least normal, largest */
    0x41dfffffffc00000, 0xc1e0000000000000, 0x43e0000000000000, 0xc3e0000000000000, /* the ends of int and long */
    0x3fe0000000000000, 0x3ff8000000000000, 0x4004000000000000, 0x41f0000000000000, /* ½, 1½, 2½, 2³² */
};

#define SIGN_AND_FRACTION 0x800fffffffffffff

static u64 with_exponent(u64 bits, u64 exponent) { return (bits & SIGN_AND_FRACTION) | exponent << 52; }

static u64 operand(void) {
  u64 kind = random(), bits = random(), n = kind >> 8;
  switch (kind % 6) {
  case 0: return boundary[n % (sizeof boundary / sizeof *boundary)];
  case 1: return with_exponent(bits, 963 + n % 120);      /* near 1 */
  case 2: return with_exponent(bits, n % 4);              /* near the least */
  case 3: return with_exponent(bits, 2043 + n % 4);       /* near the largest */
  case 4: return (bits & 0xfff0000000000000) | (bits & 1 ? 0x000fffff00000000 : 0);
  default: return with_exponent(bits & 0x80000000000ffffful, 1020 + n % 60); /* short fractions: ties */
  }
}

/* Results as bits; flags from fflags. */
#define BEGIN "fmv.d.x fa0, %2\n fmv.d.x fa1, %3\n fsflags zero\n "
#define END "\n frflags %1"
#define DO(text) \
  __asm__ volatile(BEGIN text END : "=&r"(result), "=&r"(flags) : "r"(a), "r"(b) : "fa0", "fa1", "fa2"); \
  break
#define ARITHMETIC(name) DO(name " fa2, fa0, fa1\n fmv.x.d %0, fa2")
#define COMPARISON(name) DO(name " %0, fa0, fa1")
#define TO_INTEGER(name) DO(name " %0, fa0")
#define FROM_INTEGER(name) DO(name " fa2, %3\n fmv.x.d %0, fa2")

enum { OPERATIONS = 21, ROUNDING_MODES = 5 };

static u64 run(int operation, u64 a, u64 b, u64 *raised) {
  u64 result = 0, flags = 0;
  switch (operation) {
  case 0: ARITHMETIC("fadd.d");
  case 1: ARITHMETIC("fsub.d");
  case 2: ARITHMETIC("fmul.d");
  case 3: ARITHMETIC("fdiv.d");
  case 4: ARITHMETIC("fmin.d");
  case 5: ARITHMETIC("fmax.d");
  case 6: ARITHMETIC("fsgnj.d");
  case 7: ARITHMETIC("fsgnjn.d");
  case 8: ARITHMETIC("fsgnjx.d");
  case 9: COMPARISON("fle.d");
  case 10: COMPARISON("flt.d");
  case 11: COMPARISON("feq.d");
  case 12: TO_INTEGER("fclass.d");
  case 13: TO_INTEGER("fcvt.w.d");
  case 14: TO_INTEGER("fcvt.wu.d");
  case 15: TO_INTEGER("fcvt.l.d");
  case 16: TO_INTEGER("fcvt.lu.d");
  case 17: FROM_INTEGER("fcvt.d.w");
  case 18: FROM_INTEGER("fcvt.d.wu");
  case 19: FROM_INTEGER("fcvt.d.l");
  case 20: FROM_INTEGER("fcvt.d.lu");
  }
  *raised = flags;
  return result;
}

int main(int argc, char **argv) {
  static u64 sums[OPERATIONS];
  u32 rounds = argument(argc, argv, 1, 1000);
  for (u32 round = 0; round < rounds; round++) {
    u64 a = operand(), b = operand();
    if (round % 7 == 0) b = a ^ (random() & 3) ^ (random() & 1) << 63; /* nearly the same: cancellation */
    if (round % 5 == 0) b = (u64)((long long)random() >> random() % 64); /* integers of any length */
    for (long mode = 0; mode < ROUNDING_MODES; mode++) {
      __asm__ volatile("fsrm %0" : : "r"(mode));
      for (int i = 0; i < OPERATIONS; i++) {
        u64 raised, result = run(i, a, b, &raised);
        sums[i] = sums[i] * 31 ^ result ^ raised << 40;
        sums[i] ^= sums[i] >> 29;
      }
    }
  }
  for (int i = 0; i < OPERATIONS; i++) {
    print_hex((u32)(sums[i] >> 32), 8);
    print_hex((u32)sums[i], 8);
    put(i % 4 == 3 || i == OPERATIONS - 1 ? '\n' : ' ');
  }
  return 0;
}
