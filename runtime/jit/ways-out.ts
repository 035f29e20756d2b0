/**
 * Code that leaves a function: back to the engine, from the middle of the code or from *cold exits* at the function's end, and on to other
 * functions. Each of them stores registers first; fuel and pc go to the control block where the engine reads them.
 *
 * Compiled functions have the type (fuel, depth, expected) → result. fuel: instructions that may still run. depth: bytes of the host's stack that calls may
 * still take. expected: the guest address at which the caller goes on. A result of 0 or more is the fuel left after a return to that very address; a
 * negative one is ~exit, which callers pass on: so each exit to the engine takes all functions off the stack. Whatever goes on elsewhere
 * does so by a tail call with the same depth and expected address, so a wrong guess of a return costs time only.
 */

import {
  codeWidth,
  ENTERING,
  ENTRY,
  EXIT_FUEL,
  EXIT_MISS,
  FUEL,
  type GuestIsa,
  JUMP_CACHE,
  JUMP_ENTRIES,
  JUMP_SLOT,
  JUMP_WORDS,
  type JumpHint,
  jumpShift,
  PC_LO,
} from '../abi.ts'
import { TARGET_ENTRIES } from '../jump-targets.ts'
import { ByteWriter } from './byte-writer.ts'
import { FIRST_OWN_FUNCTION, GO_FUNCTION } from './function-numbers.ts'
import { COUNT_EXITS, type Instrument } from './instrument.ts'
import {
  CALL,
  ELSE,
  END,
  I32_ADD,
  I32_AND,
  I32_CONST,
  I32_LOAD,
  I32_LT_S,
  I32_OR,
  I32_SHL,
  I32_SHR_U,
  I32_STORE,
  I32_SUB,
  I32_WRAP_I64,
  I64_CONST,
  I64_EQ,
  I64_EXTEND_I32_U,
  I64_LOAD,
  I64_STORE,
  IF,
  LOCAL_GET,
  LOCAL_SET,
  LOCAL_TEE,
  RETURN,
  RETURN_CALL,
  TYPE_EMPTY,
  TYPE_I32,
} from './opcodes.ts'
import type { RegisterLocals } from './register-locals.ts'

/** Parameters of every function. */
export const FUEL_LOCAL = 0
export const DEPTH_LOCAL = 1
export const EXPECTED_LOCAL = 2

/** How to reach the code at an address: a function of the same unit, a slot of the table, or by the jump cache at run time. */
export type Link =
  | { readonly kind: 'function'; readonly index: number }
  | { readonly kind: 'slot'; readonly slot: number }
  | { readonly kind: 'lookup' }

export interface GuestAddress {
  readonly lo: number
  readonly hi: number
}

/** A return to the engine: EXIT_* code, where to go on, and fuel that was taken for instructions which are not completed. */
export interface EngineExit extends GuestAddress {
  readonly code: number
  readonly refund: number
}

/** Locals for jumps to addresses that are known at run time only: the address (i64), and its entry of the jump cache (i32). */
export interface JumpLocals {
  readonly pc: number
  readonly entry: number
}

export class WaysOut {
  readonly #w: ByteWriter
  readonly #registers: RegisterLocals
  readonly #locals: JumpLocals
  /** Of addresses of code. */
  readonly #pcWidth: number
  /** Added to exit codes, so that the engine knows what kind of code it was in. */
  readonly #mark: number
  readonly #shift: number
  readonly #instrument: Instrument
  /** Code of the cold exits, and where each one's ends. */
  readonly #cold = new ByteWriter(1 << 12)
  #ends: number[] = []

  constructor(
    w: ByteWriter,
    registers: RegisterLocals,
    isa: GuestIsa,
    locals: JumpLocals,
    mark: number,
    instrument: Instrument,
  ) {
    this.#instrument = instrument
    this.#w = w
    this.#registers = registers
    this.#locals = locals
    this.#mark = mark
    this.#pcWidth = codeWidth(isa)
    this.#shift = jumpShift(isa.unit)
  }

  /** Starts a new function. */
  start(): void {
    this.#cold.clear()
    this.#ends = []
  }

  // ---- to the engine

  /** Number of a new exit at the function's end, which stores what is dirty now and still needed (`live`). A branch there: its number, and the Wasm blocks open in the body. */
  cold(exit: EngineExit, live?: bigint): number {
    this.#registers.spill(this.#cold, live, true)
    return this.coldUnspilled(exit)
  }

  /** The same at function entry, while all registers are in memory still. */
  coldUnspilled(exit: EngineExit): number {
    this.#leave(this.#cold, exit)
    return this.#ends.push(this.#cold.length) - 1
  }

  here(exit: EngineExit): void {
    this.#registers.spill(this.#w)
    this.#leave(this.#w, exit)
  }

