/**
 * The compiled tiers, in turn, against the interpreter on random code with random state: registers, memory, pc and the reason for every stop must be
 * the same, also where code faults, traps, jumps anywhere or overwrites itself. Seeded; a failure is shrunk and prints how to repeat it.
 */

import { describe, expect, test } from 'vitest'
import type { GuestIsa } from '../../runtime/abi.ts'
import { createEngine, type Engine, EXEC, type Exit, READ, type Tier, WRITE } from '../../runtime/index.ts'
import { loadGuest, loadIr } from '../oracles/isas.ts'
import { bareProgram, type RiscvProgram, randomProgram, riscvMachines, riscvPlan } from '../oracles/riscv-program.ts'
import { describeUnits, disassembleAll, shrink } from '../oracles/shrink.ts'
import { generateStream, type StreamPlan } from '../oracles/streams.ts'
import { random as createRandom, type Random } from '../unit/random.ts'

const seed = Number(process.env.ISAGEN_SEED ?? 1)
/** Instructions to run at least, per machine. */
const { ISAGEN_INSTRUCTIONS } = process.env
const wanted = Number(ISAGEN_INSTRUCTIONS ?? 1_000_000)
/** Wild code lies in one run of pages, data right behind: so streams run into both ends. */
const codeEnd = 0x20000
const codeSize = 0x8000
const dataSize = 0x4000
const wildMemory = 0x30000

/** A program and the states from which it is run, one after the other, on the same memory. */
interface Trial {
  readonly units: readonly Uint8Array[]
  readonly data: Uint8Array
  readonly starts: readonly Start[]
}
/** By number of the trial. */
const compiledTier = (trial: number): Tier => (['optimising', 'baseline', 'auto'] as const)[trial % 3] ?? 'auto'
/** For 'auto': each block gets through all tiers soon. */
const hasty = { hotThreshold: 1, sampling: { every: 128, hits: 1 } }
interface Start {
  readonly registers: readonly (readonly [name: string, index: number | undefined, value: bigint])[]
  readonly unit: number
  /** After each fault or trap it goes on behind it: at most so often. */
  readonly stops: number
  /** Between two stops. */
  readonly instructions: number
}

// Of the machines with extensions the wider one has nearly all that the other has, unless more is asked for.
const machines = riscvMachines.filter(
  ({ name, xlen }) => ISAGEN_INSTRUCTIONS !== undefined || !name.includes('_') || xlen === 64,
)

describe.each(machines)('$name', (machine) => {
  // Most of what it has was run for a smaller one.
  const wanted = Number(ISAGEN_INSTRUCTIONS ?? (machine.name.includes('_') ? 250_000 : 1_000_000))
  /** Of code that faults, jumps and rewrites itself all the time: each block of it is compiled for a few instructions. */
  const wantedWild = wanted / 50

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
        compareLoops(guest, compiledTier(trial), { ...program, units }, limits)
      const difference = differs(program.units)
      if (difference !== undefined) {
        expect.fail(await explain(guest, plan, program.units, differs, `trial ${trial}: ${difference}`))
      }
      run += limits.reduce((sum, limit) => sum + limit, 0)
    }
  })

  test(`wild streams, ${wantedWild} instructions, seed ${seed}`, async () => {
    const guest = await loadGuest(machine.name)
    const plan: StreamPlan = {
      isa: loadIr(guest.name),
      end: BigInt(codeEnd),
      wild: true,
      fixed: [],
      excluded: () => false,
      extra: [],
      nop: Uint8Array.of(0x01, 0x00),
    }
    let run = 0
    for (let trial = 0; run < wantedWild; trial++) {
      const tier = compiledTier(trial)
      const made = randomTrial(guest, plan, createRandom(seed * 1000 + trial))
      const { difference, instructions } = compareTiers(guest, tier, made)
      run += instructions
      if (difference !== undefined) {
        const differs = (units: readonly Uint8Array[]): string | undefined =>
          compareTiers(guest, tier, { ...made, units }).difference
        expect.fail(await explain(guest, plan, made.units, differs, `trial ${trial}: ${difference}`))
      }
    }
  })
})

