/** Copies of loops in a region: as many as are worth it, and the graph stays reducible. */

import { describe, expect, test } from 'vitest'
import { findDominators } from '../../runtime/jit/dominators.ts'
import { loopNumbers } from '../../runtime/jit/loops.ts'
import type { RegionNode } from '../../runtime/jit/region.ts'
import { unrollLoops } from '../../runtime/jit/unroll.ts'
import { someFlow, someWay } from './region-graph.ts'

/** Nodes of so many instructions, each with a way to each of these. */
function graph(...parts: readonly (readonly [count: number, ...to: number[]])[]): RegionNode[] {
  return parts.map(([count, ...to], at) => {
    const flow = someFlow({ count, ways: to.map(() => someWay()) })
    return { header: at, lo: at, hi: 0, flow, to: to.map((next) => [next]) }
  })
}
const dominatorsOf = (nodes: readonly RegionNode[]): ReturnType<typeof findDominators> =>
  findDominators(nodes.map(({ to }) => to.flat()))

function unrolled(nodes: RegionNode[]): RegionNode[] {
  unrollLoops(nodes, dominatorsOf(nodes))
  const { order, place, dominates } = dominatorsOf(nodes)
  for (const at of order)
    for (const next of nodes[at]!.to.flat()) if (place[next]! <= place[at]!) expect(dominates(next, at)).toBe(true)
  return nodes
}

describe('a loop is unrolled', () => {
  test('four times, its copies in turn, each with its way out', () => {
    const nodes = unrolled(graph([1, 1], [6, 2, 3], [5, 1], [1]))
    expect(nodes.map(({ to }) => to.flat())).toEqual([[1], [2, 3], [4], [], [5, 3], [6], [7, 3], [8], [9, 3], [1]])
  })
  test('fewer times where it is longer, and not at all where it is long', () => {
    expect(unrolled(graph([1, 1], [30, 1, 2], [1]))).toHaveLength(4)
    expect(unrolled(graph([1, 1], [40, 1, 2], [1]))).toHaveLength(3)
  })
  test('only where no other is in it', () => {
    const nodes = unrolled(graph([1, 1], [2, 2], [2, 2, 3], [2, 1, 4], [1]))
    expect(nodes.map(({ lo }) => lo)).toEqual([0, 1, 2, 3, 4, 2, 2, 2])
  })
  test('once a header', () => {
    expect(unrolled(graph([1, 1, 2, 3], [2, 0], [2, 0], [1]))).toHaveLength(10)
  })
})

test('loops round one header are apart where one lies within the other', () => {
  const nodes = graph([2, 0, 1], [3, 0, 2], [1])
  const [inner, outer, none] = loopNumbers({ nodes, dominators: dominatorsOf(nodes) })
  expect(none).toBe(-1)
  expect(inner).not.toBe(outer)
})
