/**
 * Diagnostics as text, in the manner of rustc:
 *
 *   error[E0301]: + has 64 and 12 bits
 *     --> rv_i.isa:88:20, insn op_imm, row addi, when XLEN = 64
 *      |
 *   88 |     addi  000  rs1 + imm
 *      |                --- ^ --- this is 12 bits
 *      |                |
 *      |                this is 64 bits
 *      = help: sx(imm)
 *      = and 6 more rows
 *
 * and, for tools, as JSON (json.ts). In: diagnostics, and the texts of the files by the names that spans use.
 */

import { type SourceText, sourceTexts } from './position.ts'
import type { Diagnostic } from './session.ts'
import { drawSnippet, type Mark, type Paint } from './snippet.ts'

export { type JsonDiagnostic, renderJson, toJson } from './json.ts'

export interface RenderOptions {
  /** Write ANSI colours. */
  readonly color: boolean
}

interface Style {
  readonly severity: Paint
  readonly bold: Paint
  readonly gutter: Paint
}

/** All diagnostics, by file and place, with an empty line after each; '' when there are none. */
export function render(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
  options: RenderOptions = { color: false },
): string {
  const texts = sourceTexts(sources)
  return inOrder(diagnostics)
    .map((diagnostic) => `${renderOne(diagnostic, texts, options).join('\n')}\n\n`)
    .join('')
}

/** Files in the order in which they first appear. */
function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const files = [...new Set(diagnostics.map(({ span }) => span.file))]
  const rank = new Map(files.map((file, i) => [file, i]))
  const rankOf = (diagnostic: Diagnostic): number => rank.get(diagnostic.span.file) ?? 0
  return [...diagnostics].sort((a, b) => rankOf(a) - rankOf(b) || a.span.start - b.span.start)
}

function renderOne(
  diagnostic: Diagnostic,
  texts: (file: string) => SourceText | undefined,
  options: RenderOptions,
): string[] {
  const style = styleOf(diagnostic, options.color)
  const { severity, code, message, span, context } = diagnostic
  const marks = marksByFile(diagnostic, texts)
  const widest = Math.max(1, ...[...marks.values()].flat().map((mark) => mark.line))
  const gutter = String(widest).length
  const indent = ' '.repeat(gutter)

  const out = [`${style.severity(`${severity}[${code}]`)}${style.bold(`: ${message}`)}`]
  const place = [positionText(span.file, span.start, texts), ...context].join(', ')
  out.push(`${indent}${style.gutter('-->')} ${place}`)
  for (const [file, fileMarks] of marks) {
    const source = texts(file)
    if (!source) continue
    const [first] = fileMarks
    if (file !== span.file && first) {
      out.push(`${indent}${style.gutter(':::')} ${file}:${first.line}:${first.start + 1}`)
    }
    out.push(`${indent} ${style.gutter('|')}`)
    const snippetStyle = { gutter: style.gutter, primary: style.severity, secondary: style.gutter }
    out.push(...drawSnippet(source, fileMarks, gutter, snippetStyle))
  }
  const footer = (kind: string, text: string): void => {
    const [head = '', ...more] = text.split('\n')
    out.push(`${indent} ${style.gutter('=')} ${kind === '' ? '' : `${style.bold(kind)}: `}${head}`)
    out.push(...more.map((line) => `${indent}   ${' '.repeat(kind === '' ? 0 : kind.length + 2)}${line}`))
  }
  for (const note of diagnostic.notes) footer('note', note)
  if (diagnostic.help !== undefined) footer('help', diagnostic.help)
  if (diagnostic.more > 0) footer('', moreText(diagnostic))
  return out
}

/** A family's error is given once, with its first failing row. */
function moreText({ more, context }: Diagnostic): string {
  const what = context.some((part) => part.startsWith('row ')) ? 'row' : 'case'
  return `and ${more} more ${what}${more === 1 ? '' : 's'}`
}

/** The marks of a diagnostic; its own file comes first. */
function marksByFile(
  { span, labels }: Diagnostic,
  texts: (file: string) => SourceText | undefined,
): ReadonlyMap<string, Mark[]> {
  const marks = new Map<string, Mark[]>()
  const places = [{ span, text: '', primary: true }, ...labels.map((label) => ({ ...label, primary: false }))]
  // A label at the place itself stands beside the caret.
  const own = labels.find((label) => sameSpan(label.span, span))
  for (const { span: at, text, primary } of places) {
    const source = texts(at.file)
    if (!source || (!primary && own && sameSpan(at, span))) continue
    const start = source.position(at.start)
    const end = source.position(at.end)
    const lineLength = source.line(start.line).length
    const endColumn = end.line === start.line ? end.column : lineLength + 1
    const list = marks.get(at.file) ?? []
    list.push({
      line: start.line,
      start: start.column - 1,
      // A mark is seen even where there is no character.
      end: Math.max(endColumn - 1, start.column),
      primary,
      text: primary ? (own?.text ?? '') : text,
    })
    marks.set(at.file, list)
  }
  return marks
}

function sameSpan(a: Diagnostic['span'], b: Diagnostic['span']): boolean {
  return a.file === b.file && a.start === b.start && a.end === b.end
}

function positionText(file: string, offset: number, texts: (file: string) => SourceText | undefined): string {
  const position = texts(file)?.position(offset)
  return position ? `${file}:${position.line}:${position.column}` : file
}

const plain: Paint = (text) => text
const ansi =
  (code: string): Paint =>
  (text) =>
    text === '' ? '' : `\x1b[${code}m${text}\x1b[0m`

function styleOf({ severity }: Diagnostic, color: boolean): Style {
  if (!color) return { severity: plain, bold: plain, gutter: plain }
  return { severity: ansi(severity === 'error' ? '1;31' : '1;33'), bold: ansi('1'), gutter: ansi('1;34') }
}
