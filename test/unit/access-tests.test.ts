/** Which accesses of a region are tested, and what is learnt where such a test failed. */

import { describe, expect, test } from 'vitest'
import { SLAB } from '../../runtime/abi.ts'
import { AccessNotes } from '../../runtime/access-notes.ts'
import { AccessSites } from '../../runtime/access-sites.ts'
import { type Access, type AccessEvent, type Guess, planTests } from '../../runtime/jit/access-tests.ts'
import { findDominators } from '../../runtime/jit/dominators.ts'
import { NO_ENTRIES } from '../../runtime/jit/entries.ts'
import { findOrigins } from '../../runtime/jit/origins.ts'
import type { Region } from '../../runtime/jit/region.ts'
import { createLinearMemory, SLAB_END } from '../../runtime/linear-memory.ts'
import { GuestMemory, READ, WRITE } from '../../runtime/memory.ts'
import { SlabAllocator } from '../../runtime/slab.ts'
import { someFlow, someWay } from './region-graph.ts'

const read = (base: number, offset: number, size = 8): AccessEvent => access(base, offset, size, 'read')
const store = (base: number, offset: number, size = 8): AccessEvent => access(base, offset, size, 'write')
function access(base: number, offset: number, size: number, what: 'read' | 'write', sure = true): AccessEvent {
  return { kind: 'access', pc: 0x1000 + offset, base, offset, size, what, sure }
}
const write = (base: number): AccessEvent => ({ kind: 'write', base, inputs: [] })

/** Nodes with these events, each leading to these others; node 0 is the entry. */
interface Part {
  readonly events: readonly AccessEvent[]
  readonly to: readonly number[]
  readonly call?: boolean
}
function region(...parts: readonly Part[]): Region {
  const nodes = parts.map(({ events, to, call }) => {
    const flow = someFlow({ count: 1, ways: [someWay(call ? 'call' : 'jump')], events })
    return { header: 0, lo: 0, hi: 0, flow, to: [[...to]] }
  })
  const dominators = findDominators(nodes.map(({ to }) => to.flat()))
  const none = nodes.map(() => false)
  const { place } = dominators
  const isLoop = nodes.map((_, at) =>
    nodes.some(({ to }, from) => to.flat().includes(at) && place[at]! <= place[from]!),
  )
  return {
    nodes,
    order: dominators.order,
    dominators,
    isLoop,
    isCheck: none,
    need: nodes.map(() => 0),
    chain: nodes.map(() => -1),
    instructions: 0,
    entries: NO_ENTRIES,
  }
}

const range = { start: 0x10000, end: 0x20000 }
const everywhere: Guess = () => range
const kinds = (...parts: readonly Part[]): string[][] =>
  planTests(region(...parts), everywhere, true).map((tests) => tests.map(({ kind }) => kind))

