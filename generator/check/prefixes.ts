/**
 * `context` and `prefix` items: what is known while one instruction is decoded, and the units before an instruction that say it. Each assignment of a prefix is an
 * expression over the prefix's own fields and the context before it; all of them are made at once.
 */

import type { Context, Prefix } from '../ir/isa.ts'
import { isDecodeTime } from '../ir/time.ts'
import { layOut } from './box-layout.ts'
import type { Machine } from './compose.ts'
import { expandEncoding } from './encodings.ts'
import { bits, generationInt } from './expressions.ts'
import type { Env, ItemOf, MachineScope } from './scope.ts'
import { report } from './scope.ts'
import { emptyEnv } from './state.ts'

export function elaborateContext(machine: Machine, scope: MachineScope): Context[] {
  return machine.items.flatMap((item) => {
    if (item.kind !== 'context') return []
    const env = emptyEnv(scope, ['context'])
    const initial = generationInt(env, item.value) ?? 0n
    return item.names.flatMap(({ text, span }): Context[] => {
      const global = scope.globals.get(text)
      if (global?.kind !== 'context') return []
      if (initial < 0n || initial >> BigInt(global.width) !== 0n)
        report(env, 'E0302', span, `${initial} does not fit the ${global.width} bits of ${text}`)
      return [{ name: text, width: global.width, initial }]
    })
  })
}

export function elaboratePrefixes(machine: Machine, scope: MachineScope): Prefix[] {
  return machine.items.flatMap((item) => (item.kind === 'prefix' ? (elaboratePrefix(scope, item) ?? []) : []))
}

function elaboratePrefix(scope: MachineScope, item: ItemOf<'prefix'>): Prefix | undefined {
  const start = emptyEnv(scope, ['prefix'])
  const [form] = expandEncoding(start, item.enc, new Map())
  const layout = form && layOut(start, form, item.span)
  if (!layout) return undefined
  if (layout.encoding.length * 8 !== scope.unit) {
    report(
      start,
      'E0405',
      item.span,
      `a prefix has the ${scope.unit} bits of a unit, not ${layout.encoding.length * 8}`,
    )
    return undefined
  }
  const env: Env = {
    ...start,
    form: {
      fields: new Map(layout.fields.map((f) => [f.name, { width: f.width }])),
      fixed: new Map(),
      columns: new Map(),
      lets: new Map(),
      operands: new Map(),
      widths: new Map(),
      expanding: new Set(),
    },
  }
  const sets: Prefix['sets'][number][] = []
  for (const s of item.body.statements) {
    const global = s.kind === 'assign' && s.target.kind === 'name' ? scope.globals.get(s.target.name) : undefined
    if (s.kind !== 'assign' || s.target.kind !== 'name' || global?.kind !== 'context') {
      report(env, 'E0207', s.span, 'a prefix only sets context', { help: 'context NAME : b1 = 0' })
      continue
    }
    const value = bits(env, s.value, global.width)
    if (isDecodeTime(value)) sets.push({ context: s.target.name, value })
    else report(env, 'E0602', s.value.span, 'what a prefix sets must be known at decode time')
  }
  const { encoding, fields } = layout
  return { encoding, fields, last: item.last, sets, ...(item.text === undefined ? {} : { word: item.text }) }
}
