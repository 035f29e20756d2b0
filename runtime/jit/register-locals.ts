/**
 * Guest registers of one function as Wasm locals. A register gets a local when the code first touches it. Per path it is tracked which locals
 * hold the register for sure (ASSIGNED) and which differ from memory (DIRTY): exits store the dirty ones; what is read, or stored at an exit,
 * without having been assigned on every path, is loaded at function entry.
 */

import { FIRST_WORD, type GuestIsa } from '../abi.ts'
import type { ByteWriter } from './byte-writer.ts'
import {
  I32_CONST,
  I32_LOAD,
  I32_STORE,
  I32_WRAP_I64,
  I64_CONST,
  I64_EXTEND_I32_S,
  I64_EXTEND_I32_U,
  I64_LOAD,
  I64_LOAD32_S,
  I64_SHL,
  I64_STORE,
  LOCAL_GET,
  LOCAL_SET,
  TYPE_I32,
  TYPE_I64,
} from './opcodes.ts'

const ASSIGNED = 1
const DIRTY = 2
/** Beside another form: the register's own local has the value, too. */
const ALSO_WIDE = 4

/** How a register of 64 bits is kept on a path: in its own local, or as 32 bits in a local beside. */
export const WIDE = 0
/** Sign-extended, zero-extended, shifted left by 32; and below 2^31, so that both extensions are the same. */
export const SIGNED = 8
export const UNSIGNED = 16
export const HIGH = 24
export const SMALL = 32
const FORM = 56
export type Form = typeof WIDE | typeof SIGNED | typeof UNSIGNED | typeof HIGH | typeof SMALL

/** What is known of each register on one path: ASSIGNED | DIRTY | ALSO_WIDE | form, by number. */
export type PathState = number[]

/** Facts about the isa's registers by word; made once for all functions. */
export interface RegisterFacts {
  /** 1 where a word starts a value of 64 bits, by word − FIRST_WORD. */
  readonly wide: Uint8Array
  readonly hardwired: ReadonlyMap<number, bigint>
}

export function registerFacts(isa: GuestIsa): RegisterFacts {
  const wide = new Uint8Array(isa.stateWords)
  const hardwired = new Map<number, bigint>()
  for (const register of isa.registers) {
    for (let index = 0; index < register.count; index++) {
      const word = register.word + index * register.stride
      for (let part = 0; register.width > 32 && part * 32 < register.width; part += 2)
        wide[word - FIRST_WORD + part] = 1
    }
    if (register.hardwired)
      hardwired.set(register.word + register.hardwired.index * register.stride, register.hardwired.value)
  }
  return { wide, hardwired }
}

/** 32 bits of a form → the whole value. */
export function extend(w: ByteWriter, form: Form): void {
  w.u8(form === SIGNED ? I64_EXTEND_I32_S : I64_EXTEND_I32_U)
  if (form !== HIGH) return
  w.u8x3(I64_CONST, 32, I64_SHL)
}

/** Registers where paths meet, a bit a number: as 32 bits that are sign-extended, and of those the ones that are in 64 bits, too. All others are in 64 bits. */
export interface Meeting {
  readonly narrow: bigint
  readonly both: bigint
}

const has = (mask: bigint, number: number): boolean => ((mask >> BigInt(number)) & 1n) !== 0n

export class RegisterLocals {
  readonly facts: RegisterFacts
  readonly #firstLocal: number
  /** By number, in order of first use: word, and whether function entry loads it. */
  readonly #words: number[] = []
  readonly #loaded: boolean[] = []
  readonly #numbers: Int16Array
  /** Registers that are dirty when the function goes round its own loop: dirty from the start. */
  readonly #loopDirty = new Set<number>()
  #path: PathState = []
  #isSealed = false
  /** Locals of 32 bits beside a register's own, by its number; as many as there are. */
  #narrow: number[] = []
  #narrowCount = 0

  constructor(facts: RegisterFacts, firstLocal: number) {
    this.facts = facts
    this.#firstLocal = firstLocal
    this.#numbers = new Int16Array(facts.wide.length).fill(-1)
  }

