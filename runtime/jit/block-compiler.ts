/**
 * The baseline compiler: a pre-decoded block, and blocks that it goes on at, → the body of one Wasm function. Runs the templates of
 * the instructions on itself (it is their TemplateWriter): text between holes is copied, holes become registers in locals, memory accesses and jumps.
 *
 * A jump to a known address becomes, in this order: a branch to the head of the function's loop, when it goes to the block the function is for
 * (its *root*); the target's code, put in right there, as long as the function stays small; a call of another function. So a function is a
 * tree of blocks whose registers stay in locals, and an inner loop with branches is one Wasm loop.
 *
 * Shape of a function: blocks around the body, one for each cold exit; test of fuel; loads of registers; body; the cold exits' code.
 */

import {
  BLOCK_COUNT,
  BLOCK_HEADER,
  BLOCK_PC_HI,
  BLOCK_PC_LO,
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
import { ByteWriter } from './byte-writer.ts'
import { MemoryAccess } from './memory-access.ts'
import { FIRST_LIBRARY_FUNCTION } from './module-writer.ts'
import {
  BLOCK,
  BR,
  BR_IF,
  CALL,
  DROP,
  ELSE,
  END,
  I32_CONST,
  I32_LT_S,
  I32_SUB,
  I32_WRAP_I64,
  I64_CONST,
  IF,
  LOCAL_GET,
  LOCAL_SET,
  LOCAL_TEE,
  LOOP,
  TYPE_EMPTY,
  TYPE_I32,
  TYPE_I64,
} from './opcodes.ts'
import { type PathState, RegisterLocals, registerFacts } from './register-locals.ts'
import { type EngineExit, FUEL_LOCAL, type Link, WaysOut } from './ways-out.ts'

/** What the compiler asks about addresses that code goes on at (`lo`, `hi`). It may ask more than once. */
export interface Surroundings {
  link(lo: number, hi: number): Link
  /** Word of the block's header when its code is worth having in place, else 0. The function then depends on that block, too. */
  inline(lo: number, hi: number): number
  /** Most instructions of a function beyond its first block. */
  readonly maxInlined: number
}

/** Blocks on one path through a function: bounds the nesting of Wasm blocks. */
const MAX_PATH = 12

interface BlockHead {
  readonly header: number
  readonly lo: number
  readonly hi: number
  readonly count: number
}
const NO_BLOCK: BlockHead = { header: 0, lo: 0, hi: 0, count: 0 }

interface Arm {
  /** State at the `if`; then, after `else`, state at the end of its first arm, undefined when that end is not reached. */
  other: PathState | undefined
  readonly before: PathState
  readonly reachedBefore: boolean
  hasElse: boolean
}

export class BlockCompiler implements TemplateWriter {
  readonly #isa: GuestIsa
  readonly #words: Int32Array
  readonly #w = new ByteWriter(1 << 14)
  readonly #result = new ByteWriter(1 << 14)
  readonly #registers: RegisterLocals
  readonly #memory: MemoryAccess
  readonly #out: WaysOut
  #around: Surroundings = { link: () => ({ kind: 'lookup' }), inline: () => 0, maxInlined: 0 }

  // The function that is being written.
  #root = NO_BLOCK
  /** Blocks that the code which is being written has come through, and instructions of all but the root. */
  #path: BlockHead[] = []
  #inlined = 0
  /** Where loads of registers and the loop go, between the first test of fuel and the rest. */
  #bodyStart = 0
  /** Wasm blocks open in the body. */
  #depth = 0
  #arms: Arm[] = []
  #reached = true
  #looping = false
  #loops = false
  #loopDirty = new Set<number>()

  // The block and the instruction that are being written.
  #block = NO_BLOCK
  #at = 0
  #recordLo = 0
  #recordHi = 0

  constructor(isa: GuestIsa, words: Int32Array) {
    this.#isa = isa
    this.#words = words
    // Locals: parameters, the templates' scratch, i32s of ours, i64s of ours, registers.
    const first32 = FIRST_SCRATCH + isa.scratch.i32 + isa.scratch.i64
    const first64 = first32 + 4
    this.#registers = new RegisterLocals(registerFacts(isa), first64 + 3)
    this.#memory = new MemoryAccess(this.#w, isa, {
      address32: first32 + 1,
      page: first32 + 2,
      value32: first32 + 3,
      address64: first64 + 1,
      value64: first64 + 2,
    })
    this.#out = new WaysOut(this.#w, this.#registers, isa, { entry: first32, pc: first64 })
  }

  /** The function's locals and code. `header` is the word of its root. */
  compile(header: number, around: Surroundings): Uint8Array {
    this.#around = around
    this.#loopDirty.clear()
    this.#looping = false
    this.#writeFunction(header, [])
    // Only now it is known that the root is jumped to, and with which registers dirty: those are dirty at its head, too.
    while (this.#loops) {
      const dirty = [...this.#loopDirty]
      this.#looping = true
      this.#writeFunction(header, dirty)
      if (this.#loopDirty.size === dirty.length) break
    }
    return this.#assemble()
  }

  #writeFunction(header: number, loopDirty: readonly number[]): void {
    this.#root = this.#head(header)
    this.#block = this.#root
    this.#path = []
    this.#inlined = 0
    this.#registers.start(loopDirty)
    this.#w.clear()
    this.#out.start()
    this.#depth = 0
    this.#arms = []
    this.#reached = true
    this.#loops = false
    this.#takeFuel(this.#root, false)
    this.#bodyStart = this.#w.length
    if (this.#looping) this.#depth++
    this.#writeBlock()
  }

  /** The instructions of #block. */
  #writeBlock(): void {
    const words = this.#words
    const { header, count } = this.#block
    this.#path.push(this.#block)
    let record = header + BLOCK_HEADER
    for (this.#at = 0; this.#at < count; this.#at++, record += this.#isa.recordWords) {
      this.#recordLo = words[record + RECORD_PC_LO]!
      this.#recordHi = words[record + RECORD_PC_HI]!
      const handler = words[record + RECORD_HANDLER]! & 0xffff
      this.#isa.templates[handler - HANDLER_FIRST]!(this, words, record)
    }
    if (this.#reached) this.jump(words[record + RECORD_PC_LO]!, words[record + RECORD_PC_HI]!, 'jump')
    this.#path.pop()
  }

  /** Puts a block in where another jumps to it, perhaps in the middle of that one's template. */
  #writeInlined(head: BlockHead): void {
    const [block, at, recordLo, recordHi] = [this.#block, this.#at, this.#recordLo, this.#recordHi]
    this.#block = head
    this.#inlined += head.count
    this.#takeFuel(head, true)
    this.#writeBlock()
    this.#block = block
    this.#at = at
    this.#recordLo = recordLo
    this.#recordHi = recordHi
  }

  #head(header: number): BlockHead {
    const words = this.#words
    return {
      header,
      lo: words[header + BLOCK_PC_LO]!,
      hi: words[header + BLOCK_PC_HI]!,
      count: words[header + BLOCK_COUNT]!,
    }
  }

  /** Puts together what `write` left: locals, blocks around, fuel, loads, loop, body, cold exits. */
  #assemble(): Uint8Array {
    const { scratch } = this.#isa
    const out = this.#result
    out.clear()
    const groups: [count: number, type: number][] = [
      [scratch.i32, TYPE_I32],
      [scratch.i64, TYPE_I64],
      [4, TYPE_I32],
      [3, TYPE_I64],
    ]
    for (const type of this.#registers.types()) {
      const last = groups[groups.length - 1]!
      if (last[1] === type) last[0]++
      else groups.push([1, type])
    }
    out.u32(groups.length)
    for (const [count, type] of groups) {
      out.u32(count)
      out.u8(type)
    }
    for (let exit = 0; exit < this.#out.coldCount; exit++) out.u8x2(BLOCK, TYPE_EMPTY)
    const code = this.#w.bytes()
    const body = this.#bodyStart
    out.append(code.subarray(0, body))
    this.#registers.loads(out)
    if (this.#looping) out.u8x2(LOOP, TYPE_EMPTY)
    out.append(code.subarray(body))
    if (this.#looping) out.u8(END)
    this.#out.writeCold(out)
    out.u8(END)
    return out.bytes().slice()
  }

  // ---- TemplateWriter: bytes

  code1(a: number): void {
    this.#w.u8(a)
  }
  code2(a: number, b: number): void {
    this.#w.u8x2(a, b)
  }
  code3(a: number, b: number, c: number): void {
    this.#w.u8x3(a, b, c)
  }
  code4(a: number, b: number, c: number, d: number): void {
    this.#w.u8x4(a, b, c, d)
  }
  code(bytes: string): void {
    this.#w.latin1(bytes)
  }
  i32(value: number): void {
    this.#w.u8(I32_CONST)
    this.#w.s32(value)
  }
  i64(lo: number, hi: number): void {
    this.#w.u8(I64_CONST)
    this.#w.s64(lo, hi)
  }

  // ---- registers

  get32(word: number): void {
    const constant = this.#registers.facts.hardwired.get(word)
    if (constant !== undefined) this.i32(Number(constant & 0xffffffffn))
    else {
      this.#local(LOCAL_GET, this.#registers.read(word))
      if (this.#registers.isWide(word)) this.#w.u8(I32_WRAP_I64)
    }
  }
  get64(word: number): void {
    const constant = this.#registers.facts.hardwired.get(word)
    if (constant !== undefined) this.i64(Number(constant & 0xffffffffn), Number(constant >> 32n))
    else this.#local(LOCAL_GET, this.#registers.read(word))
  }
  set32(word: number): void {
    if (word === SINK_WORD) this.#w.u8(DROP)
    else this.#local(LOCAL_SET, this.#registers.write(word))
  }
  set64(word: number): void {
    this.set32(word)
  }

  // ---- memory

  load(size: number, type: number, signed: boolean): void {
    this.#memory.load(size, type, signed, this.#leave())
  }
  store(size: number, type: number): void {
    this.#memory.store(size, type, this.#leave())
  }

  /** One exit for all tests of an access. */
  #leave(): (depth: number) => void {
    let exit = -1
    return (deeper) => {
      if (exit < 0) exit = this.#out.cold(this.#stepHere())
      this.#w.u8(BR_IF)
      this.#w.u32(this.#depth + deeper + exit)
    }
  }

  #stepHere(): EngineExit {
    return { code: EXIT_STEP, lo: this.#recordLo, hi: this.#recordHi, refund: this.#block.count - this.#at }
  }

  // ---- structured control

  if(type: number): void {
    this.#w.u8x2(IF, type)
    this.#depth++
    const before = this.#registers.save()
    this.#arms.push({ before, other: before, reachedBefore: this.#reached, hasElse: false })
  }

  else(): void {
    this.#w.u8(ELSE)
    const arm = this.#arms[this.#arms.length - 1]!
    arm.hasElse = true
    arm.other = this.#reached ? this.#registers.save() : undefined
    this.#registers.restore(arm.before.slice())
    this.#reached = arm.reachedBefore
  }

  end(): void {
    this.#w.u8(END)
    this.#depth--
    const arm = this.#arms.pop()!
    const other = arm.hasElse || arm.reachedBefore ? arm.other : undefined
    if (!this.#reached && other) this.#registers.restore(other)
    else if (this.#reached && other) this.#registers.merge(other)
    this.#reached ||= other !== undefined
  }

  // ---- ways out

  step(): void {
    this.#out.here(this.#stepHere())
    this.#reached = false
  }

  jump(lo: number, targetHi: number, _hint: JumpHint): void {
    const hi = this.#isa.pcWidth > 32 ? targetHi : 0
    if (lo === this.#root.lo && hi === this.#root.hi) this.#jumpToRoot()
    else {
      const header = this.#mayInline(lo, hi) ? this.#around.inline(lo, hi) : 0
      const head = header === 0 ? NO_BLOCK : this.#head(header)
      if (header !== 0 && this.#inlined + head.count <= this.#around.maxInlined) this.#writeInlined(head)
      else this.#out.to(this.#around.link(lo, hi), lo, hi)
    }
    this.#reached = false
  }

  #mayInline(lo: number, hi: number): boolean {
    if (this.#path.length >= MAX_PATH || this.#inlined >= this.#around.maxInlined) return false
    return !this.#path.some((block) => block.lo === lo && block.hi === hi)
  }

  jumpTo(hint: JumpHint): void {
    this.#out.toStack(hint)
    this.#reached = false
  }

  call(number: number): void {
    this.#w.u8(CALL)
    this.#w.u32(FIRST_LIBRARY_FUNCTION + number)
  }

  /** With registers where they are; only fuel has to be taken as at the entry. */
  #jumpToRoot(): void {
    this.#loops = true
    for (const word of this.#registers.dirtyWords()) this.#loopDirty.add(word)
    this.#takeFuel(this.#root, true)
    this.#w.u8(BR)
    this.#w.u32(this.#depth - 1)
  }

  /** For all of a block; leaves when there is too little. Registers are stored unless they are in memory still. */
  #takeFuel({ lo, hi, count }: BlockHead, spill: boolean): void {
    const w = this.#w
    this.#local(LOCAL_GET, FUEL_LOCAL)
    this.i32(count)
    w.u8(I32_SUB)
    this.#local(LOCAL_TEE, FUEL_LOCAL)
    this.i32(0)
    w.u8x2(I32_LT_S, BR_IF)
    const exit: EngineExit = { code: EXIT_FUEL, lo, hi, refund: count }
    w.u32(this.#depth + (spill ? this.#out.cold(exit) : this.#out.coldUnspilled(exit)))
  }

  #local(opcode: number, local: number): void {
    this.#w.u8(opcode)
    this.#w.u32(local)
  }
}
