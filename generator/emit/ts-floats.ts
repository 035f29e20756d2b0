/**
 * Floating-point operations of the IR as TypeScript: chains of them stay JavaScript numbers, and become words only where somebody wants bits.
 *
 * In: a FloatOp, and how its operands that are no numbers become words. Out: text of a number, or the words of a result.
 */

import type { Expr, FloatOp, Width } from '../ir/expr.ts'
import { type Code, call, clean, cleanWord, code, infix, signExtend } from './ts-code.ts'
import type { Lines } from './ts-lines.ts'
import { type Leaves, toPair, type Value, word, words } from './ts-value.ts'

/** What the rest of the value emitter gives. */
export interface FloatContext {
  readonly out: Lines
  readonly leaves: Leaves
  readonly value: (e: Expr) => Value
}

const infixOf = { add: '+', sub: '-', mul: '*', div: '/' } as const

/** A float as a JavaScript number; a single is one whose value a single has. */
export function numberText(context: FloatContext, e: Expr): Code {
  if (e.kind === 'float' && e.op !== 'to_int') {
    const exact = doubleText(context, e)
    // A root, sum, product or quotient of singles is rounded once to double and then to single with the same result (Figueroa, 1995).
    return e.width === 32 && e.op !== 'from_int' ? call('Math.fround', exact) : exact
  }
  const known = e.kind === 'local' ? context.leaves.number?.(e.id) : undefined
  if (known !== undefined) return code(known)
  const { lo, hi } = toPair(context.value(e))
  return e.width === 32 ? context.out.help('toSingle', lo) : context.out.help('toDouble', lo, hi)
}

function doubleText(context: FloatContext, e: FloatOp): Code {
  const [a, b] = e.args
  if (!a) throw new Error('isagen internal: a float operation without operands')
  switch (e.op) {
    case 'sqrt':
      return call('Math.sqrt', numberText(context, a))
    case 'convert':
      return numberText(context, a)
    case 'from_int':
      return numberOfInteger(context, a, e.width)
    case 'mul_add':
      return code('NaN')
    case 'to_int':
      throw new Error('isagen internal: an integer is not a float')
    default:
      return infix(numberText(context, a), infixOf[e.op], numberText(context, b ?? a))
  }
}

function numberOfInteger({ out, value }: FloatContext, a: Expr, width: Width): Code {
  const v = value(a)
  if (v.kind === 'word') return width === 32 ? call('Math.fround', signExtend(v)) : signExtend(v)
  const { lo, hi } = toPair(v)
  if (width === 32) return out.help('singleOfInteger', lo, hi)
  return code(`${clean(hi).text} * 0x100000000 + (${clean(lo).text} >>> 0)`, '+')
}

/** The bits of a number. */
export function bitsOfNumber(out: Lines, number: Code, width: Width, hint: string): Value {
  const name = out.fresh(hint)
  out.helpers.add(width === 32 ? 'singleBits' : 'doubleBits')
  out.push(`const ${name} = ${width === 32 ? 'singleBits' : 'doubleBits'}(${number.text})`)
  return width === 32 ? word(cleanWord(code(name), 32)) : withHigh(out, name)
}

export function floatValue(context: FloatContext, e: FloatOp): Value {
  const { out } = context
  if (e.op !== 'to_int') return bitsOfNumber(out, numberText(context, e), e.width, 'bits')
  const [a] = e.args
  const x = numberText(context, a as Expr)
  // ToInt32 cuts fractions off, and takes any number.
  if (e.width === 32) return word(cleanWord(infix(x, '|', code('0')), 32))
  const name = out.fresh('whole')
  out.helpers.add('integerHalves')
  out.push(`const ${name} = integerHalves(${x.text})`)
  return withHigh(out, name)
}

function withHigh(out: Lines, lo: string): Value {
  const hi = out.fresh('hi')
  out.push(`const ${hi} = high`)
  return words(cleanWord(code(lo), 32), cleanWord(code(hi), 32))
}
