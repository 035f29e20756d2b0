/** Why a number or register does not fit an operand: which ones do, worked out by trying the fields. Only runs for messages. */

import { signed } from './bits.ts'
import type { Failure } from './expression.ts'
import { allValues, placedBits } from './field-values.ts'
import type { ReadHole } from './match.ts'
import { printHole } from './print.ts'
import type { AssemblyTable, FieldLayout, Fields, Hole, InstructionSyntax, Place } from './table.ts'

/** Up to so many bits of fields all values are tried, beyond them the corners. */
const EXHAUSTIVE_BITS = 10
const MAX_NAMES = 8
const MAX_RUNS = 3

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
  const certain = possible.values.length > 0 && !possible.values.includes(written)
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

function allowed(hole: Hole, { values, all }: Possible, { pc }: Place, table: AssemblyTable): string {
  if (values.length === 0) return ''
  if (hole.print.kind === 'register') {
    const names = values.map((value) => printHole(hole, value, pc, table, {}))
    return `: ${names.slice(0, MAX_NAMES).join(', ')}${names.length > MAX_NAMES ? ' …' : ''}`
  }
  const numbers = values.map((value) => asNumber(hole, value, pc)).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const least = numbers[0] ?? 0n
  const step = numbers.reduce((gcd, n) => greatestCommonDivisor(gcd, n - least), 0n)
  const runs = all ? runsOf(numbers, step) : []
  const whole: Run = [least, numbers.at(-1) ?? least]
  const shown = runs.length > 0 && runs.length <= MAX_RUNS ? runs : [whole]
  const show = (n: bigint): string => (hole.print.kind !== 'label' ? String(n) : n < 0n ? `.${n}` : `.+${n}`)
  const texts = shown.map(([from, to]) => (from === to ? show(from) : `${show(from)} … ${show(to)}`))
  return `: ${texts.join(', ')}${step > 1n ? `, in steps of ${step}` : ''}`
}
type Run = readonly [bigint, bigint]
/** Sorted numbers as ranges without gaps. */
function runsOf(numbers: readonly bigint[], step: bigint): Run[] {
  const runs: [bigint, bigint][] = []
  for (const n of numbers) {
    const last = runs.at(-1)
    if (last && n === last[1] + step) last[1] = n
    else runs.push([n, n])
  }
  return runs
}
function asNumber(hole: Hole, value: bigint, pc: bigint): bigint {
  if (hole.print.kind === 'label') return signed(value - pc, hole.width)
  return hole.print.kind === 'number' && hole.print.signed ? signed(value, hole.width) : value
}
function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b)
}

interface Possible {
  readonly values: readonly bigint[]
  /** False when they are only some, the least and the greatest among them. */
  readonly all: boolean
}
/** Values of the hole over its own fields, the others being as they are. */
function possibleValues(instruction: InstructionSyntax, hole: Hole, fields: Fields, place: Place): Possible {
  const own = instruction.fields.filter(({ name }) => Object.hasOwn(hole.solve, name))
  const total = own.reduce((sum, layout) => sum + placedBits(layout), 0)
  let combinations: Fields[] = [fields]
  for (const layout of own) {
    const values = total <= EXHAUSTIVE_BITS ? allValues(layout) : corners(layout)
    combinations = combinations.flatMap((some) => values.map((value) => ({ ...some, [layout.name]: value })))
  }
  const valid = combinations.filter((some) => instruction.when?.(some, place) ?? true)
  return { values: [...new Set(valid.map((some) => hole.value(some, place)))], all: total <= EXHAUSTIVE_BITS }
}
function corners({ placed }: FieldLayout): bigint[] {
  const lowest = placed & -placed
  const highest = placed === 0n ? 0n : 1n << BigInt(placed.toString(2).length - 1)
  return [0n, lowest, highest, placed & ~highest, placed]
}
