import { describe, expect, test } from 'vitest'
import type { GuestIsa, SpecTest, TestState, VectorMap } from '../../runtime/abi.ts'
import { createConformance } from '../../runtime/index.ts'
import { encode, type Opcode, toy } from './toy-machine.ts'

const nothing: TestState = { cells: [], memory: [], pc: 0x1000n }
const r = (index: number, value: bigint) => ({ register: 'R', index, value })

function specTest(
  line: [Opcode, number?, number?, number?],
  before: Partial<TestState>,
  expected: SpecTest['expected'],
): SpecTest {
  return {
    text: line.join(' '),
    file: 'toy.isa',
    line: 1,
    bytes: encode(...line),
    before: { ...nothing, ...before },
    expected,
  }
}
const becomes = (state: Partial<TestState>): SpecTest['expected'] => ({
  kind: 'state',
  after: { ...nothing, pc: 0x1004n, ...state },
})

describe.each(['interpreter', 'wasm-interpreter', 'baseline', 'optimising'] as const)('%s', (tier) => {
  const { tests, vectors } = createConformance(toy, tier)

  test('what is as expected passes', () => {
    const memory = [...Array(8).keys()].map((at) => ({ address: 0x2000n + BigInt(at), byte: 0x80 + at }))
    const all = [
      specTest(['addi', 1, 2, 5], { cells: [r(2, 7n)] }, becomes({ cells: [r(1, 12n)] })),
      specTest(['addi', 0, 2, 5], { cells: [r(2, 7n)] }, becomes({})),
      specTest(['bne', 1, 2, 3], { cells: [r(2, 7n)] }, becomes({ pc: 0x100cn })),
      specTest(['bne', 1, 2, 0], { cells: [r(2, 7n)] }, becomes({ pc: 0x1000n })),
      specTest(['jr', 2], { cells: [r(2, 2n ** 64n - 8n)] }, becomes({ pc: 2n ** 64n - 8n })),
      specTest(['load8', 1, 2], { cells: [r(2, 0x2000n)], memory }, becomes({ cells: [r(1, 0x8786858483828180n)] })),
      specTest(['store8', 1, 2], { cells: [r(1, 0x8786858483828180n), r(2, 0x2000n)] }, becomes({ memory })),
      // Over its own code.
      specTest(
        ['store1', 1, 2],
        { cells: [r(1, 0xeen), r(2, 0x1000n)] },
        becomes({ memory: [{ address: 0x1000n, byte: 0xee }] }),
      ),
      specTest(['trap', 1], {}, { kind: 'trap', trap: 'service' }),
    ]
    expect(tests(all)).toEqual(all.map(() => undefined))
  })

  test('what differs is said', () => {
    const [wrong, flag, stray, trap, none, illegal, outside] = tests([
      specTest(['addi', 1, 2, 5], { cells: [r(2, 7n)] }, becomes({ cells: [r(1, 13n)], pc: 0x1008n })),
      specTest(['less', 1, 2], { cells: [r(2, 7n)] }, becomes({})),
      specTest(['store1', 1, 2], { cells: [r(1, 0x80n), r(2, 0x7fn)] }, becomes({})),
      specTest(['trap', 1], {}, becomes({})),
      specTest(['addi', 1, 2, 5], {}, { kind: 'trap', trap: 'service' }),
      { ...specTest(['addi', 1], {}, becomes({})), bytes: [0xee, 0, 0, 0] },
      specTest(['addi', 1], { memory: [{ address: 2n ** 40n, byte: 1 }] }, becomes({})),
    ])
    expect(wrong).toBe('pc: expected 0x1008, got 0x1004; r1: expected 0xd, got 0xc')
    expect(flag).toBe('C: expected 0x0, got 0x1')
    expect(stray).toBe('memory at 0x7f: expected 0x0, got 0x80')
    expect(trap).toBe('trap service')
    expect(none).toBe('expected trap service, got none')
    expect(illegal).toBe('no instruction has these bits')
    expect(outside).toMatch(/names memory at 0x10000000000/)
  })

  const map: VectorMap = {
    folder: 'toy',
    keys: [
      { path: 'regs.pc', place: { kind: 'pc' } },
      { path: 'regs.R', place: { kind: 'file', register: 'R' } },
      { path: 'C', place: { kind: 'register', register: 'C', index: 0 } },
      { path: 'ram', place: { kind: 'memory' } },
    ],
  }
  const vector = (sum: number) => ({
    name: 'addi',
    initial: {
      regs: { pc: 0x1000, R: [0, 1, 2] },
      C: -1,
      ram: encode('addi', 1, 2, 5).map((byte, at) => [0x1000 + at, byte]),
    },
    final: { regs: { pc: 0x1004, R: [0, sum, 2] }, ram: [] },
  })

  test('vectors by path; unmapped keys and missing ones are no difference', () => {
    expect(vectors(map, [vector(7), vector(8), vector(7)])).toEqual({
      passed: 2,
      failed: 1,
      first: { name: 'addi', difference: 'r1: expected 0x8, got 0x7' },
    })
    expect(() => vectors(map, [{ initial: { regs: { pc: 'x' } }, final: {} }])).toThrow('regs.pc: "x" is no integer')
    expect(() => vectors(map, [{ initial: {} }])).toThrow('final is no JSON object')
  })

  test('a machine without the register that a map names', () => {
    const other: VectorMap = {
      folder: 'x',
      keys: [{ path: 'C', place: { kind: 'register', register: 'Q', index: 0 } }],
    }
    expect(() => vectors(other, [{ initial: { C: 1 }, final: {} }])).toThrow('C: toy has no register Q')
  })
})

test('clock cycles count when a test lists them', () => {
  // The hidden counter of machines with timing; the toy's instructions do not touch it.
  const counter = {
    name: 'cycles',
    width: 64,
    count: 1,
    file: false,
    word: toy.registers[0]!.word + 18,
    stride: 2,
    names: [],
    also: {},
    reset: 0n,
    hidden: true,
  }
  const timed: GuestIsa = { ...toy, registers: [...toy.registers, counter], stateWords: 20 }
  const timedTest = (cycles?: bigint): SpecTest => {
    const one = specTest(['addi', 1], {}, becomes({}))
    return cycles === undefined
      ? one
      : { ...one, expected: { kind: 'state', after: { ...nothing, pc: 0x1004n }, cycles } }
  }
  expect(createConformance(timed, 'interpreter').tests([timedTest(), timedTest(0n), timedTest(3n)])).toEqual([
    undefined,
    undefined,
    'cycles: expected 3, got 0',
  ])
})
