/**
 * The library isa/lib/ieee754.isa in binary16, binary32 and binary64: a small machine for each, run by the reference execution, against
 * rounding of exact rational numbers.
 */

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { compile } from '../../generator/compile.ts'
import { createMachine, executeBody } from '../../generator/ir/execute.ts'
import type { Isa } from '../../generator/ir/isa.ts'
import { random as createRandom, type Random } from './random.ts'

const library = new URL('../../isa/lib/ieee754.isa', import.meta.url)
const INEXACT = 1n
const UNDERFLOW = 2n
const OVERFLOW = 4n
const INVALID = 16n
const widths = [16, 32, 64] as const
const modes = ['rne', 'rtz', 'rdn', 'rup', 'rmm'] as const
type Mode = (typeof modes)[number]

interface Format {
  readonly width: number
  /** Bits of the significand, the first one too. */
  readonly precision: number
  readonly bias: number
}
const formats: Readonly<Record<(typeof widths)[number], Format>> = {
  16: { width: 16, precision: 11, bias: 15 },
  32: { width: 32, precision: 24, bias: 127 },
  64: { width: 64, precision: 53, bias: 1023 },
}

/** (−1)^negative * numerator / denominator; inexact where the number is a little more than that. */
interface Rational {
  readonly negative: boolean
  readonly numerator: bigint
  readonly denominator: bigint
}

const operations = {
  add: 'float_add(A, B, mode, raised)',
  sub: 'float_sub(A, B, mode, raised)',
  mul: 'float_mul(A, B, mode, raised)',
  div: 'float_div(A, B, mode, raised)',
  sqrt: 'float_sqrt(A, mode, raised)',
  mul_add: 'float_mul_add(A, B, C, mode, raised)',
} as const
type Operation = keyof typeof operations
const conversions = widths.map((to) => `to${to}`)