describe('tests of accesses', () => {
  test('at one register are made together, at the first', () => {
    const [tests] = planTests(region({ events: [read(1, 8), store(1, -16), read(1, 0, 4)], to: [] }), everywhere, true)
    expect(tests).toEqual([
      { kind: 'range', range, first: -16, end: 16, what: 'write' },
      { kind: 'none' },
      { kind: 'none' },
    ])
  })

  test('hold round a loop that moves another register', () => {
    const moves: AccessEvent = { kind: 'write', base: 1, inputs: [1], from: { base: 1, offset: 8 } }
    expect(
      kinds({ events: [read(1, 0), read(2, 0)], to: [1] }, { events: [read(1, 0), read(2, 0), moves], to: [1] }),
    ).toEqual([
      ['range', 'range'],
      ['range', 'none'],
    ])
  })

  test('are each its own where what follows may go beyond the range', () => {
    const alone: Guess = () => ({ ...range, alone: true })
    const [tests] = planTests(region({ events: [read(1, 8), read(1, 8), read(1, 400)], to: [] }), alone, true)
    expect(tests).toEqual([
      { kind: 'range', range: { ...range, alone: true }, first: 8, end: 16, what: 'read' },
      { kind: 'none' },
      { kind: 'range', range: { ...range, alone: true }, first: 400, end: 408, what: 'read' },
    ])
  })

  test('do not outlive the register, nor reach for accesses that may not happen', () => {
    expect(kinds({ events: [read(1, 0), write(1), read(1, 0)], to: [] })).toEqual([['range', 'range']])
    const [tests] = planTests(
      region({ events: [read(1, 0), access(1, 64, 8, 'read', false)], to: [] }),
      everywhere,
      true,
    )
    expect(tests?.[0]).toMatchObject({ first: 0, end: 8 })
    expect(tests?.[1]?.kind).toBe('range')
  })

  test('go on with a register that goes on, and reach for what the chain will access', () => {
    const next: AccessEvent = { kind: 'write', base: 1, inputs: [1], from: { base: 1, offset: 8 } }
    expect(kinds({ events: [read(1, 0, 16), next, read(1, 0)], to: [] })).toEqual([['range', 'none']])
    expect(kinds({ events: [read(1, 0), next, read(1, -8), next, read(1, -16)], to: [] })[0]?.slice(1)).toEqual([
      'none',
      'none',
    ])
    const rounds = region({ events: [read(1, 0), next], to: [1] }, { events: [read(1, 0), next], to: [] })
    const tests = planTests({ ...rounds, chain: [1, -1] }, everywhere, true)
    expect(tests).toEqual([[{ kind: 'range', range, first: 0, end: 16, what: 'read' }], [{ kind: 'none' }]])
  })

  test('are made where the register itself might lie below 0', () => {
    const back: AccessEvent = { kind: 'write', base: 1, inputs: [1], from: { base: 1, offset: -16 } }
    const low: Guess = () => ({ start: 8, end: 64 })
    expect(
      planTests(region({ events: [read(1, 0), back, read(1, 16)], to: [] }), low, true)[0]?.map(({ kind }) => kind),
    ).toEqual(['range', 'page'])
  })

  test('hold in what follows, where they were made on every way there', () => {
    const both = [
      { events: [], to: [1, 2] },
      { events: [read(1, 0)], to: [3] },
      { events: [read(1, 0)], to: [3] },
    ]
    expect(kinds(...both, { events: [read(1, 0)], to: [] })[3]).toEqual(['none'])
    const one = [
      { events: [], to: [1, 2] },
      { events: [read(1, 0)], to: [3] },
      { events: [], to: [3] },
    ]
    expect(kinds(...one, { events: [read(1, 0)], to: [] })[3]).toEqual(['range'])
  })

  test('hold in loops that leave the register alone, and end at calls', () => {
    const head = { events: [read(1, 0)], to: [1] }
    expect(kinds(head, { events: [read(1, 0)], to: [1] })[1]).toEqual(['none'])
    expect(kinds(head, { events: [read(1, 0), write(1)], to: [1] })[1]).toEqual(['range'])
    expect(kinds({ ...head, call: true }, { events: [read(1, 0)], to: [] })[1]).toEqual(['range'])
  })

  test('a store asks for more than a read, and what was read may not be stored to', () => {
    expect(kinds({ events: [read(1, 0)], to: [1] }, { events: [store(1, 0)], to: [] })[1]).toEqual(['range'])
    expect(kinds({ events: [store(1, 0)], to: [1] }, { events: [read(1, 0)], to: [] })[1]).toEqual(['none'])
  })

  test('ask the page where nothing is guessed, or register and offset might wrap apart', () => {
    const of = (event: AccessEvent, guess: Guess): string | undefined =>
      planTests(region({ events: [event], to: [] }), guess, true)[0]?.[0]?.kind
    expect(of(read(1, 0), () => undefined)).toBe('page')
    expect(of(read(1, 0x10001), everywhere)).toBe('page')
    expect(of(read(1, 1 << 25), () => ({ start: 1 << 26, end: 1 << 27 }))).toBe('page')
    expect(of(read(1, Number.POSITIVE_INFINITY), everywhere)).toBe('page')
    expect(of(read(1, 0), () => ({ start: 0x10000, end: 0x10004 }))).toBe('page')
  })
})

test('an access comes from what its register is computed from, and that from', () => {
  const events: AccessEvent[] = [
    { kind: 'write', base: 2, inputs: [], constant: 0x12000 },
    { kind: 'write', base: 3, inputs: [2, 4] },
    read(3, 8),
    read(5, 0),
  ]
  const origins = findOrigins(region({ events, to: [] }))
  expect(origins(events[2] as Access)).toEqual([
    { kind: 'register', word: 3 },
    { kind: 'register', word: 2 },
    { kind: 'register', word: 4 },
    { kind: 'constant', address: 0x12000 },
  ])
  expect(origins(events[3] as Access)).toEqual([{ kind: 'register', word: 5 }])
})

