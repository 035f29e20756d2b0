/**
 * Loops with several entries get one: *controlled node splitting* (Janssen and Corporaal, "Making graphs reducible with controlled node splitting", TOPLAS 1997). One entry
 * stays the loop's header; of what the others reach in the loop before they come to it, there are copies outside the loop, and the ways that came in there lead to these. The
 * header is chosen so that little is copied.
 */

import { type Dominators, findDominators } from './dominators.ts'
import type { Way } from './flow-recorder.ts'
import type { RegionLimits, RegionNode } from './region.ts'

/** Loops that are mended in one region. */
const MOST = 24

const isComputedJump = ({ kind, hint }: Way): boolean => kind === 'computed' && hint !== 'call'

/**
 * Copies nodes, or cuts ways, until each jump back goes to a node that dominates where it comes from. Where code jumps from each of many places to each
 * of many, as threaded interpreters do, copies would never end, and what is in reach is far too much: there computed jumps leave the region.
 */
export function makeReducible(nodes: RegionNode[], limits: RegionLimits): Dominators {
  let budget = limits.instructions >> 2
  for (let round = 0; ; round++) {
    const dominators = findDominators(nodes.map(({ to }) => to.flat()))
    const bad = waysIntoMiddles(nodes, dominators)
    if (bad.length === 0) return dominators
    if (bad.some(({ from, way }) => isComputedJump(nodes[from]!.flow.ways[way]!))) {
      for (const { flow, to } of nodes) {
        for (const [number, way] of flow.ways.entries()) if (isComputedJump(way)) to[number] = []
      }
      continue
    }
    const split = round < MOST ? planSplit(nodes, dominators) : undefined
    if (split && split.cost <= budget) {
      budget -= split.cost
      copy(nodes, split)
    } else
      for (const { from, way, next } of bad) nodes[from]!.to[way] = nodes[from]!.to[way]!.filter((one) => one !== next)
  }
}

interface BadWay {
  readonly from: number
  readonly way: number
  readonly next: number
}

/** Jumps back to what does not dominate where they come from. */
function waysIntoMiddles(nodes: readonly RegionNode[], { order, place, dominates }: Dominators): BadWay[] {
  return order.flatMap((from) =>
    nodes[from]!.to.flatMap((nexts, way) =>
      nexts
        .filter((next) => place[next]! <= place[from]! && !dominates(next, from))
        .map((next) => ({ from, way, next })),
    ),
  )
}

interface Split {
  /** All nodes of the loop; those to be copied. */
  readonly loop: ReadonlySet<number>
  readonly copied: ReadonlySet<number>
  /** Instructions in copies. */
  readonly cost: number
}

/** Of the outermost loop with several entries, or the first of these. */
function planSplit(nodes: readonly RegionNode[], { order }: Dominators): Split | undefined {
  const waiting: (readonly number[])[] = [order]
  const before = nodes.map((): number[] => [])
  for (const at of order) for (const next of nodes[at]!.to.flat()) before[next]!.push(at)
  for (let within = waiting.pop(); within; within = waiting.pop()) {
    for (const loop of loopsIn(nodes, new Set(within))) {
      const entries = [...loop].filter((at) => at === 0 || before[at]!.some((from) => !loop.has(from)))
      if (entries.length > 1) return cheapest(nodes, loop, entries)
      waiting.push([...loop].filter((at) => at !== entries[0]))
    }
  }
  return undefined
}

/** Strongly connected components with a cycle, of the graph of these nodes (Tarjan 1972). */
function loopsIn(nodes: readonly RegionNode[], within: ReadonlySet<number>): ReadonlySet<number>[] {
  const loops: ReadonlySet<number>[] = []
  const numbers = new Map<number, number>()
  const open: number[] = []
  const isOpen = new Set<number>()
  const visit = (at: number): number => {
    const own = numbers.size
    let lowest = own
    numbers.set(at, own)
    open.push(at)
    isOpen.add(at)
    const nexts = nodes[at]!.to.flat().filter((next) => within.has(next))
    for (const next of nexts) {
      const number = numbers.get(next)
      if (number === undefined) lowest = Math.min(lowest, visit(next))
      else if (isOpen.has(next)) lowest = Math.min(lowest, number)
    }
    if (lowest < own) return lowest
    const component = new Set(open.splice(open.indexOf(at)))
    for (const one of component) isOpen.delete(one)
    if (component.size > 1 || nexts.includes(at)) loops.push(component)
    return lowest
  }
  for (const at of within) if (!numbers.has(at)) visit(at)
  return loops
}

function cheapest(nodes: readonly RegionNode[], loop: ReadonlySet<number>, entries: readonly number[]): Split {
  // The region's own entry cannot be copied.
  const headers = entries.includes(0) ? [0] : entries
  const splits = headers.map((header): Split => {
    const copied = new Set<number>()
    const waiting = entries.filter((at) => at !== header)
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (copied.has(at)) continue
      copied.add(at)
      waiting.push(...nodes[at]!.to.flat().filter((next) => next !== header && loop.has(next)))
    }
    const cost = [...copied].reduce((sum, at) => sum + nodes[at]!.flow.count, 0)
    return { loop, copied, cost }
  })
  return splits.reduce((least, split) => (split.cost < least.cost ? split : least))
}

function copy(nodes: RegionNode[], { loop, copied }: Split): void {
  const numbers = new Map([...copied].map((at, place) => [at, nodes.length + place]))
  const redirected = (to: readonly (readonly number[])[]): number[][] =>
    to.map((nexts) => nexts.map((next) => numbers.get(next) ?? next))
  for (const [at, node] of nodes.entries()) {
    if (loop.has(at)) continue
    for (const [way, nexts] of redirected(node.to).entries()) node.to[way] = nexts
  }
  for (const at of copied) nodes.push({ ...nodes[at]!, to: redirected(nodes[at]!.to) })
}
