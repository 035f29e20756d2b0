/** `on reset`, `on irq when …`, `on nmi`, `on tick`, `on trap(cause, value)`: what happens between instructions. Names are the runtime's. */

import { suggest } from '../diagnostics/closest.ts'
import { children } from '../ir/build.ts'
import type { Expr } from '../ir/expr.ts'
import { allExpressions } from '../ir/facts.ts'
import type { Event } from '../ir/isa.ts'
import type { Stmt } from '../ir/stmt.ts'
import type { Machine } from './compose.ts'
import { condition } from './expressions.ts'
import { type MachineScope, report } from './scope.ts'
import { emptyEnv } from './state.ts'
import { block } from './statements.ts'
import { bitsType } from './types.ts'
import { bitsOf } from './value.ts'

/** The cause, a number of the trap, and the value, its first argument. */
const TRAP_PARAMS = 2
/** Events that are no code of their own: they surround instructions, those of their file or all. */
export const surroundings: ReadonlySet<string> = new Set(['step', 'instruction'])
const events: readonly string[] = ['step', 'instruction', 'reset', 'irq', 'nmi', 'tick', 'trap']

export function elaborateEvents(machine: Machine, scope: MachineScope): Event[] {
  const found: Event[] = []
  for (const item of machine.items) {
    if (item.kind !== 'on') continue
    const name = item.event.text
    const env = emptyEnv(scope, [`on ${name}`])
    if (!events.includes(name)) {
      report(env, 'E0208', item.event.span, `there is no event ${name}`, {
        help: suggest(name, events) ?? events.join(', '),
      })
      continue
    }
    if (surroundings.has(name)) continue
    const given = name === 'trap' ? TRAP_PARAMS : 0
    const tooMany = item.params[given]
    if (tooMany)
      report(
        env,
        'E0206',
        tooMany.name.span,
        given === 0 ? `${name} is given nothing` : 'a trap has a cause and a value',
      )
    const params = item.params.map((param) => {
      const width = (param.type && bitsType(env, param.type)?.width) ?? scope.pcWidth
      const local = env.code.newLocal(param.name.text, width, false)
      env.locals.set(param.name.text, bitsOf({ kind: 'local', width, id: local.id }))
      return local.id
    })
    const when = item.when && condition(env, item.when)
    block(env, item.body)
    const body = env.code.body()
    if (mentionsNext(body.statements))
      report(env, 'E0209', item.event.span, `no instruction follows on ${name}: there is no next`, {
        help: 'pc is where the machine is',
      })
    found.push({ name, params, body, ...(when ? { when } : {}) })
  }
  return found
}

function mentionsNext(statements: readonly Stmt[]): boolean {
  const isNext = (e: Expr): boolean => e.kind === 'next' || children(e).some(isNext)
  return statements.flatMap(allExpressions).some(isNext)
}
