/**
 * Draws source lines with marks under them: `^` for the place of a diagnostic, `-` for its labels. The rightmost label
 * stands beside its mark, the others below theirs:
 *
 *   88 |     addi  000  rs1 + imm
 *      |                --- ^ --- this is 12 bits
 *      |                |
 *      |                this is 64 bits
 */

import type { SourceText } from './position.ts'

/** How a piece of output looks; the identity when there is no colour. */
export type Paint = (text: string) => string

export interface Mark {
  readonly line: number
  /** Half-open, counted from 0 in the line. */
  readonly start: number
  readonly end: number
  readonly primary: boolean
  readonly text: string
}

export interface SnippetStyle {
  readonly gutter: Paint
  readonly primary: Paint
  readonly secondary: Paint
}

/** The marked lines of one file in order; `gutter` is the width of the widest line number. */
export function drawSnippet(
  source: SourceText,
  marks: readonly Mark[],
  gutter: number,
  style: SnippetStyle,
): readonly string[] {
  const out: string[] = []
  const lines = [...new Set(marks.map((mark) => mark.line))].sort((a, b) => a - b)
  const margin = `${' '.repeat(gutter)} ${style.gutter('|')}`
  lines.forEach((line, i) => {
    const before = lines[i - 1]
    if (before !== undefined && line === before + 2) out.push(sourceLine(source, line - 1, gutter, style))
    else if (before !== undefined && line > before + 2) out.push(style.gutter('...'))
    out.push(sourceLine(source, line, gutter, style))
    const below = drawMarks(
      marks.filter((mark) => mark.line === line),
      style,
    )
    out.push(...below.map((text) => `${margin} ${text}`))
  })
  return out
}

function sourceLine(source: SourceText, line: number, gutter: number, style: SnippetStyle): string {
  // A tab is one column wide in positions, so it is here.
  const text = source.line(line).replaceAll('\t', ' ')
  return `${style.gutter(`${String(line).padStart(gutter)} |`)} ${text}`.trimEnd()
}

function drawMarks(marks: readonly Mark[], style: SnippetStyle): string[] {
  // Short marks are drawn over long ones, so that the parts of an expression show; of equals the primary one is seen.
  const drawn = [...marks].sort((a, b) => lengthOf(b) - lengthOf(a) || Number(a.primary) - Number(b.primary))
  const labels = marks.filter((mark) => mark.text !== '').sort((a, b) => b.start - a.start || b.end - a.end)
  const width = Math.max(...marks.map((mark) => mark.end))
  const cells: Mark[] = []
  for (const mark of drawn) for (let at = mark.start; at < mark.end; at++) cells[at] = mark
  const [last, ...rest] = labels
  const beside = last && last.end >= width ? last : undefined
  const below = beside ? rest : labels

  const rows = [underline(cells, width, style) + (beside ? ` ${painter(beside, style)(beside.text)}` : '')]
  if (below.length > 0) rows.push(connectors(below, style))
  below.forEach((mark, i) => {
    const left = below.slice(i + 1).filter((other) => other.start < mark.start)
    const text = painter(mark, style)(mark.text)
    const connected = connectors(left, style)
    rows.push(connected + ' '.repeat(mark.start - columnsOf(left)) + text)
  })
  return rows
}

function lengthOf(mark: Mark): number {
  return mark.end - mark.start
}

function underline(cells: readonly (Mark | undefined)[], width: number, style: SnippetStyle): string {
  let row = ''
  for (let at = 0; at < width; ) {
    const mark = cells[at]
    let end = at + 1
    while (end < width && cells[end] === mark) end++
    row += mark ? painter(mark, style)((mark.primary ? '^' : '-').repeat(end - at)) : ' '.repeat(end - at)
    at = end
  }
  return row
}

/** A `|` under the start of each mark. */
function connectors(marks: readonly Mark[], style: SnippetStyle): string {
  let row = ''
  let column = 0
  for (const mark of [...marks].sort((a, b) => a.start - b.start)) {
    if (mark.start < column) continue
    row += ' '.repeat(mark.start - column) + painter(mark, style)('|')
    column = mark.start + 1
  }
  return row
}

/** How wide `connectors` of these is. */
function columnsOf(marks: readonly Mark[]): number {
  return Math.max(0, ...marks.map((mark) => mark.start + 1))
}

function painter(mark: Mark, style: SnippetStyle): Paint {
  return mark.primary ? style.primary : style.secondary
}
