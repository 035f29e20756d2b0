/**
 * What a run of instructions does to registers and control, found by running their templates on a writer that only takes notes: which registers are
 * read before they are written, which are written, where control goes, and where it may leave for the engine. Sets of registers are bit masks
 * over numbers, given in the order in which words are met and shared by all nodes of a region.
 */

import {
  BLOCK_COUNT,
  BLOCK_HEADER,
  codeWidth,
  type GuestIsa,
  HANDLER_FIRST,
  type JumpHint,
  RECORD_HANDLER,
  RECORD_PC_HI,
  RECORD_PC_LO,
  SINK_WORD,
  type TemplateWriter,
} from '../abi.ts'
import type { AccessEvent, AccessKind } from './access-tests.ts'
import { I32_ADD, I64_ADD } from './opcodes.ts'
import type { RegisterFacts } from './register-locals.ts'
import { SignTracker } from './signedness.ts'

/** Registers as bits. */
export type RegisterMask = bigint

/** A jump, in the order in which the templates write them. `next` is where the instruction behind it lies. */
export interface Way {
  readonly kind: 'known' | 'computed'
  readonly hint: JumpHint
  /** Known ways only; 0 for others. */
  readonly lo: number
  readonly hi: number
  readonly nextLo: number
  readonly nextHi: number
  /** Of the jumping instruction. */
  readonly fromLo: number
  /** Registers assigned for sure, and assigned perhaps, between the run's start and here. */
  readonly assigned: RegisterMask
  readonly dirty: RegisterMask
  /** How many of the run's events come before it. */
  readonly events: number
}

export interface Flow {
  /** Instructions; the run may be shorter than its block. */
  readonly count: number
  readonly ways: readonly Way[]
  /** Read, or assigned on some paths only, before being assigned. */
  readonly uses: RegisterMask
  /** Assigned for sure at every place where the run may leave for the engine; undefined where it never does. */
  readonly exitAssigned: RegisterMask | undefined
  /** The same for places where other code may follow than what was seen: instructions that the interpreter does, and stores, which may change code. */
  readonly stepAssigned: RegisterMask | undefined
  /** What happens in turn, as liveness needs it: STEP_* and the register's number << STEP_SHIFT. */
  readonly steps: readonly number[]
  /** By instruction of the run: registers that it writes on some of its paths only. */
  readonly armWrites: ReadonlyMap<number, readonly number[]>
  /** It only reads, computes and writes registers, by short and simple ways: no memory, no library, no arms. */
  readonly computes: boolean
  /** Accesses at registers, and writes of registers, in the order in which the templates write them. */
  readonly events: readonly AccessEvent[]
}

export const STEP_INSTRUCTION = 0
export const STEP_GET = 1
export const STEP_SET = 2
export const STEP_WAY = 3
/** The interpreter does the instruction, or may do it: it may be a store to code. */
export const STEP_LEAVE = 4
export const STEP_IF = 5
export const STEP_ELSE = 6
export const STEP_END = 7
export const STEP_SHIFT = 3

interface Arm {
  readonly assigned: RegisterMask
  readonly dirty: RegisterMask
  readonly reached: boolean
  other: { readonly assigned: RegisterMask; readonly dirty: RegisterMask } | undefined
  hasElse: boolean
}

interface Sum {
  readonly step: 'none' | 'constant' | 'base' | 'both' | 'sum'
  readonly base: number
  readonly offset: number
}
const NO_SUM: Sum = { step: 'none', base: 0, offset: 0 }

export class FlowRecorder implements TemplateWriter {
  readonly #isa: GuestIsa
  readonly #words: Int32Array
  readonly #facts: RegisterFacts
  /** Words by number. */
  registers: number[] = []
  /** By word. */
  readonly #numbered = new Map<number, { readonly number: number; readonly bit: RegisterMask }>()

  #ways: Way[] = []
  #events: AccessEvent[] = []
  #uses: RegisterMask = 0n
  #assigned: RegisterMask = 0n
  #dirty: RegisterMask = 0n
  #exitAssigned: RegisterMask | undefined
  #stepAssigned: RegisterMask | undefined
  #steps: number[] = []
  #computes = true
  #reached = true
  #arms: Arm[] = []
  #record = 0
  /** Of the instruction in the run. */
  #at = 0
  #armWrites = new Map<number, readonly number[]>()
  /** How much was just written of a register plus a constant. */
  #sum: Sum = NO_SUM
  /** Registers that the instruction has read, and no memory since. */
  #inputs: number[] = []
  readonly #signs = new SignTracker()
  /** The opcode that adds addresses. */
  readonly #add: number

