/**
 * What is known of a value while only some bits of the instruction word and of the decode context are: an exact search over the words of an
 * encoding then needs few steps, since conditions are decided long before every bit is given.
 */

import { mask as ones } from '../ir/bits.ts'
import { children, mapChildren } from '../ir/build.ts'
import type { Expr } from '../ir/expr.ts'
import type { Field } from '../ir/isa.ts'

/** `mask` says which bits are known; `value` is 0 elsewhere. */
export interface Known {
  readonly mask: bigint
  readonly value: bigint
}
const nothing: Known = { mask: 0n, value: 0n }

/** A condition over fields, with the place of each bit that it looks at in the word. */
export interface Condition {
  readonly when: Expr
  readonly places: ReadonlyMap<string, Places>
  /** All those bits, lowest first. */
  readonly bits: readonly number[]
  /** What the condition asks of single bits: it cannot hold for words that have others there. */
  readonly required: Known
}
/** Bits low … low + width − 1 of the field are those of the word from `at` on. Bits of no piece are 0. */
type Places = readonly { readonly at: number; readonly low: number; readonly width: number }[]

/** Decode context (`@name`) takes part as bits above those of every instruction: the same name has the same place everywhere. */
const CONTEXT_BASE = 1024
const CONTEXT_STEP = 64
const contextPlaces = new Map<string, number>()
const WORD = ones(CONTEXT_BASE)

export function conditionOver(fields: readonly Field[], when: Expr): Condition {
  const places = new Map<string, Places>()
  const visit = (e: Expr): void => {
    if (e.kind === 'field' && !places.has(e.name)) {
      const pieces = fields.find((f) => f.name === e.name)?.pieces
      places.set(e.name, pieces ?? [{ at: contextPlace(e.name), low: 0, width: e.width }])
    }
    children(e).forEach(visit)
  }
  visit(when)
  const bits = new Set<number>()
  for (const piece of [...places.values()].flat()) for (let k = 0; k < piece.width; k++) bits.add(piece.at + k)
  return { when, places, bits: [...bits].sort((a, b) => a - b), required: requiredBits(when, places) }
}
/** Of `a and b`, what both require; of a bit, or a field equal to a number, its bits. Anything else may require more. */
function requiredBits(e: Expr, places: Condition['places']): Known {
  if (e.kind === 'binary' && e.op === 'and' && e.width === 1) {
    const [a, b] = [requiredBits(e.a, places), requiredBits(e.b, places)]
    return { mask: a.mask | b.mask, value: a.value | b.value }
  }
  const negated = e.kind === 'unary' && e.op === 'not'
  const bit = negated ? e.a : e
  if (bit.kind === 'field' && bit.width === 1) return fieldBits(places.get(bit.name) ?? [], negated ? 0n : 1n)
  if (e.kind === 'compare' && e.op === 'eq' && e.a.kind === 'field' && e.b.kind === 'const') {
    return fieldBits(places.get(e.a.name) ?? [], e.b.value)
  }
  return nothing
}
/** A field's value, put where its bits stand. */
function fieldBits(places: Places, value: bigint): Known {
  let known = nothing
  for (const { at, low, width } of places) {
    const part = (value >> BigInt(low)) & ones(width)
    known = { mask: known.mask | (ones(width) << BigInt(at)), value: known.value | (part << BigInt(at)) }
  }
  return known
}
function contextPlace(name: string): number {
  const at = contextPlaces.get(name) ?? CONTEXT_BASE + contextPlaces.size * CONTEXT_STEP
  contextPlaces.set(name, at)
  return at
}

/** Searches that take longer are given up: nothing was found. */
const MAX_STEPS = 1 << 16

