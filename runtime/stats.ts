/**
 * What `engine.stats()` gives: plain numbers, a copy at the time of the call. Counted by the parts that know them (cache, slab, compiler, run
 * loop) and put together by the engine.
 */

export interface TierStats {
  /** Guest instructions completed in this tier. */
  readonly instructions: number
  /** Milliseconds spent running in this tier, without compiling; only measured when the engine's `timing` option is set, else 0. */
  readonly milliseconds: number
  /** How often the engine entered it, and why it came back. */
  readonly entries: number
  readonly exits: Readonly<Record<ExitName, number>>
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
  /** Bytes of pages that hold objects or stand in lists of partly used pages: now, and at most so far. */
  readonly reserved: number
  readonly peak: number
  readonly objects: number
  readonly allocations: number
  readonly frees: number
}

/** Code of one compiling tier, since creation but for what says alive. */
export interface CodeStats {
  readonly modules: number
  readonly modulesAlive: number
  readonly functions: number
  /** Guest instructions translated. */
  readonly instructions: number
  /** Of Wasm. */
  readonly bytes: number
  /** Templates → bytes, and the host's compilation and linking of them. */
  readonly translateMilliseconds: number
  readonly instantiateMilliseconds: number
  /** How often the engine, asked to go on at a pc, found such code there; how often a module was evicted, and found stale. */
  readonly hits: number
  readonly evictions: number
  readonly invalidations: number
}

/** The compiling tiers together, and their code cache. Counts are since creation, but for what says alive. */
export interface CompiledStats {
  readonly modules: number
  readonly modulesAlive: number
  readonly blocks: number
  readonly blocksAlive: number
  /** Guest instructions translated. */
  readonly instructions: number
  /** Of Wasm. */
  readonly bytes: number
  /** Templates → bytes, and the host's compilation and linking of them. */
  readonly translateMilliseconds: number
  readonly instantiateMilliseconds: number
  readonly tiers: { readonly baseline: CodeStats; readonly optimising: CodeStats }
  /** Units of an earlier run's translations: all, those that were used, and those that did not go with the guest's memory. */
  readonly stored: { readonly units: number; readonly used: number; readonly refused: number }
  /** Entries are blocks. Hits and misses count how often the engine, asked to go on at a pc, found compiled code there. */
  readonly cache: CacheStats
}

export interface EngineStats {
  /** Guest instructions completed since creation, all tiers. */
  readonly instructions: number
  readonly interpreter: TierStats
  /** An entry counts for the tier whose code left in the end: others may have run in between. */
  readonly baseline: TierStats
  readonly optimising: TierStats
  readonly blocks: {
    /** Pre-decoded since creation; of those in the store now; removed because their bytes were overwritten or lost. */
    readonly decoded: number
    readonly alive: number
    readonly invalidated: number
    /** Of those that were overwritten, how many came back because the same bytes did. */
    readonly returned: number
  }
  /** Absent in the interpreter tier. */
  readonly compiled?: CompiledStats
  readonly slab: SlabStats
}

/** By EXIT_*. */
export const EXIT_NAMES = ['miss', 'hot', 'fuel', 'trap', 'fault', 'leave', 'step'] as const
export type ExitName = (typeof EXIT_NAMES)[number]

/** Counts one tier's runs. */
export class TierCounter {
  readonly #timing: boolean
  readonly #exits = new Float64Array(EXIT_NAMES.length)
  #instructions = 0
  #milliseconds = 0

  constructor(timing: boolean) {
    this.#timing = timing
  }

  /** Gives what `stop` wants to know. */
  start(): number {
    return this.#timing ? performance.now() : 0
  }
  stop(started: number, instructions: number, exit: number): void {
    if (this.#timing) this.#milliseconds += performance.now() - started
    this.#instructions += instructions
    this.#exits[exit]!++
  }

  /** So many instructions ran in it within a run of another tier. */
  add(instructions: number): void {
    this.#instructions += instructions
  }

  get instructions(): number {
    return this.#instructions
  }

  stats(): TierStats {
    return {
      instructions: this.#instructions,
      milliseconds: this.#milliseconds,
      entries: this.#exits.reduce((sum, count) => sum + count, 0),
      exits: Object.fromEntries(EXIT_NAMES.map((name, code) => [name, this.#exits[code]!])) as Record<ExitName, number>,
    }
  }
}

/** Counts the code of one compiling tier. */
export class CodeCounter {
  modules = 0
  functions = 0
  instructions = 0
  bytes = 0
  translateMilliseconds = 0
  instantiateMilliseconds = 0
  hits = 0
  evictions = 0
  invalidations = 0

  stats(): CodeStats {
    return { ...this, modulesAlive: this.modules - this.evictions - this.invalidations }
  }
}

/** Of both compiling tiers. */
export function totals(baseline: CodeStats, optimising: CodeStats) {
  const both = (of: (stats: CodeStats) => number): number => of(baseline) + of(optimising)
  return {
    modules: both(({ modules }) => modules),
    blocks: both(({ functions }) => functions),
    instructions: both(({ instructions }) => instructions),
    bytes: both(({ bytes }) => bytes),
    translateMilliseconds: both(({ translateMilliseconds }) => translateMilliseconds),
    instantiateMilliseconds: both(({ instantiateMilliseconds }) => instantiateMilliseconds),
    tiers: { baseline, optimising },
  }
}
