/**
 * Every optimisation that can be left out, left out: the same results as the interpreter's, on the tests of specs, on small guests and on random code; and with all of them out.
 * ISAGEN_LONG=1 runs more of each.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { specCase } from '../../runtime/conform/cases.ts'
import { createEngine, type Engine, type EngineOptions, EXEC, READ, WRITE } from '../../runtime/index.ts'
import { architectures, LINUX_MEMORY, runLinux } from '../../runtime/linux/index.ts'
import { OPTIMISATIONS } from '../../runtime/optimisations.ts'
import { loadGuest, loadIr } from '../oracles/isas.ts'
import { projectRoot } from '../oracles/oracle.ts'
import { randomProgram, riscvMachines, riscvPlan } from '../oracles/riscv-program.ts'
import { generateStream } from '../oracles/streams.ts'
import { compareEngines, compareLoops, compareWild, explain, randomTrial, wildPlan } from '../oracles/tier-trials.ts'
import { testHost } from '../unit/linux-kernel.ts'
import { random as createRandom } from '../unit/random.ts'

const { ISAGEN_SEED, ISAGEN_LONG } = process.env
const isLong = Boolean(ISAGEN_LONG)
const seed = Number(ISAGEN_SEED ?? 1)
const timeout = isLong ? 3_600_000 : 60_000
const settings = [...OPTIMISATIONS.map((name) => ({ name, without: [name] })), { name: 'all', without: OPTIMISATIONS }]

/** So that little code goes through all tiers. */
const hasty: EngineOptions = { tier: 'auto', hotThreshold: 1, sampling: { every: 128, hits: 1 }, debug: true }
const tame = isLong ? 500_000 : 12_000
const wild = isLong ? 20_000 : 300
/** Tests of a spec, taken evenly from all of them. */
const most = isLong ? Number.POSITIVE_INFINITY : 60

const guests = [
  { file: 'coremix.rv64.elf', args: ['1'], output: 'coremix 00003f12\n' },
  { file: 'virtual.rv64.elf', args: ['1'], output: 'virtual 5da5dcf5\n' },
  { file: 'jit.rv64.elf', args: ['12'], output: 'jit 0e9f5f4d\n' },
  { file: 'rounding.rv64.elf', args: ['1'], output: 'rounding 407cbb69fea7bdea 4087ab9a7dd64f27\n' },
] as const

describe.each(settings)('without $name', ({ name, without }) => {
  test.each(['rv64gc', 'mos6502', 'sm83', 'z80', 'r3000'])('tests in the spec of %s', { timeout }, async (machine) => {
    const isa = await loadGuest(machine)
    const { tests } = await isa.conformance()
    const engines = [bare(isa, { tier: 'interpreter' }), bare(isa, { tier: 'optimising', without })] as const
    const share = Math.max(1, Math.floor(tests.length / most))
    const offset = settings.findIndex((setting) => setting.name === name) % share
    for (const [index, one] of tests.entries()) {
      if (index % share !== offset) continue
      const memory: { address: number; byte: number }[] = []
      for (const engine of engines) {
        const { before } = specCase(one, isa, engine.state.place.bind(engine.state))
        engine.state.reset()
        for (const { place, value } of before.places) place.write(value)
        for (const { address, byte } of before.memory) engine.memory.write(address, [byte])
        engine.state.pc = before.pc
        memory.push(...before.memory)
      }
      const exits = engines.map((engine) => engine.run({ maxInstructions: 128 }))
      expect(compareEngines(engines, exits), `${one.text} (${one.file}:${one.line})`).toBe(undefined)
      for (const engine of engines) engine.memory.write(0, new Uint8Array(engine.memory.size))
    }
    const { baseline, optimising } = engines[1].stats()
    expect(baseline.instructions + optimising.instructions).toBeGreaterThan(0)
  })

  test.each(guests)('$file', { timeout }, async ({ file, args, output }) => {
    const elf = new Uint8Array(readFileSync(join(projectRoot, 'test/guests', file)))
    const arch = architectures.find(({ bits }) => bits === 64)!
    const isa = await loadGuest(arch.isaFor(new DataView(elf.buffer).getUint32(48, true)) ?? '')
    for (const tier of isLong ? (['auto', 'optimising', 'baseline'] as const) : (['auto'] as const)) {
      const host = testHost([])
      const engine = createEngine(isa, { ...hasty, tier, without, memoryBytes: LINUX_MEMORY })
      expect(runLinux(engine, elf, { arch, argv: [file, ...args], host })).toEqual({ kind: 'exit', code: 0 })
      expect(host.output).toBe(output)
    }
  })

  const machine = riscvMachines.find(({ name }) => name === 'rv64gc')!
  const again = `again: ISAGEN_SEED=${seed} npx vitest run test/conformance/switches.test.ts -t "without ${name}"`

  test(`streams in a loop, ${tame} instructions, seed ${seed}`, { timeout }, async () => {
    const guest = await loadGuest(machine.name)
    const plan = riscvPlan(loadIr(guest.name), machine)
    const random = createRandom(seed)
    for (let run = 0, trial = 0; run < tame; trial++) {
      const options: EngineOptions = { ...hasty, tier: trial % 2 ? 'optimising' : 'auto', without }
      const program = randomProgram(machine, generateStream(plan, random, 500), 0, random)
      const limits = Array.from({ length: 4 }, () => 1 + random.below(4_000))
      const differs = (units: readonly Uint8Array[]): string | undefined =>
        compareLoops(guest, options, { ...program, units }, limits)
      const difference = differs(program.units)
      if (difference !== undefined)
        expect.fail(await explain(guest, plan, program.units, differs, `trial ${trial}: ${difference}`, again))
      run += limits.reduce((sum, limit) => sum + limit, 0)
    }
  })

  test(`wild streams, ${wild} instructions, seed ${seed}`, { timeout }, async () => {
    const guest = await loadGuest(machine.name)
    const plan = wildPlan(loadIr(guest.name))
    for (let run = 0, trial = 0; run < wild; trial++) {
      const options: EngineOptions = { ...hasty, tier: trial % 2 ? 'optimising' : 'auto', without }
      const made = randomTrial(guest, plan, createRandom(seed * 1000 + trial))
      const { difference, instructions } = compareWild(guest, options, made)
      run += instructions
      if (difference === undefined) continue
      const differs = (units: readonly Uint8Array[]): string | undefined =>
        compareWild(guest, options, { ...made, units }).difference
      expect.fail(await explain(guest, plan, made.units, differs, `trial ${trial}: ${difference}`, again))
    }
  })
})

/** All of memory is open. */
function bare(isa: Awaited<ReturnType<typeof loadGuest>>, options: EngineOptions): Engine {
  const engine = createEngine(isa, { ...options, memoryBytes: 1 << 20 })
  if (isa.memory.faults) engine.memory.map(0, engine.memory.size, READ | WRITE | EXEC)
  return engine
}
