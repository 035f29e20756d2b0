/**
 * Pieces of TypeScript text with just enough structure to put brackets where they are needed, and the words of values.
 *
 * A *word* is a value of 1…32 bits as a JavaScript number. Its canonical ("clean") form: below 32 bits the unsigned number, at 32 bits the int32
 * (what an Int32Array holds). A word that is not clean has garbage above its width and may exceed 32 bits; the operators that only look at low bits
 * (+ - & | ^ << imul) take it as it is, so masks are written once per expression and not once per operator.
 */

/** `op` is the outermost operator; absent for identifiers, literals, calls and member accesses, which never need brackets. */
export interface Code {
  readonly text: string
  readonly op?: string
}
export interface Word extends Code {
  /** 1…32. */
  readonly width: number
  readonly clean: boolean
  /** The number is below 2^bits in absolute value; 32 for anything that fits an int32 or uint32. */
  readonly bits: number
  /** Canonical value, when it is known. */
  readonly value?: number
}

export const code = (text: string, op?: string): Code => (op === undefined ? { text } : { text, op })

/** Operators that chain without brackets. */
const associative = new Set(['+', '|', '&', '^', '&&', '||'])

export function operand(c: Code, inside: string): string {
  return c.op === undefined || (c.op === inside && associative.has(inside)) ? c.text : `(${c.text})`
}
export function infix(a: Code, op: string, b: Code): Code {
  const left = a.op === op && op === '-' ? a.text : operand(a, op)
  return { text: `${left} ${op} ${operand(b, op)}`, op }
}
export const call = (name: string, ...args: readonly Code[]): Code => ({
  text: `${name}(${args.map((a) => a.text).join(', ')})`,
})

/** Canonical number of a word of this width. */
export function canonical(value: number, width: number): number {
  return width === 32 ? value | 0 : value & (2 ** width - 1)
}
export function literal(value: number): string {
  return Math.abs(value) < 256 ? `${value}` : value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`
}
export function constantWord(value: number, width: number): Word {
  const number = canonical(value, width)
  return { text: literal(number), width, clean: true, bits: 32, value: number }
}
/** Text that already is in canonical form. */
export function cleanWord(c: Code, width: number): Word {
  const { text, op } = c
  return op === undefined ? { text, width, clean: true, bits: 32 } : { text, op, width, clean: true, bits: 32 }
}
/** Text whose low bits are right. */
export function looseWord(c: Code, width: number, bits = 32): Word {
  return { ...c, width, clean: false, bits }
}
export const isZero = (w: Word): boolean => w.value === 0
export const isOnes = (w: Word): boolean => w.value !== undefined && w.value === canonical(-1, w.width)

export function clean(w: Word): Word {
  if (w.clean) return w
  const done = w.width === 32 ? `${operand(w, '|')} | 0` : `${operand(w, '&')} & ${literal(2 ** w.width - 1)}`
  return cleanWord(code(done, w.width === 32 ? '|' : '&'), w.width)
}
/** The same number read as one of more bits; a clean word only. */
export function widen(w: Word, width: number): Word {
  if (w.value !== undefined) return constantWord(w.value, width)
  return { ...clean(w), width }
}
/** The low bits of a word. */
export function truncateWord(w: Word, width: number): Word {
  return w.value === undefined ? { ...w, width, clean: w.clean && width === w.width } : constantWord(w.value, width)
}
/** As an int32 with the sign of a word's top bit above it. */
export function signExtend(w: Word): Word {
  if (w.width === 32) return clean(w)
  const shift = 32 - w.width
  if (w.value !== undefined) return constantWord((w.value << shift) >> shift, 32)
  return cleanWord(code(`(${operand(w, '<<')} << ${shift}) >> ${shift}`, '>>'), 32)
}
/** As a number from 0 to 2^32 − 1. */
export function unsigned(w: Word): Code {
  if (w.value !== undefined) return code(literal(w.value >>> 0))
  return w.width < 32 ? clean(w) : code(`${operand(w, '>>>')} >>> 0`, '>>>')
}

/** Below this many bits a sum of doubles is exact. */
const EXACT = 50

export function add(a: Word, b: Word): Word {
  if (isZero(a)) return b
  if (isZero(b)) return a
  if (a.value !== undefined && b.value !== undefined) return constantWord(a.value + b.value, a.width)
  if (b.value !== undefined && signedValue(b) < 0) {
    const n = literal(-signedValue(b))
    return looseWord(code(`${operand(a, '+')} - ${n}`, '-'), a.width, Math.min(Math.max(a.bits, 32) + 1, EXACT))
  }
  return sum(a, '+', b)
}
export function subtract(a: Word, b: Word): Word {
  if (isZero(b)) return a
  if (a.value !== undefined && b.value !== undefined) return constantWord(a.value - b.value, a.width)
  return sum(a, '-', b)
}
function sum(a: Word, op: string, b: Word): Word {
  const bits = Math.max(a.bits, b.bits) + 1
  return bits > EXACT ? sum(clean(a), op, clean(b)) : looseWord(infix(a, op, b), a.width, bits)
}
const signedValue = (w: Word): number => {
  const v = w.value ?? 0
  return w.width < 32 && v >= 2 ** (w.width - 1) && w.width > 1 ? v - 2 ** w.width : v
}

export function bitwise(op: '&' | '|' | '^', a: Word, b: Word): Word {
  if (a.value !== undefined && b.value !== undefined) {
    const v = op === '&' ? a.value & b.value : op === '|' ? a.value | b.value : a.value ^ b.value
    return constantWord(v, a.width)
  }
  if (a.value !== undefined) return bitwise(op, b, a)
  if (isZero(b)) return op === '&' ? b : a
  if (isOnes(b)) return op === '&' ? a : op === '|' ? b : complement(a)
  const done = infix(a, op, b)
  const isClean = a.width === 32 || (a.clean && b.clean) || (op === '&' && (a.clean || b.clean))
  return isClean ? cleanWord(done, a.width) : looseWord(done, a.width)
}
export function complement(a: Word): Word {
  if (a.value !== undefined) return constantWord(~a.value, a.width)
  const done = code(`~${operand(a, '~')}`, '~')
  return a.width === 32 ? cleanWord(done, 32) : looseWord(done, a.width)
}
/** By a constant below 32. */
export function shiftLeft(a: Word, by: number, width: number): Word {
  if (a.value !== undefined) return constantWord(a.value << by, width)
  // Garbage above a.width may not come to stand below the width of the result.
  if (!a.clean && a.width + by < width) return shiftLeft(clean(a), by, width)
  if (by === 0) return width >= a.width ? widen(a, width) : truncateWord(a, width)
  const done = code(`${operand(a, '<<')} << ${by}`, '<<')
  return width === 32 || (a.clean && a.width + by <= width) ? cleanWord(done, width) : looseWord(done, width)
}
/** By a constant below 32; the result has a.width − by bits of a, read as `width`. */
export function shiftRight(a: Word, by: number, width: number): Word {
  if (a.value !== undefined) return constantWord(a.value >>> by, width)
  if (by === 0) return width < a.width ? truncateWord(a, width) : widen(a, width)
  // Garbage above a.width comes down; it must stay above the result.
  if (!a.clean && a.width < 32 && a.width - by < width) return shiftRight(clean(a), by, width)
  const done = code(`${operand(a, '>>>')} >>> ${by}`, '>>>')
  const isClean = (a.clean || a.width === 32) && a.width - by <= width
  return isClean ? cleanWord(done, width) : looseWord(done, width)
}
