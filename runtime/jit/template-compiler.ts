/**
 * What all compilers of templates have in common (each is the TemplateWriter that the templates of its instructions run on): text between holes is copied,
 * registers become locals, memory accesses get their tests and ways out, and arms of an `if` are followed so that it is known on each path
 * what is dirty. Where control goes is left to the compiler of blocks and that of regions.
 */

import {
  EXIT_FUEL,
  EXIT_STEP,
  FIRST_SCRATCH,
  type GuestIsa,
  HANDLER_FIRST,
  type JumpHint,
  RECORD_HANDLER,
  RECORD_PC_HI,
  RECORD_PC_LO,
  SINK_WORD,
  type TemplateWriter,
} from '../abi.ts'
import { CodeWriter, type FunctionBody } from './function-body.ts'
import { FIRST_LIBRARY_FUNCTION } from './function-numbers.ts'
import { COUNT_INSTRUCTIONS, Instrument } from './instrument.ts'
import { type Leave, MemoryAccess, type PageTest } from './memory-access.ts'
import {
  BLOCK,
  CALL,
  DROP,
  ELSE,
  END,
  I32_ADD,
  I32_CONST,
  I32_LT_S,
  I32_SUB,
  I32_WRAP_I64,
  I64_ADD,
  I64_CONST,
  IF,
  LOCAL_GET,
  LOCAL_SET,
  LOCAL_TEE,
  TYPE_EMPTY,
  TYPE_I32,
  TYPE_I64,
} from './opcodes.ts'
import { type PathState, RegisterLocals, registerFacts } from './register-locals.ts'
import { type EngineExit, FUEL_LOCAL, WaysOut } from './ways-out.ts'

/** Instructions from one record on, as part of a function. */
export interface Run {
  /** Address of the first, and how many. */
  readonly lo: number
  readonly hi: number
  readonly count: number
}
export const NO_RUN: Run = { lo: 0, hi: 0, count: 0 }

interface Arm {
  /** Of the `if`, in the code. */
  readonly place: number
  /** Whether the first way on in it, and in the arm before `else`, leaves for good; undefined where it ends without. */
  leaves: boolean | undefined
  thenLeaves: boolean | undefined
  /** State at the `if`; then, after `else`, state at the end of its first arm, undefined when that end is not reached. */
  other: PathState | undefined
  readonly before: PathState
  readonly reachedBefore: boolean
  hasElse: boolean
}

/** Where the compiler stands within a run, to be put back after another was written in the middle of a template. */
export interface Standing {
  readonly run: Run
  readonly at: number
  readonly record: number
  readonly ahead: number
}

export abstract class TemplateCompiler implements TemplateWriter {
  protected readonly isa: GuestIsa
  protected readonly words: Int32Array
  protected readonly w = new CodeWriter(1 << 14)
  protected readonly registers: RegisterLocals
  protected readonly out: WaysOut
  protected readonly instrument: Instrument
  /** Wasm blocks open in the body. */
  protected depth = 0
  protected reached = true
  protected run = NO_RUN
  /** Fuel that was taken for instructions beyond the run. */
  protected ahead = 0
  /** Of the instruction that is being written. */
  protected record = 0
  protected readonly memory: MemoryAccess
  /** A local of 32 bits: whether the arm at hand is not done. */
  protected readonly skipped: number

  readonly #result = new CodeWriter(1 << 14)
  readonly #libraryCalls = new Set<number>()
  #arms: Arm[] = []
  #at = 0
  /** Of the instruction's last `if`, whose one arm goes on in this function; −1 for none. */
  #lastIf = -1

  /** `mark` is added to the codes of its exits. */
  constructor(isa: GuestIsa, words: Int32Array, mark: number, instrument = new Instrument()) {
    this.instrument = instrument
    this.isa = isa
    this.words = words
    // Locals: parameters, the templates' scratch, i32s of ours, i64s of ours, registers.
    const first32 = FIRST_SCRATCH + isa.scratch.i32 + isa.scratch.i64
    const first64 = first32 + 5
    this.skipped = first32 + 4
    this.registers = new RegisterLocals(registerFacts(isa), first64 + 3)
    this.memory = new MemoryAccess(this.w, isa, {
      address32: first32 + 1,
      page: first32 + 2,
      value32: first32 + 3,
      address64: first64 + 1,
      value64: first64 + 2,
    })
    this.out = new WaysOut(this.w, this.registers, isa, { entry: first32, pc: first64 }, mark, instrument)
  }

  abstract jump(lo: number, hi: number, hint: JumpHint): void
  abstract jumpTo(hint: JumpHint): void

  protected startFunction(): void {
    this.w.clear()
    this.out.start()
    this.instrument.start()
    this.depth = 0
    this.#arms = []
    this.reached = true
  }

