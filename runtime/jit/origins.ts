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
const MOST = 6

/** By access: origins of its register, likely ones first. */
export function findOrigins(nodes: readonly RegionNode[]): ReadonlyMap<Access, readonly Origin[]> {
  const somewhere = new Map<number, Write>()
  for (const { flow } of nodes)
    for (const event of flow.events) if (event.kind === 'write') somewhere.set(event.base, event)
  const found = new Map<Access, readonly Origin[]>()
  for (const { flow } of nodes) {
    const here = new Map<number, Write>()
    for (const event of flow.events) {
      if (event.kind === 'write') here.set(event.base, event)
      else if (!found.has(event))
        found.set(
          event,
          trace(event.base, (word) => here.get(word) ?? somewhere.get(word)),
        )
    }
  }
  return found
}

function trace(base: number, lastWrite: (word: number) => Write | undefined): Origin[] {
  const origins: Origin[] = []
  const seen = new Set([base])
  let waiting = [base]
  for (let depth = 0; depth < DEPTH && origins.length < MOST; depth++) {
    const next: number[] = []
    for (const word of waiting) {
      const write = lastWrite(word)
      if (write?.constant !== undefined) origins.push({ kind: 'constant', address: write.constant })
      for (const input of write?.inputs ?? []) {
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
