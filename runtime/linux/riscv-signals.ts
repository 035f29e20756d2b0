/**
 * The signal frame of RISC-V Linux as data: struct rt_sigframe is siginfo_t and struct ucontext, which holds all registers.
 * Source: Linux arch/riscv/kernel/signal.c, arch/riscv/include/uapi/asm/{ucontext,sigcontext,ptrace}.h.
 */

import type { SignalLayout } from './arch.ts'

/** struct user_regs_struct: pc, then x1 … x31. */
const INTEGERS = ['pc', ...Array.from({ length: 31 }, (_, i) => `x${i + 1}`)]
const FLOATS = Array.from({ length: 32 }, (_, i) => `f${i}`)
const SIGINFO = 128
/** sigset_t is kept at 1,024 bits. */
const MASK_BYTES = 128
/** union __riscv_fp_state, as large as for quad precision. */
const FLOAT_BYTES = 528

/** addi a7, x0, 139; ecall: unwinders know a signal frame by these very instructions. */
const TRAMPOLINE = Uint8Array.of(0x93, 0x08, 0xb0, 0x08, 0x73, 0x00, 0x00, 0x00)

export function signalLayout(bits: 32 | 64): SignalLayout {
  const word = bits === 64 ? 8 : 4
  // uc_flags, uc_link; stack_t: pointer, flags, size.
  const stack = SIGINFO + 2 * word
  const mask = stack + 3 * word
  const integers = Math.ceil((mask + MASK_BYTES) / 16) * 16
  const floats = integers + 32 * word
  return {
    bytes: floats + FLOAT_BYTES,
    info: 0,
    context: SIGINFO,
    stack,
    mask,
    registers: [
      ...INTEGERS.map((name, i) => ({ name, offset: integers + i * word, size: word }) as const),
      // struct __riscv_d_ext_state.
      ...FLOATS.map((name, i) => ({ name, offset: floats + i * 8, size: 8 }) as const),
      { name: 'fcsr', offset: floats + 32 * 8, size: 4 },
    ],
    arguments: ['a0', 'a1', 'a2'],
    returnAddress: 'ra',
    trampoline: TRAMPOLINE,
  }
}
