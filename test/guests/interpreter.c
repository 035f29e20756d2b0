/* Benchmark: a bytecode machine with one switch, running a loop with a branch and memory. Argument: rounds. Prints its results. */
#include "guest.h"

enum { PUSH, ADD, SUB, MUL, XOR, DUP, LOAD, STORE, PEEK, POKE, JNZ, LESS, HALT };

/* Variables: 0 counter, 1 state, 2 sum. A linear congruential generator shuffles a table of 64 words. */
static const u8 program[] = {
    LOAD, 1, PUSH, 13, MUL, PUSH, 7, ADD, STORE, 1,             /* state = state * 13 + 7 */
    LOAD, 1, PEEK, LOAD, 0, XOR, DUP, STORE, 3,                 /* v = table[state] ^ counter */
    LOAD, 2, ADD, STORE, 2,                                     /* sum += v */
    LOAD, 3, LOAD, 2, ADD, LOAD, 1, POKE,                       /* table[state] = v + sum */
    LOAD, 3, LOAD, 2, LESS, JNZ, 46,                            /* if v < sum, skip: */
    LOAD, 2, PUSH, 85, XOR, STORE, 2,                           /* sum ^= 85 */
    LOAD, 0, PUSH, 1, SUB, DUP, STORE, 0, JNZ, 0,               /* while --counter */
    HALT,
};

static u32 table[64];
static u32 variables[4];

__attribute__((noinline)) static u32 run(const u8 *pc) {
  u32 stack[16];
  u32 *sp = stack;
  u32 executed = 0;
  for (;;) {
    executed++;
    switch (*pc++) {
    case PUSH: *sp++ = *pc++; break;
    case ADD: sp--; sp[-1] += sp[0]; break;
    case SUB: sp--; sp[-1] -= sp[0]; break;
    case MUL: sp--; sp[-1] *= sp[0]; break;
    case XOR: sp--; sp[-1] ^= sp[0]; break;
    case DUP: sp[0] = sp[-1]; sp++; break;
    case LOAD: *sp++ = variables[*pc++]; break;
    case STORE: variables[*pc++] = *--sp; break;
    case PEEK: sp[-1] = table[sp[-1] & 63]; break;
    case POKE: sp -= 2; table[sp[1] & 63] = sp[0]; break;
    case LESS: sp--; sp[-1] = sp[-1] < sp[0]; break;
    case JNZ: { u8 to = *pc++; if (*--sp) pc = program + to; break; }
    case HALT: return executed;
    }
  }
}

int main(int argc, char **argv) {
  variables[0] = argument(argc, argv, 1, 100000);
  variables[1] = 1;
  u32 executed = run(program);
  print("interpreter ");
  print_number(executed);
  put(' ');
  print_hex(variables[2], 8);
  put('\n');
  return 0;
}
