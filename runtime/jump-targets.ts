/**
 * Where computed jumps went: a small table a jumping instruction, in linear memory, into which compiled code writes each target at a place hashed from
 * the target itself. So it costs a store a jump, and holds most of what the jump went to lately. Only hints: nothing is wrong when they are.
 */

import type { SlabAllocator } from './slab.ts'

/** Entries of a table, one word each; the entry of a target is (low half of its address >>> shift) & (TARGET_ENTRIES − 1). 0 is none. */
export const TARGET_ENTRIES = 64
/** So many jumps are watched. */
const MAX_TABLES = 2048

export class JumpTargets {
  readonly #words: Int32Array
  readonly #slab: SlabAllocator
  readonly #tables = new Map<number, number>()

  constructor(words: Int32Array, slab: SlabAllocator) {
    this.#words = words
    this.#slab = slab
  }

  /** Byte address of the table for a jump at this guest address (low half); 0 when there is no room for more. */
  table(from: number): number {
    const known = this.#tables.get(from)
    if (known !== undefined) return known
    const address = this.#tables.size < MAX_TABLES ? this.#slab.allocate(TARGET_ENTRIES * 4) : 0
    if (address !== 0) {
      this.#words.fill(0, address >> 2, (address >> 2) + TARGET_ENTRIES)
      this.#tables.set(from, address)
    }
    return address
  }

  /** Low halves of the targets, without order. */
  of(from: number): readonly number[] {
    const address = this.#tables.get(from)
    if (address === undefined) return []
    return [...this.#words.subarray(address >> 2, (address >> 2) + TARGET_ENTRIES)].filter((target) => target !== 0)
  }
}
