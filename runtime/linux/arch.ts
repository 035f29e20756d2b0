/**
 * What one architecture's Linux adds to the common part: names of registers, numbers, sizes. Data only; riscv.ts has the first two.
 */

import type { GuestIsa } from '../abi.ts'

export interface LinuxArch {
  /** As `uname -m` tells it. */
  readonly name: string
  readonly bits: 32 | 64
  /** ELF e_machine. */
  readonly machine: number
  /** The generated engine to take when none is asked for, isagen/generated/NAME, by the ELF header's e_flags. */
  isaFor(flags: number): string
  /** The trap (by its name in the spec) that asks for a system call, and registers by their assembly names. */
  readonly call: {
    readonly trap: string
    readonly number: string
    readonly arguments: readonly [string, string, string, string, string, string]
    readonly result: string
  }
  /** The trap of a breakpoint instruction: SIGTRAP. */
  readonly breakpoint: string
  readonly stackPointer: string
  /** Bytes of the instruction that starts so, whether it exists or not; for reports. */
  instructionLength(bytes: Uint8Array): number
  /** Registers in a report, in this order; widths come from the isa. */
  readonly reported: readonly string[]
  /** AT_HWCAP of a machine. */
  hwcap(isa: GuestIsa): number
  /** What /proc/cpuinfo says of each processor. */
  cpuinfo(isa: GuestIsa): readonly (readonly [key: string, value: string])[]
  /** Numbers whose system call has another name, and so another shape, than asm-generic's 64-bit list. */
  readonly renamed: Readonly<Record<number, string>>
}