/** A word for which, in some decode context, all conditions hold. `fixed` are bits of it that are given; those that conditions require agree with them. */
export function commonWord(fixed: readonly Known[], conditions: readonly Condition[]): bigint | undefined {
  const start = fixed.reduce((all, k): Known => ({ mask: all.mask | k.mask, value: all.value | k.value }), nothing)
  let steps = 0
  const search = (known: Known, open: readonly Condition[]): bigint | undefined => {
    const undecided: Condition[] = []
    for (const condition of open) {
      const result = knownBits(condition.when, condition.places, known)
      if (result.mask === 0n) undecided.push(condition)
      else if (result.value === 0n) return undefined
    }
    const [next] = undecided
    if (!next) return known.value & WORD
    const bit = next.bits.find((at) => ((known.mask >> BigInt(at)) & 1n) === 0n)
    if (bit === undefined || ++steps > MAX_STEPS) return undefined
    const place = 1n << BigInt(bit)
    const mask = known.mask | place
    return search({ mask, value: known.value }, undecided) ?? search({ mask, value: known.value | place }, undecided)
  }
  return search(start, conditions)
}

/** The bits of an expression that follow from those of the word. */
function knownBits(e: Expr, places: Condition['places'], word: Known): Known {
  const of = (x: Expr): Known => knownBits(x, places, word)
  const all = ones(e.width)
  switch (e.kind) {
    case 'const':
      return { mask: all, value: e.value }
    case 'field': {
      // Bits that no piece gives are 0.
      let mask = all
      let value = 0n
      for (const { at, low, width } of places.get(e.name) ?? []) {
        const part = ones(width)
        mask ^= (((word.mask >> BigInt(at)) & part) ^ part) << BigInt(low)
        value |= ((word.value >> BigInt(at)) & part) << BigInt(low)
      }
      return { mask, value: value & mask }
    }
    case 'binary': {
      const a = of(e.a)
      if (e.op === 'and') {
        const zeros = a.mask & ~a.value
        if (zeros === all) return { mask: all, value: 0n }
        const b = of(e.b)
        const mask = (a.mask & b.mask) | zeros | (b.mask & ~b.value)
        return { mask, value: a.value & b.value }
      }
      if (e.op === 'or') {
        if (a.value === all) return a
        const b = of(e.b)
        return { mask: (a.mask & b.mask) | a.value | b.value, value: a.value | b.value }
      }
      return wholly(e, all, of)
    }
    case 'compare': {
      if (e.op !== 'eq' && e.op !== 'ne') return wholly(e, all, of)
      const a = of(e.a)
      const b = of(e.b)
      const differ = ((a.value ^ b.value) & a.mask & b.mask) !== 0n
      if (!differ && (a.mask & b.mask) !== ones(e.a.width)) return nothing
      return { mask: 1n, value: differ === (e.op === 'ne') ? 1n : 0n }
    }
    case 'unary': {
      if (e.op !== 'not') return wholly(e, all, of)
      const a = of(e.a)
      return { mask: a.mask, value: ~a.value & a.mask }
    }
    case 'extend': {
      if (e.signed) return wholly(e, all, of)
      const a = of(e.a)
      return { mask: a.mask | (all ^ ones(e.a.width)), value: a.value }
    }
    case 'slice': {
      const a = of(e.a)
      return { mask: (a.mask >> BigInt(e.low)) & all, value: (a.value >> BigInt(e.low)) & all }
    }
    case 'concat': {
      let mask = 0n
      let value = 0n
      for (const part of e.parts) {
        const p = of(part)
        mask = (mask << BigInt(part.width)) | p.mask
        value = (value << BigInt(part.width)) | p.value
      }
      return { mask, value }
    }
    case 'select': {
      const cond = of(e.cond)
      if (cond.mask !== 0n) return of(cond.value === 1n ? e.then : e.otherwise)
      const [a, b] = [of(e.then), of(e.otherwise)]
      const mask = a.mask & b.mask & ~(a.value ^ b.value)
      return { mask, value: a.value & mask }
    }
    default:
      return wholly(e, all, of)
  }
}

/** Other operators: known when all their operands are. */
function wholly(e: Expr, all: bigint, of: (x: Expr) => Known): Known {
  const operands = children(e)
  const values: Expr[] = []
  for (const operand of operands) {
    const { mask, value } = of(operand)
    if (mask !== ones(operand.width)) return nothing
    values.push({ kind: 'const', width: operand.width, value })
  }
  let i = 0
  const folded = operands.length > 0 ? mapChildren(e, () => values[i++] as Expr) : e
  return folded.kind === 'const' ? { mask: all, value: folded.value } : nothing
}
