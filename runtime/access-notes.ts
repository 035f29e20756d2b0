/**
 * Where loads and stores of baseline code went last: a word of linear memory for each instruction, at a place hashed from its address, into which that code writes the
 * low half of the address of each access. It costs a store an access, and regions guess right at once (access-sites.ts). Only hints: two instructions may share a word.
 */

import type { SlabAllocator } from './slab.ts'

/** Words: as many as hot code has instructions, several times. */
const NOTES = 1 << 16

export class AccessNotes {
  readonly #words: Int32Array
  /** Byte address of the first word; 0 where there is no room for them. */
  readonly base: number
  readonly #shift: number

  /** `shift`: log2 of the bytes that addresses of instructions are multiples of. */
  constructor(words: Int32Array, slab: SlabAllocator, shift: number) {
    this.#words = words
    this.base = slab.allocate(NOTES * 4)
    this.#shift = shift
    if (this.base !== 0) words.fill(0, this.base >> 2, (this.base >> 2) + NOTES)
  }

  /** Byte address of the word for an instruction, by the low half of its address; 0 for none. */
  word(pcLo: number): number {
    return this.base && this.base + ((pcLo >>> this.#shift) & (NOTES - 1)) * 4
  }

  /** Where its access went last, if that is known. */
  of(pcLo: number): number | undefined {
    const address = this.base && this.#words[this.word(pcLo) >> 2]! >>> 0
    return address === 0 ? undefined : address
  }
}
