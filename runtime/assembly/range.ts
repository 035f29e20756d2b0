/** Why a number or register does not fit an operand: which ones do, worked out by trying the fields. Only runs for messages. */

import { signed } from './bits.ts'
import type { Failure } from './expression.ts'
import type { ReadHole } from './match.ts'
import { printHole } from './print.ts'
import type { AssemblyTable, FieldLayout, Fields, Hole, InstructionSyntax, Place } from './table.ts'

/** Up to so many bits of fields all values are tried, beyond them the corners. */
const EXHAUSTIVE_BITS = 10
const MAX_NAMES = 8

/** `certain`: the operands that do fit are known, and this one is not among them. */
export interface Misfit extends Failure {
  readonly certain: boolean
}

export function misfit(
  instruction: InstructionSyntax,
  { hole, value, column }: ReadHole,
  fields: Fields,
  place: Place,
  table: AssemblyTable,
): Misfit {
  const possible = possibleValues(instruction, hole, fields, place)
  const written = BigInt.asUintN(hole.width, value)
  const certain = possible.length > 0 && !possible.includes(written)
  return { message: `${describe(hole, value, place, table)}${allowed(hole, possible, place, table)}`, column, certain }
}

function describe(hole: Hole, value: bigint, place: Place, table: AssemblyTable): string {
  switch (hole.print.kind) {
    case 'register':
      return `register ${printHole(hole, value, place.pc, table, {})} cannot stand here`
    case 'label':
      return `target ${printHole(hole, BigInt.asUintN(table.pcWidth, value), place.pc, table, {})} is out of reach`
    case 'named':
      return `number ${value} does not fit`
    case 'letters':
      return `${hole.name} does not fit`
    case 'number':
      return `immediate ${value} does not fit`
  }
}

function allowed(hole: Hole, possible: readonly bigint[], { pc }: Place, table: AssemblyTable): string {
  if (possible.length === 0) return ''
  if (hole.print.kind === 'register') {
    const names = possible.map((value) => printHole(hole, value, pc, table, {}))
    return `: ${names.slice(0, MAX_NAMES).join(', ')}${names.length > MAX_NAMES ? ' …' : ''}`
  }
  const numbers = possible.map((value) => asNumber(hole, value, pc)).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const least = numbers[0] ?? 0n
  const most = numbers.at(-1) ?? 0n
  const show = (n: bigint): string => (hole.print.kind !== 'label' ? String(n) : n < 0n ? `.${n}` : `.+${n}`)
  const step = numbers.reduce((gcd, n) => greatestCommonDivisor(gcd, n - least), 0n)
  if (numbers.length <= MAX_NAMES && numbers.some((n, i) => n - least !== step * BigInt(i))) {
    return `: ${numbers.map(show).join(', ')}`
  }
  return `: ${show(least)} … ${show(most)}${step > 1n ? `, in steps of ${step}` : ''}`
}
function asNumber(hole: Hole, value: bigint, pc: bigint): bigint {
  if (hole.print.kind === 'label') return signed(value - pc, hole.width)
  return hole.print.kind === 'number' && hole.print.signed ? signed(value, hole.width) : value
}
function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b)
}

/** Values of the hole over its own fields, the others being as they are. */
function possibleValues(instruction: InstructionSyntax, hole: Hole, fields: Fields, place: Place): readonly bigint[] {
  const own = instruction.fields.filter(({ name }) => Object.hasOwn(hole.solve, name))
  const total = own.reduce((sum, layout) => sum + placedBits(layout), 0)
  let combinations: Fields[] = [fields]
  for (const layout of own) {
    const values = total <= EXHAUSTIVE_BITS ? allValues(layout) : corners(layout)
    combinations = combinations.flatMap((some) => values.map((value) => ({ ...some, [layout.name]: value })))
  }
  const valid = combinations.filter((some) => instruction.when?.(some, place) ?? true)
  return [...new Set(valid.map((some) => hole.value(some, place)))]
}
function placedBits(layout: FieldLayout): number {
  return layout.pieces.reduce((sum, [, , width]) => sum + width, 0)
}
function allValues({ placed }: FieldLayout): bigint[] {
  const values: bigint[] = []
  // Counts through the placed bits only.
  for (let value = 0n; ; ) {
    values.push(value)
    value = (value - placed) & placed
    if (value === 0n) return values
  }
}
function corners({ placed }: FieldLayout): bigint[] {
  const lowest = placed & -placed
  const highest = placed === 0n ? 0n : 1n << BigInt(placed.toString(2).length - 1)
  return [0n, lowest, highest, placed & ~highest, placed]
}
