/**
 * Constructors of IR expressions. They fold constants and remove what says nothing (a slice of a concatenation, an
 * addition of 0), so that later passes and readers see the simplest form. Widths are asserted: a wrong one here is a
 * mistake of the compiler, never of a spec.
 */

import { binaryBits, carryBits, compareBits, mask, signed, sliceBits, truncate, unaryBits } from './bits.ts'
import type { BinaryOp, CompareOp, Const, Expr, Extend, FloatOp, UnaryOp, Width } from './expr.ts'
import type { Stmt } from './stmt.ts'

function fail(what: string): never {
  throw new Error(`isagen internal: ${what}`)
}

export function constant(width: Width, value: bigint | number): Const {
  return { kind: 'const', width, value: truncate(BigInt(value), width) }
}
export const bit = (value: boolean): Const => constant(1, value ? 1n : 0n)
export const field = (name: string, width: Width): Expr => ({ kind: 'field', width, name })
export const hole = (name: string, width: Width): Expr => ({ kind: 'hole', width, name })
export const pc = (width: Width): Expr => ({ kind: 'pc', width })
export const next = (width: Width): Expr => ({ kind: 'next', width })
export const local = (id: number, width: Width): Expr => ({ kind: 'local', width, id })
export const undef = (width: Width): Expr => ({ kind: 'undef', width })
export function read(register: string, width: Width, index?: Expr): Expr {
  return index ? { kind: 'read', width, register, index } : { kind: 'read', width, register }
}
export const load = (memory: string, width: Width, address: Expr): Expr => ({ kind: 'load', width, memory, address })

export function unary(op: UnaryOp, a: Expr): Expr {
  if (a.kind === 'const') return constant(a.width, unaryBits(op, a.width, a.value))
  if (op === 'not') {
    if (a.kind === 'unary' && a.op === 'not') return a.a
    if (a.kind === 'compare') return not(a)
  }
  return { kind: 'unary', op, width: a.width, a }
}

/** Logical negation of one bit. */
export function not(a: Expr): Expr {
  if (a.width !== 1) fail('not of more than one bit')
  if (a.kind === 'compare') {
    if (a.op === 'eq') return { ...a, op: 'ne' }
    if (a.op === 'ne') return { ...a, op: 'eq' }
    const op = { ult: 'ule', ule: 'ult', slt: 'sle', sle: 'slt' } as const
    return { ...a, op: op[a.op], a: a.b, b: a.a }
  }
  if (a.kind === 'const') return bit(a.value === 0n)
  if (a.kind === 'unary' && a.op === 'not') return a.a
  return { kind: 'unary', op: 'not', width: 1, a }
}

const isConst = (e: Expr, value: bigint): boolean => e.kind === 'const' && e.value === value
const commutes: ReadonlySet<BinaryOp> = new Set(['add', 'mul', 'and', 'or', 'xor', 'mulhu', 'mulhs'])
const shifts: ReadonlySet<BinaryOp> = new Set(['shl', 'lshr', 'ashr'])

export function binary(op: BinaryOp, a: Expr, b: Expr): Expr {
  const width = a.width
  if (!shifts.has(op) && b.width !== width) fail(`${op} of ${width} and ${b.width} bits`)
  const divides = op === 'udiv' || op === 'sdiv' || op === 'urem' || op === 'srem'
  if (a.kind === 'const' && b.kind === 'const' && !(divides && b.value === 0n)) {
    return constant(width, binaryBits(op, width, a.value, b.value))
  }
  if (a.kind === 'const' && commutes.has(op)) return binary(op, b, a)
  if (b.kind === 'const') {
    const same = simplifyRight(op, a, b)
    if (same) return same
  }
  if (a.kind === 'const' && a.value === 0n && shifts.has(op)) return a
  if (op === 'sub') {
    // pc + x − pc, as inverting a pc-relative operand makes it
    if (a.kind === 'binary' && a.op === 'add') {
      if (sameExpr(a.a, b)) return a.b
      if (sameExpr(a.b, b)) return a.a
    }
    if (sameExpr(a, b)) return constant(width, 0n)
  }
  return { kind: 'binary', op, width, a, b }
}

