/**
 * `if` and `match` as values and statements. A condition known when the generator runs leaves one arm; arms that only compute become a
 * select; arms that do something become branches that set a local.
 */

import { counted } from '../diagnostics/counted.ts'
import * as ir from '../ir/build.ts'
import type { Expr, Width } from '../ir/expr.ts'
import type { Expr as Ast, MatchArm, Span } from '../syntax/ast.ts'
import type { Code } from './code.ts'
import { bits, condition, generationInt, sized, value, widthOf } from './expressions.ts'
import { choicePlace } from './places.ts'
import { type Env, inner, report } from './scope.ts'
import { block } from './statements.ts'
import { bitsOf, error, never, nothing, type Value } from './value.ts'

export function ifValue(env: Env, e: Ast & { kind: 'if' }, want?: Width): Value {
  const cond = condition(env, e.cond)
  if (cond.kind === 'const') {
    const taken = cond.value === 1n ? e.then : e.otherwise
    return taken ? env.code.chosen(() => block(env, taken, want)) : nothing
  }
  const then = arm(env, cond, (inside) => block(inside, e.then, want))
  const otherwise = arm(env, ir.not(cond), (inside) => (e.otherwise ? block(inside, e.otherwise, want) : nothing))
  return join(env, cond, then, otherwise, want, e.span)
}

interface Arm {
  readonly env: Env
  readonly code: Code
  readonly value: Value
}
function arm(env: Env, cond: Expr, elaborate: (inside: Env) => Value): Arm {
  const code = env.code.branch(cond)
  const inside = inner(env, code)
  return { env: inside, code, value: elaborate(inside) }
}

/** Puts two arms together: their statements under an `if`, their values as one. */
function join(env: Env, cond: Expr, then: Arm, otherwise: Arm, want: Width | undefined, span: Span): Value {
  const a = then.value
  const b = otherwise.value
  const silent = then.code.statements.length === 0 && otherwise.code.statements.length === 0
  if (a.kind === 'error' || b.kind === 'error') {
    env.code.branchOn(cond, then.code, otherwise.code)
    return error
  }
  if (then.code.ended || otherwise.code.ended) {
    // The value is that of the arm that goes on; what it computed must survive the branch.
    const lives = then.code.ended ? otherwise : then
    if (lives.code.ended) {
      env.code.branchOn(cond, then.code, otherwise.code)
      return never
    }
    const result = hasValue(lives.value) ? keep(env, [lives], want, span) : lives.value
    env.code.branchOn(cond, then.code, otherwise.code)
    return result
  }
  if (!hasValue(a) || !hasValue(b)) {
    env.code.branchOn(cond, then.code, otherwise.code)
    return nothing
  }
  if (silent) {
    if (a.kind === 'place' && b.kind === 'place' && a.place.width === b.place.width)
      return { kind: 'place', place: choicePlace(cond, a.place, b.place) }
    if (a.kind === 'tuple' && b.kind === 'tuple' && a.items.length === b.items.length) {
      return {
        kind: 'tuple',
        items: a.items.map((item, i) =>
          join(env, cond, { ...then, value: item }, { ...otherwise, value: b.items[i] as Value }, undefined, span),
        ),
      }
    }
    const width = widthOf(then.env, a) ?? widthOf(otherwise.env, b)
    const at = (w: Width): Expr => ir.select(cond, sized(then.env, a, span, w), sized(otherwise.env, b, span, w))
    if (width !== undefined) return bitsOf(agree(env, then, otherwise, span) ? at(width) : ir.constant(width, 0n))
    if (a.kind === 'undef' && b.kind === 'undef') return a
    return { kind: 'open', at, why: 'this if' }
  }
  if (!agree(env, then, otherwise, span)) {
    env.code.branchOn(cond, then.code, otherwise.code)
    return error
  }
  const result = keep(env, [then, otherwise], want, span)
  env.code.branchOn(cond, then.code, otherwise.code)
  return result
}

function hasValue(v: Value): boolean {
  return v.kind !== 'void' && v.kind !== 'never'
}
function agree(env: Env, then: Arm, otherwise: Arm, span: Span): boolean {
  const a = widthOf(then.env, then.value)
  const b = widthOf(otherwise.env, otherwise.value)
  if (a === undefined || b === undefined || a === b) return true
  report(env, 'E0301', span, `the arms have ${a} and ${counted(b, 'bit')}`, {
    help: 'extend the narrower one: sx(…) or zx(…)',
  })
  return false
}

