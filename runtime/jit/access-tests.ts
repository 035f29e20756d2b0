/**
 * Which loads and stores of a region need a test, and of how much. Accesses at one register plus offsets are tested together, at the first of them: a struct or a
 * stack frame costs one compare; and what was tested on every way to a place, with the register unchanged, is not tested there again.
 *
 * In: a region whose nodes know their accesses in order, and a guess at where each probably goes. Out: by node and access, what to write. A test
 * that fails leaves before the instruction, so testing more than the path will need costs time at worst (and access-sites.ts learns from it).
 */

import type { OpenRange } from './memory-access.ts'
import type { Region } from './region.ts'

/** What a run does that concerns tests, in order: an access at `base` (a register's word) plus `offset`, or the writing of a register. */
export type AccessEvent =
  | {
      readonly kind: 'access'
      /** Low half of the instruction's address: names the site. */
      readonly pc: number
      readonly base: number
      readonly offset: number
      /** Bytes. */
      readonly size: number
      readonly what: AccessKind
      /** Every path through the run comes by. */
      readonly sure: boolean
    }
  | {
      readonly kind: 'write'
      readonly base: number
      /** As the sum of a register and a constant. */
      readonly from?: { readonly base: number; readonly offset: number }
      /** What it is computed from: registers, none where it is loaded; a constant, where it is one of 32 bits. */
      readonly inputs: readonly number[]
      readonly constant?: number
      /** It is the sign-extension of 32 bits if the values of these registers are; absent where that is not known. */
      readonly signedIf?: readonly number[]
    }
export type Access = AccessEvent & { readonly kind: 'access' }
export type AccessKind = 'read' | 'write'

/** Bytes at base + first … base + end − 1; those of stores may be read, too. */
interface Reach {
  readonly first: number
  readonly end: number
  readonly what: AccessKind
}
export type AccessTest =
  /** Known to be allowed. */
  | { readonly kind: 'none' }
  /** All of these bytes are compared with the range at once. */
  | ({ readonly kind: 'range'; readonly range: OpenRange } & Reach)
  /** Each time the page is asked. */
  | { readonly kind: 'page' }

/** The range in which an access, and others at the same register, probably are; undefined where that was wrong too often, or nothing is known. */
export type Guess = (access: Access, what: AccessKind) => (OpenRange & { readonly alone?: true }) | undefined

/** Most bytes that one test covers. */
const REACH = 2048
/** Offsets beyond are not put into accesses: GUEST lies higher, and 2^32 as far above the largest memory. */
const FAR = 1 << 24
/** Rounds in which a fact may get smaller at the start of a loop: one that moves with a register does so each time round. After those it is gone instead. */
const SHRINKING = 3
/** Rounds until facts settle; more happen only in odd graphs, which are then tested node by node. */
const MAX_ROUNDS = 16

/** Known to be allowed at a register: of a range that starts at `start`. */
interface Fact extends Reach {
  readonly start: number
}
type Facts = ReadonlyMap<number, Fact>
const NOTHING: Facts = new Map()

/** Events that are looked at for what a test could cover. */
const FORESIGHT = 200

/** Unless `together`, each access is tested by itself. */
export function planTests(
  { nodes, order, chain, isLoop, entries }: Pick<Region, 'nodes' | 'order' | 'chain' | 'isLoop' | 'entries'>,
  guess: Guess,
  together: boolean,
): readonly (readonly AccessTest[])[] {
  if (!together) {
    const alone = (event: AccessEvent): AccessEvent => (event.kind === 'access' ? { ...event, sure: false } : event)
    return nodes.map(({ flow }) => walk(flow.events.map(alone), [], NOTHING, guess).tests)
  }
  const following = nodes.map((_, at) => {
    const events: AccessEvent[] = []
    for (let next = chain[at]!; next >= 0 && events.length < FORESIGHT; next = chain[next]!)
      events.push(...nodes[next]!.flow.events)
    return events
  })
  const walkNode = (at: number, before: Facts): Walked => walk(nodes[at]!.flow.events, following[at]!, before, guess)
  const facts = settle({ nodes, order, isLoop, entries }, walkNode)
  return nodes.map((_, at) => walkNode(at, facts[at] ?? NOTHING).tests)
}

