/** The sieves of `bench --machines` find the primes, and each tier leaves the same registers and memory. */

import { expect, test } from 'vitest'
import { machineTables, machineTiers } from '../bench/machine-bench.ts'
import { loadMachine, machines, runFor } from '../bench/machines.ts'

/** Enough for a few rounds, and for compiled regions. */
const instructions = 2_000_000

for (const { name, primes } of machines) {
  test(`${name}: the same in each tier`, async () => {
    const states = []
    for (const tier of machineTiers) {
      const { engine, count } = await loadMachine(name, tier)
      runFor(engine, instructions)
      const [low = 0, high = 0] = engine.memory.read(count, 2)
      expect(primes < 256 ? low : low + 256 * high, tier).toBe(primes)
      const { isa, state, memory } = engine
      const registers = isa.registers.flatMap((register) =>
        Array.from({ length: register.count }, (_, index) =>
          state.read(register.name, register.file ? index : undefined),
        ),
      )
      states.push({ pc: state.pc, registers, data: Buffer.from(memory.read(0x1000, 0xf000)).toString('base64') })
    }
    for (const state of states) expect(state).toEqual(states[0])
  })
}

test('speeds, their ratio, and the multiple of the chip', () => {
  const speeds = { interpreter: 20e6, 'wasm-interpreter': 50e6, auto: 200e6 }
  const tables = machineTables([{ name: 'one', clock: 4e6, cycles: 2, cyclesFrom: 'a manual', speeds }])
  expect(tables.map(({ rows }) => rows[1])).toEqual([
    ['one', '20.0', '50.0', '200', '10.0'],
    ['one', '10.0', '25.0', '100', '4', '2.00'],
  ])
})
