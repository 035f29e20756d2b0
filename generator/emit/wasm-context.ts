/** What lowering one handler to Wasm needs at hand: the holes, the register layout, locals and temporaries. */

import type { Width } from '../ir/expr.ts'
import type { Isa } from '../ir/isa.ts'
import type { Layout } from '../ir/layout.ts'
import type { Body } from '../ir/stmt.ts'
import { type AddressLocals, addressLocals } from './memory-operand.ts'
import type { Holes } from './template-holes.ts'
import type { WasmType, Wat } from './wat.ts'

/** Templates cannot say this (values wider than 64 bits …): the instruction is left to the interpreter. */
export class Unsupported extends Error {}

/** The type that holds a value: zero above its width. */
export function typeOf(width: Width): WasmType {
  if (width > 64) throw new Unsupported(`a value of ${width} bits`)
  return width <= 32 ? 'i32' : 'i64'
}
export function bitsOf(type: WasmType): number {
  return type === 'i32' ? 32 : 64
}

export class WasmContext {
  readonly holes: Holes
  readonly layout: Layout
  /** Type of the one memory's addresses. */
  readonly addressType: WasmType
  readonly endian: Isa['endian']
  /** Scratch locals in use so far, by type; named $i1, $i2 … and $l1, $l2 … */
  readonly scratch: Record<WasmType, number> = { i32: 0, i64: 0 }
  /** Writes a call of a function of the isa. */
  readonly call: (name: string, args: readonly Wat[]) => Wat
  readonly addresses: AddressLocals
  readonly #addressWidth: Width
  readonly #widths: ReadonlyMap<number, Width>
  readonly #names = new Map<number, string>()

  constructor(
    holes: Holes,
    layout: Layout,
    addressWidth: Width,
    endian: Isa['endian'],
    body: Body,
    call: (name: string, args: readonly Wat[]) => Wat,
  ) {
    this.call = call
    this.holes = holes
    this.layout = layout
    this.addressType = typeOf(addressWidth)
    this.endian = endian
    this.#addressWidth = addressWidth
    this.addresses = addressLocals(body)
    this.#widths = new Map(body.locals.map(({ id, width }) => [id, width]))
  }

  /** Addresses of this width fill a Wasm value, so that sums need no mask. */
  isFullAddress(width: Width): boolean {
    return width === this.#addressWidth && width === bitsOf(this.addressType)
  }

  /** A fresh scratch local. */
  temporary(type: WasmType): string {
    return `$${type === 'i32' ? 'i' : 'l'}${++this.scratch[type]}`
  }

  /** Gives a local of the IR a name that stands already. */
  name(id: number, name: string): void {
    this.#names.set(id, name)
  }

  /** The scratch local of a local of the IR. */
  local(id: number): string {
    let name = this.#names.get(id)
    if (!name) {
      const width = this.#widths.get(id)
      if (width === undefined) throw new Error(`isagen internal: no local ${id}`)
      name = this.temporary(typeOf(width))
      this.#names.set(id, name)
    }
    return name
  }
}