/** Nearly every byte is an opcode, so that code may be entered, and overwritten, anywhere. */
test(`mos6502: memory full of opcodes, ${wanted / 5} instructions, seed ${seed}`, async () => {
  const guest = await loadGuest('mos6502')
  const opcodes = [...new Set(loadIr('mos6502').instructions.map(({ encoding }) => Number(encoding.value & 0xffn)))]
  const size = 0x10000
  let run = 0
  for (let trial = 0; run < wanted / 5; trial++) {
    const random = createRandom(seed * 1000 + trial)
    const data = Uint8Array.from({ length: size }, () => (random.below(32) ? random.pick(opcodes) : random.below(256)))
    const engines = [
      createEngine(guest, { tier: 'interpreter' }),
      createEngine(guest, { ...hasty, tier: compiledTier(trial) }),
    ] as const
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
        expect.fail(`run ${start} of trial ${trial} from pc 0x${pc.toString(16)}: ${difference}\n${again('mos6502')}`)
      }
    }
    run += engines[0].stats().instructions
  }
})

type Engines = readonly [expected: Engine, actual: Engine]

function randomTrial(guest: GuestIsa, plan: StreamPlan, random: Random): Trial {
  const units = generateStream(plan, random, 1200)
  return {
    units,
    data: Uint8Array.from({ length: dataSize }, () => random.below(256)),
    starts: Array.from({ length: 12 }, () => ({
      registers: randomRegisters(guest, random),
      unit: random.below(units.length),
      stops: 60,
      instructions: 1 + random.below(2000),
    })),
  }
}

/** Half of the wide registers point to where something lies: data, code, the edges of both. */
function randomRegisters(guest: GuestIsa, random: Random): Start['registers'] {
  const places = [codeEnd - codeSize, codeEnd - 0x1000, codeEnd, codeEnd + 0x800, codeEnd + 0x1000, codeEnd + dataSize]
  return guest.registers.flatMap((register) =>
    Array.from({ length: register.count }, (_, i) => {
      const near = register.width >= 32 && random.below(2) === 0
      const value = near ? BigInt(random.pick(places) + random.below(64) - 32) : random.bits(register.width)
      return [register.name, register.file ? i : undefined, value] as const
    }),
  )
}

/** Undefined where both tiers did the same. */
function compareLoops(
  guest: GuestIsa,
  tier: Tier,
  program: RiscvProgram,
  limits: readonly number[],
): string | undefined {
  const engines = [prepareBare(guest, 'interpreter', program), prepareBare(guest, tier, program)] as const
  for (const [i, maxInstructions] of limits.entries()) {
    const exits = engines.map((engine) => engine.run({ maxInstructions }))
    const difference = compareEngines(engines, exits)
    if (difference !== undefined) return `limit ${i}: ${difference}`
  }
  return undefined
}

function compareTiers(
  guest: GuestIsa,
  tier: Tier,
  trial: Trial,
): { difference: string | undefined; instructions: number } {
  const engines = [prepareWild(guest, 'interpreter', trial), prepareWild(guest, tier, trial)] as const
  const addresses = addressesOf(trial.units, codeEnd)
  for (const [i, start] of trial.starts.entries()) {
    for (const engine of engines) setState(engine, start.registers, addresses[start.unit] ?? 0n)
    for (let stop = 0; stop < start.stops; stop++) {
      const exits = engines.map((engine) => engine.run({ maxInstructions: start.instructions }))
      const difference = compareEngines(engines, exits)
      if (difference !== undefined) {
        return { difference: `start ${i}, stop ${stop}: ${difference}`, instructions: instructionsOf(engines) }
      }
      if (!goOn(engines, exits)) break
    }
  }
  return { difference: undefined, instructions: instructionsOf(engines) }
}

function instructionsOf(engines: Engines): number {
  return engines[0].stats().instructions
}

/** On behind a fault or trap, as a debugger would; false when there is no way on. */
function goOn(engines: Engines, exits: readonly Exit[]): boolean {
  const exit = exits[0]
  if (!exit) return false
  const next = exit.kind === 'illegal' ? exit.pc + 2n : 'next' in exit ? exit.next : exit.pc
  if (next === exit.pc) return false
  for (const engine of engines) engine.state.pc = next
  return true
}

