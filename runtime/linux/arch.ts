/**
 * What one architecture's Linux adds to the common part: names of registers, numbers, sizes. Data only; riscv.ts has the first two.
 */

import type { GuestIsa } from '../abi.ts'
import type { GuestState, Place } from '../state.ts'

/** Where what lies in the frame that a signal's handler gets: struct rt_sigframe. Offsets in bytes. */
export interface SignalLayout {
  readonly bytes: number
  /** siginfo_t, ucontext_t; in the latter, stack_t and the mask of signals. */
  readonly info: number
  readonly context: number
  readonly stack: number
  readonly mask: number
  /** By assembly name, or 'pc'. Those that a machine lacks stay 0. */
  readonly registers: readonly { readonly name: string; readonly offset: number; readonly size: 4 | 8 }[]
  /** The handler's arguments: signal, siginfo, ucontext. */
  readonly arguments: readonly [string, string, string]
  readonly returnAddress: string
  /** What a handler returns to: a call of rt_sigreturn. */
  readonly trampoline: Uint8Array
}

/** A layout with the registers that a machine has. */
export interface SignalFrame extends Omit<SignalLayout, 'registers'> {
  readonly registers: readonly { readonly place: Place; readonly offset: number; readonly size: 4 | 8 }[]
}

export function signalFrame({ signals }: LinuxArch, isa: MachineFacts, state: Pick<GuestState, 'place'>): SignalFrame {
  const spelled = isa.registers.flatMap(({ name, names, also }) => [name, ...names, ...Object.keys(also)])
  const names = new Set(['pc', ...spelled, ...isa.views.map(({ name }) => name)])
  return {
    ...signals,
    registers: signals.registers
      .filter(({ name }) => names.has(name))
      .map(({ name, offset, size }) => ({ place: state.place(name), offset, size })),
  }
}

/** What of a generated machine decides about details of its Linux. */
export type MachineFacts = Pick<GuestIsa, 'registers' | 'views' | 'pcWidth'>

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
  /** Another trap's signal and si_code; a trap that is not listed is SIGILL. */
  readonly trapSignals: Readonly<Record<string, readonly [signal: number, code: number]>>
  readonly stackPointer: string
  /** Where clone(2) puts a thread's own pointer, and the order of its arguments after flags and stack. */
  readonly threadPointer: string
  readonly cloneArguments: readonly ['parent', 'tls', 'child'] | readonly ['parent', 'child', 'tls']
  readonly signals: SignalLayout
  /** Bytes of the instruction that starts so, whether it exists or not; for reports. */
  instructionLength(bytes: Uint8Array): number
  /** Registers in a report, in this order; widths come from the isa. */
  readonly reported: readonly string[]
  /** AT_HWCAP of a machine. */
  hwcap(isa: MachineFacts): number
  /** What /proc/cpuinfo says of each processor. */
  cpuinfo(isa: MachineFacts): readonly (readonly [key: string, value: string])[]
  /** Numbers whose system call has another name, and so another shape, than asm-generic's 64-bit list. */
  readonly renamed: Readonly<Record<number, string>>
}
