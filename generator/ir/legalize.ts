/**
 * Rewrites what no host has into what every host has.
 *
 * In: a body. Out: one that means the same, where
 * - a piece of a product wider than 64 bits is `mul` (low half) or `mulhu`, `mulhs`, `mulhsu` (high half) of 64 bits;
 * - `carry` is an addition one bit wider, or comparisons where that would exceed 32 bits;
 * - accesses of several bytes to a memory of at most 16 address bits are byte accesses that wrap;
 * - a write to a register file at a run-time index leaves the hardwired cell alone.
 *
 * Values wider than 64 bits that remain are legal, only slow: the interpreter uses BigInt, templates leave the instruction to the interpreter.
 */

import { binary, children, compare, concat, constant, extend, load, local, mapChildren, or, slice } from './build.ts'
import type { Binary, Carry, Expr, Load, Slice } from './expr.ts'
import type { Isa } from './isa.ts'
import type { Body, Local, Stmt, Store, WriteRegister } from './stmt.ts'
import { isDecodeTime } from './time.ts'

export function legalize(isa: Pick<Isa, 'registers' | 'memories' | 'endian'>, body: Body): Body {
  const locals: Local[] = [...body.locals]
  let nextId = body.locals.reduce((most, l) => Math.max(most, l.id + 1), 0)
  /** Statements that must come before the one that is being rewritten. */
  let before: Stmt[] = []

  const bind = (name: string, value: Expr): Expr => {
    const id = nextId++
    locals.push({ id, name, width: value.width, mutable: false })
    before.push({ kind: 'set', local: id, value })
    return local(id, value.width)
  }
  /**
   * A value that is used more than once: itself if it costs nothing, else a local. An arm of a select may not be computed
   * beforehand when it may fault or divide; it is then written twice.
   */
  const share = (name: string, e: Expr): Expr => (isFree(e) || !isSafe(e) ? e : bind(name, e))

  const narrow = (memory: string): boolean => (isa.memories.find((m) => m.name === memory)?.addressWidth ?? 64) <= 16
  const byteAddresses = (address: Expr, bytes: number): Expr[] =>
    Array.from({ length: bytes }, (_, i) => binary('add', address, constant(address.width, i)))

  const splitLoad = (e: Load): Expr => {
    const parts = byteAddresses(share('address', e.address), e.width / 8).map((at) => load(e.memory, 8, at))
    return concat(isa.endian === 'little' ? parts.reverse() : parts)
  }
  const splitStore = (s: Store): Stmt[] => {
    const address = isFree(s.address) ? s.address : bind('address', s.address)
    const value = isFree(s.value) ? s.value : bind('value', s.value)
    const bytes = value.width / 8
    return byteAddresses(address, bytes).map((at, i) => {
      const place = isa.endian === 'little' ? i : bytes - 1 - i
      return { kind: 'store', memory: s.memory, address: at, value: slice(value, 8 * place, 8) }
    })
  }
  const writeIndexed = (s: WriteRegister, index: Expr): Stmt[] => {
    const hardwired = isa.registers.find((r) => r.name === s.register)?.hardwired
    if (!hardwired || isDecodeTime(index) || hardwired.index >= 2 ** index.width) return [s]
    const at = isFree(index) ? index : bind('index', index)
    const value = isFree(s.value) ? s.value : bind('value', s.value)
    const cond = compare('ne', at, constant(at.width, hardwired.index))
    return [{ kind: 'if', cond, then: [{ ...s, index: at, value }], otherwise: [] }]
  }

  const expr = (e: Expr): Expr => {
    if (e.kind === 'slice' && e.a.kind === 'binary' && e.a.width > 64) {
      const piece = sliceOfProduct(e, e.a)
      if (piece) return expr(piece)
    }
    const done = mapChildren(e, expr)
    if (done.kind === 'carry') return legalCarry(done, share)
    if (done.kind === 'load' && done.width > 8 && narrow(done.memory)) return splitLoad(done)
    return done
  }

  const rewrite = (s: Stmt): Stmt[] => {
    switch (s.kind) {
      case 'set':
        return [{ ...s, value: expr(s.value) }]
      case 'write': {
        if (!s.index) return [{ ...s, value: expr(s.value) }]
        const index = expr(s.index)
        return writeIndexed({ ...s, index, value: expr(s.value) }, index)
      }
      case 'store': {
        const done = { ...s, address: expr(s.address), value: expr(s.value) }
        return done.value.width > 8 && narrow(s.memory) ? splitStore(done) : [done]
      }
      case 'if':
        return [{ ...s, cond: expr(s.cond), then: walk(s.then), otherwise: walk(s.otherwise) }]
      case 'jump':
        return [{ ...s, target: expr(s.target) }]
      case 'trap':
      case 'call':
        return [{ ...s, args: s.args.map(expr) }]
      case 'return':
        return [{ ...s, values: s.values.map(expr) }]
      case 'effect':
        return [s]
    }
  }
  const walk = (statements: readonly Stmt[]): Stmt[] => {
    const outer = before
    const out: Stmt[] = []
    for (const s of statements) {
      before = []
      const rewritten = rewrite(s)
      out.push(...before, ...rewritten)
    }
    before = outer
    return out
  }
  return { statements: walk(body.statements), locals }
}