  constructor(isa: GuestIsa, words: Int32Array, facts: RegisterFacts) {
    this.#isa = isa
    this.#words = words
    this.#facts = facts
    this.#add = isa.memory.addressWidth > 32 ? I64_ADD : I32_ADD
  }

  /** Forgets the numbers of registers: a new region. */
  clear(): void {
    this.registers = []
    this.#numbered.clear()
  }

  /** The block at `header`, up to but without an instruction (not its first) that `isLeader` knows. */
  run(header: number, isLeader: (lo: number, hi: number) => boolean): Flow {
    const words = this.#words
    this.#ways = []
    this.#events = []
    this.#uses = 0n
    this.#assigned = 0n
    this.#dirty = 0n
    this.#exitAssigned = undefined
    this.#stepAssigned = undefined
    this.#steps = []
    this.#armWrites = new Map()
    this.#computes = true
    this.#reached = true
    this.#arms = []
    const most = words[header + BLOCK_COUNT]!
    let record = header + BLOCK_HEADER
    let count = 0
    for (; count < most; count++, record += this.#isa.recordWords) {
      if (count > 0 && isLeader(words[record + RECORD_PC_LO]!, words[record + RECORD_PC_HI]!)) break
      this.#record = record
      this.#steps.push(STEP_INSTRUCTION)
      this.#inputs = []
      this.#signs.forget()
      this.#at = count
      this.#isa.templates[(words[record + RECORD_HANDLER]! & 0xffff) - HANDLER_FIRST]!(this, words, record)
    }
    this.#record = record
    if (this.#reached) this.jump(words[record + RECORD_PC_LO]!, words[record + RECORD_PC_HI]!, 'jump')
    return {
      count,
      ways: this.#ways,
      uses: this.#uses,
      exitAssigned: this.#exitAssigned,
      stepAssigned: this.#stepAssigned,
      steps: this.#steps,
      armWrites: this.#armWrites,
      computes: this.#computes,
      events: this.#events,
    }
  }

  get32(word: number): void {
    this.#sum = { step: 'base', base: word, offset: 0 }
    this.#inputs.push(word)
    if (this.#facts.hardwired.has(word)) return
    const { number, bit } = this.#register(word)
    this.#steps.push(STEP_GET | (number << STEP_SHIFT))
    if (this.#reached && (this.#assigned & bit) === 0n) this.#uses |= bit
  }
  get64(word: number): void {
    this.get32(word)
    const constant = this.#facts.hardwired.get(word)
    if (constant === undefined) this.#signs.register(word)
    else this.#signs.constant(Number(constant & 0xffffffffn) | 0, Number(constant >> 32n) | 0)
  }
  set32(word: number): void {
    this.#signs.forget()
    this.#set(word, undefined)
  }
  set64(word: number): void {
    this.#set(word, this.#signs.take())
  }
  #set(word: number, signedIf: readonly number[] | undefined): void {
    if (word === SINK_WORD) return
    const { number, bit } = this.#register(word)
    this.#steps.push(STEP_SET | (number << STEP_SHIFT))
    if (this.#arms.length > 0) this.#armWrites.set(this.#at, [...(this.#armWrites.get(this.#at) ?? []), word])
    const { step, base, offset } = this.#sum
    this.#events.push({
      kind: 'write',
      base: word,
      inputs: this.#inputs,
      ...(step === 'sum' && this.#isSure() && { from: { base, offset } }),
      ...(step === 'constant' && { constant: offset >>> 0 }),
      ...(signedIf && this.#isSure() && { signedIf }),
    })
    this.#sum = NO_SUM
    if (!this.#reached) return
    this.#assigned |= bit
    this.#dirty |= bit
  }

  load(size: number, type: number, signed: boolean): void {
    this.#computes = false
    this.#signs.loaded(size, type, signed)
    this.#inputs = []
    this.#sum = NO_SUM
    if (this.#isa.memory.faults) this.#exit()
  }
  store(): void {
    this.#computes = false
    this.#signs.forget()
    this.#exit()
    this.#leave()
  }
  loadAt(base: number, lo: number, hi: number, size: number, type: number, signed: boolean): void {
    this.#access(base, lo, hi, size, 'read')
    this.load(size, type, signed)
  }
  storeAt(base: number, lo: number, hi: number, size: number): void {
    this.#access(base, lo, hi, size, 'write')
    this.store()
  }
  /** Every path through the run comes by here. */
  #isSure(): boolean {
    return this.#reached && this.#arms.length === 0
  }
  #access(base: number, lo: number, hi: number, size: number, what: AccessKind): void {
    this.get32(base)
    const offset = this.#isa.memory.addressWidth <= 32 || lo >> 31 === hi ? lo : Number.POSITIVE_INFINITY
    const pc = this.#words[this.#record + RECORD_PC_LO]!
    this.#events.push({ kind: 'access', pc, base, offset, size, what, sure: this.#isSure() })
  }
  step(): void {
    this.#computes = false
    this.#exit()
    this.#leave()
    this.#reached = false
  }
  /** What follows then may be other code than this: all registers count. */
  #leave(): void {
    if (this.#reached) this.#stepAssigned = (this.#stepAssigned ?? this.#assigned) & this.#assigned
    this.#steps.push(STEP_LEAVE)
  }

  if(): void {
    this.#computes = false
    this.#signs.forget()
    this.#steps.push(STEP_IF)
    const { assigned, dirty, reached } = { assigned: this.#assigned, dirty: this.#dirty, reached: this.#reached }
    this.#arms.push({ assigned, dirty, reached, other: { assigned, dirty }, hasElse: false })
  }
  else(): void {
    this.#signs.forget()
    this.#steps.push(STEP_ELSE)
    const arm = this.#arms[this.#arms.length - 1]!
    arm.hasElse = true
    arm.other = this.#reached ? { assigned: this.#assigned, dirty: this.#dirty } : undefined
    this.#assigned = arm.assigned
    this.#dirty = arm.dirty
    this.#reached = arm.reached
  }
  end(): void {
    this.#signs.forget()
    this.#steps.push(STEP_END)
    const arm = this.#arms.pop()!
    const other = arm.hasElse || arm.reached ? arm.other : undefined
    if (!other) return
    if (this.#reached) {
      // Assigned in one arm only: from here on its value may be the one it had before.
      this.#uses |= (this.#assigned ^ other.assigned) & ~arm.assigned
      this.#assigned &= other.assigned
      this.#dirty |= other.dirty
    } else {
      this.#assigned = other.assigned
      this.#dirty = other.dirty
      this.#reached = true
    }
  }

  jump(lo: number, targetHi: number, hint: JumpHint): void {
    this.#way('known', hint, lo | 0, codeWidth(this.#isa) > 32 ? targetHi : 0)
  }
  jumpTo(hint: JumpHint): void {
    this.#way('computed', hint, 0, 0)
  }

  // Of the templates' text only one form is of interest: a register plus a constant, as addresses go on in loops.
  i32(value: number): void {
    this.#constant(value)
  }
  i64(lo: number, hi: number): void {
    this.#signs.constant(lo | 0, hi | 0)
    this.#constant(lo >> 31 === hi ? lo : undefined)
  }
  #constant(offset: number | undefined): void {
    const { step, base } = this.#sum
    if (offset === undefined) this.#sum = NO_SUM
    else this.#sum = { step: step === 'base' ? 'both' : 'constant', base, offset }
  }
  code1(opcode: number): void {
    const { step, base, offset } = this.#sum
    this.#sum = step === 'both' && opcode === this.#add ? { step: 'sum', base, offset } : NO_SUM
    this.#signs.operator(opcode)
  }
  code2(a: number, b: number): void {
    this.#sum = NO_SUM
    this.#signs.text(b, a)
  }
  code3(_a: number, _b: number, c: number): void {
    this.#text(c)
  }
  code4(_a: number, _b: number, _c: number, d: number): void {
    this.#text(d)
  }
  code(bytes: string): void {
    this.#text(bytes.charCodeAt(bytes.length - 1))
  }
  #text(last: number): void {
    this.#sum = NO_SUM
    this.#signs.text(last)
  }
  call(): void {
    this.#computes = false
    this.#sum = NO_SUM
    this.#signs.forget()
  }

  #way(kind: Way['kind'], hint: JumpHint, lo: number, hi: number): void {
    // Dead ways are noted, too: they are written like all others.
    const next = this.#record + this.#isa.recordWords
    this.#steps.push(STEP_WAY)
    this.#ways.push({
      kind,
      hint,
      lo,
      hi,
      nextLo: this.#words[next + RECORD_PC_LO]!,
      // Code comes back from a call with its context as at reset, as far as anyone can tell.
      nextHi: this.#isa.context ? 0 : this.#words[next + RECORD_PC_HI]!,
      fromLo: this.#words[this.#record + RECORD_PC_LO]!,
      assigned: this.#assigned,
      dirty: this.#dirty,
      events: this.#events.length,
    })
    this.#reached = false
  }

  #exit(): void {
    if (this.#reached) this.#exitAssigned = (this.#exitAssigned ?? this.#assigned) & this.#assigned
  }

  #register(word: number): { readonly number: number; readonly bit: RegisterMask } {
    let register = this.#numbered.get(word)
    if (!register) {
      const number = this.registers.push(word) - 1
      register = { number, bit: 1n << BigInt(number) }
      this.#numbered.set(word, register)
    }
    return register
  }
}
