/**
 * Typed access to Ohm's parse tree: `tree()` of a node is untyped, so each kind of node is read through one of these.
 * The grammar says which rule stands at each place; the names here say what its action returns.
 */

import type { Node } from 'ohm-js'
import type { Block, Clause, Enc, Expr, Name, Template, Type } from '../ast.ts'
import { spanOf } from './source.ts'

/** The operation that turns a parse node into its tree. */
export const TREE = 'tree'

export const treeOf = <T>(node: Node): T => node[TREE]() as T
export const exprOf = (node: Node): Expr => treeOf<Expr>(node)
export const typeOf = (node: Node): Type => treeOf<Type>(node)
export const blockOf = (node: Node): Block => treeOf<Block>(node)
export const encOf = (node: Node): Enc => treeOf<Enc>(node)
export const templateOf = (node: Node): Template => treeOf<Template>(node)
/** Of the rules List, Names, Dotteds, Templates, ParamList …: an array. */
export const listOf = <T>(node: Node): readonly T[] => treeOf<readonly T[]>(node)

/** A node of Ohm's ListOf or NonemptyListOf. */
export function itemsOf<T>(list: Node): T[] {
  return list.asIteration().children.map((child) => treeOf<T>(child))
}
/** A node under `*` or `+`. */
export function eachOf<T>(iteration: Node): T[] {
  return iteration.children.map((child) => treeOf<T>(child))
}
/** A node under `?`. */
export function maybe<T>(optional: Node): T | undefined {
  const [child] = optional.children
  return child && treeOf<T>(child)
}
/** Clauses are optional nearly everywhere. */
export function clausesOf(optional: Node): readonly Clause[] {
  return maybe<readonly Clause[]>(optional) ?? []
}
/** A name, dotted name or keyword as it stands. */
export function nameOf(node: Node): Name {
  return { text: node.sourceString, span: spanOf(node) }
}
/** Decimal, 0x or 0b, with `_` between digits. */
export function numberOf(node: Node): number {
  return Number(node.sourceString.replaceAll('_', ''))
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** Leaves out what is undefined, as exactOptionalPropertyTypes asks. */
export function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>
}