const start = (base: number, input: number): AccessEvent => ({ kind: 'write', base, inputs: [input] })
const registersOf = (graph: ReturnType<typeof region>, access: AccessEvent): (number | false)[] =>
  findOrigins(graph)(access as Access).map((origin) => origin.kind === 'register' && origin.word)

test('a pointer that goes on from itself comes from where it started on the way there', () => {
  const step: AccessEvent = { kind: 'write', base: 3, from: { base: 3, offset: 1 }, inputs: [3] }
  const access = read(3, 0)
  const graph = region(
    { events: [start(3, 6)], to: [1] },
    { events: [start(3, 7)], to: [2] },
    { events: [step, access, step], to: [2, 3] },
    { events: [start(3, 8)], to: [] },
  )
  expect(registersOf(graph, access)).toEqual([7, 3])
})

test('what a register held before it was computed anew does not count; what several places write comes last', () => {
  const access = read(3, 0)
  const graph = region(
    { events: [start(3, 6), read(3, 0)], to: [1] },
    { events: [start(4, 8), start(3, 7), start(4, 9), { kind: 'write', base: 3, inputs: [3, 4] }, access], to: [] },
  )
  expect(registersOf(graph, access)).toEqual([7, 9, 3, 4])
})

describe('what is known of an access', () => {
  const REGISTER = 40
  const at = { base: REGISTER, isWide: true, offset: 16, what: 'read' as const }
  function machine() {
    const { words, buffer } = createLinearMemory(0x100000)
    const memory = new GuestMemory(buffer, 0x100000, 64, true)
    memory.map(0x10000, 0x4000, READ | WRITE)
    memory.map(0x40000, 0x4000, READ | WRITE)
    memory.map(0x80000, 0x1000, READ)
    const set = (value: number): void => {
      words[REGISTER] = value
      words[REGISTER + 1] = 0
    }
    const notes = new AccessNotes(words, new SlabAllocator(words, SLAB, SLAB_END), 1)
    const note = (pc: number, address: number): void => {
      words[notes.word(pc) >> 2] = address
    }
    return { sites: new AccessSites(words, memory, notes), set, note }
  }

  test('comes first from what the register holds', () => {
    const { sites, set } = machine()
    set(0x10000)
    expect(sites.atRegister(1, at)).toEqual({ kind: 'range', address: 0x10010 })
    set(0x40000)
    expect(sites.atRegister(1, at)).toEqual({ kind: 'range', address: 0x10010 })
  })

  test('then from where it went instead; when that varies, each page is asked, then each two', () => {
    const { sites, set } = machine()
    set(0x10000)
    const first = sites.atRegister(1, at)
    set(0x40000)
    sites.missed(1, first)
    const second = sites.atRegister(1, at)
    expect(second).toEqual({ kind: 'range', address: 0x40010 })
    // Of code that knew less: nothing new.
    sites.missed(1, first)
    expect(sites.atRegister(1, at)).toBe(second)
    sites.missed(1, second)
    set(0x10000)
    sites.missed(1, second)
    const third = sites.atRegister(1, at)
    expect(third).toEqual({ kind: 'page' })
    sites.missed(1, third)
    expect(sites.atRegister(1, at)).toEqual({ kind: 'pages' })
  })

  test('is tested alone where it left although it went where it was expected', () => {
    const { sites, set } = machine()
    set(0x13fe0)
    const first = sites.atRegister(1, at)
    sites.missed(1, first)
    const second = sites.atRegister(1, at)
    expect(second).toEqual({ kind: 'range', address: 0x13ff0, alone: true })
    sites.missed(1, second)
    expect(sites.atRegister(1, at)).toEqual({ kind: 'page' })
  })

  test('is kept for another run where the first guess was wrong', () => {
    const { sites, set } = machine()
    set(0x10000)
    const right = sites.atRegister(100, at)
    sites.missed(200, sites.atRegister(200, at))
    const other = { ...at, offset: 8 }
    const wrong = sites.atRegister(300, other)
    set(0x40000)
    sites.missed(300, wrong)
    sites.missed(400, sites.elsewhere(400))
    sites.elsewhere(500)
    const kept = sites.all()
    expect(kept.map(([pc]) => pc)).toEqual([200, 300, 400])
    const next = machine()
    next.sites.recall(JSON.parse(JSON.stringify(kept)) as typeof kept)
    next.set(0x10000)
    expect(next.sites.atRegister(100, at)).toEqual(right)
    expect(next.sites.atRegister(300, other)).toEqual({ kind: 'range', address: 0x40008 })
    expect(next.sites.elsewhere(400)).toEqual({ kind: 'pages' })
    // Of other code at that address it says nothing.
    expect(next.sites.atRegister(300, at)).toEqual({ kind: 'range', address: 0x10010 })
    // And is kept again, but for that.
    expect(next.sites.all().map(([pc]) => pc)).toEqual([200, 400])
  })

  test('where neither register nor origin says anything, is taken to be as elsewhere, until more is known', () => {
    const { sites, set } = machine()
    set(0)
    expect(sites.atRegister(100, at).kind).toBe('page')
    set(0x10000)
    const elsewhere = sites.atRegister(200, at)
    set(0)
    expect(sites.atRegister(300, at)).toEqual(elsewhere)
    set(0x40000)
    expect(sites.atRegister(300, at)).toEqual({ kind: 'range', address: 0x40010 })
    set(0x10000)
    expect(sites.atRegister(300, at)).toEqual({ kind: 'range', address: 0x40010 })
  })

  test('what was learnt at the same register nearby is taken', () => {
    const { sites, set } = machine()
    set(0x10000)
    const first = sites.atRegister(100, at)
    set(0x40000)
    sites.missed(100, first)
    expect(sites.atRegister(100, at)).toEqual({ kind: 'range', address: 0x40010 })
    set(0x10000)
    expect(sites.atRegister(104, { ...at, offset: 1 })).toEqual({ kind: 'range', address: 0x40010 })
    expect(sites.atRegister(104, { ...at, base: REGISTER + 2 }).kind).toBe('range')
    expect(sites.atRegister(500, at)).toEqual({ kind: 'range', address: 0x10010 })
  })

  test('comes from where it went in lesser code, if that is known; where it goes elsewhere then, each page is asked', () => {
    const { sites, set, note } = machine()
    note(100, 0x40020)
    note(104, 0x900000)
    set(0x10000)
    const first = sites.atRegister(100, at)
    expect(first).toEqual({ kind: 'range', address: 0x40020 })
    // In no open range, as stores to pages with code.
    expect(sites.atRegister(104, at)).toEqual({ kind: 'pages' })
    sites.missed(100, first)
    expect(sites.atRegister(100, at)).toEqual({ kind: 'page' })
  })

  test('what misses lead to goes for others nearby, too, that were expected to go the same way', () => {
    const { sites, set } = machine()
    const beside = { ...at, offset: 24 }
    set(0x10000)
    const first = sites.atRegister(100, at)
    sites.atRegister(104, beside)
    sites.atRegister(200, at)
    set(0x40000)
    sites.atRegister(108, { ...at, offset: 32 })
    sites.missed(100, first)
    set(0x80000)
    sites.missed(100, first)
    expect(sites.atRegister(100, at)).toEqual({ kind: 'page' })
    expect(sites.atRegister(104, beside)).toEqual({ kind: 'page' })
    expect(sites.atRegister(108, { ...at, offset: 32 })).toEqual({ kind: 'range', address: 0x40020 })
    expect(sites.atRegister(200, at)).toEqual({ kind: 'range', address: 0x10010 })
  })

  test('counts anew for stores where only reads are allowed', () => {
    const { sites, set } = machine()
    set(0x80000)
    expect(sites.atRegister(1, at).kind).toBe('range')
    expect(sites.atRegister(1, { ...at, what: 'write' }).kind).toBe('page')
  })

  test('is no more than the page where the access is at no register', () => {
    const { sites } = machine()
    const mode = sites.elsewhere(1)
    expect(mode).toEqual({ kind: 'page' })
    sites.missed(1, mode)
    expect(sites.elsewhere(1)).toEqual({ kind: 'pages' })
  })
})
