/** Warnings about what nothing uses: fields that decode to nothing, functions that nobody calls, encodings without assembly. */

import type { Expr } from '../ir/expr.ts'
import type { AsmPart } from '../ir/isa.ts'
import type { Stmt } from '../ir/stmt.ts'
import { fieldsOf } from './assembly.ts'
import type { Machine } from './compose.ts'
import { type MachineScope, report } from './scope.ts'
import { emptyEnv } from './state.ts'
import type { Named } from './syntaxes.ts'

export function reportUnused(machine: Machine, scope: MachineScope, all: readonly Named[]): void {
  for (const named of all) {
    const { draft } = named
    const used = new Set([
      ...fieldsInParts([...named.syntax.mnemonic, ...named.syntax.operands]),
      ...fieldsOf(draft.when),
    ])
    for (const s of draft.body?.statements ?? [])
      for (const e of expressionsOf(s)) for (const f of fieldsOf(e)) used.add(f)
    const env = emptyEnv(scope, draft.where)
    if (!draft.delegate) {
      for (const field of draft.layout.fields) {
        if (!used.has(field.name)) {
          report(env, 'W0801', draft.span, `field ${field.name} is neither printed nor used`, {
            help: `_:${field.width} leaves its bits free`,
          })
        }
      }
    }
    if (
      draft.layout.fields.length > 0 &&
      named.syntax.operands.length === 0 &&
      !named.syntax.mnemonic.some((p) => p.kind !== 'text')
    ) {
      report(env, 'W0806', draft.span, `${named.id} has fields but no asm`, { help: 'asm "{…}"' })
    }
  }
  // A part that only has functions is a library, of which a machine takes what it needs.
  const parts = new Set(machine.items.flatMap((item) => (item.kind === 'fn' || item.kind === 'let' ? [] : [item.part])))
  for (const item of machine.items) {
    if (item.kind !== 'fn' || scope.used.has(item.name.text) || !parts.has(item.part)) continue
    report(emptyEnv(scope), 'W0804', item.name.span, `nothing calls ${item.name.text}`)
  }
}

function fieldsInParts(parts: readonly AsmPart[]): string[] {
  return parts.flatMap((p): string[] => {
    switch (p.kind) {
      case 'text':
        return []
      case 'hole':
        return fieldsOf(p.value)
      case 'choice':
        return p.choices.flatMap((c) => [...fieldsOf(c.when), ...fieldsInParts(c.parts)])
    }
  })
}

/** Every expression that a statement holds, at any depth. */
export function expressionsOf(s: Stmt): Expr[] {
  switch (s.kind) {
    case 'set':
      return [s.value]
    case 'write':
      return s.index ? [s.index, s.value] : [s.value]
    case 'store':
      return [s.address, s.value]
    case 'if':
      return [s.cond, ...[...s.then, ...s.otherwise].flatMap(expressionsOf)]
    case 'jump':
      return [s.target]
    case 'trap':
      return [...s.args]
    case 'effect':
      return []
  }
}