  /** Starts a new function. `loopDirty`: words as `dirtyWords` gave them. */
  start(loopDirty: readonly number[]): void {
    for (const word of this.#words) this.#numbers[word - FIRST_WORD] = -1
    this.#words.length = 0
    this.#loaded.length = 0
    this.#loopDirty.clear()
    this.#path = []
    this.#isSealed = false
    this.#narrow = []
    this.#narrowCount = 0
    for (const word of loopDirty) {
      this.#loopDirty.add(word)
      this.#number(word)
    }
  }

  /** Starts a function whose registers, in order of their numbers, and whose needs for loads are known beforehand. */
  startKnown(words: readonly number[]): void {
    this.start([])
    for (const word of words) this.#number(word)
    this.#isSealed = true
  }

  /**
   * A path on which every register is either not needed or right in its local; those of `dirty`, a bit a number, differ from memory. With `before`, registers stay in the forms
   * they have there.
   */
  enter(dirty: bigint, before: PathState = []): void {
    this.#path = this.#words.map((_, number) => {
      const form = (before[number] ?? 0) & (FORM | ALSO_WIDE)
      return (has(dirty, number) ? ASSIGNED | DIRTY : ASSIGNED) | form
    })
  }

  /** The same where paths meet: registers of `narrow` are in their local of 32 bits, sign-extended; those of `both` in the other, too. */
  enterMeeting(dirty: bigint, { narrow, both }: Meeting): void {
    this.#path = this.#words.map((_, number) => {
      const form = !has(narrow, number) ? WIDE : has(both, number) ? SIGNED | ALSO_WIDE : SIGNED
      return (has(dirty, number) ? ASSIGNED | DIRTY : ASSIGNED) | form
    })
  }

  form(word: number): Form {
    return (this.#path[this.#number(word)]! & FORM) as Form
  }

  /** The local of 32 bits of a register that is in another form than WIDE. */
  narrow(word: number): number {
    return this.#narrowLocal(this.#number(word))
  }

  /** The local to write 32 bits to, which are the register's value in this form. Once all registers are known only. */
  writeNarrow(word: number, form: Form): number {
    const number = this.#number(word)
    this.#path[number] = ASSIGNED | DIRTY | form
    return this.#narrowLocal(number)
  }

  #narrowLocal(number: number): number {
    this.#narrow[number] ??= this.#narrowCount++
    return this.#firstLocal + this.#words.length + this.#narrow[number]!
  }

  /** Puts the value of a register into its own local, too, which it gives. */
  widen(w: ByteWriter, word: number): number {
    const number = this.#number(word)
    this.#widen(w, number)
    return this.#firstLocal + number
  }

  /** From here on the register is in its own local. */
  makeWide(w: ByteWriter, word: number): void {
    const number = this.#number(word)
    this.#widen(w, number)
    this.#path[number] = this.#path[number]! & (ASSIGNED | DIRTY)
  }

  /** Puts all of `live`, a bit a number, into their own locals, too. */
  widenAll(w: ByteWriter, live: bigint): void {
    for (let number = 0; number < this.#path.length; number++) if (has(live, number)) this.#widen(w, number)
  }

  /** Puts all of `live` where they are expected. */
  meet(w: ByteWriter, live: bigint, { narrow, both }: Meeting): void {
    this.widenAll(w, live & (~narrow | both))
    for (let number = 0; number < this.#path.length; number++)
      if (has(live & narrow, number)) this.#narrowDown(w, number)
  }

  /** Its low 32 bits into the local for those, unless they are there. */
  #narrowDown(w: ByteWriter, number: number): void {
    const form = this.#path[number]! & FORM
    if (form !== WIDE && form !== HIGH) return
    this.#get(w, number)
    w.u8x2(I32_WRAP_I64, LOCAL_SET)
    w.u32(this.#narrowLocal(number))
  }

  /** Registers whose own local has the value, a bit a number. */
  get inOwn(): bigint {
    return this.#path.reduce(
      (all, state, number) =>
        (state & FORM) === WIDE || (state & ALSO_WIDE) !== 0 ? all | (1n << BigInt(number)) : all,
      0n,
    )
  }

  #widen(w: ByteWriter, number: number): void {
    const state = this.#path[number]!
    if ((state & FORM) === WIDE || (state & ALSO_WIDE) !== 0) return
    this.#get(w, number)
    w.u8(LOCAL_SET)
    w.u32(this.#firstLocal + number)
    this.#path[number] = state | ALSO_WIDE
  }

  /** Pushes the whole value. */
  get(w: ByteWriter, word: number): void {
    this.#get(w, this.#number(word))
  }

  #get(w: ByteWriter, number: number): void {
    const state = this.#path[number]!
    const isOwn = (state & FORM) === WIDE || (state & ALSO_WIDE) !== 0
    w.u8(LOCAL_GET)
    w.u32(isOwn ? this.#firstLocal + number : this.#narrowLocal(number))
    if (!isOwn) extend(w, (state & FORM) as Form)
  }

  isWide(word: number): boolean {
    return this.facts.wide[word - FIRST_WORD] === 1
  }

  /** The local to read a register from. */
  read(word: number): number {
    const number = this.#number(word)
    if ((this.#path[number]! & ASSIGNED) === 0) this.#loaded[number] = true
    return this.#firstLocal + number
  }

  /** The local to write a register to. */
  write(word: number): number {
    const number = this.#number(word)
    this.#path[number] = ASSIGNED | DIRTY
    return this.#firstLocal + number
  }

  /**
   * Code that stores what is dirty on this path, of the registers of `live`, a bit a number. `inMemory`: what has to be sign-extended is so in memory, which hosts do not do
   * ahead of time for several ways out at once.
   */
  spill(w: ByteWriter, live = -1n, inMemory = false): void {
    for (let number = 0; number < this.#path.length; number++) {
      const state = this.#path[number]!
      if ((state & DIRTY) === 0 || !has(live, number)) continue
      if ((state & ASSIGNED) === 0) this.#loaded[number] = true
      const word = this.#words[number]!
      w.u8x2(I32_CONST, 0)
      if (inMemory && (state & (FORM | ALSO_WIDE)) === SIGNED) this.#extendInMemory(w, number, word)
      else this.#get(w, number)
      if (this.isWide(word)) w.u8x2(I64_STORE, 3)
      else w.u8x2(I32_STORE, 2)
      w.u32(word * 4)
    }
  }

  /** Pushes a value that it puts into the register's low half in memory. */
  #extendInMemory(w: ByteWriter, number: number, word: number): void {
    w.u8x3(I32_CONST, 0, LOCAL_GET)
    w.u32(this.#narrowLocal(number))
    w.u8x2(I32_STORE, 2)
    w.u32(word * 4)
    w.u8x4(I32_CONST, 0, I64_LOAD32_S, 2)
    w.u32(word * 4)
  }

  /** The back edge of a function's own loop: what is loaded at entry must be right in its local, as it is. Gives the dirty words. */
  dirtyWords(): number[] {
    return this.#words.filter((_, number) => (this.#path[number]! & DIRTY) !== 0)
  }

  // ---- paths

  save(): PathState {
    return this.#path.slice()
  }
  restore(path: PathState): void {
    this.#path = path
    this.#pad()
  }
  /** Where this path and another meet. */
  merge(other: PathState): void {
    for (let number = 0; number < this.#path.length; number++) {
      const a = this.#path[number]!
      const b = other[number] ?? this.#initial(this.#words[number]!)
      if ((a & FORM) !== (b & FORM)) throw new Error('a register in two forms')
      this.#path[number] = (a & b & (ASSIGNED | ALSO_WIDE | FORM)) | ((a | b) & DIRTY)
    }
  }

  // ---- function entry, written when the rest is known

  /** Declares the locals: types in order of numbers. */
  types(): number[] {
    const own = this.#words.map((word) => (this.isWide(word) ? TYPE_I64 : TYPE_I32))
    return [...own, ...new Array<number>(this.#narrowCount).fill(TYPE_I32)]
  }

  loads(w: ByteWriter): void {
    for (let number = 0; number < this.#words.length; number++) if (this.#loaded[number]) this.#load(w, number)
  }

  /** Loads the registers of `mask`, a bit a number. */
  loadAll(w: ByteWriter, mask: bigint): void {
    for (let number = 0; number < this.#words.length; number++) {
      if (has(mask, number)) this.#load(w, number)
    }
  }

  #load(w: ByteWriter, number: number): void {
    const word = this.#words[number]!
    w.u8x2(I32_CONST, 0)
    if (this.isWide(word)) w.u8x2(I64_LOAD, 3)
    else w.u8x2(I32_LOAD, 2)
    w.u32(word * 4)
    w.u8(LOCAL_SET)
    w.u32(this.#firstLocal + number)
  }

  #number(word: number): number {
    const known = this.#numbers[word - FIRST_WORD]!
    if (known >= 0) return known
    if (this.#isSealed) throw new Error(`unforeseen register ${word}`)
    const number = this.#words.push(word) - 1
    this.#numbers[word - FIRST_WORD] = number
    this.#loaded.push(false)
    this.#pad()
    return number
  }

  #pad(): void {
    while (this.#path.length < this.#words.length) this.#path.push(this.#initial(this.#words[this.#path.length]!))
  }

  #initial(word: number): number {
    return this.#loopDirty.has(word) ? DIRTY : 0
  }
}
