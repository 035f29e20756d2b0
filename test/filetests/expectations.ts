/**
 * Reads what a filetest expects from its comments, and compares it with what was reported. README.md has the format.
 */

import { SourceText } from '../../generator/diagnostics/position.ts'
import type { Diagnostic } from '../../generator/diagnostics/session.ts'

export interface ExpectedDiagnostic {
  readonly severity: string
  readonly code: string
  readonly line: number
  /** 0: any column. */
  readonly column: number
  /** Part of the message. */
  readonly message: string
  /** `help:`, `note:`, `label:` and `context:` lines: parts of these. */
  readonly details: readonly { readonly kind: string; readonly text: string }[]
}

export interface Expectations {
  /** `// expect: ok` */
  readonly ok: boolean
  readonly diagnostics: readonly ExpectedDiagnostic[]
}

const diagnosticLine = /\/\/ (error|warning)\[([EW]\d{4})\](?: (?:(\d+)(?::(\d+))?|:(\d+))(?= |$))?(.*)$/
const detailLine = /\/\/ (help|note|label|context): (.*)$/

export function readExpectations(text: string): Expectations {
  let ok = false
  const diagnostics: ExpectedDiagnostic[] = []
  let details: { kind: string; text: string }[] = []
  /** The last line that holds more than expectations. */
  let speaksOf = 0
  text.split('\n').forEach((line, i) => {
    const found = diagnosticLine.exec(line)
    const detail = detailLine.exec(line)
    if (line.trim() === '// expect: ok') ok = true
    else if (found) {
      if (line.slice(0, found.index).trim() !== '') speaksOf = i + 1
      const [, severity = '', code = '', at, columnThere, columnHere, message = ''] = found
      details = []
      diagnostics.push({
        severity,
        code,
        line: at === undefined ? speaksOf : Number(at),
        column: Number(columnThere ?? columnHere ?? 0),
        message: message.trim(),
        details,
      })
    } else if (detail) details.push({ kind: detail[1] ?? '', text: detail[2]?.trim() ?? '' })
    else speaksOf = i + 1
  })
  return { ok, diagnostics }
}

/** One line for each expectation that was not met, and each diagnostic that nobody expected. */
export function differences(expected: Expectations, reported: readonly Diagnostic[], text: string): string[] {
  const source = new SourceText(text)
  const left = [...reported]
  const out: string[] = []
  for (const one of expected.diagnostics) {
    const i = left.findIndex((diagnostic) => meets(one, diagnostic, source))
    if (i < 0) out.push(`missing: ${describeExpected(one)}`)
    else left.splice(i, 1)
  }
  return [...out, ...left.map((diagnostic) => `unexpected: ${describeReported(diagnostic, source)}`)]
}

function meets(expected: ExpectedDiagnostic, diagnostic: Diagnostic, source: SourceText): boolean {
  const { line, column } = source.position(diagnostic.span.start)
  return (
    expected.severity === diagnostic.severity &&
    expected.code === diagnostic.code &&
    expected.line === line &&
    (expected.column === 0 || expected.column === column) &&
    diagnostic.message.includes(expected.message) &&
    expected.details.every(({ kind, text }) => detailsOf(diagnostic, kind).some((detail) => detail.includes(text)))
  )
}

function detailsOf(diagnostic: Diagnostic, kind: string): readonly string[] {
  switch (kind) {
    case 'help':
      return diagnostic.help === undefined ? [] : [diagnostic.help]
    case 'note':
      return diagnostic.notes
    case 'label':
      return diagnostic.labels.map((label) => label.text)
    default:
      return diagnostic.context
  }
}

function describeExpected({ severity, code, line, column, message, details }: ExpectedDiagnostic): string {
  const more = details.map(({ kind, text }) => `; ${kind}: ${text}`).join('')
  return `${severity}[${code}] ${line}:${column} ${message}${more}`
}

function describeReported(diagnostic: Diagnostic, source: SourceText): string {
  const { line, column } = source.position(diagnostic.span.start)
  const { severity, code, message, help, labels, notes, context } = diagnostic
  const details = [
    ...(help === undefined ? [] : [`; help: ${help}`]),
    ...labels.map((label) => `; label: ${label.text}`),
    ...notes.map((note) => `; note: ${note}`),
    ...context.map((part) => `; context: ${part}`),
  ]
  return `${severity}[${code}] ${line}:${column} ${message}${details.join('')}`
}
