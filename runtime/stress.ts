/**
 * Stress mode: a seeded source of trouble for an engine that has to give the same results whatever is lost when. Between two entries into code it evicts,
 * forgets, demotes and recompiles at random, and it makes entries short, thresholds low and the cache small. In: what the engine is made of; out: nothing that
 * a guest could see.
 */

import type { BlockStore } from './blocks.ts'
import type { CacheLimits } from './code-cache.ts'
import { guestAddress, MAX_BLOCK } from './decode-block.ts'

/** What stress mode does to compiled code. `number` chooses among the units. */
export interface Disturbable {
  evictAll(): void
  evictOne(number: number): void
  /** As if no range of memory were open any more. */
  loseRange(start: number, end: number): void
  /** Compiles the code at an address anew in the other kind, as far as the tier allows. */
  promote(pc: number): void
  demote(pc: number): void
}

/** One of so many entries into code is preceded by trouble. */
const RARITY = 6
/** Instructions of an entry at most: more than any region needs to get on. */
const LONGEST = 6000

export class Stress {
  #state: number

  constructor(seed: number) {
    // A state of 0 would stay 0; seeds next to each other shall not begin alike.
    this.#state = Math.imul(seed + 1, 0x9e3779b1) | 1
  }

  /** 0 … n − 1. */
  below(n: number): number {
    let x = this.#state
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#state = x
    return (x >>> 0) % n
  }

  get threshold(): number {
    return this.below(4)
  }
  get limits(): CacheLimits {
    return { entries: 4 << this.below(8), bytes: 1 << (12 + this.below(12)) }
  }
  /** Of the next entry. */
  get fuel(): number {
    return 2 * MAX_BLOCK + this.below(this.below(2) === 0 ? 64 : LONGEST)
  }

  /** Before the code at this address is entered. */
  disturb(pc: number, blocks: BlockStore, code: Disturbable | undefined): void {
    if (this.below(RARITY) > 0) return
    const what = this.below(40)
    if (what === 0) blocks.clear()
    else if (what === 1) code?.evictAll()
    else if (what === 2) code?.loseRange(0, 2 ** 32)
    else if (what < 8) blocks.removeOne(this.below(blocks.size + 1))
    else if (what < 12) blocks.invalidate(guestAddress(pc), 1 + this.below(64))
    else if (what < 20) code?.evictOne(this.below(1 << 16))
    else if (what < 32) code?.promote(pc)
    else code?.demote(pc)
  }
}
