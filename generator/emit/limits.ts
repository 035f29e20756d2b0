/** What emitters cannot make yet though it checks. In: a checked isa. Out: why not, in a sentence, or undefined. */

import { children } from '../ir/build.ts'
import { MAX_KEY } from '../ir/context.ts'
import type { Expr } from '../ir/expr.ts'
import { allExpressions } from '../ir/facts.ts'
import type { Isa } from '../ir/isa.ts'

/** Operations of one expression, each counted where it is written: emitters write it so. */
const MOST_OPERATIONS = 20_000

export function unsupported(isa: Isa): string | undefined {
  return wideContext(isa) ?? hugeExpression(isa)
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

/** Registers that are context are part of what code is known by, beside the pc. */
function wideContext(isa: Isa): string | undefined {
  const context = isa.registers.filter((register) => register.context)
  const names = context.map(({ name }) => name).join(', ')
  const file = context.find(({ count }) => count !== undefined)
  if (file)
    return `decoding of ${isa.name} depends on all of the file ${file.name}: only single registers and parts can be context`
  const bits = context.reduce((sum, { width }) => sum + width, 0)
  if (bits > MAX_KEY)
    return `decoding of ${isa.name} depends on ${bits} bits of context (${names}), more than the ${MAX_KEY} that engines are made with`
  if (bits > 0 && isa.pcWidth > 32)
    return `decoding of ${isa.name} depends on context (${names}), which engines know only beside a pc of at most 32 bits`
  return undefined
}
