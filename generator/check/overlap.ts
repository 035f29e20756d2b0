/**
 * Encodings against each other. One strictly inside another wins; the same or a partly common set of words is an error with a witness, unless
 * the conditions (`when`) exclude each other.
 */

import type { Session } from '../diagnostics/session.ts'
import type { Expr } from '../ir/expr.ts'
import type { Encoding, Field } from '../ir/isa.ts'
import type { Span } from '../syntax/ast.ts'
import { fieldsOf } from './assembly.ts'
import { withFields } from './template-match.ts'

export interface Encoded {
  readonly name: string
  readonly span: Span
  readonly encoding: Encoding
  readonly fields: readonly Field[]
  readonly when: Expr
  readonly where: readonly string[]
}

export function checkOverlaps(all: readonly Encoded[], unit: number, context: readonly string[], session: Session): void {
  for (const one of all) checkReachable(one, session, context)
  for (const [i, a] of all.entries()) {
    for (const b of all.slice(i + 1)) {
      const common = a.encoding.mask & b.encoding.mask & lowBytes(Math.min(a.encoding.length, b.encoding.length))
      if (((a.encoding.value ^ b.encoding.value) & common) !== 0n) continue
      if (nested(a.encoding, b.encoding) || nested(b.encoding, a.encoding)) continue
      const witness = findWitness(a, b)
      if (witness === undefined) continue
      const length = Math.max(a.encoding.length, b.encoding.length)
      session.report('E0401', b.span, `${b.name} and ${a.name} overlap`, {
        context: [...b.where, ...context],
        labels: [{ span: a.span, text: `${a.name} is here` }],
        notes: [`${showWord(witness, length, unit)} is both`],
        help: 'narrow one of them with a constant or a `when`',
      })
    }
  }
}

const lowBytes = (count: number): bigint => (1n << BigInt(count * 8)) - 1n

/** The words of a are a strict part of those of b. */
function nested(a: Encoding, b: Encoding): boolean {
  return a.length >= b.length && (a.mask & b.mask) === b.mask && a.mask !== b.mask
}

/** A word in both that satisfies both conditions. */
function findWitness(a: Encoded, b: Encoded): bigint | undefined {
  const fixed = a.encoding.value | b.encoding.value
  const free = freeBits(a, b)
  for (const bits of assignments(free)) {
    const word = fixed | bits
    if (holds(a, word) && holds(b, word)) return word
  }
  return undefined
}
/** Bits that the conditions look at and no encoding fixes. */
function freeBits(...all: readonly Encoded[]): number[] {
  const mask = all.reduce((m, e) => m | e.encoding.mask, 0n)
  const bits = new Set<number>()
  for (const one of all) {
    const names = new Set(fieldsOf(one.when))
    for (const field of one.fields) {
      if (!names.has(field.name)) continue
      for (const piece of field.pieces) {
        for (let k = 0; k < piece.width; k++) if (((mask >> BigInt(piece.at + k)) & 1n) === 0n) bits.add(piece.at + k)
      }
    }
  }
  return [...bits]
}
/** All assignments of up to 14 bits; of more, those with few ones, few zeros, and a fixed pseudo-random sample. */
function* assignments(bits: readonly number[]): Generator<bigint> {
  const place = (n: bigint): bigint => bits.reduce((word, bit, i) => word | (((n >> BigInt(i)) & 1n) << BigInt(bit)), 0n)
  if (bits.length <= 14) {
    for (let n = 0; n < 1 << bits.length; n++) yield place(BigInt(n))
    return
  }
  const ones = (1n << BigInt(bits.length)) - 1n
  yield 0n
  yield place(ones)
  for (const i of bits.keys()) {
    yield place(1n << BigInt(i))
    yield place(ones ^ (1n << BigInt(i)))
    for (const j of bits.keys()) yield place((1n << BigInt(i)) | (1n << BigInt(j)))
  }
  let seed = 0x9e3779b97f4a7c15n
  for (let k = 0; k < 2000; k++) {
    seed = BigInt.asUintN(64, seed * 6364136223846793005n + 1442695040888963407n)
    yield place((seed >> 11n) & ones)
  }
}
export function holds(one: Encoded, word: bigint): boolean {
  const values: Record<string, bigint> = {}
  for (const field of one.fields) {
    values[field.name] = field.pieces.reduce((v, p) => v | (((word >> BigInt(p.at)) & ((1n << BigInt(p.width)) - 1n)) << BigInt(p.low)), 0n)
  }
  // Context that no word decides (`@name`) is taken to hold.
  const e = withFields(one.when, values)
  return e.kind !== 'const' || e.value === 1n
}

/** Some word satisfies the condition. */
function checkReachable(one: Encoded, session: Session, context: readonly string[]): void {
  if (one.when.kind === 'const' && one.when.value === 1n) return
  const free = freeBits(one)
  for (const bits of assignments(free)) if (holds(one, one.encoding.value | bits)) return
  session.report('E0402', one.span, `no word is ${one.name}: its conditions exclude each other`, { context: [...one.where, ...context] })
}

function showWord(word: bigint, length: number, unit: number): string {
  if (unit > 8) return `0x${word.toString(16).padStart(length * 2, '0')}`
  return Array.from({ length }, (_, i) => ((word >> BigInt(8 * i)) & 0xffn).toString(16).padStart(2, '0')).join(' ')
}
