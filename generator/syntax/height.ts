/**
 * Bounds the height of a tree: brackets are counted before parsing, but `a + a + a + …` and `else if` chains make deep
 * trees without any. Later passes recurse over trees, so what passes here cannot run them out of stack.
 */

import type { Span } from './ast.ts'

/** Counted in objects from the root down; an operator is one level. Real specs stay below 60. */
export const MAX_HEIGHT = 500

/** Where the tree grows too high, or undefined. */
export function deepestSpan(root: object): Span | undefined {
  let level: object[] = [root]
  let above: Span | undefined
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_HEIGHT) return above
    const below: object[] = []
    for (const node of level) collectChildren(node, below)
    above = level.map(spanOf).find((span) => span !== undefined) ?? above
    level = below
  }
  return undefined
}

/** The objects directly below; those in a list count as directly below. */
function collectChildren(node: object, out: object[]): void {
  for (const [key, value] of Object.entries(node)) {
    if (key === 'span' || typeof value !== 'object' || value === null) continue
    if (Array.isArray(value)) collectChildren(value, out)
    else out.push(value)
  }
}

function spanOf(node: object): Span | undefined {
  if (!('span' in node) || typeof node.span !== 'object' || node.span === null) return undefined
  return 'start' in node.span ? (node.span as Span) : undefined
}
