/** How the emitted interpreter leaves: pc and fuel are exact at each exit, in the middle of a block and behind a jump. */

import { beforeEach, expect, test } from 'vitest'
import { emitInterpreter } from '../../generator/emit/interpreter.ts'
import { recordWords } from '../../generator/emit/metadata.ts'
import * as build from '../../generator/ir/build.ts'
import { slotted } from '../../generator/ir/slots.ts'
import type { Stmt } from '../../generator/ir/stmt.ts'
import * as abi from '../../runtime/abi.ts'
import { handMadeIsa } from './hand-made-isa.ts'
import { loadGenerated } from './interpreter-harness.ts'

const count = build.read('count', 32)
const address = build.read('address', 32)
const increment: Stmt = { kind: 'write', register: 'count', value: build.binary('add', count, build.constant(32, 1)) }
const store: Stmt = { kind: 'store', memory: 'M', address, value: build.constant(8, 7) }
const jump: Stmt = { kind: 'jump', hint: 'jump', target: build.constant(32, 0x100) }
const isa = handMadeIsa(
  {
    registers: [
      { name: 'count', width: 32 },
      { name: 'address', width: 32 },
    ],
    fields: [],
    addressWidth: 32,
  },
  [
    { id: 'inc', statements: [increment] },
    { id: 'st', statements: [store, increment] },
    { id: 'stj', statements: [store, increment, jump] },
    { id: 'trap', statements: [increment, { kind: 'trap', trap: 'stop', args: [] }] },
    { id: 'j', statements: [increment, jump] },
  ],
)
const [INC, ST, STJ, TRAP, JUMP] = slotted(isa).handlers.map((h) => h.number) as [
  number,
  number,
  number,
  number,
  number,
]
const width = recordWords(slotted(isa))
const word = (register: string): number => slotted(isa).layout.registers.get(register)!.word

const FAULT = {}
const buffer = new ArrayBuffer(abi.GUEST + 0x10000)
const m = new Int32Array(buffer)
/** What slowWrite does: fault, or ask to leave. */
let onWrite: 'fault' | 'leave' = 'fault'
const run = loadGenerated<{ createInterpreter: abi.CreateInterpreter }>(emitInterpreter(isa)).createInterpreter({
  buffer,
  pageShift: 12,
  slowRead: () => {
    throw FAULT
  },
  slowWrite: (lo) => {
    if (onWrite === 'fault') throw FAULT
    m[abi.LEAVE] = 1
    return abi.GUEST + lo
  },
  fault: FAULT,
})

const entryOf = (pc: number): number => (abi.JUMP_CACHE >> 2) + ((pc >>> 2) & (abi.JUMP_ENTRIES - 1)) * abi.JUMP_WORDS
/** A block of 4-byte instructions. */
function block(pc: number, at: number, handlers: readonly number[], heat = 1000): void {
  const header = (abi.SLAB >> 2) + at
  m[header + abi.BLOCK_COUNT] = handlers.length
  m[header + abi.BLOCK_HEAT] = heat
  ;[...handlers, abi.HANDLER_END].forEach((handler, i) => {
    m.set([handler | (4 << 16), pc + 4 * i, 0], header + abi.BLOCK_HEADER + i * width)
  })
  m.set([pc, 0, header, 0], entryOf(pc))
}
function start(pc: number, fuel: number): number {
  m.set([pc, 0, fuel, 0], abi.PC_LO)
  return run()
}
const state = () => ({ pc: m[abi.PC_LO], fuel: m[abi.FUEL], count: m[word('count')] })

beforeEach(() => {
  m.fill(0, 0, abi.PAGES >> 2)
  for (const pc of [0, 0x100, 0x10]) m.set([-1, -1, 0, 0], entryOf(pc))
})

test('a block runs to its end and on to one that is missing', () => {
  block(0, 0, [INC, INC, INC])
  expect(start(0, 10)).toBe(abi.EXIT_MISS)
  expect(state()).toEqual({ pc: 12, fuel: 7, count: 3 })
})

test('a block runs only when fuel is enough for all of it', () => {
  block(0, 0, [INC, INC, JUMP])
  block(0x100, 100, [INC, INC])
  expect(start(0, 4)).toBe(abi.EXIT_FUEL)
  expect(state()).toEqual({ pc: 0x100, fuel: 1, count: 3 })
})

test('a block without heat is left before it costs fuel', () => {
  block(0, 0, [INC], 1)
  expect(start(0, 5)).toBe(abi.EXIT_MISS)
  expect(start(0, 5)).toBe(abi.EXIT_HOT)
  expect(state()).toEqual({ pc: 0, fuel: 5, count: 1 })
})

test('a trap and a fault give back the fuel of what was not completed', () => {
  block(0, 0, [INC, TRAP, INC])
  expect(start(0, 10)).toBe(abi.EXIT_TRAP)
  expect(state()).toEqual({ pc: 4, fuel: 9, count: 1 })
  block(0, 0, [INC, INC, ST, INC])
  onWrite = 'fault'
  expect(start(0, 10)).toBe(abi.EXIT_FAULT)
  expect(state()).toEqual({ pc: 8, fuel: 8, count: 3 })
})

test('the store that makes LEAVE true is completed, and nothing after it', () => {
  onWrite = 'leave'
  block(0, 0, [INC, ST, INC, INC])
  expect(start(0, 10)).toBe(abi.EXIT_LEAVE)
  expect(state()).toEqual({ pc: 8, fuel: 8, count: 2 })
  block(0, 0, [INC, STJ, INC])
  expect(start(0, 10)).toBe(abi.EXIT_LEAVE)
  expect(state()).toEqual({ pc: 0x100, fuel: 8, count: 4 })
})

test('long runs come back exactly', () => {
  block(0x100, 0, [INC, INC, JUMP], 10_000)
  expect(start(0x100, 3 * 5000 + 1)).toBe(abi.EXIT_FUEL)
  expect(state()).toEqual({ pc: 0x100, fuel: 1, count: 15_000 })
})
