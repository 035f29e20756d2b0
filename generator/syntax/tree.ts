/**
 * From Ohm's parse tree to the syntax tree: one operation of all the actions. In: a successful match and where its text
 * stands in the file. Out: the tree of the start rule.
 */

import type { MatchResult, Semantics } from 'ohm-js'
import { clauseActions } from './actions/clauses.ts'
import { encodingActions } from './actions/encodings.ts'
import { expressionActions } from './actions/expressions.ts'
import { itemActions } from './actions/items.ts'
import { TREE } from './actions/nodes.ts'
import { type Source, withSource } from './actions/source.ts'
import { statementActions } from './actions/statements.ts'
import { isaGrammar } from './grammar.ts'

let semantics: Semantics | undefined

/** `T` is what the action of the match's start rule returns. */
export function buildTree<T>(match: MatchResult, source: Source): T {
  semantics ??= isaGrammar()
    .createSemantics()
    .addOperation<unknown>(TREE, {
      ...itemActions,
      ...clauseActions,
      ...encodingActions,
      ...statementActions,
      ...expressionActions,
    })
  const built = semantics
  return withSource(source, () => built(match)[TREE]() as T)
}
