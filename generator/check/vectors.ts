/** `vectors "folder" { KEY = place }`: which part of the state a key of a test corpus names. */

import { suggest } from '../diagnostics/closest.ts'
import type { VectorMap, VectorPlace } from '../ir/isa.ts'
import type { Expr as Ast } from '../syntax/ast.ts'
import type { Machine } from './compose.ts'
import { type MachineScope, report } from './scope.ts'
import { emptyEnv } from './state.ts'

export function elaborateVectors(machine: Machine, scope: MachineScope): VectorMap[] {
  return machine.items.flatMap((item) => {
    if (item.kind !== 'vectors') return []
    const env = emptyEnv(scope, [`vectors ${item.folder}`])
    const keys = item.keys.flatMap((key) => {
      const place = placeOf(scope, key.place)
      if (place) return [{ path: key.path, place, ...(key.given ? { given: true } : {}) }]
      report(env, 'E0201', key.place.span, 'a vector key names a register, a file, a view, a memory, pc or cycles', {
        help:
          key.place.kind === 'name' ? suggest(key.place.name, [...scope.globals.keys(), 'pc', 'cycles']) : undefined,
      })
      return []
    })
    return [{ folder: item.folder, keys }]
  })
}

function placeOf(scope: MachineScope, e: Ast): VectorPlace | undefined {
  if (e.kind === 'member' && e.object.kind === 'name') {
    const register = `${e.object.name}.${e.name.text}`
    return scope.registers.some((r) => r.name === register) ? { kind: 'register', register, index: 0 } : undefined
  }
  // R[3]: one of a file.
  if (e.kind === 'index' && e.object.kind === 'name') {
    const global = scope.globals.get(e.object.name)
    if (global?.kind !== 'register' || global.box || e.index.kind !== 'number' || e.low) return undefined
    const at = Number(e.index.value)
    return at < (global.count ?? 0) ? { kind: 'register', register: e.object.name, index: at } : undefined
  }
  if (e.kind !== 'name') return undefined
  const { name } = e
  if (name === 'pc') return { kind: 'pc' }
  if (name === 'cycles') return { kind: 'cycles' }
  const global = scope.globals.get(name)
  if (global?.kind === 'register') {
    if (global.count !== undefined) return { kind: 'file', register: name }
    return global.box ? { kind: 'view', view: name } : { kind: 'register', register: name, index: 0 }
  }
  if (global?.kind === 'view') return { kind: 'view', view: name }
  if (global?.kind === 'memory') return { kind: 'memory', memory: name }
  const bytes = /^(.+?)8$/.exec(name)
  if (bytes && scope.globals.get(bytes[1] as string)?.kind === 'memory')
    return { kind: 'memory', memory: bytes[1] as string }
  return undefined
}
