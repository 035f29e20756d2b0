/**
 * A least-recently-used cache bounded in entries and bytes, with statistics. What it holds is its user's business (compiled modules, for the
 * engine, each weighing as many entries as it has blocks): it only says what has to go.
 */

import type { CacheStats } from './stats.ts'

export interface CacheLimits {
  readonly entries: number
  readonly bytes: number
}

interface Weight {
  readonly entries: number
  readonly bytes: number
}

export class CodeCache<Item extends object> {
  readonly #limits: CacheLimits
  readonly #onEvict: (item: Item) => void
  /** Least recently used first. */
  readonly #items = new Map<Item, Weight>()
  #entries = 0
  #bytes = 0
  #hits = 0
  #misses = 0
  #evictions = 0
  #invalidations = 0

  /** `onEvict` is called after the item left the cache. */
  constructor(limits: CacheLimits, onEvict: (item: Item) => void) {
    this.#limits = limits
    this.#onEvict = onEvict
  }

  get size(): number {
    return this.#items.size
  }

  /** A look-up found this item. */
  hit(item: Item): void {
    this.#hits++
    const weight = this.#items.get(item)
    if (!weight) return
    this.#items.delete(item)
    this.#items.set(item, weight)
  }
  miss(): void {
    this.#misses++
  }

  /** Evicts until something of this weight fits. Call it before `add`, and early enough to have room for what the item itself needs. */
  makeRoom(entries: number, bytes: number): void {
    for (const item of this.#items.keys()) {
      if (this.#entries + entries <= this.#limits.entries && this.#bytes + bytes <= this.#limits.bytes) return
      this.evict(item)
    }
  }

  /** As the most recently used. One item may weigh more than the limits: then it is alone. */
  add(item: Item, entries: number, bytes: number): void {
    this.makeRoom(entries, bytes)
    this.#items.set(item, { entries, bytes })
    this.#entries += entries
    this.#bytes += bytes
  }

  /** Evicts the least recently used item, if there is one. */
  evictOldest(): boolean {
    for (const item of this.#items.keys()) {
      this.evict(item)
      return true
    }
    return false
  }

  /** Evicts the item with this number, modulo how many there are, least recently used first. */
  evictOne(number: number): void {
    let left = number % Math.max(this.#items.size, 1)
    for (const item of this.#items.keys()) {
      if (left-- > 0) continue
      this.evict(item)
      return
    }
  }

  evict(item: Item): void {
    if (!this.#drop(item)) return
    this.#evictions++
    this.#onEvict(item)
  }

  /** Its user found it stale. `onEvict` is not called. */
  invalidate(item: Item): void {
    if (this.#drop(item)) this.#invalidations++
  }

  stats(): CacheStats {
    return {
      entries: this.#entries,
      bytes: this.#bytes,
      maxEntries: this.#limits.entries,
      maxBytes: this.#limits.bytes,
      hits: this.#hits,
      misses: this.#misses,
      evictions: this.#evictions,
      invalidations: this.#invalidations,
    }
  }

  #drop(item: Item): boolean {
    const weight = this.#items.get(item)
    if (!weight) return false
    this.#items.delete(item)
    this.#entries -= weight.entries
    this.#bytes -= weight.bytes
    return true
  }
}
