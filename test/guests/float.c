/*
 * Runs every floating-point instruction over operands from standard input and writes what came out: a chunk's results and flags are folded into two
 * words an instruction and rounding mode, so that millions of operations leave little to compare; in chunks of one they are the result and the flags.
 *
 * float list: the instructions' names, with * where the mode counts. float CHUNK FIRST LAST MODE: instructions FIRST … LAST − 1 in this rounding mode,
 * or with MODE 5 in one mode a chunk, in turn.
 * Input: cases of six 64-bit register images: three for doubles, three for singles.
 */
#include "guest.h"

typedef unsigned long long u64;
struct operands {
  u64 d[3], s[3];
};
enum { SYS_read = 63 };
enum { MOST = 4096, ANY_MODE = 1, NO_MODE = 0, MODES = 5, EACH_IN_TURN = MODES };

/* One instruction on fa1, fa2, fa3 (and a1), to fa0 or a0; before it inexact is raised, or nothing. */
#define RUN(text, from, integer, inexact)                                                                                                 \
  __asm__ volatile("fld fa1, 0(%2)\n\tfld fa2, 8(%2)\n\tfld fa3, 16(%2)\n\tfld fa0, 0(%3)\n\tmv a1, %4\n\tfsflags %5\n\t" text           \
                   "\n\tfrflags %1\n\tfsd fa0, 0(%3)\n\tmv %0, a0"                                                                       \
                   : "=r"(whole), "=r"(flags)                                                                                          \
                   : "r"(from), "r"(&value), "r"(integer), "r"(inexact)                                                              \
                   : "a0", "a1", "fa0", "fa1", "fa2", "fa3", "memory")

#define OPERATION(id, text, field, to_integer)                                                                                         \
  static void id(const struct operands *at, word count, u64 *out) {                                                                    \
    u64 results = 0, raised = 0;                                                                                                       \
    for (; count--; at++) {                                                                                                            \
      u64 value = 0;                                                                                                                   \
      word whole, flags;                                                                                                               \
      RUN(text, at->field, (word)at->field[0], at->d[2] >> 20 & 1);                                                                            \
      results = (results << 9 | results >> 55) * 0x9E3779B97F4A7C15u + (to_integer ? (u64)whole : value);                               \
      raised = (raised << 5 | raised >> 59) * 0x9E3779B97F4A7C15u + flags;                                                             \
    }                                                                                                                                  \
    out[0] += results, out[1] += raised;                                                                                               \
  }

