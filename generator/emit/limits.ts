/** What emitters cannot make yet though it checks. In: a checked isa. Out: why not, in a sentence, or undefined. */

import { children } from '../ir/build.ts'
import type { Expr } from '../ir/expr.ts'
import { allExpressions } from '../ir/facts.ts'
import type { Isa } from '../ir/isa.ts'

/** Operations of one expression, each counted where it is written: emitters write it so. */
const MOST_OPERATIONS = 20_000

export function unsupported(isa: Isa): string | undefined {
  return lastingContext(isa) ?? hugeExpression(isa)
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

/** Context of one instruction comes from prefixes; registers that are context would have to be part of what blocks are known by. */
function lastingContext(isa: Isa): string | undefined {
  const lasting = isa.registers.filter(({ context }) => context).map(({ name }) => name)
  if (lasting.length === 0) return undefined
  return `decoding of ${isa.name} depends on context (${lasting.join(', ')}), for which no engine can be made yet`
}
