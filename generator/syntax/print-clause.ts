/**
 * Canonical text of clauses: a short list on one line, else one a line with their values in a column, and rows as
 * aligned tables.
 */

import type { Clause, Expr, Name, Row, RowsClause, TestClause } from './ast.ts'
import {
  blockText,
  encText,
  exprLines,
  exprText,
  fittingBlock,
  LINE_WIDTH,
  letHead,
  listText,
  templateText,
  whenText,
} from './print-expression.ts'

/** More than these are not put on one line, though they would fit. */
const MOST_ON_A_LINE = 4

/** ` { a; b }` or over several lines; nothing when there are none. `column` is where the brace may start. */
export function clausesText(clauses: readonly Clause[], column: number): string {
  if (clauses.length === 0) return ''
  const flat = clauses.map(clauseOnOneLine)
  const line = ` { ${flat.join('; ')} }`
  const short = clauses.length <= MOST_ON_A_LINE && flat.every((text) => text !== undefined)
  if (short && !clauses.some(isTest) && column + line.length <= LINE_WIDTH) return line
  const width = Math.max(0, ...clauses.filter(isAligned).map((clause) => clause.kind.length))
  const lines = clauses.map((clause) => `  ${clauseLines(clause, width, 2)}`)
  return ` {\n${lines.join('\n')}\n}`
}

/** An insn has braces even without clauses. */
export function bracedClauses(clauses: readonly Clause[], column: number): string {
  return clauses.length === 0 ? ' { }' : clausesText(clauses, column)
}

function isTest(clause: Clause): clause is Clause & TestClause {
  return clause.kind === 'test'
}

/** A table and a test start a column of their own. */
function isAligned(clause: Clause): boolean {
  return clause.kind !== 'rows' && clause.kind !== 'test'
}

function clauseLines(clause: Clause, width: number, indent: number): string {
  if (clause.kind === 'rows') return rowsLines(clause, indent)
  if (clause.kind === 'test') return testText(clause)
  const [keyword, rest] = clauseParts(clause)
  const head = `${keyword.padEnd(width)} `
  const column = indent + head.length
  switch (clause.kind) {
    case 'exec':
    case 'read':
    case 'missing':
      return head + fittingBlock(clause.body, indent, column)
    case 'write':
    case 'encode':
      return `${head}${clause.param.text} ${fittingBlock(clause.body, indent, column + clause.param.text.length + 1)}`
    case 'value':
    case 'cycles':
    case 'reset':
      return head + exprLines(clause.value, indent, column)
    default:
      return head + rest
  }
}

/** Undefined when it needs several lines. */
function clauseOnOneLine(clause: Clause): string | undefined {
  if (clause.kind === 'rows') return rowsOnOneLine(clause)
  if (clause.kind === 'test') return testText(clause)
  return clauseParts(clause).join(' ')
}

/** A clause as its word and the rest of its line. */
function clauseParts(clause: Exclude<Clause, RowsClause | TestClause>): readonly [string, string] {
  return [clause.kind, clauseRest(clause)]
}

function clauseRest(clause: Exclude<Clause, RowsClause | TestClause>): string {
  switch (clause.kind) {
    case 'enc':
    case 'bits':
      return encText(clause.enc)
    case 'name':
    case 'asm':
      return templateText(clause.template)
    case 'names':
    case 'also':
      return `${templateText(clause.template)}${initText(clause.value)}${whenText(clause.when)}`
    case 'is':
      return clause.templates.map(templateText).join(', ')
    case 'exec':
    case 'read':
    case 'missing':
      return blockText(clause.body)
    case 'write':
    case 'encode':
      return `${clause.param.text} ${blockText(clause.body)}`
    case 'value':
    case 'cycles':
    case 'reset':
    case 'when':
      return exprText(clause.value)
    case 'hardwired':
      return `${exprText(clause.index)} = ${exprText(clause.value)}`
    case 'warl':
      return `${clause.name.text} in ${listText(clause.values)}`
    case 'readonly':
      return `${clause.name.text}${initText(clause.value)}`
    case 'w1c':
    case 'only':
      return namesText(clause.names)
    case 'context':
    case 'key':
      return listText(clause.places)
    case 'through':
      return clause.name.text
    case 'let':
      return (letHead(clause) + exprText(clause.value)).slice('let '.length)
  }
}

export function namesText(names: readonly Name[]): string {
  return names.map((name) => name.text).join(', ')
}

export function initText(value: Expr | undefined): string {
  return value ? ` = ${exprText(value)}` : ''
}

/** `test "text" = BYTES { given } => { expected }` */
export function testText({ template, enc, given, expected }: TestClause): string {
  const bytes = enc ? ` = ${encText(enc)}` : ''
  const state = given ? ` ${blockText(given)}` : ''
  const result = expected.kind === 'trap' ? `trap ${expected.name.text}` : blockText(expected.block)
  return `test ${templateText(template)}${bytes}${state} => ${result}`
}

// ---- rows

function rowsHead({ columns }: RowsClause): string {
  return `rows ${columns.map((column) => column.text).join(' ')}`
}

function rowsOnOneLine(rows: RowsClause): string | undefined {
  const lines = rows.rows.map((row) => [...row.cells.map((cell) => cell.text)].join(' ') + whenText(row.when))
  if (lines.length > MOST_ON_A_LINE || lines.some((line) => line.includes('\n'))) return undefined
  return lines.length === 0 ? `${rowsHead(rows)} { }` : `${rowsHead(rows)} { ${lines.join('; ')} }`
}

function rowsLines(rows: RowsClause, indent: number): string {
  const flat = rowsOnOneLine(rows)
  if (flat !== undefined && indent + flat.length <= LINE_WIDTH) return flat
  const pad = ' '.repeat(indent)
  return `${rowsHead(rows)} {\n${tableLines(rows.rows)
    .map((line) => `${pad}  ${line}`)
    .join('\n')}\n${pad}}`
}

/** Cells in columns; a condition stands in a column of its own. Cells over several lines are left as they are. */
function tableLines(rows: readonly Row[]): string[] {
  const widths: number[] = []
  for (const { cells } of rows) {
    cells.forEach((cell, i) => {
      if (!cell.text.includes('\n')) widths[i] = Math.max(widths[i] ?? 0, cell.text.length)
    })
  }
  return rows.map(({ cells, when }) => {
    const line = cells.map((cell, i) => cell.text.padEnd(widths[i] ?? 0)).join(' ')
    return (line + whenText(when)).trimEnd()
  })
}
