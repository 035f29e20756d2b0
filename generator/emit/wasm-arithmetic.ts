/**
 * Instruction selection for binary operators: shifts whose amount may reach the width, divisions that wrap where Wasm's
 * trap, upper halves of products. Beside wasm-values.ts, which has the rules about widths and clean values.
 */

import type { Binary, Expr } from '../ir/expr.ts'
import { bindingTime } from '../ir/time.ts'
import { bitsOf, typeOf, type WasmContext } from './wasm-context.ts'
import { clean, cleanAs, cleanValue, looseValue, signedValue, to, type Value, value } from './wasm-values.ts'
import { constant, getLocal, ifValue, op, teeLocal, type WasmType, type Wat } from './wat.ts'

export function binaryValue(context: WasmContext, e: Binary, type: WasmType): Value {
  /** No bits above the width: nothing there to be wrong. */
  const exact = e.width === bitsOf(type)
  switch (e.op) {
    case 'add':
    case 'sub':
    case 'mul':
      return { wat: op(`${type}.${e.op}`, looseValue(context, e.a), looseValue(context, e.b)), clean: exact }
    case 'and':
    case 'or':
    case 'xor': {
      const a = value(context, e.a)
      const b = value(context, e.b)
      const isClean = e.op === 'and' ? a.clean || b.clean : a.clean && b.clean
      return { wat: op(`${type}.${e.op}`, a.wat, b.wat), clean: isClean || exact }
    }
    case 'shl':
    case 'lshr':
    case 'ashr':
      return shiftValue(context, e, type)
    case 'udiv':
    case 'urem': {
      const name = e.op === 'udiv' ? 'div_u' : 'rem_u'
      return clean(op(`${type}.${name}`, cleanValue(context, e.a), cleanValue(context, e.b)))
    }
    case 'sdiv':
      return {
        wat: exact ? wrappingDivision(context, e, type) : signedDivision(context, e, type, 'div_s'),
        clean: exact,
      }
    case 'srem':
      return { wat: signedDivision(context, e, type, 'rem_s'), clean: exact }
    case 'mulhu':
    case 'mulhs':
    case 'mulhsu':
      return upperProduct(context, e)
  }
}

// ---- shifts

function shiftValue(context: WasmContext, e: Binary, type: WasmType): Value {
  const bits = bitsOf(type)
  const name = { shl: 'shl', lshr: 'shr_u', ashr: 'shr_s' }[e.op as 'shl' | 'lshr' | 'ashr']
  const a =
    e.op === 'shl'
      ? looseValue(context, e.a)
      : e.op === 'lshr'
        ? cleanValue(context, e.a)
        : signedValue(context, e.a, type)
  const isClean = e.op === 'lshr' || e.width === bits
  const low = withoutZeros(e.b)
  const shifted = (amount: Wat): Value => ({ wat: op(`${type}.${name}`, a, amount), clean: isClean })
  // Wasm takes the amount modulo 32 or 64: just what a run-time field of 5 or 6 bits is.
  if (2 ** low.width === bits && bindingTime(low) === 'run') {
    const amount = low.kind === 'slice' && low.low === 0 ? low.a : low
    return shifted(to(type, amount, looseValue(context, amount)))
  }
  if (upperBound(e.b) < BigInt(bits)) return shifted(cleanAs(context, type, e.b))
  const amount = cleanValue(context, e.b)
  const amountType = typeOf(e.b.width)
  const kept = context.temporary(amountType)
  const first = teeLocal(kept, amount)
  const fits = op(`${amountType}.lt_u`, getLocal(kept), constant(amountType, bits))
  if (e.op === 'ashr') {
    const limited = op('select', first, constant(amountType, bits - 1), fits)
    return shifted(to(type, e.b, limited))
  }
  return {
    wat: op('select', op(`${type}.${name}`, a, to(type, e.b, first)), constant(type, 0), fits),
    clean: isClean,
  }
}

/** The expression under its zero extensions. */
function withoutZeros(e: Expr): Expr {
  return e.kind === 'extend' && !e.signed ? withoutZeros(e.a) : e
}

