/**
 * The jump cache: address of code → pre-decoded block and slot of the compiled function, direct-mapped, in linear memory where interpreter and compiled
 * code look up each dynamic jump (layout in abi.ts). A mere cache: what it lacks the engine finds in the block store.
 */

import {
  JUMP_BLOCK,
  JUMP_CACHE,
  JUMP_ENTRIES,
  JUMP_PC_HI,
  JUMP_PC_LO,
  JUMP_SLOT,
  JUMP_WORDS,
  jumpShift,
} from './abi.ts'

export class JumpCache {
  readonly #words: Int32Array
  readonly #shift: number

  /** `unit` is the isa's, in bits. */
  constructor(words: Int32Array, unit: number) {
    this.#words = words
    this.#shift = jumpShift(unit)
    this.clear()
  }

  /** Word of the entry that an address of code uses, whether it holds that address or another. */
  entry(pc: number): number {
    return (JUMP_CACHE >> 2) + ((pc >>> this.#shift) & (JUMP_ENTRIES - 1)) * JUMP_WORDS
  }

  /** Whether the entry of this address is about it. */
  has(pc: number): boolean {
    const at = this.entry(pc)
    return this.#words[at + JUMP_PC_LO] === (pc | 0) && this.#words[at + JUMP_PC_HI] === Math.floor(pc / 2 ** 32)
  }

  set(pc: number, block: number, slot: number): void {
    const at = this.entry(pc)
    this.#words[at + JUMP_PC_LO] = pc
    this.#words[at + JUMP_PC_HI] = Math.floor(pc / 2 ** 32)
    this.#words[at + JUMP_BLOCK] = block
    this.#words[at + JUMP_SLOT] = slot
  }

  remove(pc: number): void {
    if (this.has(pc)) this.#empty(this.entry(pc))
  }

  clear(): void {
    const first = JUMP_CACHE >> 2
    const end = first + JUMP_ENTRIES * JUMP_WORDS
    this.#empty(first)
    for (let filled = JUMP_WORDS; first + filled < end; filled *= 2)
      this.#words.copyWithin(first + filled, first, first + filled)
  }

  #empty(at: number): void {
    this.#words[at + JUMP_PC_LO] = -1
    this.#words[at + JUMP_PC_HI] = -1
    this.#words[at + JUMP_BLOCK] = 0
    this.#words[at + JUMP_SLOT] = 0
  }
}
