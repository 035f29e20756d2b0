/** Loops with several entries get one: in graphs made by hand, and at random. */

import { describe, expect, test } from 'vitest'
import { findDominators } from '../../runtime/jit/dominators.ts'
import { makeReducible } from '../../runtime/jit/reducible.ts'
import type { RegionNode } from '../../runtime/jit/region.ts'
import { random as createRandom } from './random.ts'
import { someFlow, someWay } from './region-graph.ts'

const limits = { instructions: 2000, nodes: 500 }

/** Nodes of so many instructions, each with a way to each of these. */
function graph(...parts: readonly (readonly [count: number, ...to: number[]])[]): RegionNode[] {
  return parts.map(([count, ...to], at) => {
    const flow = someFlow({ count, ways: to.map(() => someWay()) })
    return { header: at, lo: at, hi: 0, flow, to: to.map((next) => [next]) }
  })
}

/** What of it is reached, as header → headers; nothing jumps back to what does not dominate it. */
function mended(nodes: RegionNode[], most = limits): string[] {
  const { order, place, dominates } = makeReducible(nodes, most)
  expect(order).toEqual(findDominators(nodes.map(({ to }) => to.flat())).order)
  for (const at of order)
    for (const next of nodes[at]!.to.flat()) if (place[next]! <= place[at]!) expect(dominates(next, at)).toBe(true)
  return order.map((at) => [nodes[at]!.header, ...nodes[at]!.to.flat().map((next) => nodes[next]!.header)].join(' '))
}

describe('a loop with two entries', () => {
  test('keeps that which costs least, and what the other reaches before is copied', () => {
    // 0 goes to 1 or 2; 1 → 2 → 3 → 1. With 1 as the header, 2 and 3 are copied, 12 instructions; with 2 only 1.
    const nodes = graph([1, 1, 2], [9, 2], [9, 3], [9, 1, 4], [1])
    expect(mended(nodes).toSorted()).toEqual(['0 1 2', '1 2', '1 2', '2 3', '3 1 4', '4'])
  })
  test('keeps the entry of the region', () => {
    const nodes = graph([9, 1], [9, 0, 2], [1])
    expect(mended(nodes)).toEqual(['0 1', '1 0 2', '2'])
    // Two loops in one: 0 ↔ 1 and 1 ↔ 2, which is entered at 2 as well.
    expect(mended(graph([9, 1, 2], [9, 0, 2], [9, 1])).toSorted()).toContain('0 1 2')
  })
  test('within another loop', () => {
    const nodes = graph([1, 1], [1, 2, 3], [5, 3], [5, 2, 4], [1, 1, 5], [1])
    const after = mended(nodes)
    expect(after).toHaveLength(7)
    expect(new Set(after)).toEqual(new Set(['0 1', '1 2 3', '2 3', '3 2 4', '4 1 5', '5']))
  })
  test('loses a way where copies would be too large', () => {
    const nodes = graph([1, 1, 2], [900, 2], [900, 1, 3], [1])
    expect(mended(nodes).map((line) => line.split(' ')[0])).toHaveLength(4)
    expect(nodes).toHaveLength(4)
  })
})

test('computed jumps from many places to many leave the region', () => {
  const nodes = graph([1, 1, 2, 3], [1, 1, 2, 3], [1, 1, 2, 3], [1, 1, 2, 3]).map((node) => ({
    ...node,
    flow: someFlow({ count: 1, ways: [{ ...someWay(), kind: 'computed' as const }] }),
    to: [node.to.flat()],
  }))
  expect(mended(nodes)).toEqual(['0'])
})

test.each([1, 2, 3, 4, 5, 6])('copies go on as what they are copies of (seed %i)', (seed) => {
  const random = createRandom(seed)
  for (let round = 0; round < 100; round++) {
    const size = 2 + random.below(14)
    const parts = Array.from({ length: size }, (): [number, ...number[]] => [
      1 + random.below(20),
      ...Array.from({ length: 1 + random.below(2) }, () => random.below(size)),
    ])
    const nodes = graph(...parts)
    const budget = random.below(3) === 0 ? 100 : 100_000
    mended(nodes, { instructions: budget, nodes: 500 })
    let copied = 0
    for (const [at, { header, to }] of nodes.entries()) {
      if (at >= size) copied += parts[header]![0]
      for (const [way, nexts] of to.entries()) {
        if (budget === 100_000) expect(nexts).toHaveLength(1)
        for (const next of nexts) expect(nodes[next]!.header).toBe(parts[header]![way + 1])
      }
    }
    expect(copied).toBeLessThanOrEqual(budget >> 2)
  }
})
