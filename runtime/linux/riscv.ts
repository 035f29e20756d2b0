/**
 * RISC-V Linux: the calling convention of system calls (riscv-elf-psabi; Linux arch/riscv/kernel/entry.S) and what 32-bit programs call otherwise.
 */

import type { LinuxArch, MachineFacts } from './arch.ts'
import { signalLayout } from './riscv-signals.ts'
import { BUS_ADRALN, SIGBUS, SIGTRAP, TRAP_BRKPT } from './signals.ts'

const EM_RISCV = 243

/** Single-letter extensions in the manual's order. Floating point shows in the registers that the machine has. */
function letters(isa: MachineFacts): string {
  const floats = isa.registers.find(({ name }) => name === 'F')
  return floats === undefined ? 'imac' : floats.width >= 64 ? 'imafdc' : 'imafc'
}

/** AT_HWCAP has a bit a letter (Linux arch/riscv/include/uapi/asm/hwcap.h). */
function hwcap(isa: MachineFacts): number {
  return [...letters(isa)].reduce((bits, letter) => bits | (1 << (letter.charCodeAt(0) - 97)), 0)
}

/** EF_RISCV_FLOAT_ABI: 0 where no arguments are passed in floating-point registers. */
const FLOAT_ABI = 6

/** Distributions build for doubles; a program without floating point in its calls runs on the smaller engine. */
function engine(bits: 32 | 64): (flags: number) => string {
  return (flags) => `rv${bits}${(flags & FLOAT_ABI) === 0 ? 'imac' : 'gc'}`
}

const common = {
  machine: EM_RISCV,
  call: { trap: 'ecall', number: 'a7', arguments: ['a0', 'a1', 'a2', 'a3', 'a4', 'a5'], result: 'a0' },
  trapSignals: {
    breakpoint: [SIGTRAP, TRAP_BRKPT],
    fetch_misaligned: [SIGBUS, BUS_ADRALN],
    load_misaligned: [SIGBUS, BUS_ADRALN],
    store_misaligned: [SIGBUS, BUS_ADRALN],
  },
  stackPointer: 'sp',
  threadPointer: 'tp',
  // CONFIG_CLONE_BACKWARDS.
  cloneArguments: ['parent', 'tls', 'child'],
  // Unprivileged manual, 1.5: the lowest two bits of a 16-bit instruction are not both 1.
  instructionLength: (bytes: Uint8Array) => (((bytes[0] ?? 0) & 3) === 3 ? 4 : 2),
  reported: [
    ...['zero', 'ra', 'sp', 'gp', 'tp', 't0', 't1', 't2', 's0', 's1', 'a0', 'a1', 'a2', 'a3', 'a4', 'a5'],
    ...['a6', 'a7', 's2', 's3', 's4', 's5', 's6', 's7', 's8', 's9', 's10', 's11', 't3', 't4', 't5', 't6'],
  ],
  hwcap,
  cpuinfo: (isa: MachineFacts) =>
    [
      ['hart', '0'],
      ['isa', `rv${isa.pcWidth}${letters(isa)}`],
    ] as const,
} as const

export const riscv64: LinuxArch = {
  ...common,
  name: 'riscv64',
  bits: 64,
  isaFor: engine(64),
  signals: signalLayout(64),
  renamed: {},
}

/** rv32 came after 2038 was dealt with: 64-bit times and offsets only, under names of their own. */
export const riscv32: LinuxArch = {
  ...common,
  name: 'riscv32',
  bits: 32,
  isaFor: engine(32),
  signals: signalLayout(32),
  renamed: {
    25: 'fcntl64',
    43: 'statfs64',
    44: 'fstatfs64',
    45: 'truncate64',
    46: 'ftruncate64',
    62: 'llseek',
    71: 'sendfile64',
    222: 'mmap2',
  },
}
