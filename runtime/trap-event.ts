/**
 * Traps that the machine takes itself: where its spec says `on trap`, an instruction that trapped, or bits that are no instruction, run that event, and the
 * guest goes on where it jumped. In: the control block as a tier left it. Out: an exit as of generated code (abi.ts, TrapEvent).
 */

import { type GuestIsa, type InterpreterHost, TRAP, TRAP_ARGS, type TrapEvent } from './abi.ts'

/** Names of the trap that words without an instruction are; the first that the spec has. */
const ILLEGAL: readonly string[] = ['illegal', 'undefined']

export class TrapEntry {
  readonly #isa: GuestIsa
  readonly #words: Int32Array
  readonly #event: TrapEvent | undefined
  readonly #illegal: number | undefined

  constructor(isa: GuestIsa, words: Int32Array, host: InterpreterHost) {
    this.#isa = isa
    this.#words = words
    this.#event = isa.createTrapEvent?.(host)
    this.#illegal = isa.traps.find(({ name }) => ILLEGAL.includes(name))?.number
  }

  /** After EXIT_TRAP. undefined: the machine leaves its traps to the embedder. */
  trap(): number | undefined {
    const trap = this.#isa.traps[this.#words[TRAP]!]!
    const [lo, hi] = trap.params.length > 0 ? [this.#words[TRAP_ARGS]!, this.#words[TRAP_ARGS + 1]!] : [0, 0]
    return this.#event?.(trap.number, 0, lo, hi)
  }

  /** The bits at pc are no instruction. undefined: the embedder is told. */
  illegal(): number | undefined {
    return this.#illegal === undefined ? undefined : this.#event?.(this.#illegal, 0, 0, 0)
  }
}
