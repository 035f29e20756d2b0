/**
 * What embedders may see of compiled code: each unit when it is made, with its Wasm, the guest instructions in each function, and what the code counts. In: what
 * the compilers took down (jit/instrument.ts). For tools; an engine without an inspection has none of it.
 */

import type { Block } from './blocks.ts'
import type { FunctionBody } from './jit/function-body.ts'
import {
  COUNT_EXITS,
  COUNT_INSTRUCTIONS,
  COUNT_TARGET_HITS,
  COUNT_TARGET_MISSES,
  COUNTERS,
  type CompiledExit,
  type CompiledRun,
  type Instrument,
} from './jit/instrument.ts'
import type { SlabAllocator } from './slab.ts'
import { EXIT_NAMES, type ExitName } from './stats.ts'
import type { Unit } from './unit-builder.ts'

export interface Inspection {
  /** Called with each unit of compiled code as soon as it can run. */
  readonly onUnit: (unit: CompiledUnit) => void
  /** Mark each guest instruction in the Wasm: its address as an i64.const, MARK as an i32.const, two drops. */
  readonly marks?: boolean
  /** Let compiled code count what it runs; takes some of its speed. */
  readonly counters?: boolean
}

/** A module of WebAssembly. */
export interface CompiledUnit {
  readonly tier: 'baseline' | 'optimising'
  readonly bytes: Uint8Array
  readonly functions: readonly CompiledFunction[]
  /** False once it was evicted, or its guest code was overwritten. */
  readonly alive: boolean
}

/** Function number i of its unit is exported as `i`. */
export interface CompiledFunction {
  /** Guest address of its entry. */
  readonly pc: number
  /** None where it only enters another function of its unit, at a loop in it. */
  readonly runs: readonly CompiledRun[]
  readonly exits: readonly CompiledExit[]
  /** What it has counted until now; undefined where it does not count. */
  counts(): FunctionCounts | undefined
}

export interface FunctionCounts {
  /** Guest instructions, those included that an exit left to the interpreter. */
  readonly instructions: number
  /** Computed jumps of optimised code: to a target learnt before, and elsewhere. */
  readonly targetHits: number
  readonly targetMisses: number
  /** Returns to the engine. */
  readonly exits: Readonly<Record<ExitName, number>>
}

export class Inspector {
  readonly #inspection: Inspection
  readonly #instrument: Instrument
  readonly #words: Int32Array
  readonly #slab: SlabAllocator
  readonly #views = new Map<Unit, { alive: boolean }>()
  #functions: CompiledFunction[] = []

  constructor(inspection: Inspection, instrument: Instrument, words: Int32Array, slab: SlabAllocator) {
    this.#inspection = inspection
    this.#instrument = instrument
    this.#words = words
    this.#slab = slab
    instrument.on = true
    instrument.marks = inspection.marks ?? false
  }

  /** Lets `write` write the function of a block, and takes down what it has. */
  write(block: Block, write: (block: Block) => FunctionBody): FunctionBody {
    const instrument = this.#instrument
    const counters = this.#inspection.counters ? this.#allocate() : 0
    instrument.counters = counters
    const body = write(block)
    const { runs, exits } = instrument
    this.#functions.push({ pc: block.pc, runs, exits, counts: () => this.#read(counters) })
    return body
  }

  /** The functions written since the last time make up this unit. */
  made(unit: Unit, bytes: Uint8Array): void {
    const tier = unit.kind === 'optimised' ? 'optimising' : 'baseline'
    const view = { tier, bytes, functions: this.#functions, alive: true } as const
    this.#functions = []
    this.#views.set(unit, view)
    this.#inspection.onUnit(view)
  }

  dropped(unit: Unit): void {
    const view = this.#views.get(unit)
    if (view) view.alive = false
    this.#views.delete(unit)
  }

  /** Counters stay when their unit goes: what it ran was run. 0 when there is no room. */
  #allocate(): number {
    const address = this.#slab.allocate(COUNTERS * 8)
    if (address !== 0) this.#words.fill(0, address >> 2, (address >> 2) + COUNTERS * 2)
    return address
  }

  #read(address: number): FunctionCounts | undefined {
    if (address === 0) return undefined
    const counter = (which: number): number => {
      const at = (address >> 2) + 2 * which
      return this.#words[at + 1]! * 2 ** 32 + (this.#words[at]! >>> 0)
    }
    return {
      instructions: counter(COUNT_INSTRUCTIONS),
      targetHits: counter(COUNT_TARGET_HITS),
      targetMisses: counter(COUNT_TARGET_MISSES),
      exits: Object.fromEntries(EXIT_NAMES.map((name, exit) => [name, counter(COUNT_EXITS + exit)])) as Record<
        ExitName,
        number
      >,
    }
  }
}
