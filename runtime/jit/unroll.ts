/**
 * Unrolling: the body of a small innermost loop is written several times, one after the other, each with all its ways out. So the tests of fuel and of the
 * host's stack, and jumps back, come once for several rounds, and accesses of all rounds share their tests (access-tests.ts).
 */

import type { Dominators } from './dominators.ts'
import { innermostLoops } from './loops.ts'
import type { RegionNode } from './region.ts'

/** Instructions of an unrolled loop, and rounds in it, at most. */
const LENGTH = 64
const ROUNDS = 4

/** Adds copies of nodes to `nodes`; gives whether there are any. */
export function unrollLoops(nodes: RegionNode[], dominators: Dominators): boolean {
  const before = nodes.length
  // Two loops round one header, each with copies of it, would be entered in their middles.
  const headers = new Set<number>()
  for (const { header, body } of innermostLoops({ nodes, dominators })) {
    const own = [...body]
    const length = own.reduce((sum, at) => sum + nodes[at]!.flow.count, 0)
    const rounds = Math.min(ROUNDS, Math.floor(LENGTH / length))
    const isPlain = own.every((at) =>
      nodes[at]!.flow.ways.every(
        ({ kind, hint }, way) => nodes[at]!.to[way]!.length === 0 || (kind === 'known' && hint !== 'call'),
      ),
    )
    if (rounds < 2 || !isPlain || headers.has(header)) continue
    headers.add(header)
    unroll(nodes, header, own, rounds)
  }
  return nodes.length > before
}

function unroll(nodes: RegionNode[], header: number, body: readonly number[], rounds: number): void {
  // By round: the number of each node of the body.
  const numbers = Array.from({ length: rounds }, (_, round) => {
    const first = nodes.length + (round - 1) * body.length
    return new Map(body.map((at, place) => [at, round === 0 ? at : first + place]))
  })
  const texts = body.map((at) => nodes[at]!)
  const ways = texts.map(({ to }) => to.map((nexts) => [...nexts]))
  for (const [round, own] of numbers.entries()) {
    const following = numbers[(round + 1) % rounds]!
    for (const [place, at] of body.entries()) {
      const to = ways[place]!.map((nexts) => nexts.map((next) => (next === header ? following : own).get(next) ?? next))
      if (round === 0) nodes[at] = { ...texts[place]!, to }
      else nodes.push({ ...texts[place]!, to })
    }
  }
}
