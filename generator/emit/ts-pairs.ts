/**
 * Arithmetic on pairs of 32-bit words in TypeScript: carries, products, quotients and shifts of 33…64-bit values. All write the lines that they
 * need and give a pair; what wraps at the width is cut off.
 */

import type { Binary, Width } from '../ir/expr.ts'
import type { HelperName } from './ts-arithmetic.ts'
import {
  add,
  type Code,
  clean,
  cleanWord,
  code,
  infix,
  isZero,
  looseWord,
  operand,
  subtract,
  unsigned,
} from './ts-code.ts'
import type { Lines } from './ts-lines.ts'
import { type Amount, bitWord, isAtom, type Pair, product, words } from './ts-value.ts'

export function addPairs(out: Lines, x: Pair, y: Pair): Pair {
  if (isZero(y.lo)) return words(x.lo, clean(add(x.hi, y.hi)))
  if (isZero(x.lo)) return words(y.lo, clean(add(x.hi, y.hi)))
  const [a, b] = isAtom(x.lo) ? [x, y] : [y, x]
  const aLo = out.nameWord(a.lo, 'aLo')
  const lo = out.nameWord(add(aLo, b.lo), 'lo')
  const carry = bitWord(infix(unsigned(lo), '<', unsigned(aLo)), x.hi.width)
  return words(lo, clean(add(add(a.hi, b.hi), carry)))
}
export function subtractPairs(out: Lines, x: Pair, y: Pair): Pair {
  if (isZero(y.lo)) return words(x.lo, clean(subtract(x.hi, y.hi)))
  const aLo = out.nameWord(x.lo, 'aLo')
  const bLo = out.nameWord(y.lo, 'bLo')
  const borrow = bitWord(infix(unsigned(aLo), '<', unsigned(bLo)), x.hi.width)
  return words(clean(subtract(aLo, bLo)), clean(subtract(subtract(x.hi, y.hi), borrow)))
}
export function multiplyPairs(out: Lines, x: Pair, y: Pair): Pair {
  const aLo = out.nameWord(x.lo, 'aLo')
  const bLo = out.nameWord(y.lo, 'bLo')
  const width = x.hi.width
  const low = clean(product(aLo, bLo))
  const carried = looseWord(out.help('mulhu32', aLo, bLo), width)
  const cross = add(product(x.hi, { ...bLo, width }, width), product(y.hi, { ...aLo, width }, width))
  return words(low, clean(add(carried, cross)))
}
/** A call whose high half comes in `high`, which the next such call overwrites: both halves are bound at once. */
export function wideHelper(out: Lines, helper: `${Binary['op']}64`, a: Pair, b: Pair, width: Width): Pair {
  const lo = out.fresh('lo')
  const hi = out.fresh('hi')
  out.push(`const ${lo} = ${out.help(helper as HelperName, a.lo, a.hi, b.lo, b.hi).text}`)
  out.push(`const ${hi} = ${clean(looseWord(code('high'), width - 32)).text}`)
  return words(cleanWord(code(lo), 32), cleanWord(code(hi), width - 32))
}

export function shiftPair(out: Lines, op: 'shl' | 'lshr' | 'ashr', x: Pair, { n, most }: Amount, width: Width): Pair {
  const lo = out.fresh('lo')
  const hi = out.fresh('hi')
  const [a, b] = [x.lo.text, x.hi.text]
  const wide = width - 32
  // JavaScript takes amounts modulo 32; `>>> 1 >>> ~n` is `>>> (32 - n)` that gives 0 for n = 0.
  const set = (low: string, high: string): string[] => [
    `${lo} = ${low}`,
    `${hi} = ${clean(looseWord(code(high, '|'), wide)).text}`,
  ]
  const [near, far, beyond] =
    op === 'shl'
      ? [
          set(`${a} << ${n.text}`, `(${b} << ${n.text}) | (${a} >>> 1 >>> ~${n.text})`),
          set('0', `${a} << ${n.text}`),
          set('0', '0'),
        ]
      : op === 'lshr'
        ? [
            set(`(${a} >>> ${n.text}) | (${b} << 1 << ~${n.text})`, `${b} >>> ${n.text}`),
            set(`(${b} >>> ${n.text}) | 0`, '0'),
            set('0', '0'),
          ]
        : [
            set(`(${a} >>> ${n.text}) | (${b} << 1 << ~${n.text})`, `${b} >> ${n.text}`),
            set(`${b} >> ${n.text}`, `${b} >> 31`),
            set(`${b} >> 31`, `${b} >> 31`),
          ]
  out.push(`let ${lo}: number`, `let ${hi}: number`)
  const test = (limit: number): Code => code(`${operand(unsigned(n), '<')} < ${limit}`, '<')
  if (most < 32) out.push(...near)
  else if (most < 64) out.pushIf(test(32), near, far)
  else {
    const inner = out.nested(() => out.pushIf(test(64), far, beyond))
    out.pushIf(test(32), near, inner.lines)
  }
  return words(cleanWord(code(lo), 32), cleanWord(code(hi), wide))
}
