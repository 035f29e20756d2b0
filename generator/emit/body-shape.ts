/** The shape of a body's statements, as far as writing it in TypeScript depends on it: where paths end, what is stored, which locals need variables. */

import { children, sameExpr } from '../ir/build.ts'
import type { Expr } from '../ir/expr.ts'
import { expressions } from '../ir/facts.ts'
import type { Stmt } from '../ir/stmt.ts'
import { isDecodeTime } from '../ir/time.ts'

/** An `if` that only tells a call from a jump to the same place is the jump: nobody reads hints here. */
export function withoutHints(statements: readonly Stmt[]): readonly Stmt[] {
  return statements.map((s) => {
    if (s.kind !== 'if') return s
    const then = withoutHints(s.then)
    const otherwise = withoutHints(s.otherwise)
    const [a] = then
    const [b] = otherwise
    const same = a?.kind === 'jump' && b?.kind === 'jump' && sameExpr(a.target, b.target) && isDecodeTime(s.cond)
    return same ? a : { ...s, then, otherwise }
  })
}
/** True when no path reaches the end of the list. */
export function ends(statements: readonly Stmt[]): boolean {
  const last = statements.at(-1)
  if (!last) return false
  if (last.kind === 'if') return ends(last.then) && ends(last.otherwise)
  return last.kind === 'jump' || last.kind === 'trap'
}
/** LEAVE has to be looked at behind it: a store may hit code, and `wait` sets it. */
export function hasStore(statements: readonly Stmt[]): boolean {
  return statements.some(
    (s) =>
      s.kind === 'store' ||
      (s.kind === 'effect' && s.effect === 'wait') ||
      (s.kind === 'if' && (hasStore(s.then) || hasStore(s.otherwise))),
  )
}
/** Locals that are read where no `set` of the same or a surrounding block stands before: they need a variable of the whole handler. */
export function escapingLocals(statements: readonly Stmt[]): ReadonlySet<number> {
  const found = new Set<number>()
  const visit = (list: readonly Stmt[], visible: ReadonlySet<number>): void => {
    const set = new Set(visible)
    const reads = (e: Expr): void => {
      if (e.kind === 'local' && !set.has(e.id)) found.add(e.id)
      children(e).forEach(reads)
    }
    for (const s of list) {
      expressions(s).forEach(reads)
      if (s.kind === 'set') set.add(s.local)
      else if (s.kind === 'if') {
        visit(s.then, set)
        visit(s.otherwise, set)
      }
    }
  }
  visit(statements, new Set())
  return found
}
