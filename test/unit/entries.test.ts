/** Regions that are entered in their middles. */

import { expect, test } from 'vitest'
import { CODE, riscvProgram } from './riscv-program.ts'

test('what was tested before a loop is tested in it, too, where control comes in from outside', async () => {
  const { symbols, machine } = await riscvProgram(
    'start: li s0, 400',
    'again: jal f',
    'addi s0, s0, -1',
    'bnez s0, again',
    'ebreak',
    'f: lw t1, 0(a0)',
    'li t0, 10000',
    'inner: lw t1, 0(a0)',
    'addi t0, t0, -1',
    'bnez t0, inner',
    'ret',
  )
  const engine = machine({ sampling: { hits: 2 } })
  engine.state.write('a0', BigInt(CODE))
  expect(engine.run()).toMatchObject({ kind: 'trap', trap: 'breakpoint' })
  expect(engine.stats().compiled!.tiers.optimising.functions).toBeGreaterThan(1)
  const inner = BigInt(CODE) + symbols.get('inner')!
  engine.state.write('a0', 0n)
  engine.state.write('t0', 1000n)
  engine.state.pc = inner
  expect(engine.run()).toMatchObject({ kind: 'fault', pc: inner, access: 'read', address: 0n })
  expect(engine.state.read('t0')).toBe(1000n)
})
