/** When regions are made anew for code that ran only when they were there. */

import { expect, test } from 'vitest'
import { CODE, riscvProgram } from './riscv-program.ts'

test('code of a function that runs only when there is a region of it becomes part of the region', async () => {
  const { machine } = await riscvProgram(
    'start: li s0, 4000',
    'again: jal f',
    'addi s0, s0, -1',
    'bnez s0, again',
    'ebreak',
    'f: li t0, 100',
    'inner: beqz a1, other',
    'addi a0, a0, 3',
    'j join',
    'other: addi a0, a0, 1',
    'join: addi t0, t0, -1',
    'bnez t0, inner',
    'ret',
  )
  const engine = machine({ sampling: { hits: 2 } })
  const regions = [0n, 1n].map((way) => {
    engine.state.write('a1', way)
    engine.state.pc = BigInt(CODE)
    engine.run()
    return engine.stats().compiled!.tiers.optimising
  })
  expect(engine.state.read('a0')).toBe(1_600_000n)
  expect(regions[1]!.modulesAlive).toBe(regions[0]!.modulesAlive)
  expect(regions[1]!.invalidations - regions[0]!.invalidations).toBe(1)
})
