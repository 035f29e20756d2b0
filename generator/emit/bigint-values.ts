/**
 * IR expressions → TypeScript expressions over bigints, for what is evaluated once a line and never in a hot loop: operands of the assembler and
 * disassembler. Every value is the unsigned number 0 ≤ v < 2^width, so only operators that leave that range are wrapped.
 *
 * In: expressions of decode or translation time. Out: text, and the names of functions of runtime/assembly/bits.ts that it calls.
 */

import type { Binary, Carry, Compare, Expr } from '../ir/expr.ts'
import { type Code, call, code, infix, operand } from './ts-code.ts'

/** How the text names what is outside of an expression; each call says that it is used. */
export interface BigintNames {
  readonly field: (name: string) => string
  readonly hole: (name: string) => string
  readonly place: (which: 'pc' | 'next') => string
  readonly helper: (name: BigintHelper) => string
}
/** Functions of runtime/assembly/bits.ts. */
export const bigintHelpers = [
  'wrap',
  'signed',
  'sx',
  'bits',
  'bit',
  'shl',
  'lshr',
  'ashr',
  'udiv',
  'urem',
  'sdiv',
  'srem',
  'popcount',
  'clz',
  'ctz',
] as const
export type BigintHelper = (typeof bigintHelpers)[number]

export function bigintLiteral(value: bigint): string {
  const digits = value < 0n ? -value : value
  return `${value < 0n ? '-' : ''}${digits < 256n ? digits : `0x${digits.toString(16)}`}n`
}
const number = (value: number): Code => code(String(value))

/** The value as a bigint. */
export function bigintValue(e: Expr, names: BigintNames): Code {
  const value = (x: Expr): Code => bigintValue(x, names)
  const helper = (name: BigintHelper, ...args: readonly Code[]): Code => call(names.helper(name), ...args)
  switch (e.kind) {
    case 'const':
      return code(bigintLiteral(e.value))
    case 'undef':
      return code('0n')
    case 'field':
      return code(names.field(e.name))
    case 'hole':
      return code(names.hole(e.name))
    case 'pc':
    case 'next':
      return code(names.place(e.kind))
    case 'unary':
      if (e.op === 'popcount') return helper('popcount', value(e.a))
      if (e.op === 'clz' || e.op === 'ctz') return helper(e.op, value(e.a), number(e.width))
      return helper('wrap', code(`${e.op === 'not' ? '~' : '-'}${operand(value(e.a), '~')}`), number(e.width))
    case 'binary':
      return binaryValue(e, names)
    case 'extend':
      return e.signed ? helper('sx', value(e.a), number(e.a.width), number(e.width)) : value(e.a)
    case 'slice':
      return e.low === 0
        ? helper('wrap', value(e.a), number(e.width))
        : helper('bits', value(e.a), number(e.low), number(e.width))
    case 'concat':
      return concatValue(e.parts, e.width, names)
    case 'select': {
      const arms = `${operand(value(e.then), '?:')} : ${operand(value(e.otherwise), '?:')}`
      return code(`${operand(bigintCondition(e.cond, names), '?:')} ? ${arms}`, '?:')
    }
    case 'compare':
    case 'carry':
      return helper('bit', bigintCondition(e, names))
    case 'slot':
    case 'local':
    case 'float':
    case 'read':
    case 'load':
      throw new Error(`isagen internal: ${e.kind} in assembly is not known at decode time`)
  }
}

function binaryValue({ op, width, a, b }: Binary, names: BigintNames): Code {
  const x = bigintValue(a, names)
  const y = bigintValue(b, names)
  const w = number(width)
  const helper = (name: BigintHelper, ...args: readonly Code[]): Code => call(names.helper(name), ...args)
  const asSigned = (c: Code): Code => helper('signed', c, w)
  const high = (product: Code): Code => helper('bits', product, w, w)
  switch (op) {
    case 'add':
      return helper('wrap', infix(x, '+', y), w)
    case 'sub':
      return helper('wrap', infix(x, '-', y), w)
    case 'mul':
      return helper('wrap', infix(x, '*', y), w)
    case 'and':
      return infix(x, '&', y)
    case 'or':
      return infix(x, '|', y)
    case 'xor':
      return infix(x, '^', y)
    case 'shl':
      return b.kind === 'const' && b.value < width ? helper('wrap', infix(x, '<<', y), w) : helper('shl', x, y, w)
    case 'lshr':
      return b.kind === 'const' && b.value < width ? infix(x, '>>', y) : helper('lshr', x, y, w)
    case 'ashr':
      return helper('ashr', x, y, w)
    case 'udiv':
    case 'urem':
      return helper(op, x, y)
    case 'sdiv':
    case 'srem':
      return helper(op, x, y, w)
    case 'mulhu':
      return high(infix(x, '*', y))
    case 'mulhs':
      return high(infix(asSigned(x), '*', asSigned(y)))
    case 'mulhsu':
      return high(infix(asSigned(x), '*', y))
  }
}

