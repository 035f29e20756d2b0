/**
 * Encodings against each other. One strictly inside another wins; the same or a partly common set of words is an error with a witness, unless
 * the conditions (`when`) exclude each other.
 */

import type { Session } from '../diagnostics/session.ts'
import { children } from '../ir/build.ts'
import { evaluateExpr } from '../ir/evaluate.ts'
import type { Expr } from '../ir/expr.ts'
import type { Encoding, Field } from '../ir/isa.ts'
import type { Span } from '../syntax/ast.ts'
import { fieldsOf } from './assembly.ts'

export interface Encoded {
  readonly name: string
  readonly span: Span
  readonly encoding: Encoding
  readonly fields: readonly Field[]
  readonly when: Expr
  readonly where: readonly string[]
}

type Conditioned = Pick<Encoded, 'encoding' | 'fields' | 'when'>

export function checkOverlaps(
  all: readonly Encoded[],
  unit: number,
  context: readonly string[],
  session: Session,
): void {
  for (const one of all) checkReachable(one, session, context)
  for (const [i, a] of all.entries()) {
    for (let j = i + 1; j < all.length; j++) {
      const b = all[j] as Encoded
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

/** A word in both, and a decode context, that satisfy both conditions. */
function findWitness(a: Encoded, b: Encoded): bigint | undefined {
  const fixed = a.encoding.value | b.encoding.value
  const free = freeBits(a, b)
  for (const bits of assignments([...free.word, ...free.context])) {
    const word = fixed | (bits & WORD)
    if (holds(a, word, bits) && holds(b, word, bits)) return word
  }
  return undefined
}

/** Context that conditions read (`@name`) takes part as bits above every instruction's. */
const CONTEXT_BASE = 1024
const WORD = (1n << BigInt(CONTEXT_BASE)) - 1n
/** Bits that the conditions look at and no encoding fixes: of the word, and of the context. */
function freeBits(...all: readonly Conditioned[]): { word: number[]; context: number[] } {
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
  const context = [...contextOf(...all).values()].flatMap(({ at, width }) =>
    Array.from({ length: width }, (_, k) => at + k),
  )
  return { word: [...bits], context }
}
/** Where each context value stands; the same names give the same places in one pair. */
function contextOf(...all: readonly Conditioned[]): Map<string, { at: number; width: number }> {
  const found = new Map<string, { at: number; width: number }>()
  const visit = (e: Expr): void => {
    if (e.kind === 'field' && e.name.startsWith('@') && !found.has(e.name))
      found.set(e.name, { at: contextPlace(e.name), width: e.width })
    for (const child of children(e)) visit(child)
  }
  for (const one of all) visit(one.when)
  return found
}
const contextPlaces = new Map<string, number>()
function contextPlace(name: string): number {
  const known = contextPlaces.get(name) ?? CONTEXT_BASE + contextPlaces.size * 16
  contextPlaces.set(name, known)
  return known
}

/** All assignments of up to 14 bits; of more, those with few ones, few zeros, and a fixed pseudo-random sample. */
function* assignments(bits: readonly number[]): Generator<bigint> {
  const place = (n: bigint): bigint =>
    bits.reduce((word, bit, i) => word | (((n >> BigInt(i)) & 1n) << BigInt(bit)), 0n)
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
/** `bits` gives the context; without it, context is taken to hold. */
export function holds(one: Conditioned, word: bigint, bits?: bigint): boolean {
  if (one.when.kind === 'const') return one.when.value === 1n
  const values: Record<string, bigint> = {}
  for (const field of one.fields) {
    values[field.name] = field.pieces.reduce(
      (v, p) => v | (((word >> BigInt(p.at)) & ((1n << BigInt(p.width)) - 1n)) << BigInt(p.low)),
      0n,
    )
  }
  if (bits !== undefined) {
    for (const [name, { at, width }] of contextOf(one))
      values[name] = (bits >> BigInt(at)) & ((1n << BigInt(width)) - 1n)
  }
  return evaluateExpr(one.when, { fields: values }) === 1n
}

/** Some word satisfies the condition. */
export function isReachable(one: Conditioned): boolean {
  if (one.when.kind === 'const') return one.when.value === 1n
  const free = freeBits(one)
  for (const bits of assignments([...free.word, ...free.context]))
    if (holds(one, one.encoding.value | (bits & WORD), bits)) return true
  return false
}
function checkReachable(one: Encoded, session: Session, context: readonly string[]): void {
  if (isReachable(one)) return
  session.report('E0402', one.span, `no word is ${one.name}: its conditions exclude each other`, {
    context: [...one.where, ...context],
  })
}

function showWord(word: bigint, length: number, unit: number): string {
  if (unit > 8) return `0x${word.toString(16).padStart(length * 2, '0')}`
  return Array.from({ length }, (_, i) => ((word >> BigInt(8 * i)) & 0xffn).toString(16).padStart(2, '0')).join(' ')
}
