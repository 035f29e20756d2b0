/**
 * Translations of an earlier run (translation-set.ts) that wait for the guest to get to them, and the way back: units of this run → a set for the next. What is stored
 * for an address is used when the guest comes there for the first time, if the same code lies there then.
 */

import type { Library } from './abi.ts'
import { guestAddress } from './decode-block.ts'
import type { FunctionBody } from './jit/function-body.ts'
import { FIRST_LIBRARY_FUNCTION, FIRST_OWN_FUNCTION, unlinked } from './jit/function-numbers.ts'
import { unitModule } from './jit/module-writer.ts'
import { functionBodies, relocate } from './jit/relocate.ts'
import type { GuestMemory } from './memory.ts'
import type { CodeRange, TranslatedUnit, TranslationSet } from './translation-set.ts'
import type { Unit } from './unit-builder.ts'

/** Code may be loaded later than the guest first comes by. */
const TRIES = 4
/** Of Wasm, in one set. */
const MOST_BYTES = 1 << 26

export interface WaitingUnit {
  readonly unit: TranslatedUnit
  tries: number
}

export class StoredCode {
  readonly exports: WebAssembly.Exports
  readonly set: TranslationSet
  readonly #memory: GuestMemory
  readonly #at = new Map<number, WaitingUnit[]>()
  used = 0
  refused = 0

  constructor(set: TranslationSet, exports: WebAssembly.Exports, memory: GuestMemory) {
    this.set = set
    this.exports = exports
    this.#memory = memory
    for (const unit of set.units) {
      const waiting = { unit, tries: 0 }
      for (const [pc] of unit.functions) {
        const others = this.#at.get(pc) ?? []
        others.push(waiting)
        this.#at.set(pc, others)
      }
    }
  }

  /** A unit with a function for pc, which goes with what lies in memory now. It is given out once. */
  take(pc: number): TranslatedUnit | undefined {
    for (const waiting of this.#at.get(pc) ?? []) {
      if (waiting.tries >= TRIES) continue
      if (this.#fits(waiting.unit)) {
        waiting.tries = TRIES
        this.used++
        return waiting.unit
      }
      if (++waiting.tries === TRIES) this.refused++
    }
    return undefined
  }

  /** All functions, with the numbers that they have outside a module. */
  bodies(): FunctionBody[] {
    const { library, module } = this.set
    const callee = unlinked(library)
    const bodies = functionBodies(module, FIRST_OWN_FUNCTION + library.length)
    return library.length > 0 ? bodies.map((body) => relocate(body, { callee })) : bodies
  }

  /** What nobody came to ask for. */
  untouched(): TranslatedUnit[] {
    return [...new Set([...this.#at.values()].flat())].filter(({ tries }) => tries === 0).map(({ unit }) => unit)
  }

  #fits({ functions, inlined, code }: TranslatedUnit): boolean {
    const { bytes } = this.#memory
    const stored = this.set.code
    let at = code
    for (const [pc, length] of [...functions, ...inlined]) {
      for (let offset = 0; offset < length; offset++)
        if (bytes[guestAddress(pc) + offset] !== stored[at++]) return false
    }
    return true
  }
}

/** What a new set is made of. */
export interface Harvest {
  /** Bodies call each other by numbers that start at `first`. */
  readonly units: readonly { readonly unit: Unit; readonly first: number; readonly bodies: readonly FunctionBody[] }[]
  readonly stored: StoredCode | undefined
  readonly addressOf: (slot: number) => number
  readonly tables: TranslationSet['tables']
  readonly called: readonly number[]
  readonly sites: TranslationSet['sites']
  readonly memory: GuestMemory
  readonly pages: number
  readonly library: Library | undefined
}

export function makeTranslations(harvest: Harvest): TranslationSet {
  const { units, stored, addressOf, tables, called, sites, memory, pages, library } = harvest
  const numbers = new Map<number, number>()
  const slots: number[] = []
  const slot = (address: number): number => {
    const known = numbers.get(address)
    if (known !== undefined) return known
    const number = slots.push(address)
    numbers.set(address, number)
    return number
  }
  const bodies: FunctionBody[] = []
  const made: TranslatedUnit[] = []
  const code: Uint8Array[] = []
  let [codeLength, total] = [0, 0]
  const calls = new Set<number>()
  const add = (
    unit: Omit<TranslatedUnit, 'first' | 'code' | 'bytes'>,
    old: readonly FunctionBody[],
    oldFirst: number,
    guest: Uint8Array,
    addressOf: (slot: number) => number,
  ): void => {
    const bytes = old.reduce((sum, { code }) => sum + code.length, 0)
    if (total + bytes > MOST_BYTES) return
    const first = bodies.length
    const relocation = {
      callee: (index: number) => {
        if (index < FIRST_LIBRARY_FUNCTION) return index - oldFirst + first
        calls.add(index - FIRST_LIBRARY_FUNCTION)
        return index
      },
      slot: (number: number) => slot(addressOf(number)),
    }
    for (const body of old) bodies.push(relocate(body, relocation))
    const references = unit.references.map((number) => slot(addressOf(number)))
    made.push({ ...unit, references, first, code: codeLength, bytes })
    code.push(guest)
    codeLength += guest.length
    total += bytes
  }
  for (const { unit, first, bodies } of units) {
    const { blocks, inlined, references } = unit
    const functions = blocks.map(({ address, bytes }): CodeRange => [address, bytes])
    const others = [...inlined].map(({ address, bytes }): CodeRange => [address, bytes])
    const guest = [...functions, ...others].map(([pc, length]) => {
      const at = guestAddress(pc)
      return memory.bytes.subarray(at, at + length)
    })
    add({ functions, inlined: others, references }, bodies, first, join(guest), addressOf)
  }
  if (stored) {
    const all = stored.bodies()
    for (const unit of stored.untouched()) {
      const { first, functions, inlined, code } = unit
      const length = [...functions, ...inlined].reduce((sum, [, bytes]) => sum + bytes, 0)
      const guest = stored.set.code.subarray(code, code + length)
      const old = all.slice(first, first + functions.length)
      add(unit, old, first, guest, (number) => stored.set.slots[number - 1]!)
    }
  }
  const imported = [...calls]
  const module = unitModule(bodies, pages, library, imported).slice()
  return { slots, tables, called, sites, units: made, code: join(code), library: imported, module }
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
