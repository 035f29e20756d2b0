/** The search for a word of several encodings, against trying every word. */

import { expect, test } from 'vitest'
import { commonWord, conditionOver } from '../../generator/check/known-bits.ts'
import * as ir from '../../generator/ir/build.ts'
import { evaluateExpr } from '../../generator/ir/evaluate.ts'
import type { Expr } from '../../generator/ir/expr.ts'
import type { Field } from '../../generator/ir/isa.ts'

const fields: readonly Field[] = [
  { name: 'a', width: 4, pieces: [{ at: 0, low: 0, width: 4 }] },
  // Scattered, and without its lowest bit.
  {
    name: 'b',
    width: 4,
    pieces: [
      { at: 6, low: 1, width: 1 },
      { at: 4, low: 2, width: 2 },
    ],
  },
]
const a = ir.field('a', 4)
const b = ir.field('b', 4)
const valuesOf = (word: bigint): Record<string, bigint> => ({
  a: word & 15n,
  b: (((word >> 6n) & 1n) << 1n) | (((word >> 4n) & 3n) << 2n),
})
const number = (n: number): Expr => ir.constant(4, n)
const conditions: readonly Expr[] = [
  ir.compare('eq', a, number(5)),
  ir.compare('ne', ir.binary('and', a, number(12)), number(0)),
  ir.compare('ult', ir.binary('add', a, b), number(3)),
  ir.compare('eq', b, number(3)), // its lowest bit is 0
  ir.compare('eq', b, number(10)),
  ir.or(ir.compare('eq', a, number(1)), ir.compare('slt', b, a)),
  ir.compare('eq', ir.concat([ir.slice(a, 0, 2), ir.slice(b, 2, 2)]), number(9)),
  ir.compare('eq', ir.select(ir.slice(a, 3, 1), a, b), number(12)),
  ir.compare('eq', ir.extend(true, 6, a), ir.constant(6, 0x3d)),
  ir.not(ir.slice(ir.binary('xor', a, b), 0, 1)),
]

test('finds a word exactly when there is one', () => {
  for (const one of conditions) {
    for (const other of conditions) {
      const words = Array.from({ length: 128 }, (_, w) => BigInt(w)).filter((w) =>
        [one, other].every((e) => evaluateExpr(e, { fields: valuesOf(w) }) === 1n),
      )
      const found = commonWord([], [conditionOver(fields, one), conditionOver(fields, other)])
      if (words.length === 0) expect(found).toBeUndefined()
      else expect(words).toContain(found)
    }
  }
})

test('constant bits count', () => {
  const five = conditionOver(fields, conditions[0] as Expr)
  expect(commonWord([{ mask: 0b11n, value: 0b01n }], [five])).toBe(5n)
  expect(commonWord([{ mask: 0b11n, value: 0b10n }], [five])).toBeUndefined()
})

test('decode context is the same in all conditions', () => {
  const wide = ir.field('@wide', 1)
  const narrow = conditionOver([], ir.not(wide))
  expect(commonWord([], [conditionOver([], wide), narrow])).toBeUndefined()
  expect(commonWord([], [conditionOver([], ir.compare('eq', ir.field('@size', 2), ir.constant(2, 2))), narrow])).toBe(
    0n,
  )
})

test('a field of 64 bits costs no more than its condition', () => {
  const wide: Field = { name: 'w', width: 64, pieces: [{ at: 0, low: 0, width: 64 }] }
  const w = ir.field('w', 64)
  const never = ir.and(ir.compare('eq', w, ir.constant(64, 7)), ir.compare('ne', w, ir.constant(64, 7)))
  expect(commonWord([], [conditionOver([wide], never)])).toBeUndefined()
  expect(commonWord([], [conditionOver([wide], ir.compare('ne', w, ir.constant(64, 0)))])).toBe(1n << 63n)
})
