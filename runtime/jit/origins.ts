/**
 * Where the addresses of accesses come from: when a region is made, a register that is computed in it may hold anything, while what it is computed from often is the
 * start of what will be accessed. A guess only: access-sites.ts looks whether one of these is an address of open memory.
 */

import type { Access, AccessEvent } from './access-tests.ts'
import type { RegionNode } from './region.ts'

/** The value of a register, by its word, when the region is made; or a constant. */
export type Origin =
  | { readonly kind: 'register'; readonly word: number }
  | { readonly kind: 'constant'; readonly address: number }

type Write = AccessEvent & { readonly kind: 'write' }

/** Registers that others are computed from, one after the other, at most. */
const DEPTH = 4
const MOST = 12
/** Writes of one register that are looked at. */
const WRITES = 3

/** By access, when asked: origins of its register, likely ones first. */
export function findOrigins(nodes: readonly RegionNode[]): (access: Access) => readonly Origin[] {
  // Copies of a node share what it does.
  const events = [...new Set(nodes.map(({ flow }) => flow))].flatMap((flow) => flow.events)
  const places = new Map<AccessEvent, number>()
  /** By register: places of its writes, without those that only go on from itself, as in a loop's counter. */
  const writes = new Map<number, number[]>()
  for (const [place, event] of events.entries()) {
    if (event.kind === 'access') {
      if (!places.has(event)) places.set(event, place)
    } else if (event.constant !== undefined || event.inputs.some((input) => input !== event.base)) {
      const known = writes.get(event.base)
      if (known) known.push(place)
      else writes.set(event.base, [place])
    }
  }
  /** Those before a place, the nearest first; then those behind it. */
  const near = (word: number, place: number): Write[] => {
    const known = writes.get(word) ?? []
    const behind = known.findIndex((at) => at > place)
    const split = behind < 0 ? known.length : behind
    const first = Math.max(0, split - WRITES)
    const nearest = [...known.slice(first, split).reverse(), ...known.slice(split, split + WRITES)]
    return nearest.slice(0, WRITES).map((at) => events[at] as Write)
  }
  return (access) => {
    const place = places.get(access)
    return place === undefined ? [] : trace(access.base, (word) => near(word, place))
  }
}

function trace(base: number, writes: (word: number) => readonly Write[]): Origin[] {
  const origins: Origin[] = []
  const seen = new Set([base])
  let waiting = [base]
  for (let depth = 0; depth < DEPTH && origins.length < MOST; depth++) {
    const next: number[] = []
    for (const { constant, inputs } of waiting.flatMap(writes)) {
      if (constant !== undefined) origins.push({ kind: 'constant', address: constant })
      for (const input of inputs) {
        if (seen.has(input)) continue
        seen.add(input)
        next.push(input)
        origins.push({ kind: 'register', word: input })
      }
    }
    waiting = next
  }
  return origins
}
