/**
 * How large a value can be, from its expression alone: an interval that surely holds it.
 *
 * In: an expression. Out: the least and greatest value of its *signed* reading. slots.ts uses it to store a 64-bit immediate that came from
 * few bits as one 32-bit word. Anything it knows nothing of has the full range of its width.
 */

import { signed } from './bits.ts'
import type { Expr, Width } from './expr.ts'

export interface Range {
  readonly low: bigint
  readonly high: bigint
}

export function signedRange(e: Expr): Range {
  const full = fullRange(e.width)
  const within = (low: bigint, high: bigint): Range => (low >= full.low && high <= full.high ? { low, high } : full)
  switch (e.kind) {
    case 'const': {
      const value = signed(e.value, e.width)
      return { low: value, high: value }
    }
    case 'extend':
      if (e.signed) return signedRange(e.a)
      return within(0n, (1n << BigInt(e.a.width)) - 1n)
    case 'select': {
      const a = signedRange(e.then)
      const b = signedRange(e.otherwise)
      return { low: min(a.low, b.low), high: max(a.high, b.high) }
    }
    case 'concat': {
      const [top] = e.parts
      if (top?.kind !== 'const' || top.value !== 0n) return full
      return { low: 0n, high: (1n << BigInt(e.width - top.width)) - 1n }
    }
    case 'binary': {
      const a = signedRange(e.a)
      if (e.op === 'and' && e.b.kind === 'const' && signed(e.b.value, e.width) >= 0n)
        return { low: 0n, high: e.b.value }
      if (e.op === 'shl' && e.b.kind === 'const' && e.b.value < BigInt(e.width)) {
        return within(a.low << e.b.value, a.high << e.b.value)
      }
      if (e.op === 'add') {
        const b = signedRange(e.b)
        return within(a.low + b.low, a.high + b.high)
      }
      if (e.op === 'sub') {
        const b = signedRange(e.b)
        return within(a.low - b.high, a.high - b.low)
      }
      return full
    }
    default:
      return full
  }
}

function fullRange(width: Width): Range {
  const half = 1n << BigInt(width - 1)
  return { low: -half, high: half - 1n }
}
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)
