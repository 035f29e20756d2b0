/**
 * Where control may come into the middle of a region: at the loops in it. When fuel ended in a loop, or other code goes on there, the region is called with the
 * number of that loop, and hands control on from each loop to the one in it, up to where it is wanted (region-compiler.ts). In: a region's graph of one-entry loops. Out: the loops as a
 * tree, and the ways for it, which dominators have to know of.
 */

import { type Graph, predecessors, reaching, waysBack } from './loops.ts'

export interface Entries {
  /** Headers of loops that can be entered; the number of an entry is its place here. */
  readonly headers: readonly number[]
  /** By node: headers of the loops that it hands control on to, right inside its own. The region's entry has the outermost ones. */
  readonly inner: readonly (readonly number[])[]
  /** By node, where it has inner ones: for each number of an entry, the place in `inner` of the loop that leads there, or −1. */
  readonly way: readonly (readonly number[])[]
}

/** More loops than that are not entered: each has a function of its own. */
const MOST_ENTRIES = 48

export const NO_ENTRIES: Entries = { headers: [], inner: [], way: [] }

export function findEntries(graph: Graph): Entries {
  const { nodes } = graph
  const { order } = graph.dominators
  const before = predecessors(graph)
  const loops = order.flatMap((header) => {
    const back = waysBack(graph.dominators, before, header)
    return back.length === 0 ? [] : [{ header, body: reaching(before, header, back) }]
  })
  const headers = loops.flatMap(({ header }) => (header === 0 ? [] : [header])).slice(0, MOST_ENTRIES)
  // Outer loops come first in `order`, so the last one that has a header is the innermost.
  const parents = headers.map(
    (header) => loops.findLast((loop) => loop.header !== header && loop.body.has(header))?.header ?? 0,
  )
  const inner: number[][] = nodes.map(() => [])
  const way: number[][] = nodes.map(() => [])
  for (const [number, header] of headers.entries()) inner[parents[number]!]!.push(header)
  for (const [number, header] of headers.entries()) {
    for (let at = header; at !== 0; ) {
      const parent = parents[headers.indexOf(at)]!
      if (way[parent]!.length === 0) way[parent] = headers.map(() => -1)
      way[parent]![number] = inner[parent]!.indexOf(at)
      at = parent
    }
  }
  return { headers, inner, way }
}