function simplifyRight(op: BinaryOp, a: Expr, b: Const): Expr | undefined {
  const zero = constant(a.width, 0n)
  const ones = mask(a.width)
  switch (op) {
    case 'add':
      if (b.value === 0n) return a
      if (a.kind === 'binary' && a.op === 'add' && a.b.kind === 'const') {
        return binary('add', a.a, constant(a.width, a.b.value + b.value))
      }
      return undefined
    case 'sub':
      return binary('add', a, constant(a.width, -b.value))
    case 'or':
    case 'xor':
      if (b.value === 0n) return a
      if (op === 'or' && b.value === ones) return b
      if (op === 'xor' && b.value === ones) return unary('not', a)
      return undefined
    case 'and':
      if (b.value === 0n) return zero
      if (b.value === ones) return a
      return undefined
    case 'mul':
      if (b.value === 0n) return zero
      if (b.value === 1n) return a
      return undefined
    case 'udiv': {
      const by = exponentOf(b.value)
      return by === undefined ? undefined : binary('lshr', a, constant(a.width, by))
    }
    case 'urem':
      return exponentOf(b.value) === undefined ? undefined : binary('and', a, constant(a.width, b.value - 1n))
    case 'shl':
    case 'lshr':
      if (b.value === 0n) return a
      if (b.value >= BigInt(a.width)) return zero
      return undefined
    case 'ashr':
      return b.value === 0n ? a : undefined
    default:
      return undefined
  }
}

/** The power of two that the value is. */
function exponentOf(value: bigint): bigint | undefined {
  return value > 0n && (value & (value - 1n)) === 0n ? BigInt(value.toString(2).length - 1) : undefined
}

export function compare(op: CompareOp, a: Expr, b: Expr): Expr {
  if (a.width !== b.width) fail(`${op} of ${a.width} and ${b.width} bits`)
  if (a.kind === 'const' && b.kind === 'const') return bit(compareBits(op, a.width, a.value, b.value))
  if (sameExpr(a, b)) return bit(op === 'eq' || op === 'ule' || op === 'sle')
  if (a.width === 1 && (op === 'eq' || op === 'ne') && b.kind === 'const') {
    return (b.value === 1n) === (op === 'eq') ? a : not(a)
  }
  if (a.kind === 'const' && (op === 'eq' || op === 'ne')) return compare(op, b, a)
  if (a.kind === 'extend') {
    const narrow = compareNarrow(op, a, b)
    if (narrow) return narrow
  }
  if (a.kind === 'select' && b.kind === 'const') {
    const same = compareChoices(op, a, b)
    if (same) return same
  }
  return { kind: 'compare', op, width: 1, a, b }
}

/** Where every choice is a constant and compares alike: what a table of numbers never is. */
function compareChoices(op: CompareOp, a: Expr, b: Expr & { kind: 'const' }): Expr | undefined {
  if (a.kind === 'const') return bit(compareBits(op, a.width, a.value, b.value))
  if (a.kind !== 'select') return undefined
  const then = compareChoices(op, a.then, b)
  const otherwise = then && compareChoices(op, a.otherwise, b)
  return then && otherwise && sameExpr(then, otherwise) ? then : undefined
}

/** Extended values compare as the narrow ones do. */
function compareNarrow(op: CompareOp, a: Extend, b: Expr): Expr | undefined {
  const equality = op === 'eq' || op === 'ne'
  const sameOrder = equality || a.signed === (op === 'slt' || op === 'sle')
  if (b.kind === 'extend' && b.signed === a.signed && b.a.width === a.a.width && sameOrder) return compare(op, a.a, b.a)
  if (b.kind !== 'const' || !equality) return undefined
  const narrow = constant(a.a.width, b.value)
  return isConst(extend(a.signed, a.width, narrow), b.value) ? compare(op, a.a, narrow) : bit(op === 'ne')
}

/** To a width at least that of a; the same width gives a itself. */
export function extend(isSigned: boolean, width: Width, a: Expr): Expr {
  if (width < a.width) fail(`extension of ${a.width} to ${width} bits`)
  if (width === a.width) return a
  if (a.kind === 'const') return constant(width, isSigned ? signed(a.value, a.width) : a.value)
  if (a.kind === 'extend' && (a.signed === isSigned || !a.signed))
    return { kind: 'extend', signed: a.signed, width, a: a.a }
  return { kind: 'extend', signed: isSigned, width, a }
}

