/**
 * Where computed jumps went: a small table a jumping instruction, in linear memory, into which compiled code writes each target at a place hashed from
 * the target itself. So it costs a store a jump, and holds most of what the jump went to lately. Only hints: nothing is wrong when they are.
 */

import type { SlabAllocator } from './slab.ts'

/** Entries of a table, one word each; the entry of a target is (low half of its address >>> shift) & (TARGET_ENTRIES − 1). 0 is none. */
export const TARGET_ENTRIES = 256
/** So many jumps are watched. */
const MAX_TABLES = 1024
const TABLE_BYTES = TARGET_ENTRIES * 4

export class JumpTargets {
  readonly #words: Int32Array
  /** All tables, one after the other: so that code which has their addresses in it may be kept for another run. 0 where there is no room. */
  readonly #base: number
  readonly #tables = new Map<number, number>()

  constructor(words: Int32Array, slab: SlabAllocator) {
    this.#words = words
    this.#base = slab.allocate(MAX_TABLES * TABLE_BYTES)
  }

  /** Byte address of the table for a jump at this guest address (low half); 0 when there is no room for more. */
  table(from: number): number {
    const known = this.#tables.get(from)
    if (known !== undefined) return known
    if (this.#tables.size >= MAX_TABLES || this.#base === 0) return 0
    const address = this.#base + this.#tables.size * TABLE_BYTES
    this.#words.fill(0, address >> 2, (address >> 2) + TARGET_ENTRIES)
    this.#tables.set(from, address)
    return address
  }

  /** Low halves of the targets, without order. */
  of(from: number): readonly number[] {
    const address = this.#tables.get(from)
    if (address === undefined) return []
    return [...this.#words.subarray(address >> 2, (address >> 2) + TARGET_ENTRIES)].filter((target) => target !== 0)
  }

  /** Address of the first table. */
  get base(): number {
    return this.#base
  }

  /** Jumps in the order of their tables, with their targets. */
  all(): (readonly [from: number, targets: readonly number[]])[] {
    return [...this.#tables.keys()].map((from) => [from, this.of(from)] as const)
  }

  /** Puts targets into the table of a jump. */
  learn(from: number, targets: readonly number[], shift: number): void {
    const address = this.table(from)
    if (address === 0) return
    for (const target of targets) this.#words[(address >> 2) + ((target >>> shift) & (TARGET_ENTRIES - 1))] = target
  }
}
