/**
 * Links between compiled functions: one small table of functions. A *slot* stands for a guest address; compiled code that goes on at an address
 * calls through its slot, which holds a stub (back to the engine) until something is compiled there, and again when that is gone. Slots are counted
 * references: they are used for another address when nothing uses them any more.
 */

import type { Library } from '../abi.ts'
import { libraryExports } from '../wasm-interpreter.ts'
import { linkModule } from './module-writer.ts'
import { type Shifts, type StoreCheck, storeCheck } from './store-check.ts'

const INITIAL_SLOTS = 256
/** What calls within calls may take of the host's stack, in bytes: hosts have 1 MB or more, some of which is in use already. */
const STACK = 300_000

/** What linkModule says. */
interface LinkExports {
  readonly t: WebAssembly.Table
  readonly stub: () => unknown
  readonly enter: (fuel: number, slot: number) => number
  readonly go: WebAssembly.ExportValue
}

export class Links {
  readonly #maxSlots: number
  /** Slots that the table has by now. */
  #slots = INITIAL_SLOTS
  /** Calls what is in a slot with so much fuel: gives an EXIT_* code. */
  readonly enter: (fuel: number, slot: number) => number
  /** Imports of a unit module. */
  readonly imports: WebAssembly.Imports
  readonly #table: WebAssembly.Table
  readonly #stub: () => unknown
  readonly #slotOf = new Map<number, number>()
  /** By slot: uses, and the address it stands for. */
  readonly #uses: Uint32Array
  readonly #addressOf: Float64Array
  readonly #free: number[] = []

  /** At most `maxSlots` at a time; the table grows to that. `meetsExactly`: see storeCheck. */
  constructor(
    memory: WebAssembly.Memory,
    maxSlots: number,
    shifts: Shifts,
    meetsExactly: StoreCheck,
    library?: Library,
  ) {
    const pages = memory.buffer.byteLength / 0x10000
    const module = new WebAssembly.Module(linkModule(pages, INITIAL_SLOTS, STACK) as BufferSource)
    const instance = new WebAssembly.Instance(module, { m: { m: memory } })
    const exports = instance.exports as unknown as LinkExports
    this.imports = {
      m: { m: memory, go: exports.go, meets: storeCheck(memory, shifts, meetsExactly) },
      ...(library && { l: libraryExports(library) }),
    }
    this.#table = exports.t
    this.enter = exports.enter
    this.#stub = exports.stub
    this.#maxSlots = Math.max(maxSlots, INITIAL_SLOTS)
    this.#uses = new Uint32Array(this.#maxSlots)
    this.#addressOf = new Float64Array(this.#maxSlots)
    this.#addFree(1, INITIAL_SLOTS)
  }

  /** The slot of an address, for one more use; 0 when all slots are taken. */
  acquire(address: number): number {
    let slot = this.#slotOf.get(address)
    if (slot === undefined) {
      if (this.#free.length === 0) this.#grow()
      slot = this.#free.pop()
      if (slot === undefined) return 0
      this.#slotOf.set(address, slot)
      this.#addressOf[slot] = address
    }
    this.#uses[slot]!++
    return slot
  }

  release(slot: number): void {
    if (--this.#uses[slot]! > 0) return
    this.#slotOf.delete(this.#addressOf[slot]!)
    this.#free.push(slot)
  }

  /** The address that a slot in use stands for. */
  addressOf(slot: number): number {
    return this.#addressOf[slot]!
  }

  /** Slots 1, 2 … stand for these addresses for good. Only before any other slot is in use; false when there is no room. */
  pin(addresses: readonly number[]): boolean {
    return addresses.every((address, index) => this.acquire(address) === index + 1)
  }

  link(slot: number, code: WebAssembly.ExportValue): void {
    this.#table.set(slot, code)
  }

  /** Whoever calls through the slot comes back to the engine from now on. */
  unlink(slot: number): void {
    this.#table.set(slot, this.#stub)
  }

  #grow(): void {
    const slots = Math.min(this.#slots * 2, this.#maxSlots)
    if (slots <= this.#slots) return
    this.#table.grow(slots - this.#slots, this.#stub)
    this.#addFree(this.#slots, slots)
    this.#slots = slots
  }

  #addFree(first: number, end: number): void {
    for (let slot = end - 1; slot >= first; slot--) this.#free.push(slot)
  }

  /** Uses of all slots together. */
  uses(): number {
    return this.#uses.reduce((sum, uses) => sum + uses, 0)
  }
}
