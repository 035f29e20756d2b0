/** Regions expect accesses where baseline code made them: also at pointers that are only known when they were read. */

import { expect, test } from 'vitest'
import { type Optimisation, READ, WRITE } from '../../runtime/index.ts'
import { riscvProgram } from './riscv-program.ts'

const POINTERS = 0x20000
const DATA = 0x40000

test('a region expects what a pointer in memory leads to, and is made once', async () => {
  const { machine } = await riscvProgram(
    'loop: ld a4, 8(a5)',
    'lw a2, 0(a4)',
    'add a1, a1, a2',
    'sw a1, 4(a4)',
    'li a4, 0',
    'addi a3, a3, -1',
    'bnez a3, loop',
    'ebreak',
  )
  const outcome = (without: readonly Optimisation[] = []) => {
    const engine = machine({ sampling: { hits: 2 }, without })
    for (const at of [POINTERS, DATA]) engine.memory.map(at, 0x1000, READ | WRITE)
    engine.memory.write(POINTERS + 8, Uint8Array.of(0, DATA >> 8, DATA >> 16, 0))
    engine.memory.write(DATA, Uint8Array.of(3))
    engine.state.write('a5', BigInt(POINTERS))
    engine.state.write('a3', 1_000_000n)
    expect(engine.run().kind).toBe('trap')
    expect(engine.state.read('a1')).toBe(3_000_000n)
    const { interpreter, optimising, compiled } = engine.stats()
    expect(optimising.instructions).toBeGreaterThan(1_000_000)
    return { interpreted: interpreter.instructions, lost: compiled!.tiers.optimising.invalidations }
  }
  const { interpreted, lost } = outcome()
  expect(lost).toBe(0)
  // Each access where it is not expected would be one more.
  expect(outcome(['learning']).interpreted).toBeGreaterThan(interpreted + 100_000)
})