  /** The templates of the run's instructions, the first of which has this record; then a jump to what follows, where that is reached. */
  protected writeRun(run: Run, first: number): void {
    const { isa, words } = this
    this.run = run
    this.record = first
    this.instrument.run(run.lo, words[first + run.count * isa.recordWords + RECORD_PC_LO]!, run.count)
    this.instrument.count(this.w, COUNT_INSTRUCTIONS, run.count)
    for (this.#at = 0; this.#at < run.count; this.#at++, this.record += isa.recordWords) {
      this.#lastIf = -1
      this.instrument.mark(this.w, words[this.record + RECORD_PC_LO]!, words[this.record + RECORD_PC_HI]!)
      isa.templates[(words[this.record + RECORD_HANDLER]! & 0xffff) - HANDLER_FIRST]!(this, words, this.record)
    }
    if (this.reached) this.jump(words[this.record + RECORD_PC_LO]!, words[this.record + RECORD_PC_HI]!, 'jump')
  }

  /** The instruction that is being written is the run's last one. */
  protected isLast(): boolean {
    return this.#at === this.run.count - 1
  }

  protected standing(): Standing {
    return { run: this.run, at: this.#at, record: this.record, ahead: this.ahead }
  }
  protected standAt({ run, at, record, ahead }: Standing): void {
    this.run = run
    this.ahead = ahead
    this.#at = at
    this.record = record
  }

  /** Puts the function together: locals, blocks around, the body with something put in at `split`, cold exits. */
  protected assemble(
    split = 0,
    writeAtSplit: (out: CodeWriter) => void = () => {},
    writeEnd: (out: CodeWriter) => void = () => {},
  ): FunctionBody {
    const { scratch } = this.isa
    const out = this.#result
    out.clear()
    const groups: [count: number, type: number][] = [
      [scratch.i32, TYPE_I32],
      [scratch.i64, TYPE_I64],
      [5, TYPE_I32],
      [3, TYPE_I64],
    ]
    for (const type of this.registers.types()) {
      const last = groups[groups.length - 1]!
      if (last[1] === type) last[0]++
      else groups.push([1, type])
    }
    out.u32(groups.length)
    for (const [count, type] of groups) {
      out.u32(count)
      out.u8(type)
    }
    for (let exit = 0; exit < this.out.coldCount; exit++) out.u8x2(BLOCK, TYPE_EMPTY)
    out.appendCode(this.w, 0, split)
    writeAtSplit(out)
    out.appendCode(this.w, split)
    writeEnd(out)
    this.out.writeCold(out)
    out.u8(END)
    return out.body()
  }

  /** Takes fuel for all of a run; leaves when there is too little. Registers are stored unless they are in memory still. */
  protected takeFuel({ lo, hi, count }: Run, spill: boolean): void {
    const { w } = this
    this.local(LOCAL_GET, FUEL_LOCAL)
    this.i32(count)
    w.u8(I32_SUB)
    this.local(LOCAL_TEE, FUEL_LOCAL)
    this.i32(0)
    w.u8(I32_LT_S)
    const exit: EngineExit = { code: EXIT_FUEL, lo, hi, refund: count }
    w.brIf(this.depth + (spill ? this.out.cold(exit) : this.out.coldUnspilled(exit)), false)
  }

  protected local(opcode: number, local: number): void {
    this.w.u8(opcode)
    this.w.u32(local)
  }

  // ---- TemplateWriter: bytes

  code1(a: number): void {
    this.w.u8(a)
  }
  code2(a: number, b: number): void {
    this.w.u8x2(a, b)
  }
  code3(a: number, b: number, c: number): void {
    this.w.u8x3(a, b, c)
  }
  code4(a: number, b: number, c: number, d: number): void {
    this.w.u8x4(a, b, c, d)
  }
  code(bytes: string): void {
    this.w.latin1(bytes)
  }
  i32(value: number): void {
    this.w.u8(I32_CONST)
    this.w.s32(value)
  }
  i64(lo: number, hi: number): void {
    this.w.u8(I64_CONST)
    this.w.s64(lo, hi)
  }

  // ---- registers

  get32(word: number): void {
    const constant = this.registers.facts.hardwired.get(word)
    if (constant !== undefined) this.i32(Number(constant & 0xffffffffn))
    else {
      this.local(LOCAL_GET, this.registers.read(word))
      if (this.registers.isWide(word)) this.w.u8(I32_WRAP_I64)
    }
  }
  get64(word: number): void {
    const constant = this.registers.facts.hardwired.get(word)
    if (constant !== undefined) this.i64(Number(constant & 0xffffffffn), Number(constant >> 32n))
    else this.local(LOCAL_GET, this.registers.read(word))
  }
  set32(word: number): void {
    if (word === SINK_WORD) this.w.u8(DROP)
    else this.local(LOCAL_SET, this.registers.write(word))
  }
  set64(word: number): void {
    this.set32(word)
  }

  // ---- memory

  load(size: number, type: number, signed: boolean): void {
    this.memory.load(size, type, signed, this.leave(), this.pageTest(), this.note())
  }
  store(size: number, type: number): void {
    this.memory.store(size, type, this.leave(), this.pageTest(), this.note())
  }
  loadAt(base: number, lo: number, hi: number, size: number, type: number, signed: boolean): void {
    this.#address(base, lo, hi)
    this.load(size, type, signed)
  }
  storeAt(base: number, lo: number, hi: number, size: number, type: number): void {
    this.memory.storeBelow(type, () => this.#address(base, lo, hi))
    this.store(size, type)
  }

  /** How to ask pages for the access at hand. */
  protected pageTest(): PageTest {
    return 'pages'
  }
  /** Byte address of the word in which the access at hand is to be noted, 0 for none. */
  protected note(): number {
    return 0
  }

  #address(base: number, lo: number, hi: number): void {
    const isWide = this.isa.memory.addressWidth > 32
    if (isWide) this.get64(base)
    else this.get32(base)
    if (lo === 0 && (hi === 0 || !isWide)) {
      this.flush()
      return
    }
    if (isWide) this.i64(lo, hi)
    else this.i32(lo)
    this.flush()
    this.w.u8(isWide ? I64_ADD : I32_ADD)
  }

  /** One exit for all tests of an access. */
  protected leave(): Leave {
    let exit = -1
    return (deeper) => {
      if (exit < 0) exit = this.out.cold(this.#stepHere(), this.liveAt(this.#at))
      this.w.brIf(this.depth + deeper + exit, false)
    }
  }

  /** Registers that are needed from an instruction of the run on; all where that is not known. */
  protected liveAt(_instruction: number): bigint | undefined {
    return undefined
  }

  #stepHere(): EngineExit {
    const [lo, hi] = [this.words[this.record + RECORD_PC_LO]!, this.words[this.record + RECORD_PC_HI]!]
    return { code: EXIT_STEP, lo, hi, refund: this.run.count - this.#at + this.ahead }
  }

  /** Writes what was put off. */
  protected flush(): void {}

  // ---- the library

  /** Functions that code has called since this was asked last. */
  takeLibraryCalls(): number[] {
    const calls = [...this.#libraryCalls]
    this.#libraryCalls.clear()
    return calls
  }

  call(number: number): void {
    this.#libraryCalls.add(number)
    this.w.u8(CALL)
    this.w.u32(FIRST_LIBRARY_FUNCTION + number)
  }

  // ---- structured control

  if(type: number): void {
    this.#lastIf = -1
    const place = this.w.length
    this.w.u8x2(IF, type)
    this.depth++
    const before = this.registers.save()
    const ways = { leaves: undefined, thenLeaves: undefined }
    this.#arms.push({ place, before, other: before, reachedBefore: this.reached, hasElse: false, ...ways })
  }

  /** Where code goes on: elsewhere (`leaves`), which hardly ever happens in the middle of what is worth compiling, or in this function. */
  protected goesOn(leaves: boolean): void {
    const arm = this.#arms[this.#arms.length - 1]
    if (arm) arm.leaves ??= leaves
    if (leaves && this.#lastIf >= 0) this.w.hint(this.#lastIf, true)
    this.#lastIf = -1
  }

  else(): void {
    this.w.u8(ELSE)
    const arm = this.#arms[this.#arms.length - 1]!
    arm.hasElse = true
    this.#lastIf = -1
    arm.thenLeaves = arm.leaves
    arm.leaves = undefined
    arm.other = this.reached ? this.registers.save() : undefined
    this.registers.restore(arm.before.slice())
    this.reached = arm.reachedBefore
  }

  end(): void {
    this.w.u8(END)
    this.depth--
    const arm = this.#arms.pop()!
    this.#hint(arm)
    const other = arm.hasElse || arm.reachedBefore ? arm.other : undefined
    if (!this.reached && other) this.registers.restore(other)
    else if (this.reached && other) this.registers.merge(other)
    this.reached ||= other !== undefined
  }

  #hint({ place, hasElse, leaves, thenLeaves }: Arm): void {
    const [one, other] = hasElse ? [thenLeaves, leaves] : [leaves, undefined]
    if (one && !other) this.w.hint(place, false)
    else if (other && !one) this.w.hint(place, true)
    if (one === false || other === false) this.goesOn(false)
    this.#lastIf = one === false && !hasElse ? place : -1
  }

  step(): void {
    this.goesOn(true)
    this.out.here(this.#stepHere())
    this.reached = false
  }
}
