/** What an embedder may say of an engine, and what holds where nothing is said. */

import { MAX_BLOCK } from './decode-block.ts'
import type { Inspection } from './inspection.ts'
import type { Optimisation } from './optimisations.ts'
import { Stress } from './stress.ts'

/**
 * interpreter: never compile. wasm-interpreter: the same with the interpreter that is itself Wasm. baseline: compile each block before it runs first; optimising: the same
 * with regions. auto: interpret, compile what is hot, make regions of what is hottest. Where WebAssembly (with tail calls) is missing, all are the same as interpreter: `engine.tier` says which one it is.
 */
export type Tier = 'interpreter' | 'wasm-interpreter' | 'baseline' | 'optimising' | 'auto'

export interface EngineOptions {
  /**
   * Guest memory in bytes, rounded up to 64 KiB; at most 0xfc000000. Machines whose addresses have 24 bits or fewer always have all
   * that they can address. Default 64 MiB.
   */
  readonly memoryBytes?: number
  /** Default 'auto'. */
  readonly tier?: Tier
  /** How often a block is interpreted before it is queued for compilation. Default 8,000, but 16 where there is no interpreter in Wasm. */
  readonly hotThreshold?: number
  /**
   * Baseline code tells every so many instructions (at least 128) where it is; a block that was met `hits` times is worth optimising. Default 100,000 and 32.
   */
  readonly sampling?: { readonly every?: number; readonly hits?: number }
  /** How many instructions the TypeScript interpreter runs before cold code goes to the one in Wasm, which has to be compiled first. Default 5,000. */
  readonly warmUp?: number
  /** Bounds of the code cache: compiled blocks, bytes of Wasm. Default 8,192 and 64 MiB. */
  readonly cache?: { readonly entries?: number; readonly bytes?: number }
  /** Most instructions of a block, 1 … 64 (default). */
  readonly blockLength?: number
  /** Optimisations to leave out, to see what they bring: the same results. Default none. */
  readonly without?: readonly Optimisation[]
  /** See Engine.exactRegisters. Default true. */
  readonly exactRegisters?: boolean
  /** Measure the time spent in each tier (stats). Default false. */
  readonly timing?: boolean
  /** Lets `saveTranslations` give what was compiled; takes memory. Default false. */
  readonly keepTranslations?: boolean
  /**
   * A seed: evict, forget, demote and recompile code at random moments, with low thresholds and a small cache. Slow, and the same results. Default: not.
   */
  readonly stress?: number
  /** Let a tool see compiled code as it is made. Default: none does. */
  readonly inspection?: Inspection
  /** Let the slab allocator check each use of it. Default false. */
  readonly debug?: boolean
}

/** The same as long as baseline code runs that may be worth optimising: more than a block can have, so that each entry gets on. */
const MIN_SAMPLING = 2 * MAX_BLOCK
/**
 * Instructions that are interpreted in TypeScript at first: in fewer, making the interpreter in Wasm would not pay. After some 8,000 V8 finds the one in TypeScript worth
 * optimising, which keeps its second thread busy for 0.1 s, and a process that ends sooner waits for that.
 */
const WARM_UP = 5000

/** Options with their defaults. */
export class Setup {
  readonly tier: Tier
  readonly threshold: number | undefined
  readonly warmUp: number
  readonly cache: { readonly entries: number; readonly bytes: number }
  readonly blockLength: number
  readonly without: readonly Optimisation[]
  readonly sampling: { readonly every: number; readonly hits: number }
  readonly exactRegisters: boolean
  readonly timing: boolean
  readonly debug: boolean
  readonly inspection: Inspection | undefined
  readonly stress: Stress | undefined
  readonly keeps: boolean

  constructor(options: EngineOptions) {
    this.tier = options.tier ?? 'auto'
    const stress = options.stress === undefined ? undefined : new Stress(options.stress)
    this.stress = stress
    this.keeps = options.keepTranslations ?? false
    this.threshold = options.hotThreshold ?? stress?.threshold
    const { entries = 8192, bytes = 1 << 26 } = { ...stress?.limits, ...options.cache }
    this.cache = { entries, bytes }
    this.warmUp = options.warmUp ?? (stress ? 0 : WARM_UP)
    this.blockLength = options.blockLength ?? MAX_BLOCK
    this.without = options.without ?? []
    const { every = 100_000, hits = 32 } = options.sampling ?? (stress ? { every: 0, hits: 1 } : {})
    this.sampling = { every: Math.max(every, MIN_SAMPLING), hits }
    this.exactRegisters = options.exactRegisters ?? true
    this.timing = options.timing ?? false
    this.debug = options.debug ?? false
    this.inspection = options.inspection
    if (!(this.blockLength >= 1 && this.blockLength <= MAX_BLOCK)) {
      throw new RangeError(`blockLength is ${this.blockLength}: give a number from 1 to ${MAX_BLOCK}`)
    }
  }
}
