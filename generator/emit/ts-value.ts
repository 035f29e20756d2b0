/**
 * Values of any width as TypeScript text: one word, a pair of words, or a BigInt; and what can be said of them without writing a line.
 */

import type { Compare, Load, ReadRegister, Width } from '../ir/expr.ts'
import {
  type Code,
  call,
  clean,
  cleanWord,
  code,
  constantWord,
  infix,
  isZero,
  looseWord,
  operand,
  shiftLeft,
  signExtend,
  truncateWord,
  unsigned,
  type Word,
  widen,
} from './ts-code.ts'

export interface Pair {
  readonly kind: 'pair'
  readonly width: Width
  readonly lo: Word
  readonly hi: Word
}
/** A non-negative BigInt; always an identifier or literal. */
export interface Big {
  readonly kind: 'big'
  readonly width: Width
  readonly text: string
}
export type Value = ({ readonly kind: 'word' } & Word) | Pair | Big

/** Where fields, slots, registers … of the place at hand come from. What cannot occur there throws. */
export interface Leaves {
  readonly field: (name: string, width: Width) => Value
  readonly slot: (slot: number, width: Width) => Value
  readonly pc: (which: 'pc' | 'next', width: Width) => Value
  readonly local: (id: number, width: Width) => Value
  readonly read: (e: ReadRegister) => Value
  readonly load: (e: Load) => Value
  /** The name of a JavaScript number that holds a local's float; absent where locals hold bits only. */
  readonly number?: (id: number) => string | undefined
}

export const word = (w: Word): Value => ({ kind: 'word', ...w })
export const words = (lo: Word, hi: Word): Pair => ({ kind: 'pair', width: 32 + hi.width, lo, hi })

/** The amount of a shift: a name, and the greatest number that it can be. */
export interface Amount {
  readonly n: Word
  readonly most: number
}
/** `name = text` lines for variables that #declare made. */
export function assign(to: Value, from: Value): string[] {
  if (to.kind === 'big') {
    if (from.kind !== 'big') throw new Error('isagen internal: a narrow value for a wide one')
    return [`${to.text} = ${from.text}`]
  }
  if (to.kind === 'word') {
    if (from.kind !== 'word') throw new Error('isagen internal: a wide value for a word')
    return [`${to.text} = ${clean(from).text}`]
  }
  const p = toPair(from)
  return [`${to.lo.text} = ${clean(p.lo).text}`, `${to.hi.text} = ${clean(p.hi).text}`]
}

export function toPair(v: Value): Pair {
  if (v.kind === 'pair') return v
  if (v.kind === 'big') throw new Error('isagen internal: a BigInt where 64 bits are needed')
  return words(v.width === 32 ? clean(v) : widen(v, 32), constantWord(0, 32))
}
export function constantValue(value: bigint, width: Width): Value {
  if (width > 64) return { kind: 'big', width, text: `${value}n` }
  const lo = Number(BigInt.asIntN(32, value))
  if (width <= 32) return word(constantWord(lo, width))
  return words(constantWord(lo, 32), constantWord(Number(BigInt.asIntN(32, value >> 32n)), width - 32))
}
/** A small number as a value of this width, cut off where the width is smaller. */
export function constantlyWide(w: Word, width: Width): Value {
  if (width <= 32) return word(width < 7 ? truncateWord({ ...w, width: 32 }, width) : { ...w, width })
  return words(clean({ ...w, width: 32 }), constantWord(0, width - 32))
}
export function zeroHigh(w: Word, width: Width): Value {
  return words(w.width === 32 ? clean(w) : widen(w, 32), constantWord(0, width - 32))
}
/** A pair of `width` bits from a low half and a 32-bit high half whose upper bits are too many. */
export function narrowHigh(lo: Word, hi: Word, width: Width): Pair {
  return words(clean(lo), clean(truncateWord(hi, width - 32)))
}
/** The same value with its sign in all bits of a 32-bit high half. */
export function signedPair(p: Pair): Pair {
  return p.width === 64 ? p : words(p.lo, signExtend(p.hi))
}
export const isAtom = (w: Word): boolean => w.op === undefined && /^-?[\w$]+$/.test(w.text)
export const bitMask = (bit: number): number => 1 << bit
export function half(p: Pair, low: number): { readonly w: Word; readonly low: number } {
  return low < 32 ? { w: p.lo, low } : { w: p.hi, low: low - 32 }
}
export function bitWord(cond: Code, width: number): Word {
  return cleanWord(code(`${operand(cond, '?')} ? 1 : 0`, '?'), width)
}
export function not(c: Code): Code {
  if (c.op === '===' || c.op === '!==') {
    const flipped = c.op === '===' ? '!==' : '==='
    const parts = c.text.split(` ${c.op} `)
    if (parts.length === 2) return code(parts.join(` ${flipped} `), flipped)
  }
  return code(`!${operand(c, '!')}`, '!')
}
export function product(a: Word, b: Word, width = a.width): Word {
  if (isZero(a) || isZero(b)) return constantWord(0, width)
  if (a.value !== undefined && b.value !== undefined) return constantWord(Math.imul(a.value, b.value), width)
  if (b.value === undefined && a.value !== undefined) return product(b, a, width)
  if (b.value !== undefined && b.value > 0 && (b.value & (b.value - 1)) === 0) {
    return shiftLeft(truncateWord(a, width), 31 - Math.clz32(b.value), width)
  }
  const done = call('Math.imul', exact(a), exact(b))
  return width === 32 ? cleanWord(done, 32) : looseWord(done, width)
}
/** imul takes any number, but sums beyond 32 bits are cut off first to stay int32 for the host's compiler. */
const exact = (w: Word): Word => (w.bits > 32 ? clean(w) : w)
export function chooseWord(cond: Code, a: Word, b: Word): Word {
  if (a.value === 1 && b.value === 0) return bitWord(cond, a.width)
  return cleanWord(code(`${operand(cond, '?')} ? ${operand(a, '?')} : ${operand(b, '?')}`, '?'), a.width)
}
export function compareWords(op: Compare['op'], a: Word, b: Word): Code {
  switch (op) {
    case 'eq':
      return infix(clean(a), '===', clean(b))
    case 'ne':
      return infix(clean(a), '!==', clean(b))
    case 'ult':
      return infix(unsigned(a), '<', unsigned(b))
    case 'ule':
      return infix(unsigned(a), '<=', unsigned(b))
    case 'slt':
      return infix(signExtend(a), '<', signExtend(b))
    case 'sle':
      return infix(signExtend(a), '<=', signExtend(b))
  }
}
export function shiftWord(op: 'shl' | 'lshr' | 'ashr', a: Word, { n, most }: Amount): Word {
  const { width } = a
  const limit = `${operand(unsigned(n), '<')} < 32`
  if (op === 'ashr') {
    const by = most < 32 ? n.text : `(${limit} ? ${n.text} : 31)`
    const done = code(`${operand(signExtend(a), '>>')} >> ${by}`, '>>')
    return width === 32 ? cleanWord(done, 32) : looseWord(done, width)
  }
  const from = op === 'shl' ? a : clean(a)
  const sign = op === 'shl' ? '<<' : '>>>'
  const done = code(`${operand(from, sign)} ${sign} ${n.text}`, sign)
  const near = width < 32 && op === 'lshr' ? cleanWord(done, width) : looseWord(done, width)
  if (most < 32) return near
  return cleanWord(code(`${limit} ? ${operand(clean(near), '?')} : 0`, '?'), width)
}