/** A number that the value does not exceed. */
function upperBound(e: Expr): bigint {
  const most = (1n << BigInt(e.width)) - 1n
  const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
  if (e.kind === 'const') return e.value
  if (e.kind === 'extend' && !e.signed) return upperBound(e.a)
  if (e.kind === 'binary' && e.op === 'and') return least(upperBound(e.a), upperBound(e.b))
  return most
}

// ---- division

function signedDivision(context: WasmContext, e: Binary, type: WasmType, name: 'div_s' | 'rem_s'): Wat {
  return op(`${type}.${name}`, signedValue(context, e.a, type), signedValue(context, e.b, type))
}

/** div_s traps for the least number by −1; dividing by −1 is negation, which wraps. */
function wrappingDivision(context: WasmContext, e: Binary, type: WasmType): Wat {
  const b = context.temporary(type)
  const isMinusOne = op(`${type}.eq`, teeLocal(b, cleanValue(context, e.b)), constant(type, -1))
  const negated = op(`${type}.sub`, constant(type, 0), cleanValue(context, e.a))
  return ifValue(type, isMinusOne, negated, op(`${type}.div_s`, cleanValue(context, e.a), getLocal(b)))
}

// ---- upper halves of products

function upperProduct(context: WasmContext, e: Binary): Value {
  if (e.width > 32) {
    // Bits from `width` of the product are bits from 64 when one factor stands as far up as it goes.
    const above = constant('i64', 64 - e.width)
    const a = e.width === 64 ? cleanValue(context, e.a) : op('i64.shl', looseValue(context, e.a), above)
    const b = e.op === 'mulhs' ? signedValue(context, e.b, 'i64') : cleanValue(context, e.b)
    return { wat: upperProduct64(context, e.op, a, b), clean: e.width === 64 || e.op === 'mulhu' }
  }
  const isSigned = e.op !== 'mulhu'
  const factor = (x: Expr, signed: boolean): Wat =>
    signed ? signedValue(context, x, 'i64') : cleanAs(context, 'i64', x)
  const product = op('i64.mul', factor(e.a, isSigned), factor(e.b, e.op === 'mulhs'))
  const upper = op(isSigned ? 'i64.shr_s' : 'i64.shr_u', product, constant('i64', e.width))
  return { wat: op('i32.wrap_i64', upper), clean: !isSigned || e.width === 32 }
}

/**
 * By four products of 32-bit halves (Hacker's Delight, 2nd edition, 8-2); a negative factor then takes the other one
 * off.
 */
function upperProduct64(context: WasmContext, name: Binary['op'], first: Wat, second: Wat): Wat {
  const [a, b, middle] = [context.temporary('i64'), context.temporary('i64'), context.temporary('i64')]
  const low = (x: Wat): Wat => op('i64.and', x, constant('i64', 0xffffffffn))
  const high = (x: Wat): Wat => op('i64.shr_u', x, constant('i64', 32))
  const times = (x: Wat, y: Wat): Wat => op('i64.mul', x, y)
  const plus = (x: Wat, y: Wat): Wat => op('i64.add', x, y)
  // The operands are evaluated here first, in this order.
  const cross = plus(
    times(high(teeLocal(a, first)), low(teeLocal(b, second))),
    high(times(low(getLocal(a)), low(getLocal(b)))),
  )
  const unsigned = plus(
    plus(high(teeLocal(middle, cross)), times(high(getLocal(a)), high(getLocal(b)))),
    high(plus(times(low(getLocal(a)), high(getLocal(b))), low(getLocal(middle)))),
  )
  if (name === 'mulhu') return unsigned
  const ifNegative = (sign: string, other: string): Wat =>
    op('i64.and', op('i64.shr_s', getLocal(sign), constant('i64', 63)), getLocal(other))
  const corrected = op('i64.sub', unsigned, ifNegative(a, b))
  return name === 'mulhsu' ? corrected : op('i64.sub', corrected, ifNegative(b, a))
}
