/** What `isagen conform` found: rows of what passed and failed, and their text. */

import { counted, grouped, table } from './terminal.ts'

export interface Report {
  readonly passed: number
  readonly failed: number
  /** Keys of the vectors that the spec does not map. */
  readonly ignored: readonly string[]
  readonly rows: readonly ReportRow[]
}
/** One opcode of a corpus, one test of a spec or one program, in one way of running it. */
export interface ReportRow {
  readonly name: string
  /** What the disassembler makes of an opcode whose operands are zero; '' for anything else, or when it knows none. */
  readonly mnemonic: string
  readonly way: string
  readonly passed: number
  readonly failed: number
  readonly first?: { readonly name: string; readonly difference: string }
}

export function reportOf(rows: readonly ReportRow[], ignored: readonly string[] = []): Report {
  const sum = (of: (row: ReportRow) => number) => rows.reduce((total, row) => total + of(row), 0)
  return { passed: sum((row) => row.passed), failed: sum((row) => row.failed), ignored, rows }
}

/** A line a name: how many passed each way; below it the first difference of those that failed. */
export function reportText({ rows, passed, failed, ignored }: Report, noun: string): string {
  const ways = [...new Set(rows.map(({ way }) => way))]
  const mnemonics = new Map(rows.map(({ name, mnemonic }) => [name, mnemonic]))
  const names = [...mnemonics.keys()]
  const found = new Map(rows.map((row) => [`${row.name} ${row.way}`, row]))
  const cells = names.map((name) => [
    `${name} ${mnemonics.get(name) ?? ''}`.trim(),
    ...ways.map((way) => {
      const row = found.get(`${name} ${way}`)
      return row ? `${row.passed}/${row.passed + row.failed}` : '-'
    }),
  ])
  const [head = '', ...lines] = table(
    [['', ...ways], ...cells],
    ways.map((_, i) => i + 1),
  ).split('\n')
  const out = [head]
  for (const [i, name] of names.entries()) {
    out.push(lines[i] ?? '')
    for (const way of ways) {
      const first = found.get(`${name} ${way}`)?.first
      if (first) out.push(`    ${way}: ${first.name}: ${first.difference}`)
    }
  }
  if (ignored.length > 0) out.push(`keys without a place, ignored: ${ignored.join(', ')}`)
  out.push(
    `${counted(names.length, noun)}, ${ways.join(', ').replace(/, ([^,]*)$/, ' and $1')}: ${grouped(passed)} passed, ${grouped(failed)} failed`,
  )
  return `${out.join('\n')}\n`
}
