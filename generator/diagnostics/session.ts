/**
 * Collects diagnostics of one compilation. Passes only report; they never throw for a wrong spec, so that all
 * errors of a phase are seen together. render.ts turns them into text or JSON.
 */

import type { Span } from '../syntax/ast.ts'
import { type Code, severityOf } from './codes.ts'

export interface Diagnostic {
  readonly code: Code
  readonly severity: 'error' | 'warning'
  /** One fact, without place or advice. */
  readonly message: string
  readonly span: Span
  /** Where in a family or composition: "insn op_imm, row addi", "when XLEN = 64". */
  readonly context: readonly string[]
  /** Short texts that stand under other spans: "this is 12 bits". */
  readonly labels: readonly Label[]
  readonly notes: readonly string[]
  /** Text that can be pasted, or one sentence of advice. */
  readonly help?: string
  /** How many more rows or parameter sets have the same error. */
  more: number
}
export interface Label {
  readonly span: Span
  readonly text: string
}
export interface Details {
  readonly context?: readonly string[]
  readonly labels?: readonly Label[]
  readonly notes?: readonly string[]
  readonly help?: string | undefined
}

export class Session {
  readonly diagnostics: Diagnostic[] = []
  readonly #seen = new Map<string, Diagnostic>()

  /** The same message at the same place counts once: a family's mistake is reported with its first row, and counted. */
  report(code: Code, span: Span, message: string, details: Details = {}): void {
    const key = `${code} ${span.file}:${span.start} ${message}`
    const before = this.#seen.get(key)
    if (before) {
      before.more++
      return
    }
    const diagnostic: Diagnostic = {
      code,
      severity: severityOf(code),
      message,
      span,
      context: details.context ?? [],
      labels: details.labels ?? [],
      notes: details.notes ?? [],
      ...(details.help === undefined ? {} : { help: details.help }),
      more: 0,
    }
    this.#seen.set(key, diagnostic)
    this.diagnostics.push(diagnostic)
  }

  get errors(): number {
    return this.diagnostics.filter((d) => d.severity === 'error').length
  }
}
