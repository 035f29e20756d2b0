/**
 * Registers as decode context: a body specialised for what decoding knows of them.
 *
 * In: a body as check/ made it, of a machine with registers declared as `context`. Out: one that means the same where they hold what decoding says: their reads
 * are decode-time values (fields called `@NAME`, or constants for the body that is used while all of them hold their reset values), what it writes there
 * anyway is left out, and jumps go to addresses of code, 64 bits: the key of the context behind the jump over the pc. Besides: what decoding knows for the next
 * instruction. Where that is not known on a path that goes on, the path ends with a jump to `next`, so that the key is computed at run time.
 *
 * Single registers that jumps go to (the target of a delayed branch) are *followed*: no part of the key, but where an instruction before in the block has written
 * an early value, jumps know it. `@NAME?` says whether, at decode time.
 */

import {
  and,
  binary,
  bit,
  children,
  concat,
  constant,
  extend,
  field,
  mapChildren,
  mapExpr,
  next,
  not,
  or,
  read,
  sameExpr,
  select,
} from './build.ts'
import type { Expr, Width } from './expr.ts'
import { allExpressions } from './facts.ts'
import type { Isa, Register } from './isa.ts'
import type { Body, Jump, Stmt } from './stmt.ts'
import { bindingTime } from './time.ts'

/** Bits of a key: with the pc below it must be an exact number of the host. */
export const MAX_KEY = 20
const KEY_WIDTH = 32
export const CODE_ADDRESS = 64

/** What is known of a register: `value` where `known` (1 bit) holds, both before run time. */
export interface Known {
  readonly known: Expr
  readonly value: Expr
}
export interface InContext {
  readonly body: Body
  /** Behind the instruction, by register: those of the key, then those that are followed. */
  readonly after: ReadonlyMap<string, Known>
  /** Whether it ends its block; 1 bit, before run time. */
  readonly ends: Expr
}
export interface ContextRegisters {
  readonly key: readonly Register[]
  readonly followed: readonly Register[]
}

export const knownField = (name: string): string => `@${name}?`

/** undefined: decoding depends on no register. */
export function contextRegisters(isa: Isa): ContextRegisters | undefined {
  const key = isa.registers.filter(({ context }) => context)
  if (key.length === 0) return undefined
  const targets = new Set<string>()
  for (const { semantics } of isa.instructions) {
    if (semantics.kind === 'body') collectTargets(semantics.body.statements, targets)
  }
  const followed = isa.registers.filter(
    (r) => targets.has(r.name) && !r.context && r.count === undefined && r.width <= 32,
  )
  return { key, followed }
}

/** Registers that jumps' targets are made of, perhaps by way of locals. */
function collectTargets(statements: readonly Stmt[], found: Set<string>): void {
  const sets = new Map<number, Expr[]>()
  const jumps: Jump[] = []
  const visit = (s: Stmt): void => {
    if (s.kind === 'set') sets.set(s.local, [...(sets.get(s.local) ?? []), s.value])
    else if (s.kind === 'jump') jumps.push(s)
    else if (s.kind === 'if') for (const one of [...s.then, ...s.otherwise]) visit(one)
  }
  for (const s of statements) visit(s)
  const seen = new Set<number>()
  const expr = (e: Expr): void => {
    if (e.kind === 'load') return
    if (e.kind === 'read' && !e.index) found.add(e.register)
    if (e.kind === 'local' && !seen.has(e.id)) {
      seen.add(e.id)
      for (const value of sets.get(e.id) ?? []) expr(value)
    }
    for (const child of children(e)) expr(child)
  }
  for (const { target } of jumps) expr(target)
}

/** The key of the values of the registers that make it, in their order: each as it differs from its reset value. */
export function contextKey(key: readonly Register[], held: (register: Register) => Expr): Expr {
  const parts = key.map((r) => binary('xor', held(r), constant(r.width, r.reset)))
  const bits = concat(parts.toReversed())
  return extend(false, KEY_WIDTH, bits)
}

/** `atRest`: all registers of the key hold their reset values. */
export function specialise(isa: Isa, { key, followed }: ContextRegisters, body: Body, atRest: boolean): InContext {
  const before = new Map<string, Known>()
  for (const r of key) {
    before.set(r.name, { known: bit(true), value: atRest ? constant(r.width, r.reset) : field(`@${r.name}`, r.width) })
  }
  for (const r of followed)
    before.set(r.name, { known: field(knownField(r.name), 1), value: field(`@${r.name}`, r.width) })
  const pass = new ContextPass(key, new Set(followed.map(({ name }) => name)), body)
  const { statements, state } = pass.list(body.statements, before, bit(true))
  const out = withoutUnread(statements)
  if (state && !isKnown(key, state)) out.push(pass.jumpTo('jump', next(isa.pcWidth), state, bit(true)))
  return { body: { locals: body.locals, statements: out }, after: state ?? before, ends: pass.ends }
}

