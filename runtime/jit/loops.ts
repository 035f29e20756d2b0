/** Natural loops of a region: what a loop header dominates and what leads back to it. */

import { codeAddress } from '../decode-block.ts'
import type { Dominators } from './dominators.ts'
import type { Region, RegionNode } from './region.ts'

/** A flow graph of which dominators are known. */
export type Graph = Pick<Region, 'nodes' | 'dominators'>

export interface Loop {
  /** Addresses of code of its header, and of all blocks in it. */
  readonly header: number
  readonly blocks: ReadonlySet<number>
}

/**
 * Lowest address of code among the blocks that lead back to the region's entry: where the outermost loop round the entry begins, as code is usually laid out.
 * undefined when nothing leads back.
 */
export function outermostLoop(region: Region): number | undefined {
  const { nodes } = region
  const before = predecessors(region)
  const body = reaching(before, 0, before[0]!)
  return body.size === 1 && !region.isLoop[0] ? undefined : Math.min(...[...body].map((at) => addressOf(nodes[at]!)))
}

/** Loops that contain the block at an address of code, innermost first. */
export function loopsAround(region: Region, address: number): Loop[] {
  const { nodes } = region
  return naturalLoops(region).flatMap(({ header, body }) => {
    const blocks = new Set([...body].map((at) => addressOf(nodes[at]!)))
    return blocks.has(address) ? [{ header: addressOf(nodes[header]!), blocks }] : []
  })
}

const addressOf = ({ lo, hi }: RegionNode): number => codeAddress(lo, hi)

/** Numbers of nodes: the header, and all in the loop. */
interface NaturalLoop {
  readonly header: number
  readonly body: ReadonlySet<number>
}

/** Those without another loop in them. */
export function innermostLoops(graph: Graph): NaturalLoop[] {
  const loops = naturalLoops(graph)
  return loops.filter(
    (loop) => !loops.some((other) => other !== loop && loop.body.has(other.header) && isWithin(other.body, loop.body)),
  )
}

/** By node: a number of the innermost loop that it is in, −1 outside of loops. */
export function loopNumbers(graph: Graph): number[] {
  const numbers = graph.nodes.map(() => -1)
  for (const [number, { body }] of naturalLoops(graph).reverse().entries()) for (const at of body) numbers[at] = number
  return numbers
}

/** Headers of loops in which something is called. */
export function loopsWithCalls(graph: Graph): Set<number> {
  const calls = ({ flow }: RegionNode): boolean => flow.ways.some(({ hint }) => hint === 'call')
  const loops = naturalLoops(graph).filter(({ body }) => [...body].some((at) => calls(graph.nodes[at]!)))
  return new Set(loops.map(({ header }) => header))
}

/**
 * Small ones first. Ways back to one header from here and there are one loop, but a loop within what another way back goes by is a loop of its own: where a
 * region starts with an inner loop, the outer one goes back to the same node.
 */
function naturalLoops(graph: Graph): NaturalLoop[] {
  const { order } = graph.dominators
  const before = predecessors(graph)
  const loops = order.flatMap((header) => {
    const back = waysBack(graph.dominators, before, header)
    const bodies: Set<number>[] = []
    for (const body of back.map((from) => reaching(before, header, [from])).sort((a, b) => a.size - b.size)) {
      const crossing = bodies.find(
        (other) => [...other].some((at) => at !== header && body.has(at)) && !isWithin(other, body),
      )
      if (crossing) for (const at of body) crossing.add(at)
      else if (!bodies.some((other) => other.size === body.size && isWithin(other, body))) bodies.push(body)
    }
    return bodies.map((body) => ({ header, body }))
  })
  return loops.sort((a, b) => a.body.size - b.body.size)
}

function isWithin(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  return [...a].every((at) => b.has(at))
}

/** Nodes that jump back to a node; none where it is no loop's header. */
export function waysBack(
  { place, dominates }: Dominators,
  before: readonly (readonly number[])[],
  header: number,
): number[] {
  return before[header]!.filter((from) => place[from]! >= place[header]! && dominates(header, from))
}

export function predecessors({ nodes, dominators }: Graph): number[][] {
  const before: number[][] = nodes.map(() => [])
  for (const at of dominators.order) for (const next of nodes[at]!.to.flat()) before[next]!.push(at)
  return before
}

/** `end`, and all that leads to some of `last` without going through `end`. */
export function reaching(before: readonly (readonly number[])[], end: number, last: readonly number[]): Set<number> {
  const found = new Set([end])
  const waiting = [...last]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (found.has(at)) continue
    found.add(at)
    waiting.push(...before[at]!)
  }
  return found
}
