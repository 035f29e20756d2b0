/**
 * The engine: one guest machine. Composes memory, registers, pre-decoded blocks, interpreter, hotspot detector, baseline compiler and code cache,
 * which do not know each other, and drives them: the run loop below is where every tier comes back to.
 */

import type { GuestIsa } from './abi.ts'
import type { Exit } from './exit.ts'
import type { GuestMemory } from './memory.ts'
import type { GuestState } from './state.ts'
import type { EngineStats } from './stats.ts'

/**
 * interpreter: never compile. baseline: compile each block before it runs first. auto: interpret, compile what is hot; where WebAssembly is
 * missing, the same as interpreter.
 */
export type Tier = 'interpreter' | 'baseline' | 'auto'

export interface EngineOptions {
  /** Guest memory in bytes, rounded up to 64 KiB; at most 0xfc000000. Machines whose addresses have 24 bits or fewer have all they can address. Default 64 MiB. */
  readonly memoryBytes?: number
  /** Default 'auto'. */
  readonly tier?: Tier
  /** How often a block is interpreted before it is queued for compilation. Default 100. */
  readonly hotThreshold?: number
  /** Bounds of the code cache: compiled blocks, bytes of Wasm. Default 8,192 and 64 MiB. */
  readonly cache?: { readonly entries?: number; readonly bytes?: number }
  /** Measure the time spent in each tier (stats). Default false. */
  readonly timing?: boolean
}

export interface RunOptions {
  /** Come back after exactly so many instructions. Default: no limit. */
  readonly maxInstructions?: number
}

export interface Engine {
  readonly isa: GuestIsa
  readonly state: GuestState
  readonly memory: GuestMemory
  /** Runs from state.pc on until something happens that the guest's code alone cannot settle. */
  run(options?: RunOptions): Exit
  /** run({ maxInstructions: count }). */
  step(count?: number): Exit
  /** Makes the run that is under way (seen from a hook that it called), or the next one, come back with 'stop'. */
  stop(): void
  stats(): EngineStats
}

export declare function createEngine(isa: GuestIsa, options?: EngineOptions): Engine
