/** Natural loops of a region: what a loop header dominates and what leads back to it. */

import { codeAddress } from '../decode-block.ts'
import type { Region, RegionNode } from './region.ts'

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
  const body = reaching(predecessors(region), 0, predecessors(region)[0]!)
  return body.size === 1 && !region.isLoop[0] ? undefined : Math.min(...[...body].map((at) => addressOf(nodes[at]!)))
}

/** Loops that contain the block at an address of code, innermost first. */
export function loopsAround(region: Region, address: number): Loop[] {
  const { nodes, order, dominators, isLoop } = region
  const { place, dominates } = dominators
  const before = predecessors(region)
  const loops = order.flatMap((header) => {
    if (!isLoop[header]) return []
    const back = before[header]!.filter((from) => place[from]! >= place[header]! && dominates(header, from))
    const body = reaching(before, header, back)
    const blocks = new Set([...body].map((at) => addressOf(nodes[at]!)))
    return blocks.has(address) ? [{ header: addressOf(nodes[header]!), blocks }] : []
  })
  return loops.sort((a, b) => a.blocks.size - b.blocks.size)
}

const addressOf = ({ lo, hi }: RegionNode): number => codeAddress(lo, hi)

function predecessors({ nodes, order }: Region): number[][] {
  const before: number[][] = nodes.map(() => [])
  for (const at of order) for (const next of nodes[at]!.to.flat()) before[next]!.push(at)
  return before
}

/** `end`, and all that leads to some of `last` without going through `end`. */
function reaching(before: readonly (readonly number[])[], end: number, last: readonly number[]): Set<number> {
  const found = new Set([end])
  const waiting = [...last]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (found.has(at)) continue
    found.add(at)
    waiting.push(...before[at]!)
  }
  return found
}
