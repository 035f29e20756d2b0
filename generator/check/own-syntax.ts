/** How an instruction is written after its own templates: its mnemonic and operands, and the aliases that rows of its operands give. */

import * as ir from '../ir/build.ts'
import type { Syntax } from '../ir/isa.ts'
import type { Template } from '../syntax/ast.ts'
import { asmParts, fixedBy, textOf } from './assembly.ts'
import type { Draft } from './instructions.ts'
import { operandLets, operandRows } from './operands.ts'
import type { Env, MachineScope } from './scope.ts'
import { draftEnv, staticText } from './syntaxes.ts'

/** The mnemonic; where it has choices that all print something ("{sum}.d"), with the operand's name in their place. */
export function nameForIdentifier(env: Env, name: Template | string): string {
  if (typeof name === 'string') return name
  return name.parts
    .map((part) => {
      if (part.kind === 'text') return part.text
      const printed = asmParts(env, { ...name, parts: [part] }, true)
      const choice = printed.find((p) => p.kind === 'choice')
      return choice?.choices.every(({ parts }) => parts.length > 0) ? textOf(part.value) : (staticText(printed) ?? '')
    })
    .join('')
}

export function ownSyntax(scope: MachineScope, draft: Draft): Syntax {
  const env = draftEnv(scope, draft)
  const mnemonic =
    typeof draft.name === 'string' ? [{ kind: 'text', text: draft.name } as const] : asmParts(env, draft.name, true)
  const operands = draft.asm ? asmParts(env, draft.asm) : []
  return { alias: false, mnemonic, operands, fixed: {}, condition: ir.bit(true) }
}

/** An operand's rows may say in a column `alias` how they are written in short: each makes an alias where that row holds. */
export function aliasSpellings(scope: MachineScope, draft: Draft): Syntax[] {
  const { asm } = draft
  if (!asm) return []
  const env = draftEnv(scope, draft)
  return [...draft.form.operands.values()].flatMap((operand) => {
    const hasAlias = operand.item.clauses.some(
      (c) => c.kind === 'rows' && c.columns.some(({ text }) => text === 'alias'),
    )
    if (!hasAlias || operand.row || operand.chosen) return []
    return operandRows(env, operand, operandLets(env, operand)).flatMap(({ row, cond }): Syntax[] => {
      const cell = row.cells.get('alias')
      if (!cell || cell.text === '-') return []
      const mnemonic = ownSyntax(scope, draft).mnemonic
      return [
        {
          alias: true,
          mnemonic,
          operands: asmParts({ ...env, alias: cell }, asm),
          fixed: fixedBy(cond),
          condition: cond,
        },
      ]
    })
  })
}
