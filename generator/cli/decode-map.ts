/**
 * The decode space of a machine as a map of 256 cells: by its first byte, or, where instructions are wider units, by the eight bits that tell most of
 * them apart. In: a machine's encodings. Out: of each cell which instructions lie there, and how much of it is theirs, reserved, or free.
 */

import type { Encoding, Isa } from '../ir/isa.ts'

export interface MapCell {
  /** Values of the eight bits, as a number. */
  readonly index: number
  /** Instructions that have words here, in the spec's order. */
  readonly ids: readonly string[]
  /** Parts of the cell's words, 0 … 1; the rest is free. From samples. */
  readonly allocated: number
  readonly reserved: number
}
export interface DecodeMap {
  /** Bits of the word that choose row (the first four) and column, high bit first. */
  readonly bits: readonly number[]
  readonly cells: readonly MapCell[]
}

/** Words tried in each cell. */
const SAMPLES = 128

export function decodeMap(isa: Pick<Isa, 'unit' | 'instructions' | 'reserved'>): DecodeMap {
  const bits = isa.unit === 8 ? [7, 6, 5, 4, 3, 2, 1, 0] : tellingBits(isa)
  const longest = Math.max(1, ...isa.instructions.map(({ encoding }) => encoding.length))
  const chosen = bits.reduce((mask, bit) => mask | (1n << BigInt(bit)), 0n)
  let state = 1n
  const word = (): bigint => {
    let value = 0n
    for (let i = 0; i < longest; i += 4) {
      state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n)
      value = (value << 32n) | (state >> 32n)
    }
    return value
  }
  const cells = Array.from({ length: 256 }, (_, index): MapCell => {
    const base = bits.reduce((sum, bit, i) => sum | (BigInt((index >> (7 - i)) & 1) << BigInt(bit)), 0n)
    const inCell = ({ mask, value }: Encoding): boolean => ((base ^ value) & mask & chosen) === 0n
    const here = isa.instructions.filter(({ encoding }) => inCell(encoding))
    const held = isa.reserved.filter(({ encoding }) => inCell(encoding))
    let [allocated, reserved] = [0, 0]
    for (let i = 0; i < SAMPLES && here.length + held.length > 0; i++) {
      const at = (word() & ~chosen) | base
      const has = ({ encoding }: { readonly encoding: Encoding }): boolean => (at & encoding.mask) === encoding.value
      if (here.some(has)) allocated++
      else if (held.some(has)) reserved++
    }
    return { index, ids: here.map(({ id }) => id), allocated: allocated / SAMPLES, reserved: reserved / SAMPLES }
  })
  return { bits, cells }
}

/** The eight bits that the most encodings fix, high bit first; of equals the higher one. */
function tellingBits({ instructions, unit }: Pick<Isa, 'unit' | 'instructions'>): number[] {
  const longest = Math.max(unit, ...instructions.map(({ encoding }) => 8 * encoding.length))
  const fixed = Array.from({ length: longest }, (_, bit) => ({
    bit,
    count: instructions.filter(({ encoding }) => (encoding.mask >> BigInt(bit)) & 1n).length,
  }))
  const best = fixed.sort((a, b) => b.count - a.count || b.bit - a.bit).slice(0, 8)
  return best.map(({ bit }) => bit).sort((a, b) => b - a)
}