/** Stores the arms' values in one local, set at the end of each arm. */
function keep(env: Env, arms: readonly Arm[], want: Width | undefined, span: Span): Value {
  const values = arms.map((a) => a.value)
  const tuples = values.filter((v) => v.kind === 'tuple')
  if (tuples.length === values.length && tuples.length > 0) {
    const count = tuples[0]?.items.length ?? 0
    const items: Value[] = []
    for (let i = 0; i < count; i++) {
      items.push(
        keep(
          env,
          arms.map((a) => ({ ...a, value: a.value.kind === 'tuple' ? (a.value.items[i] ?? error) : error })),
          undefined,
          span,
        ),
      )
    }
    return { kind: 'tuple', items }
  }
  const width = arms.map((a) => widthOf(a.env, a.value)).find((w) => w !== undefined) ?? want
  if (width === undefined) {
    const [only] = values
    if (only && values.length === 1 && only.kind !== 'open') return only
    report(env, 'E0303', span, 'nothing says how wide this is', { help: 'give one arm a width: zx(0, 8)' })
    return error
  }
  const result = env.code.newLocal('result', width, true)
  for (const a of arms) a.code.settle(result.id, sized(a.env, a.value, span, width))
  return bitsOf(ir.local(result.id, width))
}

// ---- match

export function matchValue(env: Env, e: Ast & { kind: 'match' }, want?: Width): Value {
  const subject = value(env, e.subject)
  if (subject.kind === 'error') return error
  const known = subject.kind === 'int' ? subject.value : undefined
  if (known !== undefined) return matchKnown(env, e, known, want)
  const on = env.code.capture(sized(env, subject, e.subject.span), 'subject')
  if (on.kind === 'const') return matchKnown(env, e, on.value, want)
  const arms = e.arms.map((a) => ({ arm: a, cond: armCondition(env, a, on) }))
  reportIncomplete(env, e, on.width)
  const go = (at: Env, rest: readonly (typeof arms)[number][]): Value => {
    const [first, ...more] = rest
    if (!first) return nothing
    if (more.length === 0 || first.cond.kind === 'const') return block(at, first.arm.body, want)
    const then = arm(at, first.cond, (inside) => block(inside, first.arm.body, want))
    const otherwise = arm(at, ir.not(first.cond), (inside) => go(inside, more))
    return join(at, first.cond, then, otherwise, want, e.span)
  }
  return go(env, arms)
}

function matchKnown(env: Env, e: Ast & { kind: 'match' }, known: bigint, want?: Width): Value {
  for (const a of e.arms) {
    const fitsArm = a.patterns.length === 0 || a.patterns.some((p) => matches(env, p, known))
    if (!fitsArm) continue
    if (a.when) {
      const extra = condition(env, a.when)
      if (extra.kind === 'const' && extra.value === 0n) continue
    }
    return env.code.chosen(() => block(env, a.body, want))
  }
  report(env, 'E0308', e.span, `no arm of this match is for ${known}`, { help: 'add: else => …' })
  return error
}
function matches(env: Env, pattern: Ast, known: bigint): boolean {
  const bitsPattern = patternBits(pattern)
  if (bitsPattern) return (known & bitsPattern.mask) === bitsPattern.value
  return generationInt(env, pattern) === known
}
function patternBits(pattern: Ast): { mask: bigint; value: bigint } | undefined {
  if (pattern.kind !== 'number' || !pattern.pattern) return undefined
  const digits = pattern.pattern
  return {
    mask: BigInt(`0b${digits.replace(/[01]/g, '1').replace(/x/g, '0')}`),
    value: BigInt(`0b${digits.replace(/x/g, '0')}`),
  }
}
function armCondition(env: Env, a: MatchArm, on: Expr): Expr {
  const any = a.patterns.map((p): Expr => {
    const digits = patternBits(p)
    if (digits)
      return ir.compare(
        'eq',
        ir.binary('and', on, ir.constant(on.width, digits.mask)),
        ir.constant(on.width, digits.value),
      )
    return ir.compare('eq', on, bits(env, p, on.width))
  })
  const matched = a.patterns.length === 0 ? ir.bit(true) : any.reduce((x, y) => ir.or(x, y))
  return a.when ? ir.and(matched, condition(env, a.when)) : matched
}

function reportIncomplete(env: Env, e: Ast & { kind: 'match' }, width: Width): void {
  if (e.arms.some((a) => a.patterns.length === 0 && !a.when)) return
  if (width <= 12) {
    const covered = new Set<number>()
    for (const a of e.arms) {
      if (a.when) continue
      for (const p of a.patterns) {
        const digits = patternBits(p)
        if (digits) {
          for (let v = 0; v < 1 << width; v++) if ((BigInt(v) & digits.mask) === digits.value) covered.add(v)
        } else {
          const v = generationInt(env, p)
          if (v !== undefined) covered.add(Number(v))
        }
      }
    }
    for (let v = 0; v < 1 << width; v++) {
      if (!covered.has(v)) {
        report(env, 'E0308', e.span, `match does not say what happens for ${v}`, { help: 'add an arm, or: else => …' })
        return
      }
    }
    return
  }
  report(env, 'E0308', e.span, 'match does not cover every value', { help: 'add: else => …' })
}
