/** Tables: `rows` clauses joined on the columns they share; a table without shared columns multiplies. */

import type { Cell, Clause, Expr, RowsClause, Span } from '../syntax/ast.ts'

export interface JoinedRow {
  readonly cells: ReadonlyMap<string, Cell>
  readonly when: readonly Expr[]
  readonly span: Span
  /** Of the row of each table that it was joined from, in order. */
  readonly sources: readonly Span[]
}

const joinedRows = new WeakMap<readonly Clause[], readonly JoinedRow[]>()

/** All rows of an item's clauses; one empty row when there is no table. */
export function joinTables(clauses: readonly Clause[], span: Span): readonly JoinedRow[] {
  const rows = joinedRows.get(clauses) ?? join(clauses, span)
  joinedRows.set(clauses, rows)
  return rows
}

function join(clauses: readonly Clause[], span: Span): JoinedRow[] {
  const tables = clauses.filter((c): c is Clause & RowsClause => c.kind === 'rows')
  let joined: JoinedRow[] = [{ cells: new Map(), when: [], span, sources: [] }]
  for (const table of tables) {
    const rows = table.rows.map((row): JoinedRow => {
      const cells = new Map<string, Cell>()
      table.columns.forEach((column, i) => {
        const cell = row.cells[i]
        if (cell) cells.set(column.text, cell)
      })
      return { cells, when: row.when ? [row.when] : [], span: row.span, sources: [row.span] }
    })
    joined = joined.flatMap((before) =>
      rows.filter((row) => agrees(before, row)).map((row) => merge(before, row, tables.length > 1)),
    )
  }
  return joined
}

function agrees(a: JoinedRow, b: JoinedRow): boolean {
  for (const [column, cell] of b.cells) {
    const other = a.cells.get(column)
    if (other && other.text !== cell.text) return false
  }
  return true
}
function merge(a: JoinedRow, b: JoinedRow, several: boolean): JoinedRow {
  return {
    cells: new Map([...a.cells, ...b.cells]),
    when: [...a.when, ...b.when],
    span: several && a.cells.size > 0 ? a.span : b.span,
    sources: [...a.sources, ...b.sources],
  }
}

/** Text of a cell without the quotes of a template or the braces round it. */
export function plainText(cell: Cell): string {
  return cell.text.replace(/^"(.*)"$/s, '$1')
}
