/** Actions for clauses, rows and tests. */

import type { ActionDict } from 'ohm-js'
import type { Block, Cell, Clause, Enc, Expr, Name, Row, Span, TestClause } from '../ast.ts'
import { cellsOfRow } from '../cells.ts'
import { blockOf, defined, eachOf, encOf, exprOf, itemsOf, listOf, maybe, nameOf, templateOf, treeOf } from './nodes.ts'
import { currentSource, spanOf } from './source.ts'

/** A row before its words are divided among the columns. */
interface RowText {
  readonly words: readonly Cell[]
  readonly when: Expr | undefined
  readonly span: Span
}

export const clauseActions: ActionDict<unknown> = {
  Clauses: (_open, _g, clauses, _g2, _close) => itemsOf<Clause>(clauses),
  Clause(clause): Clause {
    return { ...treeOf<Clause>(clause), span: spanOf(this) }
  },
  Clause_enc: (keyword, enc) => ({ kind: keyword.sourceString, enc: encOf(enc) }),
  Clause_names: (keyword, template, value, when) => ({
    kind: keyword.sourceString,
    template: templateOf(template),
    ...defined({ value: maybe<Expr>(value), when: maybe<Expr>(when) }),
  }),
  Clause_text: (keyword, template) => ({ kind: keyword.sourceString, template: templateOf(template) }),
  Clause_is: (_is, templates) => ({ kind: 'is', templates: listOf(templates) }),
  Clause_code: (keyword, body) => ({ kind: keyword.sourceString, body: blockOf(body) }),
  Clause_taking: (keyword, param, body) => ({
    kind: keyword.sourceString,
    param: nameOf(param),
    body: blockOf(body),
  }),
  Clause_value: (keyword, value) => ({ kind: keyword.sourceString, value: exprOf(value) }),
  Clause_hardwired: (_hardwired, index, value) => ({ kind: 'hardwired', index: exprOf(index), value: exprOf(value) }),
  Clause_warl: (_warl, name, _in, values) => ({ kind: 'warl', name: nameOf(name), values: listOf<Expr>(values) }),
  Clause_readonly: (_readonly, name, value) => ({
    kind: 'readonly',
    name: nameOf(name),
    ...defined({ value: maybe<Expr>(value) }),
  }),
  Clause_marked: (keyword, names) => ({ kind: keyword.sourceString, names: listOf<Name>(names) }),
  Clause_places: (keyword, places) => ({ kind: keyword.sourceString, places: listOf<Expr>(places) }),
  Clause_through: (_through, name) => ({ kind: 'through', name: nameOf(name) }),
  Clause_when: (value) => ({ kind: 'when', value: exprOf(value) }),

  Clause_rows(_rows, columnNodes, _open, _g, rowNodes, _g2, _close) {
    const columns = eachOf<Name>(columnNodes)
    const { session } = currentSource()
    const rows = itemsOf<RowText>(rowNodes).flatMap(({ words, when, span }): Row[] => {
      if (words.length === 0) {
        session.report('E0103', span, 'a row without cells', { help: 'a cell that says nothing is `-`' })
        return []
      }
      const cells = cellsOfRow(words, columns, session)
      return cells ? [{ cells, ...defined({ when }), span }] : []
    })
    return { kind: 'rows', columns, rows }
  },
  Column: (word) => nameOf(word),
  Row_cells(words, when): RowText {
    return { words: listOf<Cell>(words), when: maybe<Expr>(when), span: spanOf(this) }
  },
  Row_bare(when): RowText {
    return { words: [], when: exprOf(when), span: spanOf(this) }
  },
  rowWords(first, _blanks, rest): readonly Cell[] {
    return [first, ...rest.children].map((word) => ({ text: word.sourceString, span: spanOf(word) }))
  },

  Test(_test, template, enc, given, _arrow, _gap, expected): TestClause {
    return {
      kind: 'test',
      template: templateOf(template),
      ...defined({ enc: maybe<Enc>(enc), given: maybe<Block>(given) }),
      expected:
        expected.ctorName === 'TestTrap'
          ? { kind: 'trap', name: treeOf<Name>(expected) }
          : { kind: 'state', block: blockOf(expected) },
      span: spanOf(this),
    }
  },
  TestBytes: (_equals, enc) => encOf(enc),
  TestTrap: (_trap, name) => nameOf(name),
}
