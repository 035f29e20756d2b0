/**
 * Stress mode against the interpreter, on random code: whatever the engine evicts, forgets, demotes and compiles at random moments, registers, memory, pc and the
 * reason for every stop are the same, also where code faults, traps, jumps anywhere or overwrites itself. Seeded. ISAGEN_LONG=1 runs 10^7 instructions.
 */

import { describe, expect, test } from 'vitest'
import { createEngine, type EngineOptions, type Tier } from '../../runtime/index.ts'
import { loadGuest, loadIr } from '../oracles/isas.ts'
import { randomProgram, riscvMachines, riscvPlan } from '../oracles/riscv-program.ts'
import { generateStream } from '../oracles/streams.ts'
import {
  compareEngines,
  compareLoops,
  compareWild,
  explain,
  randomRegisters,
  randomTrial,
  setState,
  wildPlan,
} from '../oracles/tier-trials.ts'
import { random as createRandom } from '../unit/random.ts'

const { ISAGEN_SEED, ISAGEN_LONG } = process.env
const seed = Number(ISAGEN_SEED ?? 1)
const isLong = Boolean(ISAGEN_LONG)
const tiers: readonly Tier[] = ['auto', 'optimising', 'auto', 'baseline', 'auto', 'interpreter']
const machines = riscvMachines.filter(({ name, xlen }) => isLong || (name.includes('_') && xlen === 64))
/** All together run 10^7 when long: the tame ones most of them, because wild code gets nowhere fast. */
const tame = isLong ? Math.ceil(9e6 / machines.length) : 100_000
const wild = isLong ? Math.ceil(5e5 / machines.length) : 4_000
const opcodes6502 = isLong ? 500_000 : 30_000
const timeout = isLong ? 3_600_000 : 120_000

function optionsOf(trial: number): EngineOptions {
  return { tier: tiers[trial % tiers.length] ?? 'auto', stress: seed * 1000 + trial, debug: true }
}

describe.each(machines)('$name', (machine) => {
  test(`streams in a loop, ${tame} instructions, seed ${seed}`, { timeout }, async () => {
    const guest = await loadGuest(machine.name)
    const plan = riscvPlan(loadIr(guest.name), machine)
    const random = createRandom(seed)
    let run = 0
    for (let trial = 0; run < tame; trial++) {
      const program = randomProgram(machine, generateStream(plan, random, 1000), 0, random)
      const limits = Array.from({ length: 6 }, () => 1 + random.below(30_000))
      const differs = (units: readonly Uint8Array[]): string | undefined =>
        compareLoops(guest, optionsOf(trial), { ...program, units }, limits)
      const difference = differs(program.units)
      if (difference !== undefined) {
        expect.fail(
          await explain(guest, plan, program.units, differs, `trial ${trial}: ${difference}`, again(guest.name)),
        )
      }
      run += limits.reduce((sum, limit) => sum + limit, 0)
    }
  })

  test(`wild streams, ${wild} instructions, seed ${seed}`, { timeout }, async () => {
    const guest = await loadGuest(machine.name)
    const plan = wildPlan(loadIr(guest.name))
    let run = 0
    for (let trial = 0; run < wild; trial++) {
      const made = randomTrial(guest, plan, createRandom(seed * 1000 + trial))
      const { difference, instructions } = compareWild(guest, optionsOf(trial), made)
      run += instructions
      if (difference !== undefined) {
        const differs = (units: readonly Uint8Array[]): string | undefined =>
          compareWild(guest, optionsOf(trial), { ...made, units }).difference
        expect.fail(await explain(guest, plan, made.units, differs, `trial ${trial}: ${difference}`, again(guest.name)))
      }
    }
  })
})

test(`mos6502: memory full of opcodes, ${opcodes6502} instructions, seed ${seed}`, { timeout }, async () => {
  const guest = await loadGuest('mos6502')
  const opcodes = [...new Set(loadIr('mos6502').instructions.map(({ encoding }) => Number(encoding.value & 0xffn)))]
  const size = 0x10000
  let run = 0
  for (let trial = 0; run < opcodes6502; trial++) {
    const random = createRandom(seed * 1000 + trial)
    const data = Uint8Array.from({ length: size }, () => (random.below(32) ? random.pick(opcodes) : random.below(256)))
    const engines = [createEngine(guest, { tier: 'interpreter' }), createEngine(guest, optionsOf(trial))] as const
    for (const engine of engines) engine.memory.write(0, data)
    for (let start = 0; start < 40; start++) {
      const registers = randomRegisters(guest, random)
      const pc = BigInt(random.below(size))
      const maxInstructions = 1 + random.below(1500)
      for (const engine of engines) setState(engine, registers, pc)
      const exits = engines.map((engine) => engine.run({ maxInstructions }))
      const difference = compareEngines(engines, exits)
      if (difference !== undefined) {
        expect.fail(`run ${start} of trial ${trial} from pc 0x${pc.toString(16)}: ${difference}\n${again('mos6502')}`)
      }
    }
    engines[1].check()
    run += engines[0].stats().instructions
  }
})

function again(name: string): string {
  return `again: ISAGEN_SEED=${seed} npx vitest run test/conformance/stress.test.ts -t "${name}"`
}