/** Writing it twice costs no more than a local. */
function isFree(e: Expr): boolean {
  return (
    e.kind === 'const' ||
    e.kind === 'field' ||
    e.kind === 'slot' ||
    e.kind === 'local' ||
    e.kind === 'pc' ||
    e.kind === 'next'
  )
}
/** May be computed on paths that do not need it. */
function isSafe(e: Expr): boolean {
  if (e.kind === 'load') return false
  if (e.kind === 'binary' && /div|rem/.test(e.op)) return false
  return children(e).every(isSafe)
}

/** Bits of an operation wider than 64 bits as an operation of at most 64, where there is one. */
function sliceOfProduct(piece: Slice, wide: Binary): Expr | undefined {
  const { low, width } = piece
  const top = low + width
  if (top <= 64) {
    switch (wide.op) {
      case 'mul':
      case 'add':
      case 'sub':
      case 'and':
      case 'or':
      case 'xor':
        return slice(binary(wide.op, slice(wide.a, 0, top), slice(wide.b, 0, top)), low, width)
      default:
        return undefined
    }
  }
  if (wide.op !== 'mul' || low < 64 || top > 128) return undefined
  const a = factor(wide.a)
  const b = factor(wide.b)
  if (!a || !b) return undefined
  const high =
    a.signed && b.signed
      ? binary('mulhs', a.value, b.value)
      : a.signed
        ? binary('mulhsu', a.value, b.value)
        : b.signed
          ? binary('mulhsu', b.value, a.value)
          : binary('mulhu', a.value, b.value)
  return slice(high, low - 64, width)
}
/** A factor that is really one of 64 bits. */
function factor(e: Expr): { readonly signed: boolean; readonly value: Expr } | undefined {
  if (e.kind === 'extend' && e.a.width <= 64) return { signed: e.signed, value: extend(e.signed, 64, e.a) }
  if (e.kind !== 'const') return undefined
  const value = constant(64, e.value)
  if (e.value < 1n << 64n) return { signed: false, value }
  return extend(true, e.width, value).kind === 'const' && (extend(true, e.width, value) as typeof e).value === e.value
    ? { signed: true, value }
    : undefined
}

/** Carry, borrow and overflow without a node of their own. `share` keeps operands that are used twice from being computed twice. */
export function legalCarry(e: Carry, share: (name: string, e: Expr) => Expr): Expr {
  const width = e.a.width
  if (width < 32) {
    const wide = (x: Expr, isSigned: boolean): Expr => extend(isSigned, width + 1, x)
    const sum = withCarry(e.op, wide(e.a, e.signed), wide(e.b, e.signed), e.c && wide(e.c, false))
    if (!e.signed) return slice(sum, width, 1)
    const shared = share('sum', sum)
    return compare('ne', slice(shared, width, 1), slice(shared, width - 1, 1))
  }
  const a = share('a', e.a)
  const b = share('b', e.b)
  const c = e.c && share('c', e.c)
  const sum = withCarry(e.op, a, b, c && extend(false, width, c))
  if (e.signed) {
    const sign = (x: Expr): Expr => slice(x, width - 1, 1)
    const s = share('sum', sum)
    // a and b of one sign (of different signs for a difference), and the result's sign is not that of a
    const other = binary('xor', e.op === 'add' ? b : a, e.op === 'add' ? s : b)
    return sign(binary('and', binary('xor', a, s), other))
  }
  if (e.op === 'sub') {
    const below = compare('ult', a, b)
    return c ? or(below, binary('and', c, compare('eq', a, b))) : below
  }
  const s = share('sum', sum)
  const below = compare('ult', s, a)
  return c ? or(below, binary('and', c, compare('eq', s, a))) : below
}
function withCarry(op: 'add' | 'sub', a: Expr, b: Expr, c: Expr | undefined): Expr {
  const first = binary(op, a, b)
  return c ? binary(op, first, c) : first
}
