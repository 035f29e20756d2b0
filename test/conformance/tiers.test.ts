/**
 * The other tiers, in turn, against the interpreter on random code with random state: registers, memory, pc and the reason for every stop must be
 * the same, also where code faults, traps, jumps anywhere or overwrites itself. Seeded; a failure is shrunk and prints how to repeat it.
 */

import { describe, test } from 'vitest'
import type { EngineOptions, Tier } from '../../runtime/index.ts'
import { tryDelays } from '../oracles/delayed-code.ts'
import { type Campaign, tryLoops, tryOpcodes, tryWild } from '../oracles/random-code.ts'
import { riscvMachines } from '../oracles/riscv-program.ts'

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

const campaign = (instructions: number): Campaign => ({
  seed,
  instructions,
  optionsOf,
  again: (name) => `again: ISAGEN_SEED=${seed} npx vitest run test/conformance/tiers.test.ts -t "${name}"`,
})

// Of the machines with extensions the wider one has nearly all that the other has, unless more is asked for.
const machines = riscvMachines.filter(
  ({ name, xlen }) => ISAGEN_INSTRUCTIONS !== undefined || !name.includes('_') || xlen === 64,
)

describe.each(machines)('$name', (machine) => {
  // Most of what it has was run for a smaller one.
  const wanted = Number(ISAGEN_INSTRUCTIONS ?? (machine.name.includes('_') ? 250_000 : 1_000_000))

  test(`streams in a loop, ${wanted} instructions, seed ${seed}`, () =>
    tryLoops(machine, campaign(wanted), { units: 3000, limits: 8, longest: 60_000 }))
  test(`wild streams, ${wanted / 100} instructions, seed ${seed}`, () => tryWild(machine.name, campaign(wanted / 100)))
})

test.each(['mos6502', 'sm83', 'z80'])(`%s: memory full of opcodes, ${wanted / 10} instructions, seed ${seed}`, (name) =>
  tryOpcodes(name, campaign(wanted / 10)),
)

test.each(['r3000', 'r3000eb'])(`%s: delay slots, ${wanted / 4} instructions, seed ${seed}`, (name) =>
  tryDelays(name, campaign(wanted / 4)),
)
