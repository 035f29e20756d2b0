/** Which clauses each item may hold, and which items a part may hold once. The grammar takes any clause anywhere, so that the message can name the clause and the item. */

import type { Clause, Item } from '../syntax/ast.ts'
import type { Machine } from './compose.ts'
import { type MachineScope, report } from './scope.ts'
import { emptyEnv } from './state.ts'

type Kind = Clause['kind']
const allowed: Partial<Record<Item['kind'], ReadonlySet<Kind>>> = {
  reg: new Set<Kind>(['hardwired', 'names', 'also', 'bits', 'reset', 'readonly', 'warl', 'w1c', 'context']),
  view: new Set<Kind>(['names', 'also', 'read', 'write', 'only']),
  type: new Set<Kind>(['bits']),
  space: new Set<Kind>(['missing']),
  mem: new Set<Kind>(['through', 'key']),
  operand: new Set<Kind>(['enc', 'asm', 'rows', 'value', 'cycles', 'let', 'when', 'read', 'write', 'encode']),
  insn: new Set<Kind>(['enc', 'name', 'asm', 'is', 'exec', 'rows', 'cycles', 'let', 'when', 'test']),
}

/** Of these the last one would count, and the others would say nothing. */
const single: ReadonlySet<Item['kind']> = new Set(['unit', 'endian', 'digits', 'maxlen', 'hex', 'refetch'])

export function checkRepeated(machine: Machine, scope: MachineScope): void {
  const first = new Map<string, Item>()
  for (const item of machine.items) {
    if (!single.has(item.kind) || item.override) continue
    const key = `${item.part} ${item.kind}`
    const before = first.get(key)
    if (!before) first.set(key, item)
    else {
      report(emptyEnv(scope), 'E0202', item.span, `${item.kind} is said twice in ${item.part}`, {
        labels: [{ span: before.span, text: 'first here' }],
      })
    }
  }
}

export function checkClauses(machine: Machine, scope: MachineScope): void {
  for (const item of machine.items) {
    if (!('clauses' in item)) continue
    const article = /^[aeiou]/.test(item.kind) ? 'an' : 'a'
    for (const clause of item.clauses) {
      if (allowed[item.kind]?.has(clause.kind)) continue
      const owners = Object.entries(allowed).flatMap(([kind, kinds]) => (kinds.has(clause.kind) ? [kind] : []))
      report(emptyEnv(scope), 'E0203', clause.span, `${clause.kind} does not belong in ${article} ${item.kind}`, {
        ...(owners.length > 0 ? { notes: [`it belongs in: ${owners.join(', ')}`] } : {}),
      })
    }
  }
}
