/** Natural loops of a region: what a loop header dominates and what leads back to it. */

import type { Region } from './region.ts'

export interface Loop {
  /** Guest address (low half) of its header, and of all blocks in it. */
  readonly header: number
  readonly blocks: ReadonlySet<number>
}

/** Loops that contain the block at an address (low half), innermost first. */
export function loopsAround(region: Region, lo: number): Loop[] {
  const { nodes, order, dominators, isLoop } = region
  const { place, dominates } = dominators
  const before: number[][] = nodes.map(() => [])
  for (const at of order) for (const next of nodes[at]!.to.flat()) before[next]!.push(at)
  const loops = order.flatMap((header) => {
    if (!isLoop[header]) return []
    const body = new Set([header])
    const waiting = before[header]!.filter((from) => place[from]! >= place[header]! && dominates(header, from))
    for (let from = waiting.pop(); from !== undefined; from = waiting.pop()) {
      if (body.has(from)) continue
      body.add(from)
      waiting.push(...before[from]!)
    }
    const blocks = new Set([...body].map((at) => nodes[at]!.lo))
    return blocks.has(lo) ? [{ header: nodes[header]!.lo, blocks }] : []
  })
  return loops.sort((a, b) => a.blocks.size - b.blocks.size)
}
