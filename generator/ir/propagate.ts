/**
 * Puts values that are known before run time, and copies of other locals, in place of the locals that hold them.
 *
 * In: a body. Out: one that means the same, without `let`s of constants, fields and pc. Runs before slots.ts, which sees only
 * expressions: a register index that the spec put into a `let` is found to be decode-time here.
 */

import { mapExpr, mapStmts } from './build.ts'
import type { Expr } from './expr.ts'
import type { Body, Stmt } from './stmt.ts'
import { bindingTime } from './time.ts'

export function propagate(body: Body): Body {
  const mutable = new Set(body.locals.filter((l) => l.mutable).map((l) => l.id))
  const values = new Map<number, Expr>()
  const put = (e: Expr): Expr => mapExpr(e, (x) => (x.kind === 'local' ? (values.get(x.id) ?? x) : x))

  const walk = (statements: readonly Stmt[]): Stmt[] => {
    const out: Stmt[] = []
    for (const s of statements) {
      if (s.kind === 'if') {
        const cond = put(s.cond)
        if (cond.kind === 'const') out.push(...walk(cond.value === 1n ? s.then : s.otherwise))
        else out.push({ ...s, cond, then: walk(s.then), otherwise: walk(s.otherwise) })
        continue
      }
      const [done] = mapStmts([s], put)
      if (!done) continue
      if (done.kind === 'set' && !mutable.has(done.local) && isKnown(done.value, mutable))
        values.set(done.local, done.value)
      else out.push(done)
    }
    return out
  }
  const statements = walk(body.statements)
  return { locals: body.locals.filter((l) => !values.has(l.id)), statements }
}

/** Known before run time, or a copy of a local that never changes. */
function isKnown(value: Expr, mutable: ReadonlySet<number>): boolean {
  return value.kind === 'local' ? !mutable.has(value.id) : bindingTime(value) !== 'run'
}