function concatValue(parts: readonly Expr[], width: number, names: BigintNames): Code {
  let low = width
  let all: Code | undefined
  for (const part of parts) {
    low -= part.width
    if (part.kind === 'const' && part.value === 0n) continue
    const value = bigintValue(part, names)
    const placed = low === 0 ? value : infix(value, '<<', code(bigintLiteral(BigInt(low))))
    all = all === undefined ? placed : infix(all, '|', placed)
  }
  return all ?? code('0n')
}

/** A 1-bit value as a boolean. */
export function bigintCondition(e: Expr, names: BigintNames): Code {
  switch (e.kind) {
    case 'const':
      return code(String(e.value === 1n))
    case 'compare':
      return comparison(e, names)
    case 'carry':
      return carryCondition(e, names)
    case 'unary':
      if (e.op === 'not') return negation(e.a, names)
      break
    case 'binary':
      if (e.op === 'and') return logical(bigintCondition(e.a, names), '&&', bigintCondition(e.b, names))
      if (e.op === 'or') return logical(bigintCondition(e.a, names), '||', bigintCondition(e.b, names))
      if (e.op === 'xor') return infix(bigintCondition(e.a, names), '!==', bigintCondition(e.b, names))
      break
    case 'select': {
      const [cond, then, otherwise] = [e.cond, e.then, e.otherwise].map((x) => bigintCondition(x, names)) as [
        Code,
        Code,
        Code,
      ]
      if (then.text === 'true') return logical(cond, '||', otherwise)
      if (otherwise.text === 'false') return logical(cond, '&&', then)
      return code(`${operand(cond, '?:')} ? ${operand(then, '?:')} : ${operand(otherwise, '?:')}`, '?:')
    }
    default:
  }
  return infix(bigintValue(e, names), '===', code('1n'))
}

/** Comparisons bind tighter than && and ||. */
function logical(a: Code, op: '&&' | '||', b: Code): Code {
  const side = (c: Code): string => (comparisons.has(c.op ?? '') ? c.text : operand(c, op))
  return code(`${side(a)} ${op} ${side(b)}`, op)
}
const comparisons: ReadonlySet<string> = new Set(['===', '!==', '<', '<='])
function negation(e: Expr, names: BigintNames): Code {
  const holds = bigintCondition(e, names)
  // One bit that is no comparison was compared with 1.
  return holds.text.endsWith(' === 1n') && !isLogical(e)
    ? infix(bigintValue(e, names), '===', code('0n'))
    : code(`!${operand(holds, '!')}`)
}
function isLogical(e: Expr): boolean {
  return e.kind === 'compare' || e.kind === 'carry' || e.kind === 'binary' || e.kind === 'unary' || e.kind === 'select'
}
const symbols = { eq: '===', ne: '!==', ult: '<', ule: '<=', slt: '<', sle: '<=' } as const

function comparison({ op, a, b }: Compare, names: BigintNames): Code {
  const side = (x: Expr): Code => {
    const value = bigintValue(x, names)
    if (op !== 'slt' && op !== 'sle') return value
    return x.kind === 'const'
      ? code(bigintLiteral(BigInt.asIntN(x.width, x.value)))
      : call(names.helper('signed'), value, number(x.width))
  }
  return infix(side(a), symbols[op], side(b))
}

/** The exact result differs from the wrapped one. */
function carryCondition({ op, signed, a, b, c }: Carry, names: BigintNames): Code {
  const side = (x: Expr): Code => {
    const value = bigintValue(x, names)
    return signed ? call(names.helper('signed'), value, number(x.width)) : value
  }
  const sign = op === 'add' ? '+' : '-'
  const two = infix(side(a), sign, side(b))
  const exact = c === undefined ? two : infix(two, sign, bigintValue(c, names))
  const wrapped = call(names.helper(signed ? 'signed' : 'wrap'), exact, number(a.width))
  return infix(wrapped, '!==', exact)
}
