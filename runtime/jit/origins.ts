/**
 * Where the addresses of accesses come from: when a region is made, a register that is computed in it may hold anything, while what it is computed from often is the
 * start of what will be accessed. A guess only: access-sites.ts looks whether one of these is an address of open memory.
 *
 * In: a region. Out: by access, what a walk backwards from it meets: from each register to what wrote it last on the ways there, and from that to its inputs.
 */

import type { Access, AccessEvent } from './access-tests.ts'
import { predecessors } from './loops.ts'
import type { Region } from './region.ts'

/** The value of a register, by its word, when the region is made; or a constant. */
export type Origin =
  | { readonly kind: 'register'; readonly word: number }
  | { readonly kind: 'constant'; readonly address: number }

/** Nodes that a walk goes through, for all registers together. */
const MOST_VISITS = 48

/** A register, and how many events of a node come before what asks for it. */
interface Visit {
  readonly word: number
  readonly node: number
  readonly events: number
}

/**
 * By access, when asked: origins of its register, likely ones first. That is constants, and registers that one place at most writes, so that they mostly hold what they will hold
 * there; then the others; of each the nearest first.
 */
export function findOrigins({
  nodes,
  dominators,
}: Pick<Region, 'nodes' | 'dominators'>): (access: Access) => readonly Origin[] {
  const before = predecessors({ nodes, dominators })
  const places = new Map<AccessEvent, Visit>()
  /** By register: places that write it, without those that only go on from itself, as in a loop's counter. */
  const writes = new Map<number, Set<AccessEvent>>()
  for (const node of dominators.order) {
    for (const [events, event] of nodes[node]!.flow.events.entries()) {
      if (event.kind === 'access') {
        // Copies of a node share what it does.
        if (!places.has(event)) places.set(event, { word: event.base, node, events })
      } else if (event.constant !== undefined || event.inputs.some((input) => input !== event.base)) {
        const known = writes.get(event.base)
        if (known) known.add(event)
        else writes.set(event.base, new Set([event]))
      }
    }
  }
  const isSteady = (origin: Origin): boolean => origin.kind === 'constant' || (writes.get(origin.word)?.size ?? 0) <= 1

  const walk = (start: Visit): Origin[] => {
    const origins: Origin[] = []
    const found = new Set<number>()
    const seen = new Set<string>()
    const waiting: Visit[] = []
    const visit = (word: number, node: number, events: number): void => {
      if (!found.has(word)) origins.push({ kind: 'register', word })
      found.add(word)
      waiting.push({ word, node, events })
    }
    visit(start.word, start.node, start.events)
    for (let visits = 0; visits < waiting.length && visits < MOST_VISITS; visits++) {
      const { word, node, events } = waiting[visits]!
      const write = nodes[node]!.flow.events.findLastIndex(
        (event, place) => place < events && event.kind === 'write' && event.base === word,
      )
      const event = nodes[node]!.flow.events[write]
      if (event?.kind === 'write') {
        if (event.constant !== undefined) origins.push({ kind: 'constant', address: event.constant })
        for (const input of event.inputs) visit(input, node, write)
        continue
      }
      for (const from of before[node]!) {
        const key = `${from} ${word}`
        if (seen.has(key)) continue
        seen.add(key)
        visit(word, from, nodes[from]!.flow.events.length)
      }
    }
    return origins
  }
  return (access) => {
    const place = places.get(access)
    const origins = place ? walk(place) : []
    return [...origins.filter(isSteady), ...origins.filter((origin) => !isSteady(origin))]
  }
}
