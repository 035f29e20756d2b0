/** `when` conditions that parameters alone decide: what they exclude is not there, and is not checked. */

import type { Expr } from '../ir/expr.ts'
import type { Expr as Ast } from '../syntax/ast.ts'
import { condition } from './expressions.ts'
import type { Env } from './scope.ts'

/** A `when` that does not hold for these parameters: the row is not there, and nothing in it is checked. */
export function excluded(env: Env, whens: readonly Ast[]): boolean {
  return whens.some((when) => mentionsOnlyGlobals(env, when) && isFalse(condition(env, when)))
}
export const isFalse = (e: Expr): boolean => e.kind === 'const' && e.value === 0n
function mentionsOnlyGlobals(env: Env, e: Ast): boolean {
  switch (e.kind) {
    case 'name': {
      const global = env.machine.globals.get(e.name)
      return global?.kind === 'int' || (global?.kind === 'let' && mentionsOnlyGlobals(env, global.item.value))
    }
    case 'number':
      return true
    case 'unary':
      return mentionsOnlyGlobals(env, e.operand)
    case 'binary':
      return e.op === 'and'
        ? mentionsOnlyGlobals(env, e.left) || mentionsOnlyGlobals(env, e.right)
          ? staticFalse(env, e)
          : false
        : mentionsOnlyGlobals(env, e.left) && mentionsOnlyGlobals(env, e.right)
    case 'call':
      return e.callee.kind === 'name' && e.callee.name === 'has'
    default:
      return false
  }
}
/** One side of an `and` is known to be false. */
function staticFalse(env: Env, e: Ast & { kind: 'binary' }): boolean {
  return [e.left, e.right].some((side) => mentionsOnlyGlobals(env, side) && isFalse(condition(env, side)))
}