function machineOf(width: number, overrides: readonly string[] = []): Isa {
  const results = [
    ...Object.entries(operations).map(
      ([name, call]) => `insn ${name} { enc CODE; exec { let (v, f) = ${call}; R = zx(v); flags = f } }`,
    ),
    ...widths.map(
      (to) => `insn to${to} { enc CODE; exec { let (v, f) = float_convert(A, ${to}, mode); R = zx(v); flags = f } }`,
    ),
  ]
  const text = [
    `isa machine "test" = ieee754`,
    'unit 8',
    'endian little',
    `reg A, B, C : b${width}`,
    'reg R : b64',
    'reg flags, raised : b5',
    'reg mode : b3',
    'reg pc : b16',
    'mem M : b16',
    'trap illegal',
    ...overrides,
    ...results.map((line, i) => line.replace('CODE', `0${i.toString(16).toUpperCase()}`)),
    '',
  ].join('\n')
  const sources = [
    { file: 'ieee754.isa', text: readFileSync(library, 'utf8') },
    { file: 'machine.isa', text },
  ]
  const { isas, session } = compile(sources)
  expect(session.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  return isas[0] as Isa
}

function run(
  isa: Isa,
  id: string,
  operands: readonly bigint[],
  mode: Mode,
  raised = 0n,
): { value: bigint; flags: bigint } {
  const semantics = isa.instructions.find((instruction) => instruction.id === id)?.semantics
  if (semantics?.kind !== 'body') throw new Error(`no ${id}`)
  const machine = createMachine(isa)
  ;['A', 'B', 'C'].forEach((name, i) => machine.registers.set(name, [operands[i] ?? 0n]))
  machine.registers.set('mode', [BigInt(modes.indexOf(mode))])
  machine.registers.set('raised', [raised])
  executeBody(semantics.body, { fields: {}, slots: [], pc: 0n, next: 1n }, machine)
  return { value: machine.registers.get('R')?.[0] ?? 0n, flags: machine.registers.get('flags')?.[0] ?? 0n }
}

describe.each(widths)('binary%s', (width) => {
  const isa = machineOf(width)
  const format = formats[width]

  test.each(Object.keys(operations) as Operation[])('%s', (operation) => {
    const random = createRandom(width)
    for (let i = 0; i < 400; i++) {
      const operands = [0, 1, 2].map(() => finite(random, format))
      const exact = exactly(
        operation,
        operands.map((bits) => rational(format, bits)),
      )
      if (!exact) continue
      for (const mode of modes) check(isa, operation, operands, mode, rounded(format, exact, mode))
    }
  })

  test.each(conversions)('%s', (id) => {
    const random = createRandom(width + 1)
    const target = formats[Number(id.slice(2)) as (typeof widths)[number]]
    for (let i = 0; i < 400; i++) {
      const bits = finite(random, format)
      for (const mode of modes) check(isa, id, [bits], mode, rounded(target, rational(format, bits), mode))
    }
  })
})

test('policies of NaNs', () => {
  // As x86 has them: the default is negative, and the first operand's payload stays.
  const isa = machineOf(32, [
    'override fn default_nan(n) : b[n] { canonical_nan(n) | min_signed(n) }',
    'override fn nan_of(a : b[N], b : b[N]) : b[N] { (if float_is_nan(a) { a } else { b }) | (1 << (fraction_width(N) - 1)) }',
  ])
  const [infinity, one, signaling] = [0x7f800000n, 0x3f800000n, 0xff812345n]
  expect(run(isa, 'sub', [infinity, infinity], 'rne')).toEqual({ value: 0xffc00000n, flags: INVALID })
  expect(run(isa, 'add', [one, signaling], 'rne')).toEqual({ value: 0xffc12345n, flags: INVALID })
  expect(run(isa, 'mul', [0x7fc54321n, signaling], 'rne')).toEqual({ value: 0x7fc54321n, flags: INVALID })
})

function check(
  isa: Isa,
  id: string,
  operands: readonly bigint[],
  mode: Mode,
  expected: { value: bigint; flags: bigint },
): void {
  const hex = (x: bigint): string => x.toString(16)
  const shown = `${id} of ${operands.map(hex).join(' ')}, ${mode}`
  const actual = run(isa, id, operands, mode)
  expect(`${shown}: ${hex(actual.value)} ${actual.flags}`).toBe(`${shown}: ${hex(expected.value)} ${expected.flags}`)
  const again = run(isa, id, operands, mode, INEXACT)
  expect(`${shown}: ${hex(again.value)} ${again.flags | INEXACT}`).toBe(
    `${shown}: ${hex(expected.value)} ${expected.flags | INEXACT}`,
  )
}

/** Not 0: the signs of zeros have rules of their own. */
function finite(random: Random, { width, precision }: Format): bigint {
  const limit = 2 ** (width - precision) - 1
  const exponent = random.pick([0, 1, limit >> 1, limit - 1, random.below(limit), (limit >> 1) + random.below(5) - 2])
  const fraction = random.bits(precision - 1) || 1n
  return (BigInt(random.below(2)) << BigInt(width - 1)) | (BigInt(exponent) << BigInt(precision - 1)) | fraction
}

function rational({ width, precision, bias }: Format, bits: bigint): Rational {
  const field = Number(BigInt.asUintN(width - precision, bits >> BigInt(precision - 1)))
  const fraction = BigInt.asUintN(precision - 1, bits)
  const significand = field === 0 ? fraction : fraction | (1n << BigInt(precision - 1))
  const exponent = Math.max(field, 1) - bias - (precision - 1)
  return {
    negative: bits >> BigInt(width - 1) === 1n,
    numerator: exponent > 0 ? significand << BigInt(exponent) : significand,
    denominator: exponent < 0 ? 1n << BigInt(-exponent) : 1n,
  }
}

/** undefined where the result is 0 or not a number. */
function exactly(operation: Operation, [a, b, c]: readonly Rational[]): Rational | undefined {
  if (!a || !b || !c) return undefined
  switch (operation) {
    case 'add':
      return sum(a, b)
    case 'sub':
      return sum(a, { ...b, negative: !b.negative })
    case 'mul':
      return product(a, b)
    case 'div':
      return product(a, { ...b, numerator: b.denominator, denominator: b.numerator })
    case 'mul_add':
      return sum(product(a, b), c)
    case 'sqrt': {
      if (a.negative) return undefined
      // The root of n / d is that of n * d over d; with 200 places more, and one that tells whether more follow.
      const square = (a.numerator * a.denominator) << 400n
      const root = integerRoot(square)
      return {
        negative: false,
        numerator: (root << 1n) | (root * root === square ? 0n : 1n),
        denominator: a.denominator << 201n,
      }
    }
  }
}
function product(a: Rational, b: Rational): Rational {
  return {
    negative: a.negative !== b.negative,
    numerator: a.numerator * b.numerator,
    denominator: a.denominator * b.denominator,
  }
}
function sum(a: Rational, b: Rational): Rational | undefined {
  const signed = (x: Rational, other: Rational): bigint => (x.negative ? -1n : 1n) * x.numerator * other.denominator
  const total = signed(a, b) + signed(b, a)
  if (total === 0n) return undefined
  return { negative: total < 0n, numerator: total < 0n ? -total : total, denominator: a.denominator * b.denominator }
}
function integerRoot(n: bigint): bigint {
  let root = 1n << BigInt((length(n) + 1) >> 1)
  for (;;) {
    const next = (root + n / root) >> 1n
    if (next >= root) return root
    root = next
  }
}
const length = (n: bigint): number => n.toString(2).length

/** The float nearest in the direction of the mode, and exceptions; tiny is told after rounding (7.5). */
function rounded({ width, precision, bias }: Format, exact: Rational, mode: Mode): { value: bigint; flags: bigint } {
  const { negative, numerator, denominator } = exact
  /** In units of 2^unit. */
  const inUnits = (unit: number): { whole: bigint; isExact: boolean } => {
    const n = unit < 0 ? numerator << BigInt(-unit) : numerator
    const d = unit > 0 ? denominator << BigInt(unit) : denominator
    const whole = n / d
    const rest = 2n * (n % d)
    const up = {
      rne: rest > d || (rest === d && whole % 2n === 1n),
      rtz: false,
      rdn: negative && rest > 0n,
      rup: !negative && rest > 0n,
      rmm: rest >= d,
    }[mode]
    return { whole: up ? whole + 1n : whole, isExact: rest === 0n }
  }
  let exponent = length(numerator) - length(denominator)
  if (exponent < 0 ? numerator << BigInt(-exponent) < denominator : numerator < denominator << BigInt(exponent))
    exponent--
  const least = 1 - bias
  const places = precision - 1
  const free = inUnits(exponent - places)
  const isTiny = exponent + (length(free.whole) > precision ? 1 : 0) < least
  const { whole, isExact } = inUnits(Math.max(exponent, least) - places)
  const sign = negative ? 1n << BigInt(width - 1) : 0n
  // Adding the significand with its first bit to the exponent less one carries where it must.
  const value = (BigInt(Math.max(exponent, least) + bias - 1) << BigInt(places)) + whole
  const infinity = BigInt(2 ** (width - precision) - 1) << BigInt(places)
  if (value >= infinity) {
    const stays = mode === 'rtz' || (mode === 'rdn' && !negative) || (mode === 'rup' && negative)
    return { value: sign | (stays ? infinity - 1n : infinity), flags: OVERFLOW | INEXACT }
  }
  return { value: sign | value, flags: isExact ? 0n : isTiny ? UNDERFLOW | INEXACT : INEXACT }
}