/** Bits low … low + width − 1. */
export function slice(a: Expr, low: number, width: Width): Expr {
  if (low + width > a.width || width < 1 || low < 0) fail(`bits ${low}+${width} of ${a.width}`)
  if (width === a.width) return a
  switch (a.kind) {
    case 'const':
      return constant(width, sliceBits(a.value, low, width))
    case 'slice':
      return slice(a.a, a.low + low, width)
    case 'undef':
      return undef(width)
    case 'concat': {
      let at = a.width
      const kept: Expr[] = []
      for (const part of a.parts) {
        at -= part.width
        const from = Math.max(low, at)
        const to = Math.min(low + width, at + part.width)
        if (from < to) kept.push(slice(part, from - at, to - from))
      }
      return concat(kept)
    }
    case 'extend':
      if (low + width <= a.a.width) return slice(a.a, low, width)
      if (low === 0) return extend(a.signed, width, a.a)
      if (!a.signed && low >= a.a.width) return constant(width, 0n)
      break
    case 'binary':
      // The low bits of these depend on the low bits of the operands alone.
      if (
        low === 0 &&
        (a.op === 'and' || a.op === 'or' || a.op === 'xor' || a.op === 'add' || a.op === 'sub' || a.op === 'mul')
      ) {
        if (a.b.kind === 'const' || a.op === 'add' || a.op === 'sub')
          return binary(a.op, slice(a.a, 0, width), slice(a.b, 0, width))
      }
      break
    default:
      break
  }
  return { kind: 'slice', width, low, a }
}

/** Most significant part first. */
export function concat(parts: readonly Expr[]): Expr {
  const out: Expr[] = []
  for (const part of parts.flatMap((p) => (p.kind === 'concat' ? p.parts : [p]))) {
    const last = out.at(-1)
    if (last?.kind === 'const' && part.kind === 'const') {
      out[out.length - 1] = constant(last.width + part.width, (last.value << BigInt(part.width)) | part.value)
    } else if (
      last?.kind === 'slice' &&
      part.kind === 'slice' &&
      last.low === part.low + part.width &&
      sameExpr(last.a, part.a)
    ) {
      out[out.length - 1] = slice(part.a, part.low, last.width + part.width)
    } else out.push(part)
  }
  const [only] = out
  if (!only) fail('an empty concatenation')
  if (out.length === 1) return only
  const [first, second] = out
  if (out.length === 2 && first && second && isConst(first, 0n))
    return extend(false, first.width + second.width, second)
  return { kind: 'concat', width: out.reduce((sum, p) => sum + p.width, 0), parts: out }
}

export function select(cond: Expr, then: Expr, otherwise: Expr): Expr {
  if (then.width !== otherwise.width) fail(`arms of ${then.width} and ${otherwise.width} bits`)
  if (cond.kind === 'const') return cond.value === 1n ? then : otherwise
  if (sameExpr(then, otherwise)) return then
  if (then.width === 1 && then.kind === 'const' && otherwise.kind === 'const')
    return then.value === 1n ? cond : not(cond)
  if (cond.kind === 'unary' && cond.op === 'not') return select(cond.a, otherwise, then)
  return { kind: 'select', width: then.width, cond, then, otherwise }
}

export function carry(op: 'add' | 'sub', isSigned: boolean, a: Expr, b: Expr, c?: Expr): Expr {
  if (a.width !== b.width) fail(`carry of ${a.width} and ${b.width} bits`)
  if (c?.kind === 'const' && c.value === 0n) return carry(op, isSigned, a, b)
  if (a.kind === 'const' && b.kind === 'const' && (!c || c.kind === 'const')) {
    return bit(carryBits(op, isSigned, a.width, a.value, b.value, c?.kind === 'const' ? c.value : 0n))
  }
  const base = { kind: 'carry', op, signed: isSigned, width: 1, a, b } as const
  return c ? { ...base, c } : base
}

/** Both hold; the second is looked at only if the first holds, when looking could trap or divide. */
export function and(a: Expr, b: Expr): Expr {
  if (a.kind === 'const') return a.value === 1n ? b : a
  if (b.kind === 'const') return b.value === 1n ? a : b
  return isCheap(b) ? binary('and', a, b) : select(a, b, bit(false))
}
export function or(a: Expr, b: Expr): Expr {
  if (a.kind === 'const') return a.value === 1n ? a : b
  if (b.kind === 'const') return b.value === 1n ? b : a
  return isCheap(b) ? binary('or', a, b) : select(a, bit(true), b)
}
/** True when evaluating it can neither trap nor divide. */
function isCheap(e: Expr): boolean {
  if (e.kind === 'load') return false
  if (e.kind === 'binary' && /div|rem/.test(e.op)) return false
  return children(e).every(isCheap)
}

