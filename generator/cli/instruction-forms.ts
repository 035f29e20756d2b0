/** What `isagen explain` says of a mnemonic alone: each way to write it, its bits, and where the spec says so. */

import type { Instruction, Isa, Syntax } from '../ir/isa.ts'
import { printSyntax } from '../ir/print.ts'
import { table } from './terminal.ts'

export interface Form {
  readonly instruction: Instruction
  readonly syntax: Syntax
}

/** In the spec's order; letter case does not matter, as it does not to assemblers. */
export function formsOf(isa: Isa, mnemonic: string): Form[] {
  const wanted = mnemonic.toLowerCase()
  return isa.instructions.flatMap((instruction) =>
    instruction.syntaxes
      .filter((syntax) => printSyntax({ ...syntax, operands: [] }).toLowerCase() === wanted)
      .map((syntax) => ({ instruction, syntax })),
  )
}

/** For --json. */
export function formData({ instruction: { id, source }, syntax }: Form): object {
  return { text: printSyntax(syntax), id, source }
}

/** `place` gives the path of the file that the spec calls so. */
export function printForms(forms: readonly Form[], place: (file: string) => string): string {
  const rows = forms.map(({ instruction, syntax }) => [
    printSyntax(syntax),
    instruction.encoding.drawing.map((bits) => bits.text).join(' '),
    `${syntax.alias ? 'alias of ' : ''}${instruction.id}`,
    placeText(instruction, place),
  ])
  return table(rows)
}

/** "mycpu.isa:12", or the line of each row that it was joined from: "mycpu.isa:12, 20". */
export function placeText({ source }: Instruction, place: (file: string) => string): string {
  return `${place(source.file)}:${(source.rows ?? [source.line]).join(', ')}`
}
