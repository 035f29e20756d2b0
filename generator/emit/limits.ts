/** What emitters cannot make yet though it checks. In: a checked isa. Out: why not, in a sentence, or undefined. */

import { children } from '../ir/build.ts'
import type { Expr } from '../ir/expr.ts'
import { allExpressions } from '../ir/facts.ts'
import type { Isa } from '../ir/isa.ts'

/** Operations of one expression, each counted where it is written: emitters write it so. */
const MOST_OPERATIONS = 20_000

export function unsupported(isa: Isa): string | undefined {
  return contextOf(isa) ?? hugeExpression(isa)
}

function hugeExpression(isa: Isa): string | undefined {
  const sizes = new Map<Expr, number>()
  // What several places share is looked at once, though it counts in each.
  const size = (e: Expr): number => {
    let known = sizes.get(e)
    if (known === undefined) sizes.set(e, (known = children(e).reduce((sum, child) => sum + size(child), 1)))
    return known
  }
  for (const { id, source, semantics } of isa.instructions) {
    const statements = semantics.kind === 'body' ? semantics.body.statements : []
    const exprs = Math.max(0, ...statements.flatMap(allExpressions).map(size))
    if (exprs <= MOST_OPERATIONS) continue
    return `${id} (${source.file}:${source.line}) has an expression of ${grouped(exprs)} operations, more than the ${grouped(MOST_OPERATIONS)} that engines are made with: bind its parts with \`let\`, or simplify it`
  }
  return undefined
}
const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',')

function contextOf(isa: Isa): string | undefined {
  const context = new Set<string>()
  // Decode context reads as a field that no bits hold: "@NAME".
  const look = (e: Expr): void => {
    if (e.kind === 'field' && e.name.startsWith('@')) context.add(e.name.slice(1))
    children(e).forEach(look)
  }
  for (const { when, semantics } of isa.instructions) {
    look(when)
    if (semantics.kind === 'body') semantics.body.statements.flatMap(allExpressions).forEach(look)
  }
  if (context.size === 0) return undefined
  const names = [...context].join(', ')
  return `decoding of ${isa.name} depends on context (${names}), for which no engine can be made yet`
}
