/**
 * Optimised code that left for accesses which were guessed wrong, or for what does not hold where it is entered: which units that is in, and how long each is still good enough. In:
 * the exits; out: what is to be made anew, with what access-sites.ts and entry-facts.ts learnt meanwhile.
 */

import type { AccessSites } from './access-sites.ts'
import type { Block } from './blocks.ts'
import type { EntryFacts } from './entry-facts.ts'
import type { OptimisedUnit } from './unit-builder.ts'

/**
 * Exits until a unit is made anew: at least so many, and more where making it took long. An exit takes some 3 µs with the interpreter's instruction and the way back, and
 * then lesser code runs up to the next place where a region begins; code that is made again is made faster.
 */
const MISSES = 32
const MISSES_A_MILLISECOND = 25
/** Each time that code of the same place is made anew, it has to have cost so many times more, up to about what making it took. */
const GROWTH = 4
const MOST_GROWTH = 16

export class AccessMisses {
  readonly #sites: AccessSites
  readonly #facts: EntryFacts
  /** By the guest addresses of their accesses, and of their entries. */
  readonly #units = new Map<number, Set<OptimisedUnit>>()
  readonly #patience = new WeakMap<OptimisedUnit, number>()
  /** By the block that a unit was made for: what its patience is multiplied by. */
  readonly #growth = new WeakMap<Block, number>()

  constructor(sites: AccessSites, facts: EntryFacts) {
    this.#sites = sites
    this.#facts = facts
  }

  add(unit: OptimisedUnit): void {
    for (const pc of placesOf(unit)) {
      const units = this.#units.get(pc)
      if (units) units.add(unit)
      else this.#units.set(pc, new Set([unit]))
    }
  }

  drop(unit: OptimisedUnit): void {
    for (const pc of placesOf(unit)) {
      const units = this.#units.get(pc)
      units?.delete(unit)
      if (units?.size === 0) this.#units.delete(pc)
    }
  }

  /** Making the unit took so many milliseconds. */
  made(unit: OptimisedUnit, cost: number): void {
    this.#patience.set(unit, (MISSES + cost * MISSES_A_MILLISECOND) * this.#growthOf(unit))
  }

  /** Optimised code left at a pc for the interpreter, and it may be for such an access. Gives the units that are no longer good enough. */
  at(pc: number): OptimisedUnit[] {
    return [...(this.#units.get(pc) ?? [])].filter((unit) => {
      // What is known may be newer than a unit's code.
      const mode = unit.sites.get(pc)
      const entry = unit.points.get(pc)
      if (!(entry && this.#facts.left(entry))) {
        if (mode === undefined || mode.kind === 'pages') return false
        this.#sites.missed(pc, mode)
      }
      const left = (this.#patience.get(unit) ?? MISSES) - 1
      this.#patience.set(unit, left)
      if (left > 0) return false
      this.#growth.set(unit.blocks[0]!, Math.min(this.#growthOf(unit) * GROWTH, MOST_GROWTH))
      return true
    })
  }

  #growthOf({ blocks: [root] }: OptimisedUnit): number {
    return this.#growth.get(root!) ?? 1
  }
}

function placesOf({ sites, points }: OptimisedUnit): Set<number> {
  return new Set([...sites.keys(), ...points.keys()])
}
