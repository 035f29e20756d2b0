/** Diagnostics as JSON, for editors and scripts: the fields are stable, and all of them are always there. */

import type { Span } from '../syntax/ast.ts'
import { type SourceText, sourceTexts } from './position.ts'
import type { Diagnostic } from './session.ts'

/** Lines and columns count from 1, the end is exclusive; they are 0 where the file's text is not known. */
export interface JsonPlace {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
}

export interface JsonDiagnostic extends JsonPlace {
  readonly code: string
  readonly severity: 'error' | 'warning'
  readonly message: string
  /** "insn op_imm", "row addi", "when XLEN = 64" */
  readonly context: readonly string[]
  readonly labels: readonly (JsonPlace & { readonly text: string })[]
  readonly notes: readonly string[]
  readonly help: string | null
  /** How many more rows or parameter sets have the same mistake. */
  readonly more: number
}

export function toJson(
  diagnostics: readonly Diagnostic[],
  sources: ReadonlyMap<string, string>,
): readonly JsonDiagnostic[] {
  const texts = sourceTexts(sources)
  return diagnostics.map(({ code, severity, message, span, context, labels, notes, help, more }) => ({
    code,
    severity,
    message,
    ...placeOf(span, texts),
    context,
    labels: labels.map((label) => ({ ...placeOf(label.span, texts), text: label.text })),
    notes,
    help: help ?? null,
    more,
  }))
}

/** One object a line. */
export function renderJson(diagnostics: readonly Diagnostic[], sources: ReadonlyMap<string, string>): string {
  return toJson(diagnostics, sources)
    .map((diagnostic) => `${JSON.stringify(diagnostic)}\n`)
    .join('')
}

function placeOf({ file, start, end }: Span, texts: (file: string) => SourceText | undefined): JsonPlace {
  const source = texts(file)
  const from = source?.position(start) ?? { line: 0, column: 0 }
  const to = source?.position(end) ?? { line: 0, column: 0 }
  return { file, line: from.line, column: from.column, endLine: to.line, endColumn: to.column }
}
