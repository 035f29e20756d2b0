/**
 * Wasm code of guest loads and stores: the test of the page's byte (PAGE_* in abi.ts), the way out where it fails, the access itself. Small machines whose
 * addresses all exist test nothing on loads, and on stores only whether code lies there. A store into a page with code asks the link module where in it code lies.
 */

import {
  GUEST,
  type GuestIsa,
  PAGE_FAST_WRITE,
  PAGE_READ,
  PAGE_READ_SPAN,
  PAGE_WRITE_SPAN,
  PAGES,
  pageShift,
} from '../abi.ts'
import type { CodeWriter } from './function-body.ts'
import { MEETS_FUNCTION } from './function-numbers.ts'
import {
  BLOCK,
  CALL,
  END,
  I32_AND,
  I32_CONST,
  I32_EQZ,
  I32_GE_U,
  I32_GT_U,
  I32_LE_U,
  I32_LOAD,
  I32_LOAD8_S,
  I32_LOAD8_U,
  I32_LOAD16_S,
  I32_LOAD16_U,
  I32_SHR_U,
  I32_STORE,
  I32_STORE8,
  I32_STORE16,
  I32_SUB,
  I32_WRAP_I64,
  I64_CONST,
  I64_GE_U,
  I64_GT_U,
  I64_LOAD,
  I64_LOAD8_S,
  I64_LOAD8_U,
  I64_LOAD16_S,
  I64_LOAD16_U,
  I64_LOAD32_S,
  I64_LOAD32_U,
  I64_STORE,
  I64_STORE8,
  I64_STORE16,
  I64_STORE32,
  I64_SUB,
  LOCAL_GET,
  LOCAL_SET,
  LOCAL_TEE,
  TYPE_EMPTY,
  TYPE_I64,
} from './opcodes.ts'

/** Locals that accesses may use for themselves. */
export interface AccessLocals {
  readonly address32: number
  readonly address64: number
  readonly page: number
  readonly value32: number
  readonly value64: number
}

/** Guest addresses start … end − 1, where accesses are known to be allowed. */
export interface OpenRange {
  readonly start: number
  readonly end: number
}

/** page: the access may leave although it is allowed, where it could touch the next page. pages: only where it is not allowed. */
export type PageTest = 'page' | 'pages'
export interface RangeTest {
  readonly first: number
  readonly end: number
  readonly range: OpenRange
}

/** `leave(depth)` writes br_if to the exit that leaves this instruction to the interpreter, from `depth` blocks deeper than now. */
export type Leave = (depth: number) => void

export class MemoryAccess {
  readonly #w: CodeWriter
  readonly #locals: AccessLocals
  readonly #wideAddress: boolean
  readonly #faults: boolean
  readonly #shift: number

  constructor(w: CodeWriter, isa: GuestIsa, locals: AccessLocals) {
    this.#w = w
    this.#locals = locals
    this.#wideAddress = isa.memory.addressWidth > 32
    this.#faults = isa.memory.faults
    this.#shift = pageShift(isa.memory.addressWidth)
  }

  /** Stack: address → value. The low half of the address is stored in the word at `note`, unless that is 0. */
  load(size: number, type: number, signed: boolean, leave: Leave, test: PageTest, note: number): void {
    if (this.#faults) {
      this.#popAddress(leave)
      this.#note(note)
      this.#test(size, PAGE_READ, PAGE_READ_SPAN, leave, test)
      this.#get(this.#locals.address32)
    }
    this.#access(loadOpcode(size, type, signed), size, 0)
  }

  /** Stack: address, value → nothing. `note` as for loads. */
  store(size: number, type: number, leave: Leave, test: PageTest, note: number): void {
    const value = this.#popValue(type)
    this.#popAddress(leave)
    this.#note(note)
    this.#test(size, PAGE_FAST_WRITE, PAGE_WRITE_SPAN, leave, test)
    this.#get(this.#locals.address32)
    this.#get(value)
    this.#access(storeOpcode(size, type), size, 0)
  }

  /** Puts what `address` pushes below the value on the stack. */
  storeBelow(type: number, address: () => void): void {
    const value = this.#popValue(type)
    address()
    this.#get(value)
  }

  /** Leaves unless bytes `first` … `end` − 1 beyond the register in local `base` lie in the range. */
  testRange(base: number, { first, end, range }: RangeTest, leave: Leave): void {
    const w = this.#w
    const wide = this.#wideAddress
    const put = (value: number): void => {
      w.u8(wide ? I64_CONST : I32_CONST)
      if (wide) w.s64(value | 0, value < 0 ? -1 : 0)
      else w.s32(value)
    }
    this.#get(base)
    if (first !== range.start) {
      put(range.start - first)
      w.u8(wide ? I64_SUB : I32_SUB)
    }
    put(range.end - range.start - (end - first) + 1)
    w.u8(wide ? I64_GE_U : I32_GE_U)
    leave(0)
  }

  /** Where such a test went well. Stack: → value. */
  loadTested(base: number, offset: number, size: number, type: number, signed: boolean): void {
    this.#getBase(base)
    this.#access(loadOpcode(size, type, signed), size, offset)
  }

