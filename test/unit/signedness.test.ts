/** Which registers hold sign-extended 32 bits where ways of a region meet; and what happens where a loop is entered with one that does not. */

import { expect, test } from 'vitest'
import type { AccessEvent } from '../../runtime/jit/access-tests.ts'
import { I32_EQZ, I64_EXTEND_I32_S, I64_XOR } from '../../runtime/jit/opcodes.ts'
import type { Region } from '../../runtime/jit/region.ts'
import { findSigned, SignTracker } from '../../runtime/jit/signedness.ts'
import { someFlow, someWay } from './region-graph.ts'
import { CODE, riscvProgram } from './riscv-program.ts'

test('a loop that is entered with a value that it never had gives the same, and is made anew for it', async () => {
  const { symbols, machine } = await riscvProgram(
    'li a1, 0',
    'outer: li a0, 5',
    'li a2, 50',
    'inner: mv a4, a0',
    'add a1, a1, a4',
    'addi a2, a2, -1',
    'bnez a2, inner',
    'addi a3, a3, -1',
    'bnez a3, outer',
    'ebreak',
  )
  const inner = symbols.get('inner')!
  const outcome = (tier: 'interpreter' | 'auto', rounds: number): string => {
    const engine = machine({ tier, sampling: { hits: 2 } })
    if (tier === 'auto') {
      engine.state.write('a3', 60_000n)
      engine.run()
      expect(engine.stats().optimising.instructions).toBeGreaterThan(1_000_000)
    }
    let [seen, sum] = ['', 0n]
    for (let round = 0; round < rounds; round++) {
      // In the middle, with a0 beyond 32 bits: `mv` takes all of it.
      const start = { a0: 0x1234_5678_9abcn, a1: 0n, a2: 7n, a3: 3n, a4: 0n }
      for (const [name, value] of Object.entries(start)) engine.state.write(name, value)
      engine.state.pc = BigInt(CODE) + inner
      engine.run()
      seen = engine.state.snapshot().join(' ')
      sum = engine.state.read('a1')
    }
    if (rounds > 1 && tier === 'auto') {
      expect(engine.stats().compiled?.tiers.optimising.invalidations).toBeGreaterThan(0)
      const before = engine.stats().interpreter.instructions
      engine.state.write('a0', 1n << 40n)
      engine.state.write('a2', 1_000_000n)
      engine.state.write('a3', 1n)
      engine.state.pc = BigInt(CODE) + inner
      engine.run()
      expect(engine.state.read('a1')).toBe(BigInt.asUintN(64, sum + (1_000_000n << 40n)))
      expect(engine.stats().interpreter.instructions - before).toBeLessThan(1000)
    }
    return seen
  }
  expect(outcome('auto', 1)).toBe(outcome('interpreter', 1))
  expect(outcome('auto', 2000)).toBe(outcome('interpreter', 1))
})

test('what is signed where ways meet', () => {
  const write = (base: number, signedIf?: readonly number[]): AccessEvent => ({
    kind: 'write',
    base,
    inputs: [],
    ...(signedIf && { signedIf }),
  })
  const node = (events: AccessEvent[], to: number[][]) => ({
    header: 0,
    lo: 0,
    hi: 0,
    to,
    flow: someFlow({ count: 1, events, ways: to.map(() => ({ ...someWay(), events: events.length })) }),
  })
  // 0 sets 10 and 11; 1 is a loop: 11 becomes 10, 12 a sum; 2 is behind it.
  const nodes = [
    node([write(10, []), write(11, [])], [[1]]),
    node([write(11, [10]), write(12)], [[1], [2]]),
    node([], []),
  ]
  const region = { nodes, order: [0, 1, 2] } as unknown as Region
  expect(findSigned(region, [10, 11, 12])).toEqual([0n, 0b011n, 0b011n])
  nodes[1] = node([write(10), write(11, [10])], [[1], [2]])
  expect(findSigned(region, [10, 11, 12])).toEqual([0n, 0n, 0n])
})

test('signs of values as templates push them', () => {
  const signs = new SignTracker()
  signs.register(10)
  expect(signs.take()).toEqual([10])
  signs.register(10)
  signs.constant(5, 0)
  signs.operator(I64_XOR)
  expect(signs.take()).toEqual([10])
  signs.register(10)
  signs.constant(5, 1)
  signs.operator(I64_XOR)
  expect(signs.take()).toBe(undefined)
  signs.register(10)
  signs.text(I64_EXTEND_I32_S)
  expect(signs.take()).toEqual([])
  signs.text(0xad, I32_EQZ)
  expect(signs.take()).toEqual([])
  signs.text(0xad)
  expect(signs.take()).toBe(undefined)
})