  /** How many cold exits there are: so many Wasm blocks have to be opened around the body. */
  get coldCount(): number {
    return this.#ends.length
  }

  /** Writes the cold exits behind the body, each where one of the blocks around it ends. */
  writeCold(out: ByteWriter): void {
    const code = this.#cold.bytes()
    let from = 0
    for (const end of this.#ends) {
      out.u8(END)
      out.append(code.subarray(from, end))
      from = end
    }
  }

  // ---- to other functions

  to(link: Link, lo: number, hi: number): void {
    const w = this.#w
    this.#instrument.goOn(link.kind, lo, false)
    this.#registers.spill(w)
    if (link.kind === 'function') {
      this.#parameters(w)
      w.u8(RETURN_CALL)
      w.u32(FIRST_OWN_FUNCTION + link.index)
    } else if (link.kind === 'slot') {
      this.#storePc(w, lo, hi)
      this.#parameters(w)
      w.u8(I32_CONST)
      w.s32(link.slot)
      w.u8x2(RETURN_CALL, GO_FUNCTION)
    } else {
      w.u8(I64_CONST)
      w.s64(lo, hi)
      this.#local(LOCAL_SET, this.#locals.pc)
      this.#lookUp()
    }
  }

  /** Takes the address on the stack, as wide as addresses of code, for the functions below; gives the local it is in, as i64. */
  takeAddress(): number {
    if (this.#pcWidth <= 32) this.#w.u8(I64_EXTEND_I32_U)
    this.#local(LOCAL_SET, this.#locals.pc)
    return this.#locals.pc
  }

  /** Writes that address into the table (jump-targets.ts) at this byte. */
  noteTarget(table: number): void {
    const w = this.#w
    for (const value of ['entry', 'address']) {
      this.#local(LOCAL_GET, this.#locals.pc)
      w.u8(I32_WRAP_I64)
      if (value === 'address') continue
      this.#const(this.#shift)
      w.u8(I32_SHR_U)
      this.#const(TARGET_ENTRIES - 1)
      w.u8(I32_AND)
      this.#const(2)
      w.u8(I32_SHL)
    }
    w.u8x2(I32_STORE, 2)
    w.u32(table)
  }

  /** To the address taken. A return is a return of the function where that is what its caller expects. */
  toAddress(hint: JumpHint): void {
    const w = this.#w
    this.#instrument.goOnComputed(false)
    this.#registers.spill(w)
    if (hint === 'return') {
      this.#local(LOCAL_GET, this.#locals.pc)
      w.u8x4(LOCAL_GET, EXPECTED_LOCAL, I64_EQ, IF)
      w.u8x4(TYPE_EMPTY, LOCAL_GET, FUEL_LOCAL, RETURN)
      w.u8(END)
    }
    this.#lookUp()
  }

  /** To an entry of the region which is the unit's function with this index (entries.ts). */
  enter(index: number, number: number, { lo }: GuestAddress): void {
    const w = this.#w
    this.#instrument.goOn('function', lo, false)
    w.u8x2(I32_CONST, 0)
    this.#const(number)
    w.u8x2(I32_STORE, 2)
    w.u32(ENTRY * 4)
    w.u8x2(LOCAL_GET, FUEL_LOCAL)
    this.#const(ENTERING)
    w.u8x3(I32_OR, LOCAL_GET, DEPTH_LOCAL)
    w.u8x3(LOCAL_GET, EXPECTED_LOCAL, RETURN_CALL)
    w.u32(FIRST_OWN_FUNCTION + index)
  }

  // ---- calls

  /**
   * A call of the code at a known address, which is expected to come back to `next`; `frame` is what this function takes of the host's stack. Leaves the
   * result as fuel. Registers are in memory before and after.
   */
  call(link: Exclude<Link, { kind: 'lookup' }>, to: GuestAddress, next: GuestAddress, frame: number): void {
    const w = this.#w
    this.#instrument.goOn(link.kind, to.lo, true)
    this.#registers.spill(w)
    if (link.kind === 'slot') this.#storePc(w, to.lo, to.hi)
    this.#callParameters(next, frame)
    if (link.kind === 'function') {
      w.u8(CALL)
      w.u32(FIRST_OWN_FUNCTION + link.index)
    } else {
      this.#const(link.slot)
      w.u8x2(CALL, GO_FUNCTION)
    }
    this.#local(LOCAL_SET, FUEL_LOCAL)
  }

  /** The same for the address taken. */
  callAddress(next: GuestAddress, frame: number): void {
    const w = this.#w
    this.#instrument.goOnComputed(true)
    this.#registers.spill(w)
    this.#findEntry()
    w.u8x2(IF, TYPE_I32)
    this.#callParameters(next, frame)
    this.#local(LOCAL_GET, this.#locals.entry)
    w.u8x2(I32_LOAD, 2)
    w.u32(JUMP_CACHE + JUMP_SLOT * 4)
    w.u8x3(CALL, GO_FUNCTION, ELSE)
    this.#instrument.count(w, COUNT_EXITS + EXIT_MISS, 1)
    this.#storeFuel(w, 0)
    this.#const(~(EXIT_MISS | this.#mark))
    w.u8(END)
    this.#local(LOCAL_SET, FUEL_LOCAL)
  }

  /** Number of a cold exit for when a call came back with less fuel than needed to go on at `next`, or with an exit. */
  coldAfterCall(next: GuestAddress): number {
    const w = this.#cold
    w.u8x4(LOCAL_GET, FUEL_LOCAL, I32_CONST, 0)
    w.u8x3(I32_LT_S, IF, TYPE_EMPTY)
    w.u8x4(LOCAL_GET, FUEL_LOCAL, RETURN, END)
    return this.coldUnspilled({ code: EXIT_FUEL, ...next, refund: 0 })
  }

  #callParameters(next: GuestAddress, frame: number): void {
    const w = this.#w
    w.u8x4(LOCAL_GET, FUEL_LOCAL, LOCAL_GET, DEPTH_LOCAL)
    this.#const(frame)
    w.u8x2(I32_SUB, I64_CONST)
    w.s64(next.lo, this.#pcWidth > 32 ? next.hi : 0)
  }

  // ---- look-up

  /** By the jump cache. The entry's slot leads back to the engine while nothing is compiled there. */
  #lookUp(): void {
    const w = this.#w
    this.#findEntry()
    w.u8x2(IF, TYPE_EMPTY)
    this.#parameters(w)
    this.#local(LOCAL_GET, this.#locals.entry)
    w.u8x2(I32_LOAD, 2)
    w.u32(JUMP_CACHE + JUMP_SLOT * 4)
    w.u8x3(RETURN_CALL, GO_FUNCTION, END)
    this.#instrument.count(w, COUNT_EXITS + EXIT_MISS, 1)
    this.#storeFuel(w, 0)
    this.#const(~(EXIT_MISS | this.#mark))
    w.u8(RETURN)
  }

