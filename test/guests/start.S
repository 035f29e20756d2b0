# Entry: the stack holds argc, argv …, 0, envp …, 0. Calls main(argc, argv, envp), then exit_group with its result.
# A position-independent program first adds its base to the words that R_RISCV_RELATIVE relocations name.
#if __riscv_xlen == 64
#define WORD 8
#define LOAD ld
#define STORE sd
#else
#define WORD 4
#define LOAD lw
#define STORE sw
#endif
  .globl _start
_start:
  .option push
  .option norelax
  lla gp, __global_pointer$
  .option pop
  mv s0, sp
#ifdef __PIC__
  li a6, 0
  lla a0, __ehdr_start
  lla a1, _DYNAMIC
find:                             # in a5: where the relocations start, in a6: their bytes
  LOAD a2, 0(a1)
  LOAD a3, WORD(a1)
  addi a1, a1, 2*WORD
  li a4, 7                        # DT_RELA
  bne a2, a4, 1f
  add a5, a3, a0
1:
  li a4, 8                        # DT_RELASZ
  bne a2, a4, 2f
  mv a6, a3
2:
  bnez a2, find
relocate:
  blez a6, start
  LOAD a3, 0(a5)
  LOAD a4, 2*WORD(a5)
  add a3, a3, a0
  add a4, a4, a0
  STORE a4, 0(a3)
  addi a5, a5, 3*WORD
  addi a6, a6, -3*WORD
  j relocate
#endif
start:
  LOAD a0, 0(s0)
  addi a1, s0, WORD
  slli a2, a0, (WORD / 8 + 2)
  add a2, a2, a1
  addi a2, a2, WORD
  andi sp, sp, -16
  call main
  mv s0, a0
  call flush
  mv a0, s0
  li a7, 94
  ecall
  .section .note.GNU-stack, "", @progbits
