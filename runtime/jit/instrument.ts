/**
 * What tools want to know of compiled code, taken down while it is written: which runs of guest instructions a function has, where it leaves, marks in the
 * Wasm at each instruction, and counters that the code itself counts up. Nothing of this is there unless it was asked for: then code that nobody looks into has
 * the very same bytes.
 */

import { EXIT_NAMES, type ExitName } from '../stats.ts'
import type { ByteWriter } from './byte-writer.ts'
import { DROP, I32_CONST, I64_ADD, I64_CONST, I64_LOAD, I64_STORE } from './opcodes.ts'

/** Counters of a function, 64 bits each: instructions it has run; computed jumps that went to a target learnt before, and others; exits by EXIT_*. */
export const COUNT_INSTRUCTIONS = 0
export const COUNT_TARGET_HITS = 1
export const COUNT_TARGET_MISSES = 2
export const COUNT_EXITS = 3
export const COUNTERS = 10
/** A mark is (drop (drop (i64.const ADDRESS) (i32.const MARK))), which no template writes. */
export const MARK = 0x69736167

/** Guest instructions that stand one after the other in a function. */
export interface CompiledRun {
  readonly pc: number
  /** Address behind the last one. */
  readonly end: number
  readonly instructions: number
}
/** A place where a function's code ends, or calls. */
export type CompiledExit =
  /** To the engine: why, and the address where it goes on. */
  | { readonly kind: 'engine'; readonly exit: ExitName; readonly pc: number }
  /** To code at a known address: a function of the same unit, by its slot, or looked up. */
  | { readonly kind: 'function' | 'slot' | 'lookup'; readonly pc: number; readonly call: boolean }
  /** To an address that only the run knows. */
  | { readonly kind: 'computed'; readonly call: boolean }

export class Instrument {
  /** Of the function that is being written, or was last. */
  runs: CompiledRun[] = []
  exits: CompiledExit[] = []
  /** Whether runs and exits are wanted at all; marks. */
  on = false
  marks = false
  /** Byte address of the function's counters; 0: none. */
  counters = 0

  start(): void {
    if (!this.on) return
    this.runs = []
    this.exits = []
  }

  run(lo: number, endLo: number, instructions: number): void {
    if (this.on) this.runs.push({ pc: lo >>> 0, end: endLo >>> 0, instructions })
  }

  /** An exit to the engine by its EXIT_* code, which is counted. */
  leave(w: ByteWriter, exit: number, lo: number): void {
    if (!this.on) return
    this.exits.push({ kind: 'engine', exit: EXIT_NAMES[exit]!, pc: lo >>> 0 })
    this.count(w, COUNT_EXITS + exit, 1)
  }
  goOn(kind: 'function' | 'slot' | 'lookup', lo: number, call: boolean): void {
    if (this.on) this.exits.push({ kind, pc: lo >>> 0, call })
  }
  goOnComputed(call: boolean): void {
    if (this.on) this.exits.push({ kind: 'computed', call })
  }

  mark(w: ByteWriter, lo: number, hi: number): void {
    if (!this.marks) return
    w.u8(I64_CONST)
    w.s64(lo, hi)
    w.u8(I32_CONST)
    w.s32(MARK)
    w.u8x2(DROP, DROP)
  }

  /** Leaves the stack as it is. */
  count(w: ByteWriter, which: number, amount: number): void {
    if (this.counters === 0) return
    const address = this.counters + 8 * which
    w.u8x4(I32_CONST, 0, I32_CONST, 0)
    w.u8x2(I64_LOAD, 3)
    w.u32(address)
    w.u8(I64_CONST)
    w.s64(amount, amount >> 31)
    w.u8x3(I64_ADD, I64_STORE, 3)
    w.u32(address)
  }
}
