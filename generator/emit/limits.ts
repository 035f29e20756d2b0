/** What emitters cannot make yet though it checks. In: a checked isa. Out: why not, in a sentence, or undefined. */

import { children } from '../ir/build.ts'
import type { Expr } from '../ir/expr.ts'
import { expressions } from '../ir/facts.ts'
import type { Isa } from '../ir/isa.ts'
import type { Stmt } from '../ir/stmt.ts'

export function unsupported(isa: Isa): string | undefined {
  const context = new Set<string>()
  // Decode context reads as a field that no bits hold: "@NAME".
  const look = (e: Expr): void => {
    if (e.kind === 'field' && e.name.startsWith('@')) context.add(e.name.slice(1))
    children(e).forEach(look)
  }
  const lookAt = (statement: Stmt): void => {
    expressions(statement).forEach(look)
    if (statement.kind === 'if') [...statement.then, ...statement.otherwise].forEach(lookAt)
  }
  for (const { when, semantics } of isa.instructions) {
    look(when)
    if (semantics.kind === 'body') semantics.body.statements.forEach(lookAt)
  }
  if (context.size === 0) return undefined
  const names = [...context].join(', ')
  return `decoding of ${isa.name} depends on context (${names}), for which no engine can be made yet`
}