type State = ReadonlyMap<string, Known>

const isSure = (known: Known | undefined): known is Known => known?.known.kind === 'const' && known.known.value === 1n
const isKnown = (key: readonly Register[], state: State): boolean => key.every(({ name }) => isSure(state.get(name)))
const unknown = (width: Width): Known => ({ known: bit(false), value: constant(width, 0n) })

class ContextPass {
  ends: Expr = bit(false)
  readonly #key: readonly Register[]
  readonly #followed: ReadonlySet<string>
  readonly #mutable: ReadonlySet<number>
  /** Early values of locals, and what locals are where followed registers are known. */
  readonly #values = new Map<number, Expr>()
  readonly #whereKnown = new Map<number, Known>()

  constructor(key: readonly Register[], followed: ReadonlySet<string>, { locals }: Body) {
    this.#key = key
    this.#followed = followed
    this.#mutable = new Set(locals.filter(({ mutable }) => mutable).map(({ id }) => id))
  }

  /** `path`: what holds before run time where the list is reached. State behind it: undefined where no path goes on. */
  list(
    statements: readonly Stmt[],
    before: State,
    path: Expr,
  ): { statements: readonly Stmt[]; state: State | undefined } {
    const out: Stmt[] = []
    let state = before
    for (const [i, s] of statements.entries()) {
      const put = (e: Expr): Expr => this.#put(e, state)
      switch (s.kind) {
        case 'set': {
          const value = put(s.value)
          if (!this.#mutable.has(s.local)) this.#note(s.local, value, state)
          out.push({ ...s, value })
          break
        }
        case 'write': {
          const value = put(s.value)
          const known = s.index ? undefined : state.get(s.register)
          if (!known) out.push(s.index ? { ...s, index: put(s.index), value } : { ...s, value })
          else {
            const isThere = isSure(known) && sameExpr(known.value, value) && !this.#followed.has(s.register)
            if (!isThere) out.push({ ...s, value })
            state = new Map(state).set(s.register, earlyPart(value))
          }
          break
        }
        case 'store':
          out.push({ ...s, address: put(s.address), value: put(s.value) })
          break
        case 'if': {
          const cond = put(s.cond)
          if (cond.kind === 'const') {
            const chosen = this.list(cond.value === 1n ? s.then : s.otherwise, state, path)
            out.push(...chosen.statements)
            if (!chosen.state) return { statements: out, state: undefined }
            state = chosen.state
            break
          }
          const early = s.otherwise.length === 0 ? earlyCondition(cond) : undefined
          if (early) {
            const inner: Stmt = { ...s, cond: early.rest }
            const split = this.list(
              [{ ...s, cond: early.early, then: [inner] }, ...statements.slice(i + 1)],
              state,
              path,
            )
            return { statements: [...out, ...split.statements], state: split.state }
          }
          const isEarly = bindingTime(cond) !== 'run'
          const then = this.list(s.then, state, isEarly ? and(path, cond) : path)
          const otherwise = this.list(s.otherwise, state, isEarly ? and(path, not(cond)) : path)
          out.push({ kind: 'if', cond, then: then.statements, otherwise: otherwise.statements })
          const merged = merge(cond, then.state, otherwise.state)
          if (!merged) return { statements: out, state: undefined }
          state = merged
          break
        }
        case 'jump':
          out.push(this.jumpTo(s.hint, s.target, state, path))
          return { statements: out, state: undefined }
        case 'trap':
          out.push({ ...s, args: s.args.map(put) })
          return { statements: out, state: undefined }
        case 'call':
          out.push({ ...s, args: s.args.map(put) })
          break
        case 'effect':
          if (s.effect !== 'fence') this.ends = or(this.ends, path)
          out.push(s)
          break
        case 'return':
          out.push(s)
      }
    }
    return { statements: out, state }
  }

  /** A jump to a pc, as one to an address of code. */
  jumpTo(hint: Jump['hint'], target: Expr, state: State, path: Expr): Stmt {
    this.ends = or(this.ends, path)
    const key = contextKey(this.#key, (r) => {
      const known = state.get(r.name)
      return isSure(known) ? known.value : read(r.name, r.width)
    })
    const go = (to: Expr): Jump => ({ kind: 'jump', hint, target: codeAddress(key, to) })
    const early = this.#whereFollowed(target, state)
    const usual = go(this.#put(target, state))
    if (!early) return usual
    const { known, value } = early
    if (isSure(early)) return go(value)
    return { kind: 'if', cond: known, then: [go(value)], otherwise: [usual] }
  }

  #put(e: Expr, state: State): Expr {
    return mapExpr(e, (x) => {
      if (x.kind === 'local') return this.#values.get(x.id) ?? x
      if (x.kind !== 'read' || x.index || this.#followed.has(x.register)) return x
      const known = state.get(x.register)
      return isSure(known) ? known.value : x
    })
  }

  #foundAt(e: Expr, state: State): Known | undefined {
    if (e.kind === 'local') return this.#whereKnown.get(e.id)
    return e.kind === 'read' && !e.index && this.#followed.has(e.register) ? state.get(e.register) : undefined
  }

