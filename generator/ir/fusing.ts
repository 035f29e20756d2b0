/**
 * Products and sums that are rounded once (`native_mul_add`) on hosts that do not have them: a NaN, as a constant, so that what only happens with a number is folded away. In and
 * out: a body, right before propagate.ts. The library of functions is made both ways, all else this way only.
 */

import { floatBits } from './bits.ts'
import { constant, mapExpr, mapStmts } from './build.ts'
import type { Expr } from './expr.ts'
import type { Body } from './stmt.ts'

export function withoutFusing(body: Body): Body {
  const change = (e: Expr): Expr =>
    e.kind === 'float' && e.op === 'mul_add' ? constant(e.width, floatBits(e.op, e.width, [], [])) : e
  return { ...body, statements: mapStmts(body.statements, (e) => mapExpr(e, change)) }
}

/** Whether hosts that round once have something from it. */
export function fuses({ statements }: Body): boolean {
  let found = false
  const look = (e: Expr): Expr => {
    found ||= e.kind === 'float' && e.op === 'mul_add'
    return e
  }
  mapStmts(statements, (e) => mapExpr(e, look))
  return found
}
