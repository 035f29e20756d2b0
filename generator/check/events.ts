/** `on reset`, `on irq when …`, `on nmi`, `on tick`, `on trap(cause, value)`: what happens between instructions. Names are the runtime's. */

import { suggest } from '../diagnostics/closest.ts'
import type { Event } from '../ir/isa.ts'
import type { Machine } from './compose.ts'
import { condition } from './expressions.ts'
import { type MachineScope, report } from './scope.ts'
import { emptyEnv } from './state.ts'
import { block } from './statements.ts'
import { bitsType } from './types.ts'
import { bitsOf } from './value.ts'

const events: readonly string[] = ['step', 'reset', 'irq', 'nmi', 'tick', 'trap']

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
    if (name === 'step') continue
    // The cause is a number of the trap, the value its first argument.
    for (const param of item.params) {
      const width = (param.type && bitsType(env, param.type)?.width) ?? scope.pcWidth
      const local = env.code.newLocal(param.name.text, width, false)
      env.locals.set(param.name.text, bitsOf({ kind: 'local', width, id: local.id }))
    }
    const when = item.when && condition(env, item.when)
    block(env, item.body)
    found.push({ name, body: env.code.body(), ...(when ? { when } : {}) })
  }
  return found
}
