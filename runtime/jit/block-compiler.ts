/**
 * The baseline compiler: a pre-decoded block, and blocks that it goes on at, → the body of one Wasm function.
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
  codeWidth,
  type GuestIsa,
  type JumpHint,
  RECORD_PC_LO,
} from '../abi.ts'
import type { AccessNotes } from '../access-notes.ts'
import type { FunctionBody } from './function-body.ts'
import type { Instrument } from './instrument.ts'
import { BR, END, LOOP, TYPE_EMPTY } from './opcodes.ts'
import { NO_RUN, type Run, TemplateCompiler } from './template-compiler.ts'
import type { Link } from './ways-out.ts'

/** What the compiler asks about addresses that code goes on at (`lo`, `hi`). It may ask more than once. */
export interface Surroundings {
  link(lo: number, hi: number, hint: JumpHint): Link
  /** Word of the block's header when its code is worth having in place, else 0. The function then depends on that block, too. */
  inline(lo: number, hi: number): number
  /** Most instructions of a function beyond its first block. */
  readonly maxInlined: number
  /** Byte address of the table for targets of the computed jump at an address, 0 for none. */
  targetTable(fromLo: number): number
}

/** Blocks on one path through a function: bounds the nesting of Wasm blocks. */
const MAX_PATH = 12

interface BlockHead extends Run {
  readonly header: number
}
const NO_BLOCK: BlockHead = { ...NO_RUN, header: 0 }

export class BlockCompiler extends TemplateCompiler {
  #around: Surroundings = {
    link: () => ({ kind: 'lookup' }),
    inline: () => 0,
    maxInlined: 0,
    targetTable: () => 0,
  }

  // The function that is being written.
  #root = NO_BLOCK
  /** Blocks that the code which is being written has come through, and instructions of all but the root. */
  #path: BlockHead[] = []
  #inlined = 0
  /** Where loads of registers and the loop go, between the first test of fuel and the rest. */
  #bodyStart = 0
  #looping = false
  #loops = false
  readonly #loopDirty = new Set<number>()

  readonly #notes: AccessNotes | undefined

  constructor(isa: GuestIsa, words: Int32Array, notes?: AccessNotes, instrument?: Instrument) {
    super(isa, words, 0, instrument)
    this.#notes = notes
  }

  /** The function's locals and code. `header` is the word of its root. */
  compile(header: number, around: Surroundings): FunctionBody {
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
    return this.assemble(
      this.#bodyStart,
      (out) => {
        this.registers.loads(out)
        if (this.#looping) out.u8x2(LOOP, TYPE_EMPTY)
      },
      (out) => {
        if (this.#looping) out.u8(END)
      },
    )
  }

  #writeFunction(header: number, loopDirty: readonly number[]): void {
    this.startFunction()
    this.#root = this.#head(header)
    this.#path = []
    this.#inlined = 0
    this.registers.start(loopDirty)
    this.#loops = false
    this.takeFuel(this.#root, false)
    this.#bodyStart = this.w.length
    if (this.#looping) this.depth++
    this.#writeBlock(this.#root)
  }

  #writeBlock(head: BlockHead): void {
    this.#path.push(head)
    this.writeRun(head, head.header + BLOCK_HEADER)
    this.#path.pop()
  }

  /** Puts a block in where another jumps to it, perhaps in the middle of that one's template. */
  #writeInlined(head: BlockHead): void {
    const standing = this.standing()
    this.#inlined += head.count
    this.takeFuel(head, true)
    this.#writeBlock(head)
    this.standAt(standing)
  }

  #head(header: number): BlockHead {
    const { words } = this
    return {
      header,
      lo: words[header + BLOCK_PC_LO]!,
      hi: words[header + BLOCK_PC_HI]!,
      count: words[header + BLOCK_COUNT]!,
    }
  }

  jump(lo: number, targetHi: number, hint: JumpHint): void {
    const hi = codeWidth(this.isa) > 32 ? targetHi : 0
    if (lo === this.#root.lo && hi === this.#root.hi) this.#jumpToRoot()
    else {
      const header = this.#mayInline(lo, hi) ? this.#around.inline(lo, hi) : 0
      const head = header === 0 ? NO_BLOCK : this.#head(header)
      if (header !== 0 && this.#inlined + head.count <= this.#around.maxInlined) this.#writeInlined(head)
      else this.out.to(this.#around.link(lo, hi, hint), lo, hi)
    }
    this.reached = false
  }

  #mayInline(lo: number, hi: number): boolean {
    if (this.#path.length >= MAX_PATH || this.#inlined >= this.#around.maxInlined) return false
    return !this.#path.some((block) => block.lo === lo && block.hi === hi)
  }

  protected override note(): number {
    return this.#notes?.word(this.words[this.record + RECORD_PC_LO]!) ?? 0
  }

  jumpTo(hint: JumpHint): void {
    this.out.takeAddress()
    const table = hint === 'return' ? 0 : this.#around.targetTable(this.words[this.record + RECORD_PC_LO]!)
    if (table !== 0) this.out.noteTarget(table)
    this.out.toAddress(hint)
    this.reached = false
  }

  /** With registers where they are; only fuel has to be taken as at the entry. */
  #jumpToRoot(): void {
    this.#loops = true
    for (const word of this.registers.dirtyWords()) this.#loopDirty.add(word)
    this.takeFuel(this.#root, true)
    this.w.u8(BR)
    this.w.u32(this.depth - 1)
  }
}
