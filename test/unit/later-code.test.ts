/** When regions are made anew for code that ran only when they were there. */

import { expect, test } from 'vitest'
import { assembleProgram } from '../../runtime/assembly/index.ts'
import { createEngine, EXEC, READ, WRITE } from '../../runtime/index.ts'
import { loadGuest } from '../oracles/isas.ts'

const CODE = 0x10000

test('code of a function that runs only when there is a region of it becomes part of the region', async () => {
  const isa = await loadGuest('rv64gc')
  const code = assembleProgram(
    await isa.assembler(),
    'start: li s0, 4000\nagain: jal f\naddi s0, s0, -1\nbnez s0, again\nebreak\nf: li t0, 100\ninner: beqz a1, other\naddi a0, a0, 3\nj join\nother: addi a0, a0, 1\njoin: addi t0, t0, -1\nbnez t0, inner\nret',
  )
  const engine = createEngine(isa, { memoryBytes: 1 << 20, sampling: { hits: 2 } })
  engine.memory.map(CODE, 0x1000, READ | WRITE | EXEC)
  engine.memory.write(CODE, code.bytes)
  const regions = [0n, 1n].map((way) => {
    engine.state.write('a1', way)
    engine.state.pc = BigInt(CODE)
    engine.run()
    return engine.stats().compiled!.tiers.optimising
  })
  expect(engine.state.read('a0')).toBe(1_600_000n)
  expect(regions.map(({ modulesAlive }) => modulesAlive)).toEqual([regions[0]!.modulesAlive, regions[0]!.modulesAlive])
  expect(regions[1]!.invalidations - regions[0]!.invalidations).toBe(1)
})