export function float(op: FloatOp['op'], width: Width, ...args: readonly Expr[]): Expr {
  if ([width, ...args.map((a) => a.width)].some((w) => w !== 32 && w !== 64)) fail(`float ${op} of odd widths`)
  return { kind: 'float', op, width, args }
}

export function children(e: Expr): readonly Expr[] {
  switch (e.kind) {
    case 'read':
      return e.index ? [e.index] : []
    case 'load':
      return [e.address]
    case 'unary':
    case 'extend':
    case 'slice':
      return [e.a]
    case 'binary':
    case 'compare':
      return [e.a, e.b]
    case 'concat':
      return e.parts
    case 'float':
      return e.args
    case 'select':
      return [e.cond, e.then, e.otherwise]
    case 'carry':
      return e.c ? [e.a, e.b, e.c] : [e.a, e.b]
    default:
      return []
  }
}

/** Rebuilds an expression bottom-up: `change` sees each node with its children already done, and gives what replaces it. */
export function mapExpr(e: Expr, change: (e: Expr) => Expr): Expr {
  return change(mapChildren(e, (child) => mapExpr(child, change)))
}

/** One level: each child replaced, the node rebuilt (and folded) by its constructor. */
export function mapChildren(e: Expr, go: (e: Expr) => Expr): Expr {
  switch (e.kind) {
    case 'read':
      return e.index ? read(e.register, e.width, go(e.index)) : e
    case 'load':
      return load(e.memory, e.width, go(e.address))
    case 'unary':
      return unary(e.op, go(e.a))
    case 'extend':
      return extend(e.signed, e.width, go(e.a))
    case 'slice':
      return slice(go(e.a), e.low, e.width)
    case 'binary':
      return binary(e.op, go(e.a), go(e.b))
    case 'compare':
      return compare(e.op, go(e.a), go(e.b))
    case 'concat':
      return concat(e.parts.map(go))
    case 'float':
      return float(e.op, e.width, ...e.args.map(go))
    case 'select':
      return select(go(e.cond), go(e.then), go(e.otherwise))
    case 'carry':
      return carry(e.op, e.signed, go(e.a), go(e.b), e.c && go(e.c))
    default:
      return e
  }
}

/** Statements with every expression passed through `change` (already rebuilt bottom-up where wanted: see mapExpr). */
export function mapStmts(statements: readonly Stmt[], change: (e: Expr) => Expr): Stmt[] {
  return statements.map((s): Stmt => {
    switch (s.kind) {
      case 'set':
        return { ...s, value: change(s.value) }
      case 'write':
        return s.index ? { ...s, index: change(s.index), value: change(s.value) } : { ...s, value: change(s.value) }
      case 'store':
        return { ...s, address: change(s.address), value: change(s.value) }
      case 'if':
        return { ...s, cond: change(s.cond), then: mapStmts(s.then, change), otherwise: mapStmts(s.otherwise, change) }
      case 'jump':
        return { ...s, target: change(s.target) }
      case 'trap':
      case 'call':
        return { ...s, args: s.args.map(change) }
      case 'return':
        return { ...s, values: s.values.map(change) }
      case 'effect':
        return s
    }
  })
}

/** Structural equality. */
export function sameExpr(a: Expr, b: Expr): boolean {
  if (a === b) return true
  if (a.kind !== b.kind || a.width !== b.width) return false
  switch (a.kind) {
    case 'const':
      return a.value === (b as typeof a).value
    case 'field':
    case 'hole':
      return a.name === (b as typeof a).name
    case 'slot':
      return a.slot === (b as typeof a).slot
    case 'local':
      return a.id === (b as typeof a).id
    case 'read':
      if (a.register !== (b as typeof a).register) return false
      break
    case 'load':
      if (a.memory !== (b as typeof a).memory) return false
      break
    case 'unary':
    case 'binary':
    case 'compare':
    case 'float':
      if (a.op !== (b as typeof a).op) return false
      break
    case 'extend':
      if (a.signed !== (b as typeof a).signed) return false
      break
    case 'slice':
      if (a.low !== (b as typeof a).low) return false
      break
    case 'carry':
      if (a.op !== (b as typeof a).op || a.signed !== (b as typeof a).signed) return false
      break
    default:
      break
  }
  const xs = children(a)
  const ys = children(b)
  return xs.length === ys.length && xs.every((x, i) => sameExpr(x, ys[i] as Expr))
}