function prepareWild(guest: GuestIsa, tier: Tier, { units, data }: Trial): Engine {
  const engine = createEngine(guest, { ...hasty, memoryBytes: wildMemory, tier })
  const code = Buffer.concat(units)
  engine.memory.map(codeEnd - codeSize, codeSize, READ | WRITE | EXEC)
  engine.memory.map(codeEnd, dataSize, READ | WRITE)
  engine.memory.write(codeEnd - code.length, code)
  engine.memory.write(codeEnd, data)
  return engine
}

function prepareBare(guest: GuestIsa, tier: Tier, program: RiscvProgram): Engine {
  const { start, code, data, registers, doubles } = bareProgram(program)
  const page = 0x1000
  const engine = createEngine(guest, { ...hasty, memoryBytes: 0x100000, tier })
  for (const [{ address, bytes }, permissions] of [
    [code, READ | EXEC],
    [data, READ | WRITE],
  ] as const) {
    const first = Math.floor(address / page) * page
    const end = Math.ceil((address + bytes.length) / page) * page
    engine.memory.map(first, end - first, permissions)
    engine.memory.write(address, bytes)
  }
  registers.forEach((value, i) => {
    engine.state.write('X', i, value)
  })
  doubles.forEach((value, i) => {
    engine.state.write('F', i, value)
  })
  engine.state.pc = BigInt(start)
  return engine
}

function setState(engine: Engine, registers: Start['registers'], pc: bigint): void {
  for (const [name, index, value] of registers) {
    if (index === undefined) engine.state.write(name, value)
    else engine.state.write(name, index, value)
  }
  engine.state.pc = pc
}

function compareEngines(engines: Engines, exits: readonly Exit[]): string | undefined {
  const [expected, actual] = engines
  const [a, b] = exits.map((exit) =>
    JSON.stringify(exit, (_, v: unknown) => (typeof v === 'bigint' ? `0x${v.toString(16)}` : v)),
  )
  if (a !== b) return `the interpreter stopped with ${a}, ${actual.tier} with ${b}`
  if (Buffer.compare(bytesOf(expected.state.snapshot()), bytesOf(actual.state.snapshot())) !== 0) {
    return registerDifference(expected, actual)
  }
  if (Buffer.compare(expected.memory.bytes, actual.memory.bytes) !== 0) {
    const at = expected.memory.bytes.findIndex((byte, i) => byte !== actual.memory.bytes[i])
    const [x, y] = [expected, actual].map((engine) => engine.memory.bytes[at]?.toString(16))
    return `memory at 0x${at.toString(16)}: interpreter 0x${x}, ${actual.tier} 0x${y}`
  }
  return undefined
}

function registerDifference(expected: Engine, actual: Engine): string {
  const differences: string[] = []
  for (const register of expected.isa.registers) {
    for (let i = 0; i < register.count; i++) {
      const index = register.file ? i : undefined
      const [a, b] = [expected, actual].map((engine) => engine.state.read(register.name, index))
      if (a !== b)
        differences.push(
          `${register.names[i] ?? register.name}: interpreter 0x${a?.toString(16)}, ${actual.tier} 0x${b?.toString(16)}`,
        )
    }
  }
  return differences.length > 0 ? differences.join('; ') : `pc: ${expected.state.pc} and ${actual.state.pc}`
}

function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
}

/** Where each unit starts; the last one ends at `end`. */
function addressesOf(units: readonly Uint8Array[], end: number): bigint[] {
  let at = BigInt(end - Buffer.concat(units).length)
  return units.map((unit) => {
    const here = at
    at += BigInt(unit.length)
    return here
  })
}

/** The failure, with the least that still shows it, and how to repeat it. */
async function explain(
  guest: GuestIsa,
  plan: StreamPlan,
  units: readonly Uint8Array[],
  differs: (units: readonly Uint8Array[]) => string | undefined,
  difference: string,
): Promise<string> {
  const small = await shrink(units, plan.nop, (candidate) => differs(candidate) !== undefined)
  const disassemble = await guest.disassembler()
  const start = addressesOf(small, Number(plan.end))[0] ?? 0n
  const listing = describeUnits(small, plan.nop, start, (bytes, pc) => disassembleAll(disassemble, bytes, pc))
  return `${difference}\nshrunk: ${differs(small)}\n${listing}\n${again(guest.name)}`
}

function again(name: string): string {
  return `again: ISAGEN_SEED=${seed} npx vitest run test/conformance/tiers.test.ts -t "${name}"`
}
