/**
 * Solves `expression = v` for the fields in the expression. What comes out is a proposal: it is right whenever v is a value that the
 * expression can have, so whoever uses it evaluates the expression again and compares.
 *
 * Seen through: extensions, slices, concatenations, not, neg; sums, differences and xor with what is known, which fields become from the
 * highest part to the lowest; products with and shifts by constants; bit operations with constants, and `or` of parts that do not meet.
 */

import { mask } from './bits.ts'
import { binary, children, concat, constant, mapExpr, slice, unary } from './build.ts'
import type { Expr } from './expr.ts'

/** A field, and as which expression over v it comes out. */
export interface Solution {
  readonly field: string
  readonly value: Expr
}

/** `value` has the expression's width. Fields that cannot be solved are absent. */
export function invert(expression: Expr, value: Expr): readonly Solution[] {
  const pieces: Piece[] = []
  solve(expression, value, mask(expression.width), pieces)
  return joinPieces(pieces)
}

/** Several equations at once; what an earlier one says stands. */
export function invertAll(
  equations: readonly { readonly expression: Expr; readonly value: Expr }[],
): readonly Solution[] {
  const pieces: Piece[] = []
  for (const { expression, value } of equations) solve(expression, value, mask(expression.width), pieces)
  return joinPieces(pieces)
}

/** Bits `known` of a field are those of `value`, which has the field's width. */
interface Piece {
  readonly field: string
  readonly known: bigint
  readonly value: Expr
}

/** Bits `known` of e are those of v. */
function solve(e: Expr, v: Expr, known: bigint, out: Piece[]): void {
  if (known === 0n) return
  switch (e.kind) {
    case 'field':
      out.push({ field: e.name, known, value: v })
      return
    case 'extend':
      solve(e.a, slice(v, 0, e.a.width), known & mask(e.a.width), out)
      return
    case 'slice':
      solve(e.a, place(v, e.low, e.a.width), known << BigInt(e.low), out)
      return
    case 'concat': {
      let low = e.width
      for (const part of e.parts) {
        low -= part.width
        solve(part, slice(v, low, part.width), (known >> BigInt(low)) & mask(part.width), out)
      }
      return
    }
    case 'unary':
      if (e.op === 'not') solve(e.a, unary('not', v), known, out)
      if (e.op === 'neg') solve(e.a, unary('neg', v), lowOnes(known), out)
      return
    case 'binary':
      solveBinary(e.op, e.a, e.b, v, known, out)
      return
    default:
  }
}

function solveBinary(op: string, a: Expr, b: Expr, v: Expr, known: bigint, out: Piece[]): void {
  const width = v.width
  const aKnown = knownValue(a, out)
  const bKnown = knownValue(b, out)
  switch (op) {
    case 'add':
      if (bKnown) solve(a, binary('sub', v, bKnown), lowOnes(known), out)
      else if (aKnown) solve(b, binary('sub', v, aKnown), lowOnes(known), out)
      return
    case 'sub':
      if (bKnown) solve(a, binary('add', v, bKnown), lowOnes(known), out)
      else if (aKnown) solve(b, binary('sub', aKnown, v), lowOnes(known), out)
      return
    case 'xor':
      if (bKnown) solve(a, binary('xor', v, bKnown), known, out)
      else if (aKnown) solve(b, binary('xor', v, aKnown), known, out)
      return
    case 'and':
      if (b.kind === 'const') solve(a, v, known & b.value, out)
      return
    case 'or':
      if (b.kind === 'const') solve(a, v, known & ~b.value & mask(width), out)
      else {
        // Disjoint parts: each is seen in the bits that it can set.
        solve(a, v, known & mayBeSet(a) & ~mayBeSet(b), out)
        solve(b, v, known & mayBeSet(b) & ~mayBeSet(a), out)
      }
      return
    case 'shl':
      if (b.kind === 'const') solve(a, binary('lshr', v, b), known >> b.value, out)
      return
    case 'lshr':
    case 'ashr':
      if (b.kind === 'const') solve(a, binary('shl', v, b), (known << b.value) & mask(width), out)
      return
    case 'mul':
      if (b.kind === 'const' && b.value !== 0n) solve(a, binary('udiv', v, b), known === mask(width) ? known : 0n, out)
      return
    default:
  }
}

/** v as the bits from `low` of a value of `width` bits. */
function place(v: Expr, low: number, width: number): Expr {
  const above = width - low - v.width
  return concat([...(above > 0 ? [constant(above, 0n)] : []), v, ...(low > 0 ? [constant(low, 0n)] : [])])
}

/** The known bits up to the first unknown one: all that a carry leaves certain. */
function lowOnes(known: bigint): bigint {
  return known & ~(known + 1n)
}

/** Bits that are not certainly 0. */
function mayBeSet(e: Expr): bigint {
  switch (e.kind) {
    case 'const':
      return e.value
    case 'extend':
      return e.signed ? mask(e.width) : mayBeSet(e.a)
    case 'concat':
      return e.parts.reduce((bits, part) => (bits << BigInt(part.width)) | mayBeSet(part), 0n)
    case 'binary':
      if (e.op === 'shl' && e.b.kind === 'const') return (mayBeSet(e.a) << e.b.value) & mask(e.width)
      if (e.op === 'and') return mayBeSet(e.a) & mayBeSet(e.b)
      return mask(e.width)
    default:
      return mask(e.width)
  }
}

/** What does not depend on fields that are still to be found; those that were found are put in. */
function knownValue(e: Expr, found: readonly Piece[]): Expr | undefined {
  const names = fieldNames(e)
  if (names.size === 0) return e
  const whole = (name: string): boolean => {
    const pieces = found.filter(({ field }) => field === name)
    return pieces.reduce((bits, { known }) => bits | known, 0n) === mask(pieces[0]?.value.width ?? 1)
  }
  if (![...names].every(whole)) return undefined
  const values = new Map(joinPieces(found).map(({ field, value }) => [field, value]))
  return mapExpr(e, (x) => (x.kind === 'field' ? (values.get(x.name) ?? x) : x))
}
function fieldNames(e: Expr, into = new Set<string>()): ReadonlySet<string> {
  if (e.kind === 'field') into.add(e.name)
  for (const child of children(e)) fieldNames(child, into)
  return into
}

/** Pieces of one field put together, each bit from the first piece that knows it. */
function joinPieces(pieces: readonly Piece[]): readonly Solution[] {
  const fields = new Map<string, { known: bigint; value: Expr }>()
  for (const { field, known, value } of pieces) {
    const before = fields.get(field)
    const news = known & ~(before?.known ?? 0n)
    if (news === 0n) continue
    const bits = news === mask(value.width) ? value : binary('and', value, constant(value.width, news))
    if (before) fields.set(field, { known: before.known | news, value: binary('or', before.value, bits) })
    else fields.set(field, { known: news, value: bits })
  }
  return [...fields].map(([field, { value }]) => ({ field, value }))
}
