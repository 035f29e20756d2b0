/** What each folder of filetests does with a file: the phases of the pipeline, as far as a test goes. */

import { compile } from '../../generator/compile.ts'
import type { Diagnostic } from '../../generator/diagnostics/session.ts'
import { Session } from '../../generator/diagnostics/session.ts'
import type { Clause, Item } from '../../generator/syntax/ast.ts'
import { clauseColumns, parseCell, parseSpec } from '../../generator/syntax/parse.ts'

/** Gives what was reported for a spec that stands alone in one file. */
export type Phase = (file: string, text: string) => readonly Diagnostic[]

export const phases: Readonly<Record<string, Phase>> = {
  parse(file, text) {
    const session = new Session()
    for (const item of parseSpec(file, text, session).items) {
      for (const clause of clausesOf(item)) parseCells(clause, session)
    }
    return session.diagnostics
  },
  diagnostics: (file, text) => compile([{ file, text }]).session.diagnostics,
}

function clausesOf(item: Item): readonly Clause[] {
  return 'clauses' in item ? item.clauses : []
}

/** The cells whose column is named as a clause: what the others are is known later. */
function parseCells(clause: Clause, session: Session): void {
  if (clause.kind !== 'rows') return
  for (const row of clause.rows) {
    row.cells.forEach((cell, i) => {
      const kind = clauseColumns[clause.columns[i]?.text ?? '']
      // The overloads of parseCell speak of one kind each; here only the reports count.
      if (kind) parseCell(cell, kind as 'expr', session)
    })
  }
}
