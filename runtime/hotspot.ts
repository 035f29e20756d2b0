/**
 * Hotspot detection: decides what is worth compiling, and when. Things (blocks, for the engine) report each time that they have used up their heat,
 * a counter that the interpreter counts down. They are collected, because compiling many at once is far cheaper than one by one, until
 * enough are waiting or one of them shows that it will not wait: it has used up the larger heat it was given while queued.
 */

/** Counts what samples of running code hit. */
export class Sampler<Thing extends object> {
  readonly #threshold: number
  readonly #hits = new WeakMap<Thing, number>()

  constructor(threshold: number) {
    this.#threshold = threshold
  }

  /** True each time that as many samples as the threshold hit it. */
  hit(thing: Thing): boolean {
    const hits = (this.#hits.get(thing) ?? 0) + 1
    this.#hits.set(thing, hits % this.#threshold)
    return hits >= this.#threshold
  }
}

export interface HotspotOptions {
  /** Executions before a thing is queued. */
  readonly threshold: number
  /** Further executions while it waits, before the queue is compiled for its sake. */
  readonly patience: number
  /** So many in the queue are compiled at once. */
  readonly batch: number
}

export class HotspotDetector<Thing extends object> {
  readonly options: HotspotOptions
  readonly #queue = new Set<Thing>()

  constructor(options: HotspotOptions) {
    this.options = options
  }

  /** Heat of something new. */
  get initialHeat(): number {
    return this.options.threshold
  }
  /** Heat to go on with after `report` queued it. */
  get queuedHeat(): number {
    return this.options.patience
  }
  get waiting(): number {
    return this.#queue.size
  }

  /** `thing` has used up its heat. Gives all that should be compiled now, the newest last; empty: not yet. */
  report(thing: Thing): readonly Thing[] {
    const urgent = this.#queue.has(thing)
    this.#queue.add(thing)
    if (!urgent && this.#queue.size < this.options.batch) return []
    const batch = [...this.#queue]
    this.#queue.clear()
    return batch
  }

  /** It is gone, or compiled for another's sake. */
  forget(thing: Thing): void {
    this.#queue.delete(thing)
  }
}
