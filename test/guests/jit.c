/*
 * Benchmark: a program that writes code and runs it: loops of arithmetic are compiled to machine code in one page, run up to 2,000 times round, and then written anew, or patched in
 * place. Argument: rounds. Prints a checksum, which C code without generated code confirms in some rounds.
 */
#include "guest.h"

enum { PAGE = 4096, MOST = 24 };
enum kind { ADD, SUB, XOR, MUL, ROTATE, KINDS };
struct operation {
  enum kind kind;
  u32 constant;
};
static u8 code[PAGE] __attribute__((aligned(PAGE)));
/* Where each operation's code starts. */
static u32 starts[MOST + 1];
static u32 filled;

#ifdef __riscv
static int make_executable(void) { return syscall3(SYS_mprotect, (long)code, PAGE, 7) == 0; }
static void code_changed(void) { __asm__ volatile(".option push\n.option arch, +zifencei\nfence.i\n.option pop" ::: "memory"); }

static void emit(u32 word) {
  *(u32 *)(code + filled) = word;
  filled += 4;
}
/* a0: value, a1: rounds left, t0, t1: scratch */
enum { A0 = 10, A1 = 11, T0 = 5, T1 = 6 };
static void emit_register(u32 opcode, u32 funct3, u32 funct7, u32 rd, u32 rs1, u32 rs2) {
  emit(funct7 << 25 | rs2 << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode);
}
static void emit_immediate(u32 opcode, u32 funct3, u32 rd, u32 rs1, u32 value) {
  emit(value << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | opcode);
}
static void emit_start(void) {}
static void emit_operation(struct operation operation) {
  u32 constant = operation.constant, shift = 1 + constant % 31;
  if (operation.kind == ROTATE) {
    emit_immediate(0x1b, 1, T1, A0, shift);      /* slliw */
    emit_immediate(0x1b, 5, T0, A0, 32 - shift); /* srliw */
    emit_register(0x33, 6, 0, A0, T0, T1);       /* or */
    return;
  }
  emit(((constant + 0x800) & 0xfffff000) | T0 << 7 | 0x37); /* lui */
  emit_immediate(0x1b, 0, T0, T0, constant & 0xfff);        /* addiw */
  switch (operation.kind) {
  case ADD: emit_register(0x3b, 0, 0, A0, A0, T0); break;
  case SUB: emit_register(0x3b, 0, 0x20, A0, A0, T0); break;
  case XOR: emit_register(0x33, 4, 0, A0, A0, T0); break;
  default: emit_register(0x3b, 0, 1, A0, A0, T0); break; /* mulw */
  }
}
static void emit_end(u32 loop) {
  emit_immediate(0x1b, 0, A1, A1, 0xfff); /* addiw a1, a1, -1 */
  u32 by = loop - filled;
  emit((by >> 12 & 1) << 31 | (by >> 5 & 63) << 25 | A1 << 15 | 1 << 12 | (by >> 1 & 15) << 8 | (by >> 11 & 1) << 7 | 0x63); /* bnez */
  emit(0x8067);                                                                                                             /* ret */
}
#elif defined __x86_64__
#include <sys/mman.h>
static int make_executable(void) { return mprotect(code, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) == 0; }
static void code_changed(void) { __asm__ volatile("" ::: "memory"); }

static void emit(u8 byte) { code[filled++] = byte; }
static void emit_word(u32 word) {
  for (int i = 0; i < 4; i++) emit((u8)(word >> 8 * i));
}
/* eax: value, esi: rounds left */
static void emit_start(void) { emit(0x89), emit(0xf8); /* mov eax, edi */ }
static void emit_operation(struct operation operation) {
  switch (operation.kind) {
  case ADD: emit(0x05); break;
  case SUB: emit(0x2d); break;
  case XOR: emit(0x35); break;
  case MUL: emit(0x69), emit(0xc0); break;
  default: emit(0xc1), emit(0xc0), emit((u8)(1 + operation.constant % 31)); return; /* rol */
  }
  emit_word(operation.constant);
}
static void emit_end(u32 loop) {
  emit(0x83), emit(0xee), emit(1); /* sub esi, 1 */
  emit(0x0f), emit(0x85);          /* jnz */
  emit_word(loop - (filled + 4));
  emit(0xc3);
}
#else
#error "no code generator for this processor"
#endif

static void compile(const struct operation *operations, u32 count) {
  filled = 0;
  emit_start();
  u32 loop = filled;
  for (u32 i = 0; i < count; i++) {
    starts[i] = filled;
    emit_operation(operations[i]);
  }
  emit_end(loop);
  code_changed();
}

/* Another constant in code that is there. */
static void patch(u32 index, struct operation operation) {
  filled = starts[index];
  emit_operation(operation);
  code_changed();
}

static u32 calculate(const struct operation *operations, u32 count, u32 x, u32 rounds) {
  while (rounds--)
    for (u32 i = 0; i < count; i++) {
      u32 constant = operations[i].constant, shift = 1 + constant % 31;
      switch (operations[i].kind) {
      case ADD: x += constant; break;
      case SUB: x -= constant; break;
      case XOR: x ^= constant; break;
      case MUL: x *= constant; break;
      default: x = x << shift | x >> (32 - shift); break;
      }
    }
  return x;
}

int main(int argc, char **argv) {
  u32 rounds = argument(argc, argv, 1, 200);
  struct operation operations[MOST];
  u32 state = 1, sum = 1, count = 0;
  if (!make_executable()) {
    print("jit: no memory for code\n");
    return 1;
  }
  for (u32 round = 0; round < rounds; round++) {
    u32 random = xorshift(&state);
    if (round % 4 == 0) {
      count = 4 + random % (MOST - 3);
      for (u32 i = 0; i < count; i++) {
        u32 r = xorshift(&state);
        operations[i] = (struct operation){r % KINDS, xorshift(&state) | 1};
      }
      compile(operations, count);
    } else {
      u32 index = random % count;
      operations[index].constant = xorshift(&state) | 1;
      patch(index, operations[index]);
    }
    /* Mostly short, now and then long. */
    u32 times = 1 + (random >> 8) % ((random >> 24) % 8 ? 40 : 2000);
    u32 result = ((u32(*)(u32, u32))(word)code)(sum, times);
    if (round % 256 == 0 && result != calculate(operations, count, sum, times)) {
      print("jit is wrong\n");
      return 1;
    }
    sum = mix(result, round);
  }
  print_checksum("jit", sum);
  return 0;
}
