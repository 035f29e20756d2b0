/**
 * Makes cells of the words of one row: a cell is one word, the last cell is all that is left. Reports E0103 when there
 * are too few words, or when a word that can only be an operator shows that a cell was written without parentheses.
 */

import type { Session } from '../diagnostics/session.ts'
import type { Cell, Name, Span } from './ast.ts'

/** The cells of a row, or undefined after a report. */
export function cellsOfRow(words: readonly Cell[], columns: readonly Name[], session: Session): Cell[] | undefined {
  const row = joined(words)
  const wanted = `${columns.length} column${columns.length === 1 ? '' : 's'}`
  if (words.length < columns.length) {
    const missing = columns.slice(words.length).map((column) => `\`${column.text}\``)
    session.report('E0103', row.span, `${cellCount(words.length)} for ${wanted}`, {
      labels: [{ span: spanOf(columns), text: `no cell for ${missing.join(', ')}` }],
      help: 'a cell that says nothing is `-`',
    })
    return undefined
  }
  const last = columns.length - 1
  const cells = [...words.slice(0, last), joined(words.slice(last))]
  const operator = words.slice(0, columns.length).find((word) => isOperator(word.text))
  if (operator) {
    session.report('E0103', operator.span, `${cellCount(words.length)} for ${wanted}`, {
      labels: [{ span: spanOf(columns), text: wanted }],
      help: `put a cell with operators in ( ): ${glue(words)}`,
    })
    return undefined
  }
  return cells
}

function cellCount(n: number): string {
  return `${n} cell${n === 1 ? '' : 's'}`
}

/** A lone `-` is an empty cell, and `and`, `or` are names of instructions as well: they are not taken for operators. */
function isOperator(word: string): boolean {
  return /^([+*/%&|^<>=]|[<>=!]=|<<|>>s?|\.\.|[<>]=?s|[/%]s)$/.test(word)
}

/** The row as it was probably meant: what operators join is one cell. */
function glue(words: readonly Cell[]): string {
  const groups: string[][] = []
  let open = false
  for (const { text } of words) {
    const operator = isOperator(text) || (text === '-' && groups.length > 1)
    if (operator || open) groups.at(-1)?.push(text)
    else groups.push([text])
    open = operator
  }
  return groups.map((group) => (group.length > 1 ? `(${group.join(' ')})` : group.join(''))).join(' ')
}

/** One cell from the first word to the last, with the blanks between them as they stand. */
function joined(words: readonly Cell[]): Cell {
  let text = ''
  let end: number | undefined
  for (const word of words) {
    text += ' '.repeat(end === undefined ? 0 : word.span.start - end) + word.text
    end = word.span.end
  }
  return { text, span: spanOf(words) }
}

function spanOf(parts: readonly { readonly span: Span }[]): Span {
  const first = (parts[0] as { span: Span }).span
  return { file: first.file, start: first.start, end: (parts.at(-1) as { span: Span }).span.end }
}
