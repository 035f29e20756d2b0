/**
 * `on step { before; execute; after }`: what surrounds each instruction. The instruction's code is put in where `execute` stands. A jump in it
 * takes effect behind `after`, and a jump there replaces it: where anything follows, the target waits in a local.
 */

import * as ir from '../ir/build.ts'
import type { Expr } from '../ir/expr.ts'
import type { Jump, Stmt } from '../ir/stmt.ts'
import { bindingTime } from '../ir/time.ts'
import type { Code } from './code.ts'
import { condition } from './expressions.ts'
import type { Env, ItemOf } from './scope.ts'
import { block } from './statements.ts'

export interface Around {
  readonly item: ItemOf<'on'>
  readonly part: string
  /** It stands in an isa, or says `on instruction`: it surrounds every instruction. */
  readonly wide: boolean
}

/** Elaborates the instruction (`run`) with all that surrounds it, outermost first, into the code of `env`. */
export function surround(env: Env, around: readonly Around[], run: (code: Code) => void): void {
  const [outermost, ...rest] = around
  if (!outermost) {
    run(env.code)
    return
  }
  /** The instruction where it was put in: an `if` that always holds, so that its end is seen. */
  const executed = new Set<Stmt>()
  let first: Code | undefined
  const execute = (code: Code): void => {
    const again = first !== undefined
    if (!first) {
      first = env.code.branch()
      surround({ ...env, code: first }, rest, run)
    }
    // Several arms may execute it: the same statements, with locals of their own.
    const then = again ? copy(code, first.statements) : first.statements
    const statement: Stmt = { kind: 'if', cond: ir.bit(true), then, otherwise: [] }
    executed.add(statement)
    code.emit(statement)
    if (first.ended && jumpsIn(then).length === 0) code.ended = true
  }
  const start = env.code.statements.length
  const outside = (code: Code): Env => ({
    machine: env.machine,
    writes: env.writes,
    widths: new Map(),
    locals: new Map(),
    code,
    where: [...env.where, 'on step'],
    calls: [],
    placed: new Map(),
    execute,
  })
  const here = outside(env.code)
  const when = outermost.item.when ? condition(here, outermost.item.when) : ir.bit(true)
  if (when.kind === 'const') {
    if (when.value === 1n) block(here, outermost.item.body)
    else execute(env.code)
  } else {
    const then = env.code.branch(when)
    block(outside(then), outermost.item.body)
    const otherwise = env.code.branch(ir.not(when))
    execute(otherwise)
    env.code.branchOn(when, then, otherwise)
  }
  const surrounded = env.code.statements.splice(start)
  env.code.statements.push(...settle(env.code, surrounded, executed))
  env.code.ended = endsPath(env.code.statements)
}

function copy(code: Code, statements: readonly Stmt[]): Stmt[] {
  const renamed = new Map<number, number>()
  const own = (id: number): number => {
    const known = renamed.get(id) ?? code.copyLocal(id)
    renamed.set(id, known)
    return known
  }
  const rename = (e: Expr): Expr => ir.mapExpr(e, (x) => (x.kind === 'local' ? ir.local(own(x.id), x.width) : x))
  const renameSets = (all: readonly Stmt[]): Stmt[] =>
    all.map((s): Stmt => {
      if (s.kind === 'set') return { ...s, local: own(s.local) }
      return s.kind === 'if' ? { ...s, then: renameSets(s.then), otherwise: renameSets(s.otherwise) } : s
    })
  return renameSets(ir.mapStmts(statements, rename))
}