  /** Stack: value → nothing. */
  storeTested(base: number, offset: number, size: number, type: number): void {
    const value = this.#popValue(type)
    this.#getBase(base)
    this.#get(value)
    this.#access(storeOpcode(size, type), size, offset)
  }

  #getBase(base: number): void {
    this.#get(base)
    if (this.#wideAddress) this.#w.u8(I32_WRAP_I64)
  }

  /** Into a local, which it gives. */
  #popValue(type: number): number {
    const value = type === TYPE_I64 ? this.#locals.value64 : this.#locals.value32
    this.#w.u8(LOCAL_SET)
    this.#w.u32(value)
    return value
  }

  /** Into address32; an address of 2^32 or more leaves. */
  #popAddress(leave: Leave): void {
    const w = this.#w
    const { address32, address64 } = this.#locals
    if (this.#wideAddress) {
      w.u8(LOCAL_SET)
      w.u32(address64)
      this.#testHigh(leave)
      this.#get(address64)
      w.u8(I32_WRAP_I64)
    }
    w.u8(LOCAL_SET)
    w.u32(address32)
  }

  #note(word: number): void {
    if (word === 0) return
    this.#const(0)
    this.#get(this.#locals.address32)
    this.#w.u8x2(I32_STORE, 2)
    this.#w.u32(word)
  }

  #testHigh(leave: Leave): void {
    this.#get(this.#locals.address64)
    this.#w.u8(I64_CONST)
    this.#w.s64(-1, 0)
    this.#w.u8(I64_GT_U)
    leave(0)
  }

  /**
   * Goes on when the page has the span bit (always enough), or, if it is asked for more than that, the one bit and the access ends within the page; a store
   * then, too, where it meets no code in a page that has some.
   */
  #test(size: number, one: number, span: number, leave: Leave, test: PageTest): void {
    const w = this.#w
    const { address32, page } = this.#locals
    const stores = one === PAGE_FAST_WRITE
    const load = (): void => {
      this.#get(address32)
      this.#const(this.#shift)
      w.u8x3(I32_SHR_U, I32_LOAD8_U, 0)
      w.u32(PAGES)
    }
    if ((size === 1 && !stores) || test === 'page') {
      load()
      this.#const(size === 1 ? one : span)
      w.u8x2(I32_AND, I32_EQZ)
      leave(0)
      return
    }
    w.u8x2(BLOCK, TYPE_EMPTY)
    load()
    if (size > 1) {
      w.u8(LOCAL_TEE)
      w.u32(page)
      this.#const(span)
      w.u8(I32_AND)
      w.brIf(0, true)
      if (stores) w.u8x2(BLOCK, TYPE_EMPTY)
      const otherwise: Leave = stores ? () => w.brIf(0) : leave
      this.#get(page)
      this.#const(one)
      w.u8x2(I32_AND, I32_EQZ)
      otherwise(1)
      this.#get(address32)
      const pageSize = 1 << this.#shift
      this.#const(pageSize - 1)
      w.u8(I32_AND)
      this.#const(pageSize - size)
      w.u8(stores ? I32_LE_U : I32_GT_U)
      if (stores) {
        w.brIf(1)
        w.u8(END)
      } else leave(1)
    } else {
      this.#const(one)
      w.u8(I32_AND)
      w.brIf(0, true)
    }
    if (stores) {
      this.#get(address32)
      this.#const(size)
      w.u8x2(CALL, MEETS_FUNCTION)
      leave(1)
    }
    w.u8(END)
  }

  /** Alignment is only a hint: guest addresses may be odd. */
  #access(opcode: number, size: number, offset: number): void {
    this.#w.u8x2(opcode, Math.log2(Math.min(size, 8)))
    this.#w.u32(GUEST + offset)
  }

  #get(local: number): void {
    this.#w.u8(LOCAL_GET)
    this.#w.u32(local)
  }
  #const(value: number): void {
    this.#w.u8(I32_CONST)
    this.#w.s32(value)
  }
}

function loadOpcode(size: number, type: number, signed: boolean): number {
  if (type === TYPE_I64) {
    if (size === 8) return I64_LOAD
    if (size === 4) return signed ? I64_LOAD32_S : I64_LOAD32_U
    if (size === 2) return signed ? I64_LOAD16_S : I64_LOAD16_U
    if (size === 1) return signed ? I64_LOAD8_S : I64_LOAD8_U
  } else {
    if (size === 4) return I32_LOAD
    if (size === 2) return signed ? I32_LOAD16_S : I32_LOAD16_U
    if (size === 1) return signed ? I32_LOAD8_S : I32_LOAD8_U
  }
  throw new RangeError(`no Wasm load of ${size} bytes`)
}

function storeOpcode(size: number, type: number): number {
  if (type === TYPE_I64) {
    if (size === 8) return I64_STORE
    if (size === 4) return I64_STORE32
    if (size === 2) return I64_STORE16
    if (size === 1) return I64_STORE8
  } else {
    if (size === 4) return I32_STORE
    if (size === 2) return I32_STORE16
    if (size === 1) return I32_STORE8
  }
  throw new RangeError(`no Wasm store of ${size} bytes`)
}
