/** Tables: joined on the columns they share, multiplied where they share none. */

import { expect, test } from 'vitest'
import { type JoinedRow, joinTables } from '../../generator/check/rows.ts'
import { Session } from '../../generator/diagnostics/session.ts'
import type { Clause, Span } from '../../generator/syntax/ast.ts'
import { parseSpec } from '../../generator/syntax/parse.ts'

const nowhere: Span = { file: '', start: 0, end: 0 }
function join(...tables: string[]): readonly JoinedRow[] {
  const text = `insn t {\n${tables.map((t) => `  ${t}\n`).join('')}}\n`
  const [item] = parseSpec('t.isa', text, new Session()).items
  const clauses: readonly Clause[] = item?.kind === 'insn' ? item.clauses : []
  return joinTables(clauses, nowhere)
}
const shown = (rows: readonly JoinedRow[]): string[] =>
  rows.map((row) => [...row.cells].map(([column, cell]) => `${column}=${cell.text}`).join(' '))

test('no table is one row without cells', () => {
  expect(shown(join())).toEqual([''])
})
test('a shared column joins: rows agree in it', () => {
  expect(
    shown(
      join(
        'rows name exec { lda { A = m }; ldx { X = m } }',
        'rows name op m { lda A9 imm; ldx A2 imm; lda A5 zp; sty 84 zp }',
      ),
    ),
  ).toEqual([
    'name=lda exec={ A = m } op=A9 m=imm',
    'name=lda exec={ A = m } op=A5 m=zp',
    'name=ldx exec={ X = m } op=A2 m=imm',
  ])
})
test('no shared column: all combinations', () => {
  expect(shown(join('rows name { a; b }', 'rows size { 8; 16 }'))).toEqual([
    'name=a size=8',
    'name=a size=16',
    'name=b size=8',
    'name=b size=16',
  ])
})
test('conditions of the joined rows add up, and each row is known by its sources', () => {
  const [row] = join('rows name { a when p == 1 }', 'rows size { 8 when q == 1 }')
  expect(row?.when).toHaveLength(2)
  expect(row?.sources).toHaveLength(2)
  expect(row?.span).toEqual(row?.sources[0])
})
