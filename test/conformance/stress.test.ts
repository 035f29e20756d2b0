/**
 * Stress mode against the interpreter, on random code: whatever the engine evicts, forgets, demotes and compiles at random moments, registers, memory, pc and the
 * reason for every stop are the same, also where code faults, traps, jumps anywhere or overwrites itself. Seeded. ISAGEN_LONG=1 runs 10^7 instructions.
 */

import { describe, test } from 'vitest'
import type { Tier } from '../../runtime/index.ts'
import { tryDelays } from '../oracles/delayed-code.ts'
import { type Campaign, tryLoops, tryOpcodes, tryWild } from '../oracles/random-code.ts'
import { riscvMachines } from '../oracles/riscv-program.ts'

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

const campaign = (instructions: number): Campaign => ({
  seed,
  instructions,
  optionsOf: (trial) => ({ tier: tiers[trial % tiers.length] ?? 'auto', stress: seed * 1000 + trial, debug: true }),
  again: (name) => `again: ISAGEN_SEED=${seed} npx vitest run test/conformance/stress.test.ts -t "${name}"`,
})

describe.each(machines)('$name', (machine) => {
  test(`streams in a loop, ${tame} instructions, seed ${seed}`, { timeout }, () =>
    tryLoops(machine, campaign(tame), { units: 1000, limits: 6, longest: 30_000 }),
  )
  test(`wild streams, ${wild} instructions, seed ${seed}`, { timeout }, () => tryWild(machine.name, campaign(wild)))
})

test(`mos6502: memory full of opcodes, ${opcodes6502} instructions, seed ${seed}`, { timeout }, () =>
  tryOpcodes('mos6502', campaign(opcodes6502)),
)

test(`r3000: delay slots, ${tame} instructions, seed ${seed}`, { timeout }, () => tryDelays('r3000', campaign(tame)))
