/** Actions for blocks and statements. */

import type { ActionDict } from 'ohm-js'
import type { Block, Expr, Name, Stmt, Type } from '../ast.ts'
import { blockOf, defined, exprOf, itemsOf, listOf, maybe, nameOf, treeOf } from './nodes.ts'
import { spanOf } from './source.ts'

type LetBody = Omit<Stmt & { readonly kind: 'let' }, 'span'>

export const statementActions: ActionDict<unknown> = {
  Block(_open, _g, statements, _g2, _close): Block {
    return { statements: itemsOf<Stmt>(statements), span: spanOf(this) }
  },
  Stmt(statement): Stmt {
    return { ...treeOf<Stmt>(statement), span: spanOf(this) }
  },
  Stmt_word: (_word, statement) => treeOf(statement),
  WordStmt_var(_var, name, type, value) {
    return { kind: 'var', name: nameOf(name), ...defined({ type: maybe<Type>(type) }), value: exprOf(value) }
  },
  WordStmt_for(_for, name, _in, range, body) {
    return { kind: 'for', name: nameOf(name), range: exprOf(range), body: blockOf(body) }
  },
  WordStmt_value(keyword, value) {
    return { kind: keyword.sourceString, value: exprOf(value) }
  },
  WordStmt_trap(_trap, name, call) {
    return { kind: 'trap', name: nameOf(name), args: maybe<{ args: readonly Expr[] }>(call)?.args ?? [] }
  },
  WordStmt_bare(keyword) {
    return { kind: keyword.sourceString }
  },
  WordStmt_atomic(_atomic, body) {
    return { kind: 'atomic', body: blockOf(body) }
  },
  Stmt_expr(expr, init) {
    const value = maybe<Expr>(init)
    return value ? { kind: 'assign', target: exprOf(expr), value } : { kind: 'value', value: exprOf(expr) }
  },
  /** Shared by statements and clauses, which add their span. */
  Let(_let, names, type, value): LetBody {
    return {
      kind: 'let',
      ...treeOf<{ names: readonly Name[]; tuple: boolean }>(names),
      ...defined({ type: maybe<Type>(type) }),
      value: exprOf(value),
    }
  },
  LetNames_tuple: (_open, _g, names, _g2, _close) => ({ names: listOf<Name>(names), tuple: true }),
  LetNames_one: (name) => ({ names: [nameOf(name)], tuple: false }),
}
