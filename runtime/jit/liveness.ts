/**
 * Which registers' locals hold something that is still needed (live), and which differ from memory (dirty), at the start of each node of a region. Calls and
 * exits store what is dirty; behind a call, as at the entry, what is live is loaded. A node that may leave keeps all that is dirty alive.
 */

import type { RegisterMask } from './flow-recorder.ts'
import type { Region } from './region.ts'

export interface Liveness {
  readonly liveIn: readonly RegisterMask[]
  readonly dirtyIn: readonly RegisterMask[]
}

export function findLiveness({ nodes, order, isCheck }: Region): Liveness {
  const dirtyIn = nodes.map(() => 0n)
  for (let changed = true; changed; ) {
    changed = false
    for (const at of order) {
      const node = nodes[at]!
      for (const [number, way] of node.flow.ways.entries()) {
        if (way.hint === 'call') continue
        const dirty = dirtyIn[at]! | way.dirty
        for (const next of node.to[number]!) {
          if ((dirty & ~dirtyIn[next]!) === 0n) continue
          dirtyIn[next]! |= dirty
          changed = true
        }
      }
    }
  }
  const liveIn = nodes.map(() => 0n)
  for (let changed = true; changed; ) {
    changed = false
    for (let place = order.length - 1; place >= 0; place--) {
      const at = order[place]!
      const node = nodes[at]!
      const { uses, exitAssigned, ways } = node.flow
      let live = uses
      if (isCheck[at]) live |= dirtyIn[at]!
      else if (exitAssigned !== undefined) live |= dirtyIn[at]! & ~exitAssigned
      for (const [number, way] of ways.entries()) {
        const nexts = node.to[number]!
        // A way out of the region, or one of a computed jump's, stores what is dirty.
        if (way.hint === 'call' || way.kind === 'computed' || nexts.length === 0) live |= dirtyIn[at]! & ~way.assigned
        if (way.hint !== 'call') for (const next of nexts) live |= liveIn[next]! & ~way.assigned
      }
      if (live === liveIn[at]) continue
      liveIn[at] = live
      changed = true
    }
  }
  return { liveIn, dirtyIn }
}
