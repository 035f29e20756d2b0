/**
 * Trials of random code on two engines: the interpreter, and one with the options under test. After every stop, registers, memory, pc and the reason for the stop
 * have to be the same. In: units of code (streams.ts) and random state. Out: in words, what differs; with the least code that shows it.
 */

import type { GuestIsa } from '../../runtime/abi.ts'
import { createEngine, type Engine, type EngineOptions, EXEC, type Exit, READ, WRITE } from '../../runtime/index.ts'
import type { Random } from '../unit/random.ts'
import { bareProgram, type RiscvProgram } from './riscv-program.ts'
import { describeUnits, disassembleAll, shrink } from './shrink.ts'
import { generateStream, type StreamPlan } from './streams.ts'

/** Wild code lies in one run of pages, data right behind: so streams run into both ends. */
const codeEnd = 0x20000
const codeSize = 0x8000
const dataSize = 0x4000
const wildMemory = 0x30000

const reference: EngineOptions = { tier: 'interpreter' }

/** A program and the states from which it is run, one after the other, on the same memory. */
export interface Trial {
  readonly units: readonly Uint8Array[]
  readonly data: Uint8Array
  readonly starts: readonly Start[]
}
export interface Start {
  readonly registers: readonly (readonly [name: string, index: number | undefined, value: bigint])[]
  readonly unit: number
  /** After each fault or trap it goes on behind it: at most so often. */
  readonly stops: number
  /** Between two stops. */
  readonly instructions: number
}

/** Nothing is kept from happening. */
export function wildPlan(isa: StreamPlan['isa']): StreamPlan {
  return {
    isa,
    end: BigInt(codeEnd),
    wild: true,
    fixed: [],
    excluded: () => false,
    extra: [],
    nop: Uint8Array.of(0x01, 0x00),
  }
}

type Engines = readonly [expected: Engine, actual: Engine]

export function randomTrial(guest: GuestIsa, plan: StreamPlan, random: Random): Trial {
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
export function randomRegisters(guest: GuestIsa, random: Random): Start['registers'] {
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
export function compareLoops(
  guest: GuestIsa,
  options: EngineOptions,
  program: RiscvProgram,
  limits: readonly number[],
): string | undefined {
  const engines = [prepareBare(guest, reference, program), prepareBare(guest, options, program)] as const
  for (const [i, maxInstructions] of limits.entries()) {
    const exits = engines.map((engine) => engine.run({ maxInstructions }))
    const difference = compareEngines(engines, exits)
    if (difference !== undefined) return `limit ${i}: ${difference}`
  }
  return undefined
}

export function compareWild(
  guest: GuestIsa,
  options: EngineOptions,
  trial: Trial,
): { difference: string | undefined; instructions: number } {
  const engines = [prepareWild(guest, reference, trial), prepareWild(guest, options, trial)] as const
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

function prepareWild(guest: GuestIsa, options: EngineOptions, { units, data }: Trial): Engine {
  const engine = createEngine(guest, { ...options, memoryBytes: wildMemory })
  const code = Buffer.concat(units)
  engine.memory.map(codeEnd - codeSize, codeSize, READ | WRITE | EXEC)
  engine.memory.map(codeEnd, dataSize, READ | WRITE)
  engine.memory.write(codeEnd - code.length, code)
  engine.memory.write(codeEnd, data)
  return engine
}

function prepareBare(guest: GuestIsa, options: EngineOptions, program: RiscvProgram): Engine {
  const { start, code, data, registers, doubles } = bareProgram(program)
  const page = 0x1000
  const engine = createEngine(guest, { ...options, memoryBytes: 0x100000 })
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

export function setState(engine: Engine, registers: Start['registers'], pc: bigint): void {
  for (const [name, index, value] of registers) {
    if (index === undefined) engine.state.write(name, value)
    else engine.state.write(name, index, value)
  }
  engine.state.pc = pc
}

export function compareEngines(engines: Engines, exits: readonly Exit[]): string | undefined {
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
export async function explain(
  guest: GuestIsa,
  plan: StreamPlan,
  units: readonly Uint8Array[],
  differs: (units: readonly Uint8Array[]) => string | undefined,
  difference: string,
  again: string,
): Promise<string> {
  const small = await shrink(units, plan.nop, (candidate) => differs(candidate) !== undefined)
  const disassemble = await guest.disassembler()
  const start = addressesOf(small, Number(plan.end))[0] ?? 0n
  const listing = describeUnits(small, plan.nop, start, (bytes, pc) => disassembleAll(disassemble, bytes, pc))
  return `${difference}\nshrunk: ${differs(small)}\n${listing}\n${again}`
}