/** What is known at the start of each node. */
function settle(
  { nodes, order, isLoop, entries }: Pick<Region, 'nodes' | 'order' | 'isLoop' | 'entries'>,
  walkNode: (at: number, before: Facts) => Walked,
): (Facts | undefined)[] {
  const known: (Facts | undefined)[] = nodes.map(() => undefined)
  const walked: (Facts | undefined)[] = nodes.map(() => undefined)
  // Where control comes in from outside, registers may be anything.
  const isEntry = nodes.map(() => false)
  for (const at of [order[0]!, ...entries.headers]) {
    isEntry[at] = true
    known[at] = NOTHING
  }
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let changed = false
    for (const at of order) {
      const before = known[at]
      if (!before || walked[at] === before) continue
      walked[at] = before
      const { after } = walkNode(at, before)
      for (const [number, way] of nodes[at]!.flow.ways.entries()) {
        for (const next of nodes[at]!.to[number]!) {
          // Behind a call registers may be others, and memory, too.
          const arriving = way.hint === 'call' ? NOTHING : after
          const there = known[next]
          const shrinks = round < SHRINKING || !isLoop[next]
          const met = !there ? arriving : shrinks ? meet(there, arriving) : agreed(there, arriving)
          if (isEntry[next] || (there && sameFacts(met, there))) continue
          known[next] = met
          changed = true
        }
      }
    }
    if (!changed) return known
  }
  return nodes.map(() => NOTHING)
}

interface Walked {
  readonly tests: AccessTest[]
  readonly after: Facts
}

/** `following`: what probably happens behind these events. */
function walk(events: readonly AccessEvent[], following: readonly AccessEvent[], before: Facts, guess: Guess): Walked {
  const facts = new Map(before)
  const tests = events.flatMap((event, place): AccessTest[] => {
    if (event.kind === 'write') {
      const moved = event.from && shifted(facts.get(event.from.base), event.from.offset)
      if (moved) facts.set(event.base, moved)
      else facts.delete(event.base)
      return []
    }
    const known = facts.get(event.base)
    if (known && covers(known, event)) return [{ kind: 'none' }]
    const own = { first: event.offset, end: event.offset + event.size, what: event.what }
    const all = event.sure ? together(events, place, following, known) : own
    const range = guess(event, all.what)
    const reach = range?.alone ? own : all
    // The access itself will add register and offset without wrapping round the address space.
    const isFar = Math.abs(event.offset) > FAR
    if (!range || isFar || range.start < reach.first || range.end - range.start < reach.end - reach.first)
      return [{ kind: 'page' }]
    if (event.sure) facts.set(event.base, { ...reach, start: range.start })
    return [{ kind: 'range', range, ...reach }]
  })
  return { tests, after: facts }
}

/** The same bytes, seen from a register that is `by` more. */
function shifted(fact: Fact | undefined, by: number): Fact | undefined {
  return fact && Math.abs(fact.first - by) <= FAR ? { ...fact, first: fact.first - by, end: fact.end - by } : undefined
}

/** The access at `place`, those that follow at the same register or at one that goes on from it, and what was tested before. */
function together(
  events: readonly AccessEvent[],
  place: number,
  following: readonly AccessEvent[],
  known: Reach | undefined,
): Reach {
  const { base, offset, size, what } = events[place] as Access
  let reach: Reach = { first: offset, end: offset + size, what }
  let moved = 0
  const join = (first: number, end: number, other: AccessKind): void => {
    const joined = { first: Math.min(reach.first, first), end: Math.max(reach.end, end) }
    if (joined.end - joined.first <= REACH) reach = { ...joined, what: other === 'write' ? other : reach.what }
  }
  if (known) join(known.first, known.end, known.what)
  for (let at = place + 1; at < events.length + following.length; at++) {
    const event = at < events.length ? events[at]! : following[at - events.length]!
    if (event.base !== base) continue
    if (event.kind === 'access') {
      const first = event.offset + moved
      if (event.sure) join(first, first + event.size, event.what)
    } else if (event.from?.base === base) moved += event.from.offset
    else break
  }
  return reach
}

function covers(known: Fact, { offset, size, what }: Access): boolean {
  // The register itself is not below 0, so that it and the offset add up without wrapping round.
  if (offset > known.start) return false
  return known.first <= offset && offset + size <= known.end && (what === 'read' || known.what === 'write')
}

function meet(a: Facts, b: Facts): Facts {
  if (a === b || a.size === 0) return a
  const both = new Map<number, Fact>()
  for (const [base, one] of a) {
    const other = b.get(base)
    if (!other) continue
    const first = Math.max(one.first, other.first)
    const end = Math.min(one.end, other.end)
    if (first < end) {
      const what = one.what === other.what ? one.what : 'read'
      both.set(base, { first, end, what, start: Math.min(one.start, other.start) })
    }
  }
  return both
}

/** Those that meeting leaves as they are. */
function agreed(known: Facts, arriving: Facts): Facts {
  const met = meet(known, arriving)
  if (met === known) return known
  return new Map([...met].filter(([base, fact]) => sameFact(fact, known.get(base))))
}

function sameFacts(a: Facts, b: Facts): boolean {
  if (a.size !== b.size) return false
  return [...a].every(([base, fact]) => sameFact(fact, b.get(base)))
}

function sameFact({ first, end, what, start }: Fact, other: Fact | undefined): boolean {
  return other?.first === first && other.end === end && other.what === what && other.start === start
}
