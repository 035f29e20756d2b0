/**
 * Puts values that are known before run time, and copies of other locals, in place of the locals that hold them; values
 * wider than 64 bits, too: legalize.ts finds the half of a product only where the product stands.
 *
 * In: a body. Out: one that means the same, without `let`s of constants, fields and pc. Runs before slots.ts, which
 * sees only expressions: a register index that the spec put into a `let` is found to be decode-time here.
 */

import { children, local, mapChildren, mapExpr, mapStmts } from './build.ts'
import type { Expr } from './expr.ts'
import type { Body, Stmt } from './stmt.ts'
import { bindingTime } from './time.ts'

export function propagate(body: Body): Body {
  const mutable = new Set(body.locals.filter((l) => l.mutable).map((l) => l.id))
  const values = new Map<number, Expr>()
  const locals = [...body.locals]
  let nextId = locals.reduce((most, { id }) => Math.max(most, id + 1), 0)
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
      else if (done.kind === 'set' && !mutable.has(done.local) && isWideOperation(done.value))
        values.set(done.local, holdOperands(done.value, out))
      else out.push(done)
    }
    return out
  }
  /** The same value made of locals that hold its operands of up to 64 bits: it may be computed anywhere later. */
  const holdOperands = (e: Expr, out: Stmt[]): Expr => {
    if (e.width > 64) return mapChildren(e, (child) => holdOperands(child, out))
    if (isKnown(e, mutable)) return e
    const id = nextId++
    locals.push({ id, name: 'operand', width: e.width, mutable: false })
    out.push({ kind: 'set', local: id, value: e })
    return local(id, e.width)
  }
  const statements = walk(body.statements)
  return { locals: locals.filter((l) => !values.has(l.id)), statements }
}

/** Wider than 64 bits, and made of operators alone down to operands of at most 64 bits. */
function isWideOperation(e: Expr): boolean {
  return e.width > 64 && consistsOfOperators(e)
}
function consistsOfOperators(e: Expr): boolean {
  if (e.width <= 64) return true
  return e.kind !== 'read' && e.kind !== 'load' && e.kind !== 'local' && children(e).every(consistsOfOperators)
}

/** Known before run time, or a copy of a local that never changes. */
function isKnown(value: Expr, mutable: ReadonlySet<number>): boolean {
  return value.kind === 'local' ? !mutable.has(value.id) : bindingTime(value) !== 'run'
}