  /** Stores pc, and leaves on the stack whether the jump cache has an entry for it; the entry in its local. */
  #findEntry(): void {
    const w = this.#w
    const { pc, entry } = this.#locals
    w.u8x2(I32_CONST, 0)
    this.#local(LOCAL_GET, pc)
    w.u8x2(I64_STORE, 3)
    w.u32(PC_LO * 4)
    this.#local(LOCAL_GET, pc)
    w.u8(I32_WRAP_I64)
    this.#const(this.#shift)
    w.u8(I32_SHR_U)
    this.#const(JUMP_ENTRIES - 1)
    w.u8(I32_AND)
    this.#const(Math.log2(JUMP_WORDS * 4))
    w.u8(I32_SHL)
    this.#local(LOCAL_TEE, entry)
    // Both halves of the entry's pc at once.
    w.u8x2(I64_LOAD, 3)
    w.u32(JUMP_CACHE)
    this.#local(LOCAL_GET, pc)
    w.u8(I64_EQ)
  }

  #leave(w: ByteWriter, { code, lo, hi, refund }: EngineExit): void {
    this.#instrument.leave(w, code, lo)
    this.#storeFuel(w, refund)
    this.#storePc(w, lo, hi)
    w.u8(I32_CONST)
    w.s32(~(code | this.#mark))
    w.u8(RETURN)
  }

  #storeFuel(w: ByteWriter, refund: number): void {
    w.u8x4(I32_CONST, 0, LOCAL_GET, FUEL_LOCAL)
    if (refund > 0) {
      w.u8(I32_CONST)
      w.s32(refund)
      w.u8(I32_ADD)
    }
    w.u8x2(I32_STORE, 2)
    w.u32(FUEL * 4)
  }

  #storePc(w: ByteWriter, lo: number, hi: number): void {
    w.u8x3(I32_CONST, 0, I64_CONST)
    w.s64(lo, hi)
    w.u8x2(I64_STORE, 3)
    w.u32(PC_LO * 4)
  }

  #parameters(w: ByteWriter): void {
    w.u8x4(LOCAL_GET, FUEL_LOCAL, LOCAL_GET, DEPTH_LOCAL)
    w.u8x2(LOCAL_GET, EXPECTED_LOCAL)
  }

  #local(opcode: number, local: number): void {
    this.#w.u8(opcode)
    this.#w.u32(local)
  }
  #const(value: number): void {
    this.#w.u8(I32_CONST)
    this.#w.s32(value)
  }
}
