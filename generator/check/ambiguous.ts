/**
 * Instructions that assembly cannot tell apart: written the same, equally long, under the same condition, but encoded differently. Forms of one
 * instruction may be so (a register-to-register move with two encodings): the first in the text is taken. Two instructions may not.
 */

import { sameExpr } from '../ir/build.ts'
import type { AsmPart } from '../ir/isa.ts'
import { type MachineScope, report } from './scope.ts'
import { emptyEnv } from './state.ts'
import { type Named, showParts } from './syntaxes.ts'

export function checkAmbiguous(scope: MachineScope, all: readonly Named[]): void {
  const byText = new Map<string, Named[]>()
  for (const named of all) {
    const { mnemonic, operands } = named.syntax
    const text = `${signature(mnemonic)} ${signature(operands)}`
    const before = byText.get(text)?.find((other) => isOther(other, named) && indistinct(other, named))
    if (before) {
      const written = `${showParts(mnemonic)} ${showParts(operands)}`.trim()
      report(
        emptyEnv(scope, named.draft.where),
        'E0504',
        named.draft.span,
        `another instruction is written "${written}" too`,
        {
          labels: [{ span: before.draft.span, text: 'the other one' }],
          help: 'give one of them another name or template',
        },
      )
    }
    byText.set(text, [...(byText.get(text) ?? []), named])
  }
}

/** Another item, or another row with a name of its own. */
function isOther(a: Named, b: Named): boolean {
  const [one, other] = [a, b].map(({ draft }) => draft.row.cells.get('name')?.span)
  return a.draft.item !== b.draft.item || one?.start !== other?.start || one?.file !== other?.file
}
function indistinct(a: Named, b: Named): boolean {
  const [one, other] = [a.draft, b.draft]
  return one.layout.encoding.length === other.layout.encoding.length && sameExpr(one.when, other.when)
}

/** What the assembler sees of a template: its texts, and what may stand in each hole. */
function signature(parts: readonly AsmPart[]): string {
  return parts.map(partSignature).join('')
}
function partSignature(part: AsmPart): string {
  switch (part.kind) {
    case 'text':
      return part.text
    case 'choice':
      return `<${part.choices.map((c) => signature(c.parts)).join('|')}>`
    case 'hole': {
      const { print } = part
      if (print.kind === 'register') return `{register ${print.register}}`
      if (print.kind === 'number') return `{number ${part.value.width} ${print.signed}}`
      return print.kind === 'named' ? `{named ${Object.keys(print.names).join(' ')}}` : `{${print.kind}}`
    }
  }
}