  #note(id: number, value: Expr, state: State): void {
    if (bindingTime(value) !== 'run') this.#values.set(id, value)
    else {
      const early = this.#whereFollowed(value, state)
      if (early) this.#whereKnown.set(id, early)
    }
  }

  /** The value where followed registers are known, if it is early then; undefined where it never is, or always. */
  #whereFollowed(e: Expr, state: State): Known | undefined {
    let known = bit(true) as Expr
    const value = mapExpr(this.#put(e, state), (x) => {
      const found = this.#foundAt(x, state)
      if (!found) return x
      known = and(known, found.known)
      return found.value
    })
    const isNever = known.kind === 'const' && known.value === 0n
    return isNever || bindingTime(value) === 'run' ? undefined : { known, value }
  }
}

/** Of a condition the part that is known early, and the rest. */
function earlyCondition(cond: Expr): { early: Expr; rest: Expr } | undefined {
  const both =
    cond.kind === 'binary' && cond.op === 'and' && cond.width === 1
      ? [cond.a, cond.b]
      : cond.kind === 'select' && cond.otherwise.kind === 'const' && cond.otherwise.value === 0n
        ? [cond.cond, cond.then]
        : []
  const early = both.find((e) => bindingTime(e) !== 'run')
  const rest = both.find((e) => bindingTime(e) === 'run')
  return early && rest && { early, rest }
}

/** Leaves out locals that nothing reads, where their values have no effect. */
function withoutUnread(statements: readonly Stmt[]): Stmt[] {
  const read = new Set<number>()
  const visit = (e: Expr): void => {
    if (e.kind === 'local') read.add(e.id)
    children(e).forEach(visit)
  }
  for (const s of statements) allExpressions(s).forEach(visit)
  let isLess = false
  const walk = (list: readonly Stmt[]): Stmt[] =>
    list.flatMap((s): Stmt[] => {
      if (s.kind === 'if') return [{ ...s, then: walk(s.then), otherwise: walk(s.otherwise) }]
      const isUnread = s.kind === 'set' && !read.has(s.local) && hasNoEffect(s.value)
      isLess ||= isUnread
      return isUnread ? [] : [s]
    })
  const out = walk(statements)
  return isLess ? withoutUnread(out) : out
}
/** It neither faults nor divides. */
function hasNoEffect(e: Expr): boolean {
  return e.kind !== 'load' && !(e.kind === 'binary' && /div|rem/.test(e.op)) && children(e).every(hasNoEffect)
}

/** The value where what it is made of is early: a choice with an early condition may be so in one arm only. */
function earlyPart(e: Expr): Known {
  if (bindingTime(e) !== 'run') return { known: bit(true), value: e }
  if (e.kind === 'select' && bindingTime(e.cond) !== 'run') {
    const [then, otherwise] = [earlyPart(e.then), earlyPart(e.otherwise)]
    return { known: select(e.cond, then.known, otherwise.known), value: select(e.cond, then.value, otherwise.value) }
  }
  const parts = children(e).map(earlyPart)
  const known = parts.reduce((all, part) => and(all, part.known), bit(parts.length > 0) as Expr)
  if (known.kind === 'const' && known.value === 0n) return unknown(e.width)
  let at = 0
  return { known, value: mapChildren(e, () => parts[at++]!.value) }
}

function codeAddress(key: Expr, target: Expr): Expr {
  // The choice stays outside: two known addresses make a branch.
  if (target.kind === 'select')
    return select(target.cond, codeAddress(key, target.then), codeAddress(key, target.otherwise))
  return concat([key, extend(false, CODE_ADDRESS - KEY_WIDTH, target)])
}

function merge(cond: Expr, then: State | undefined, otherwise: State | undefined): State | undefined {
  if (!then || !otherwise) return then ?? otherwise
  const isEarly = bindingTime(cond) !== 'run'
  return new Map(
    [...then].map(([name, a]): [string, Known] => {
      const b = otherwise.get(name) ?? unknown(a.value.width)
      if (sameExpr(a.known, b.known) && sameExpr(a.value, b.value)) return [name, a]
      if (!isEarly) return [name, unknown(a.value.width)]
      return [name, { known: select(cond, a.known, b.known), value: select(cond, a.value, b.value) }]
    }),
  )
}
