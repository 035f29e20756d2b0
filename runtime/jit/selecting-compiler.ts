/**
 * Writes nodes with an arm (if-conversion.ts): a layer between narrowing and regions. The branch only leaves its condition in a local; what was in the registers that the arm
 * writes stays on the stack below the arm's code, and a select for each takes one of both.
 */

import { BLOCK_HEADER } from '../abi.ts'
import type { Arm } from './if-conversion.ts'
import { COUNT_INSTRUCTIONS } from './instrument.ts'
import { NarrowingCompiler } from './narrowing-compiler.ts'
import { END, I32_ADD, I32_EQZ, I32_MUL, IF, LOCAL_GET, LOCAL_SET, SELECT, TYPE_EMPTY } from './opcodes.ts'
import { extend, type Form, SIGNED, SMALL, WIDE } from './register-locals.ts'
import type { Run } from './template-compiler.ts'
import { FUEL_LOCAL } from './ways-out.ts'

/** Which text comes next: of instructions before the branch, what the branch would do, what comes behind it, the arm. */
type Stage = 'before' | 'branch' | 'behind' | 'arm'

export abstract class SelectingCompiler extends NarrowingCompiler {
  #arm: Arm | undefined
  #live: (word: number) => boolean = () => true
  #stage: Stage = 'before'
  /** Words of registers that are both ways needed, and the forms they had, of what is on the stack. */
  #kept: { readonly word: number; readonly form: Form }[] = []

  /** A run, and behind it an arm, of whose registers `live` ones are needed later. */
  protected writeRunWithArm(run: Run, first: number, arm: Arm | undefined, live: (word: number) => boolean): void {
    this.#arm = arm
    this.#live = live
    this.#stage = 'before'
    if (arm) this.ahead += arm.count
    this.writeRun(run, first)
    this.#arm = undefined
  }

  jump(lo: number, hi: number): void {
    const arm = this.#arm
    if (!arm) this.goTo(lo, hi)
    else if (this.#stage === 'branch') this.flush()
    else if (this.#stage === 'behind') this.#writeArm(arm)
    else {
      this.#arm = undefined
      this.#select(arm)
      this.goTo(lo, hi)
    }
  }
  /** As `jump`, where it is not part of what became selects. */
  protected abstract goTo(lo: number, hi: number): void

  override if(type: number): void {
    if (!this.#arm || !this.isLast()) {
      super.if(type)
      return
    }
    this.flush()
    if (this.#arm.taken) this.w.u8(I32_EQZ)
    this.local(LOCAL_SET, this.skipped)
    this.#stage = 'branch'
  }
  override end(): void {
    if (this.#stage !== 'branch') super.end()
    else this.#stage = 'behind'
  }

  #writeArm(arm: Arm): void {
    this.flush()
    this.#stage = 'arm'
    this.#kept = arm.writes.filter(this.#live).map((word) => ({ word, form: this.registers.form(word) }))
    for (const { word, form } of this.#kept)
      this.local(LOCAL_GET, form === WIDE ? this.registers.read(word) : this.registers.narrow(word))
    this.writeRun(arm, arm.header + BLOCK_HEADER)
  }

  #select(arm: Arm): void {
    const { w, registers } = this
    this.flush()
    for (const { word, form } of this.#kept.reverse()) {
      const now = registers.form(word)
      const both = common(form, now)
      if (both === WIDE) {
        if (form !== WIDE) extend(w, form)
        registers.get(w, word)
      } else this.local(LOCAL_GET, registers.narrow(word))
      this.local(LOCAL_GET, this.skipped)
      w.u8(SELECT)
      this.local(LOCAL_SET, both === WIDE ? registers.write(word) : registers.writeNarrow(word, both))
    }
    this.ahead -= arm.count
    this.local(LOCAL_GET, FUEL_LOCAL)
    this.local(LOCAL_GET, this.skipped)
    this.i32(arm.count)
    this.flush()
    w.u8x2(I32_MUL, I32_ADD)
    this.local(LOCAL_SET, FUEL_LOCAL)
    if (this.instrument.counters === 0) return
    this.local(LOCAL_GET, this.skipped)
    w.u8x2(IF, TYPE_EMPTY)
    this.instrument.count(w, COUNT_INSTRUCTIONS, -arm.count)
    w.u8(END)
  }
}

/** Form of what is one or the other, each in 32 bits; WIDE where there is none. */
function common(a: Form, b: Form): Form {
  if (a === b) return a
  const areSigned = (a === SIGNED || a === SMALL) && (b === SIGNED || b === SMALL)
  return areSigned ? SIGNED : WIDE
}
