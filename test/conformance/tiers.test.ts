/**
 * The other tiers, in turn, against the interpreter on random code with random state: registers, memory, pc and the reason for every stop must be
 * the same, also where code faults, traps, jumps anywhere or overwrites itself. Seeded; a failure is shrunk and prints how to repeat it.
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

const seed = Number(process.env.ISAGEN_SEED ?? 1)
/** Instructions to run at least, per machine. */
const { ISAGEN_INSTRUCTIONS } = process.env
const wanted = Number(ISAGEN_INSTRUCTIONS ?? 1_000_000)
/** By number of the trial. */
const compiledTier = (trial: number): Tier =>
  (['optimising', 'wasm-interpreter', 'baseline', 'auto'] as const)[trial % 4] ?? 'auto'
/** For 'auto': each block gets through all tiers soon. */
const hasty = { hotThreshold: 1, warmUp: 0, sampling: { every: 128, hits: 1 } }
/** And some of that without the interpreter in Wasm, or without its going on to compiled code. */
const optionsOf = (trial: number): EngineOptions => ({
  ...hasty,
  tier: compiledTier(trial),
  without: trial % 12 === 3 ? ['mixing'] : trial % 12 === 7 ? ['cold'] : [],
})

// Of the machines with extensions the wider one has nearly all that the other has, unless more is asked for.
const machines = riscvMachines.filter(
  ({ name, xlen }) => ISAGEN_INSTRUCTIONS !== undefined || !name.includes('_') || xlen === 64,
)

describe.each(machines)('$name', (machine) => {
  // Most of what it has was run for a smaller one.
  const wanted = Number(ISAGEN_INSTRUCTIONS ?? (machine.name.includes('_') ? 250_000 : 1_000_000))
  /** Of code that faults, jumps and rewrites itself all the time: each block of it is compiled for a few instructions. */
  const wantedWild = wanted / 100

  test(`streams in a loop, ${wanted} instructions, seed ${seed}`, async () => {
    const guest = await loadGuest(machine.name)
    const plan = riscvPlan(loadIr(guest.name), machine)
    const random = createRandom(seed)
    let run = 0
    for (let trial = 0; run < wanted; trial++) {
      const program = randomProgram(machine, generateStream(plan, random, 3000), 0, random)
      // Limits come anywhere, so also within compiled blocks.
      const limits = Array.from({ length: 8 }, () => 1 + random.below(60_000))
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

  test(`wild streams, ${wantedWild} instructions, seed ${seed}`, async () => {
    const guest = await loadGuest(machine.name)
    const plan = wildPlan(loadIr(guest.name))
    let run = 0
    for (let trial = 0; run < wantedWild; trial++) {
      const options = optionsOf(trial)
      const made = randomTrial(guest, plan, createRandom(seed * 1000 + trial))
      const { difference, instructions } = compareWild(guest, options, made)
      run += instructions
      if (difference !== undefined) {
        const differs = (units: readonly Uint8Array[]): string | undefined =>
          compareWild(guest, options, { ...made, units }).difference
        expect.fail(await explain(guest, plan, made.units, differs, `trial ${trial}: ${difference}`, again(guest.name)))
      }
    }
  })
})

/** Nearly every byte is an opcode, so that code may be entered, and overwritten, anywhere. */
test.each(['mos6502', 'sm83', 'z80'])(
  `%s: memory full of opcodes, ${wanted / 10} instructions, seed ${seed}`,
  async (name) => {
    const guest = await loadGuest(name)
    const opcodes = [...new Set(loadIr(name).instructions.map(({ encoding }) => Number(encoding.value & 0xffn)))]
    const size = 0x10000
    let run = 0
    for (let trial = 0; run < wanted / 10; trial++) {
      const random = createRandom(seed * 1000 + trial)
      const data = Uint8Array.from({ length: size }, () =>
        random.below(32) ? random.pick(opcodes) : random.below(256),
      )
      const engines = [createEngine(guest, { tier: 'interpreter' }), createEngine(guest, optionsOf(trial))] as const
      for (const engine of engines) engine.memory.write(0, data)
      for (let start = 0; start < 40; start++) {
        const registers = randomRegisters(guest, random)
        const pc = BigInt(random.below(size))
        const maxInstructions = 1 + random.below(1500)
        for (const engine of engines) setState(engine, registers, pc)
        const difference = compareEngines(
          engines,
          engines.map((engine) => engine.run({ maxInstructions })),
        )
        if (difference !== undefined) {
          expect.fail(`run ${start} of trial ${trial} from pc 0x${pc.toString(16)}: ${difference}\n${again(name)}`)
        }
      }
      run += engines[0].stats().instructions
    }
  },
)

function again(name: string): string {
  return `again: ISAGEN_SEED=${seed} npx vitest run test/conformance/tiers.test.ts -t "${name}"`
}