/* name, text, operands, whether the result is an integer, whether the mode counts */
#define BOTH(X, f, s)                                                                                                                  \
  X(fadd_##f, "fadd." #f " fa0, fa1, fa2", s, 0, ANY_MODE)                                                                             \
  X(fsub_##f, "fsub." #f " fa0, fa1, fa2", s, 0, ANY_MODE)                                                                             \
  X(fmul_##f, "fmul." #f " fa0, fa1, fa2", s, 0, ANY_MODE)                                                                             \
  X(fdiv_##f, "fdiv." #f " fa0, fa1, fa2", s, 0, ANY_MODE)                                                                             \
  X(fsqrt_##f, "fsqrt." #f " fa0, fa1", s, 0, ANY_MODE)                                                                                \
  X(fmadd_##f, "fmadd." #f " fa0, fa1, fa2, fa3", s, 0, ANY_MODE)                                                                      \
  X(fmsub_##f, "fmsub." #f " fa0, fa1, fa2, fa3", s, 0, ANY_MODE)                                                                      \
  X(fnmsub_##f, "fnmsub." #f " fa0, fa1, fa2, fa3", s, 0, ANY_MODE)                                                                    \
  X(fnmadd_##f, "fnmadd." #f " fa0, fa1, fa2, fa3", s, 0, ANY_MODE)                                                                    \
  X(fcvt_w_##f, "fcvt.w." #f " a0, fa1", s, 1, ANY_MODE)                                                                               \
  X(fcvt_wu_##f, "fcvt.wu." #f " a0, fa1", s, 1, ANY_MODE)                                                                             \
  X(fcvt_##f##_w, "fcvt." #f ".w fa0, a1", s, 0, ANY_MODE)                                                                             \
  X(fcvt_##f##_wu, "fcvt." #f ".wu fa0, a1", s, 0, ANY_MODE)                                                                           \
  X(fadd_##f##_rne, "fadd." #f " fa0, fa1, fa2, rne", s, 0, ANY_MODE)                                                                  \
  X(fmul_##f##_rtz, "fmul." #f " fa0, fa1, fa2, rtz", s, 0, ANY_MODE)                                                                  \
  X(fdiv_##f##_rdn, "fdiv." #f " fa0, fa1, fa2, rdn", s, 0, ANY_MODE)                                                                  \
  X(fsqrt_##f##_rup, "fsqrt." #f " fa0, fa1, rup", s, 0, ANY_MODE)                                                                     \
  X(fcvt_w_##f##_rmm, "fcvt.w." #f " a0, fa1, rmm", s, 1, ANY_MODE)                                                                    \
  X(fsgnj_##f, "fsgnj." #f " fa0, fa1, fa2", s, 0, NO_MODE)                                                                            \
  X(fsgnjn_##f, "fsgnjn." #f " fa0, fa1, fa2", s, 0, NO_MODE)                                                                          \
  X(fsgnjx_##f, "fsgnjx." #f " fa0, fa1, fa2", s, 0, NO_MODE)                                                                          \
  X(fmin_##f, "fmin." #f " fa0, fa1, fa2", s, 0, NO_MODE)                                                                              \
  X(fmax_##f, "fmax." #f " fa0, fa1, fa2", s, 0, NO_MODE)                                                                              \
  X(feq_##f, "feq." #f " a0, fa1, fa2", s, 1, NO_MODE)                                                                                 \
  X(flt_##f, "flt." #f " a0, fa1, fa2", s, 1, NO_MODE)                                                                                 \
  X(fle_##f, "fle." #f " a0, fa1, fa2", s, 1, NO_MODE)                                                                                 \
  X(fclass_##f, "fclass." #f " a0, fa1", s, 1, NO_MODE)
#define MIXED(X)                                                                                                                       \
  X(fcvt_s_d, "fcvt.s.d fa0, fa1", d, 0, ANY_MODE)                                                                                     \
  X(fcvt_d_s, "fcvt.d.s fa0, fa1", s, 0, NO_MODE)                                                                                      \
  X(fmv_x_w, "fmv.x.w a0, fa1", s, 1, NO_MODE)                                                                                         \
  X(fmv_w_x, "fmv.w.x fa0, a1", s, 0, NO_MODE)
#if __riscv_xlen == 64
#define LONG(X)                                                                                                                        \
  X(fcvt_l_d, "fcvt.l.d a0, fa1", d, 1, ANY_MODE)                                                                                      \
  X(fcvt_lu_d, "fcvt.lu.d a0, fa1", d, 1, ANY_MODE)                                                                                    \
  X(fcvt_l_s, "fcvt.l.s a0, fa1", s, 1, ANY_MODE)                                                                                      \
  X(fcvt_lu_s, "fcvt.lu.s a0, fa1", s, 1, ANY_MODE)                                                                                    \
  X(fcvt_d_l, "fcvt.d.l fa0, a1", d, 0, ANY_MODE)                                                                                      \
  X(fcvt_d_lu, "fcvt.d.lu fa0, a1", d, 0, ANY_MODE)                                                                                    \
  X(fcvt_s_l, "fcvt.s.l fa0, a1", d, 0, ANY_MODE)                                                                                      \
  X(fcvt_s_lu, "fcvt.s.lu fa0, a1", d, 0, ANY_MODE)                                                                                    \
  X(fmv_x_d, "fmv.x.d a0, fa1", d, 1, NO_MODE)                                                                                         \
  X(fmv_d_x, "fmv.d.x fa0, a1", d, 0, NO_MODE)
#else
#define LONG(X)
#endif
#define ALL(X) BOTH(X, d, d) BOTH(X, s, s) MIXED(X) LONG(X)

#define DEFINE(id, text, field, to_integer, modes) OPERATION(id, text, field, to_integer)
ALL(DEFINE)
#define ENTRY(id, text, field, to_integer, modes) {text, id, modes},
static const struct {
  const char *text;
  void (*run)(const struct operands *, word, u64 *);
  int modes;
} operations[] = {ALL(ENTRY)};
enum { OPERATIONS = sizeof operations / sizeof *operations };

static struct operands operands[MOST];

static word read_chunk(word count) {
  word have = 0, want = count * sizeof *operands;
  while (have < want) {
    long n = syscall3(SYS_read, 0, (long)((char *)operands + have), (long)(want - have));
    if (n <= 0) break;
    have += (word)n;
  }
  return have / sizeof *operands;
}

int main(int argc, char **argv) {
  if (argc == 2) {
    for (int i = 0; i < OPERATIONS; i++) {
      print(operations[i].text);
      print(operations[i].modes ? " *\n" : "\n");
    }
    return 0;
  }
  u32 chunk = argument(argc, argv, 1, 256);
  u32 first = argument(argc, argv, 2, 0);
  u32 last = argument(argc, argv, 3, OPERATIONS);
  u32 mode = argument(argc, argv, 4, EACH_IN_TURN);
  if (chunk == 0 || chunk > MOST || last > OPERATIONS) return 2;
  word count;
  for (u32 number = 0; (count = read_chunk(chunk)) != 0; number++) {
    __asm__ volatile("fsrm %0" ::"r"((word)(mode == EACH_IN_TURN ? number % MODES : mode)));
    for (u32 i = first; i < last; i++) {
      u64 out[2] = {0, 0};
      operations[i].run(operands, count, out);
      for (word b = 0; b < sizeof out; b++) put(((char *)out)[b]);
    }
  }
  return 0;
}
