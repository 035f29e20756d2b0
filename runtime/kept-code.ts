/**
 * Compiled code from one run for the next: takes translations over before the run, hands their units to the code cache when the guest gets to them, and makes new
 * translations at the end. Only baseline code is kept; of optimised code, what was learnt of jumps and memory, so that the next run guesses right at once.
 */

import { type GuestIsa, jumpShift } from './abi.ts'
import type { AccessNotes } from './access-notes.ts'
import type { AccessSites } from './access-sites.ts'
import type { Block, BlockStore } from './blocks.ts'
import type { FunctionBody } from './jit/function-body.ts'
import type { Links } from './jit/links.ts'
import type { JumpTargets } from './jump-targets.ts'
import type { GuestMemory } from './memory.ts'
import { makeTranslations, StoredCode } from './stored-code.ts'
import { type CodeRange, decodeTranslations, encodeTranslations, type TranslatedUnit } from './translation-set.ts'
import type { Unit } from './unit-builder.ts'

/** Bytes of Wasm that are not worth keeping. */
const LITTLE = 1 << 14

/** What a unit's functions are called among the exports: numbers from `first` on. */
export interface UnitCode {
  readonly exports: WebAssembly.Exports
  readonly first: number
}

export interface KeptCodeParts {
  readonly isa: GuestIsa
  readonly memory: GuestMemory
  readonly blocks: BlockStore
  readonly links: Links
  readonly targets: JumpTargets
  readonly notes: AccessNotes | undefined
  /** Addresses that guest code calls. */
  readonly functions: Set<number>
  readonly sites: AccessSites
  /** Of linear memory. */
  readonly pages: number
  readonly makeRoom: (entries: number, bytes: number) => void
  readonly install: (unit: Unit, code: UnitCode, bytes: number) => void
}

export class KeptCode {
  readonly #parts: KeptCodeParts
  /** Functions of this run's units, and where units of an earlier run have theirs. */
  readonly #bodies = new Map<Unit, readonly FunctionBody[]>()
  readonly #first = new Map<Unit, number>()
  #stored: StoredCode | undefined
  #unsaved = 0
  /** Slots that stay for the stored code's sake. */
  pinned = 0

  constructor(parts: KeptCodeParts) {
    this.#parts = parts
  }

  /** Before the run. Says why where it does not. */
  load(bytes: Uint8Array, signature: string): string | undefined {
    const { isa, memory, links, targets, functions } = this.#parts
    if (links.uses() > 0) return 'it is too late'
    const set = decodeTranslations(bytes, this.#sign(signature))
    if (typeof set === 'string') return set
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(set.module as BufferSource), links.imports)
    this.pinned = set.slots.length
    if (!links.pin(set.slots)) return 'they need more slots than there are'
    for (const [from, found] of set.tables) targets.learn(from, found, jumpShift(isa.unit))
    for (const address of set.called) functions.add(address)
    this.#parts.sites.recall(set.sites)
    this.#stored = new StoredCode(set, exports, memory)
    return undefined
  }

  /** Uses stored code for a block that has none, if there is some that fits. */
  use(block: Block): void {
    const stored = this.#stored
    const translated = stored?.take(block.address)
    if (stored && translated) this.#use(stored, translated)
  }

  #use(stored: StoredCode, { functions, inlined, references, first, bytes }: TranslatedUnit): void {
    const { blocks, links, makeRoom, install } = this.#parts
    makeRoom(functions.length, bytes)
    const find = ([pc, length]: CodeRange): Block[] => {
      const block = blocks.get(pc) ?? blocks.addAhead(pc)
      return block?.bytes === length && !blocks.isRestless(block) ? [block] : []
    }
    const [own, others] = [functions.flatMap(find), inlined.flatMap(find)]
    const isWhole = own.length === functions.length && others.length === inlined.length
    if (!isWhole || ![...own, ...others].every(({ alive }) => alive)) return
    const slots = functions.map(([pc]) => links.acquire(pc))
    if (slots.includes(0)) {
      for (const slot of slots) if (slot !== 0) links.release(slot)
      return
    }
    const unit: Unit = {
      kind: 'baseline',
      blocks: own,
      inlined: new Set(others),
      slots,
      // These are pinned.
      references: references.map((slot) => links.acquire(stored.set.slots[slot - 1]!)),
      ranges: [],
      sites: new Map(),
    }
    this.#first.set(unit, first)
    install(unit, { exports: stored.exports, first }, bytes)
  }

  /** A unit was compiled. */
  made(unit: Unit, bodies: readonly FunctionBody[]): void {
    if (unit.kind !== 'baseline') return
    this.#bodies.set(unit, bodies)
    this.#unsaved += bodies.reduce((sum, { code }) => sum + code.length, 0)
  }
  dropped(unit: Unit): void {
    this.#bodies.delete(unit)
    this.#first.delete(unit)
  }

  /** Live units of this run, with those of an earlier one that were not reached this time; undefined where there is little new. */
  save(isLive: (unit: Unit) => boolean, signature: string): Uint8Array | undefined {
    const { isa, memory, links, targets, functions, sites, pages } = this.#parts
    const stored = this.#stored
    if (this.#unsaved < LITTLE + (stored?.set.module.length ?? 0) / 8) return undefined
    const all = stored?.bodies() ?? []
    const made = [...this.#bodies].map(([unit, bodies]) => ({ unit, first: 0, bodies }))
    const used = [...this.#first].map(([unit, first]) => {
      return { unit, first, bodies: all.slice(first, first + unit.blocks.length) }
    })
    const set = makeTranslations({
      units: [...used, ...made].filter(({ unit }) => isLive(unit)),
      stored,
      addressOf: (slot) => links.addressOf(slot),
      tables: targets.all(),
      called: [...functions],
      sites: sites.all(),
      memory,
      pages,
      library: isa.library,
    })
    return encodeTranslations(set, this.#sign(signature))
  }

  stats(): { units: number; used: number; refused: number } {
    const { set, used = 0, refused = 0 } = this.#stored ?? {}
    return { units: set?.units.length ?? 0, used, refused }
  }

  /** Where tables lie stands in the code, and how large memory is. */
  #sign(signature: string): string {
    const { targets, notes, pages } = this.#parts
    return `${signature} ${targets.base} ${notes?.base} ${pages}`
  }
}
