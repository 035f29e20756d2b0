/**
 * Random RISC-V programs with random state, run by isagen in its tiers in turn and by qemu-user: all registers and a window of memory must agree
 * at the end. Seeded; a failure is shrunk and prints how to repeat it.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { execute, isagen } from '../oracles/command-line.ts'
import { loadGuest, loadIr } from '../oracles/isas.ts'
import { cacheFolder, oracle } from '../oracles/oracle.ts'
import {
  compareDumps,
  type RiscvMachine,
  type RiscvProgram,
  randomProgram,
  riscvElf,
  riscvMachines,
  riscvPlan,
  streamStart,
} from '../oracles/riscv-program.ts'
import { describeUnits, disassembleAll, shrink } from '../oracles/shrink.ts'
import { generateStream } from '../oracles/streams.ts'
import { random as createRandom } from '../unit/random.ts'

const seed = Number(process.env.ISAGEN_SEED ?? 1)
/** Instructions to run at least, per machine; fewer where nothing says how many and most have been run for a smaller machine. */
const { ISAGEN_INSTRUCTIONS } = process.env
const wantedOf = ({ name }: RiscvMachine): number =>
  Number(ISAGEN_INSTRUCTIONS ?? (name.includes('_') ? 150_000 : 1_000_000))
/** In turn, by number of the program. */
const tiers = [
  ['interpreter', 'optimising'],
  ['wasm-interpreter', 'optimising'],
  ['baseline', 'auto'],
] as const
const unitsEach = 3000
const rounds = 40

const folder = mkdtempSync(join(tmpdir(), 'isagen-streams-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe.each(riscvMachines)('$name', (machine) => {
  const qemu = oracle(`qemu-riscv${machine.xlen}`)

  const wanted = wantedOf(machine)
  const timeout = 120_000 * Math.max(1, wanted / 1_000_000)
  test.skipIf(!qemu)(`agrees with qemu-user, seed ${seed}`, { timeout }, async () => {
    const plan = riscvPlan(loadIr(machine.name), machine, true)
    let run = 0
    for (let number = 0; run < wanted; number++) {
      const random = createRandom(seed * 1000 + number)
      const program = randomProgram(machine, generateStream(plan, random, unitsEach), rounds, random)
      const { difference, instructions } = await compare(qemu ?? '', program, number)
      if (difference !== undefined) expect.fail(await explain(qemu ?? '', program, difference, number))
      run += instructions
    }
  })
})

async function compare(
  qemu: string,
  program: RiscvProgram,
  number: number,
): Promise<{ difference?: string; instructions: number }> {
  const file = join(folder, 'stream.elf')
  writeFileSync(file, riscvElf(program), { mode: 0o755 })
  const expected = await execute(qemu, ['-cpu', program.machine.cpu, file])
  if (expected.status !== 0) throw new Error(`qemu-user ends with ${expected.status}: the stream leaves its bounds`)
  let instructions = 0
  for (const tier of tiers[number % 3] ?? []) {
    const run = ['run', file, '--isa', program.machine.name, '--tier', tier, '--stats=json']
    const actual = await isagen(run, { env: { ISAGEN_CACHE: join(cacheFolder, 'engines') } })
    if (actual.status !== 0) return { difference: `${tier} ends with ${actual.status}: ${actual.err}`, instructions }
    const difference = compareDumps(program.machine, expected.out, actual.out)
    if (difference !== undefined) return { difference: `qemu-user and ${tier}: ${difference}`, instructions }
    instructions = (JSON.parse(actual.err) as { readonly instructions: number }).instructions
  }
  return { instructions }
}

/** The failure, with the least that still shows it, and how to repeat it. */
async function explain(qemu: string, program: RiscvProgram, difference: string, number: number): Promise<string> {
  const { name } = program.machine
  const { nop } = riscvPlan(loadIr(name), program.machine, true)
  const small = await shrink(program.units, nop, async (units) => {
    return (await compare(qemu, { ...program, units }, number)).difference !== undefined
  })
  const disassemble = await (await loadGuest(name)).disassembler()
  const listing = describeUnits(small, nop, BigInt(streamStart(small)), (bytes, pc) => {
    return disassembleAll(disassemble, bytes, pc)
  })
  const last = await compare(qemu, { ...program, units: small }, number)
  const again = `ISAGEN_SEED=${seed} npx vitest run test/conformance/streams.test.ts -t ${name}`
  return `program ${number}: ${difference}\nshrunk: ${last.difference}\n${listing}\nagain: ${again}`
}