/** Puts the instruction's statements in for the marks; its jumps go behind what follows it. */
function settle(code: Code, surrounded: readonly Stmt[], executed: ReadonlySet<Stmt>): Stmt[] {
  const delayed: Jump[] = []
  const collect = (statements: readonly Stmt[], follows: boolean): void => {
    for (const [i, s] of statements.entries()) {
      if (s.kind !== 'if') continue
      const more = follows || i + 1 < statements.length
      if (!executed.has(s)) {
        collect(s.then, more)
        collect(s.otherwise, more)
      } else if (more) delayed.push(...jumpsIn(s.then))
    }
  }
  collect(surrounded, false)
  const [first] = delayed
  const pending = first && pendingJump(code, first, delayed)
  const put = (statements: readonly Stmt[], follows: boolean): Stmt[] =>
    statements.flatMap((s, i): Stmt[] => {
      if (s.kind !== 'if') return [s]
      const more = follows || i + 1 < statements.length
      if (!executed.has(s)) return [{ ...s, then: put(s.then, more), otherwise: put(s.otherwise, more) }]
      return more && pending ? pending.delay(s.then) : [...s.then]
    })
  const out = put(surrounded, false)
  if (!pending) return out
  return [...pending.before, ...out, ...(endsPath(out) ? [] : pending.after)]
}

interface PendingJump {
  /** No jump is waiting. */
  readonly before: readonly Stmt[]
  /** The instruction's statements: each path that jumped leaves its target and does nothing more. */
  readonly delay: (statements: readonly Stmt[]) => Stmt[]
  readonly after: readonly Stmt[]
}
function pendingJump(code: Code, first: Jump, jumps: readonly Jump[]): PendingJump {
  const taken = code.newLocal('taken', 1, true)
  // One target that does not change needs no local: the jump stays a direct one.
  const direct = bindingTime(first.target) !== 'run' && jumps.every((j) => ir.sameExpr(j.target, first.target))
  const local = direct ? undefined : code.newLocal('target', first.target.width, true)
  const target: Expr = local ? ir.local(local.id, local.width) : first.target
  const hint = jumps.every((j) => j.hint === first.hint) ? first.hint : 'jump'
  const isTaken = ir.local(taken.id, 1)
  const delay = (statements: readonly Stmt[]): Stmt[] => {
    const out: Stmt[] = []
    for (const [i, s] of statements.entries()) {
      if (s.kind === 'jump') {
        if (local) out.push({ kind: 'set', local: local.id, value: s.target })
        out.push({ kind: 'set', local: taken.id, value: ir.bit(true) })
      } else if (s.kind === 'if' && jumpsIn([s]).length > 0) {
        // What follows runs on the paths that did not jump.
        const rest = statements.slice(i + 1)
        const goOn = (arm: readonly Stmt[]): Stmt[] => delay([...arm, ...rest])
        if (endsPath(s.then)) return [...out, { ...s, then: delay(s.then), otherwise: goOn(s.otherwise) }]
        if (endsPath(s.otherwise)) return [...out, { ...s, then: goOn(s.then), otherwise: delay(s.otherwise) }]
        out.push({ ...s, then: delay(s.then), otherwise: delay(s.otherwise) })
        if (rest.length > 0) out.push({ kind: 'if', cond: ir.not(isTaken), then: delay(rest), otherwise: [] })
        return out
      } else out.push(s)
    }
    return out
  }
  return {
    before: [
      { kind: 'set', local: taken.id, value: ir.bit(false) },
      ...(local ? [{ kind: 'set', local: local.id, value: ir.constant(local.width, 0n) } as const] : []),
    ],
    delay,
    after: [{ kind: 'if', cond: isTaken, then: [{ kind: 'jump', hint, target }], otherwise: [] }],
  }
}

function jumpsIn(statements: readonly Stmt[]): Jump[] {
  return statements.flatMap((s): Jump[] =>
    s.kind === 'jump' ? [s] : s.kind === 'if' ? [...jumpsIn(s.then), ...jumpsIn(s.otherwise)] : [],
  )
}
/** No path goes on behind the statements. */
function endsPath(statements: readonly Stmt[]): boolean {
  const last = statements.at(-1)
  if (!last) return false
  return (
    last.kind === 'jump' ||
    last.kind === 'trap' ||
    (last.kind === 'if' && endsPath(last.then) && endsPath(last.otherwise))
  )
}
