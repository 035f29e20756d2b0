/**
 * What `engine.stats()` gives: plain numbers, a copy at the time of the call. Counted by the parts that know them (cache, slab, compiler, run
 * loop) and put together by the engine.
 */

export interface TierStats {
  /** Guest instructions completed in this tier. */
  readonly instructions: number
  /** Milliseconds spent running in this tier, without compiling; only measured when the engine's `timing` option is set, else 0. */
  readonly milliseconds: number
  /** How often the engine entered it. */
  readonly entries: number
}

export interface CacheStats {
  readonly entries: number
  readonly bytes: number
  readonly maxEntries: number
  readonly maxBytes: number
  readonly hits: number
  readonly misses: number
  readonly evictions: number
  readonly invalidations: number
}

export interface SlabStats {
  /** Of the whole arena. */
  readonly capacity: number
  /** Bytes in objects now, rounded up to size classes. */
  readonly allocated: number
  /** Bytes of pages that hold objects or stand in lists of partly used pages. */
  readonly reserved: number
  readonly peak: number
  readonly objects: number
  readonly allocations: number
  readonly frees: number
}

export interface EngineStats {
  /** Guest instructions completed since creation, all tiers. */
  readonly instructions: number
  readonly interpreter: TierStats
  readonly baseline: TierStats
  readonly blocks: {
    /** Pre-decoded since creation, and alive now. */
    readonly decoded: number
    readonly alive: number
    /** Translated to Wasm since creation, and alive now. */
    readonly compiled: number
    readonly compiledAlive: number
    readonly invalidated: number
  }
  readonly compiler: {
    readonly modules: number
    readonly modulesAlive: number
    /** Bytes of Wasm. */
    readonly bytes: number
    readonly instructions: number
    /** Translation to bytes, and the host's compilation and linking. */
    readonly translateMilliseconds: number
    readonly instantiateMilliseconds: number
  }
  readonly codeCache: CacheStats
  /** Why the tiers came back to the engine, by EXIT_* name. */
  readonly exits: {
    readonly interpreter: Readonly<Record<string, number>>
    readonly baseline: Readonly<Record<string, number>>
  }
  readonly slab: SlabStats
}
