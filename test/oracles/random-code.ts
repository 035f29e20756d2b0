/**
 * Random code on two engines until so many instructions have run: the interpreter, and one with the options that a test gives for each trial. In: a machine and how
 * to try it. Throws what differs first, with the least code that shows it and how to repeat it.
 */

import { createEngine, type EngineOptions } from '../../runtime/index.ts'
import { random as createRandom } from '../unit/random.ts'
import { loadGuest, loadIr } from './isas.ts'
import { type RiscvMachine, randomProgram, riscvPlan } from './riscv-program.ts'
import { generateStream } from './streams.ts'
import {
  compareEngines,
  compareLoops,
  compareWild,
  explain,
  randomRegisters,
  randomTrial,
  setState,
  wildPlan,
} from './tier-trials.ts'

export interface Campaign {
  readonly seed: number
  /** To run at least. */
  readonly instructions: number
  /** Of the engine under test, by number of the trial. */
  optionsOf(trial: number): EngineOptions
  /** How to repeat it. */
  again(machine: string): string
}

/** Code that neither faults nor leaves its loop; limits come anywhere, so also within compiled blocks. */
export async function tryLoops(
  machine: RiscvMachine,
  { seed, instructions, optionsOf, again }: Campaign,
  size: { readonly units: number; readonly limits: number; readonly longest: number },
): Promise<void> {
  const guest = await loadGuest(machine.name)
  const plan = riscvPlan(loadIr(guest.name), machine)
  const random = createRandom(seed)
  let run = 0
  for (let trial = 0; run < instructions; trial++) {
    const program = randomProgram(machine, generateStream(plan, random, size.units), 0, random)
    const limits = Array.from({ length: size.limits }, () => 1 + random.below(size.longest))
    const differs = (units: readonly Uint8Array[]): string | undefined =>
      compareLoops(guest, optionsOf(trial), { ...program, units }, limits)
    const difference = differs(program.units)
    if (difference !== undefined)
      throw new Error(
        await explain(guest, plan, program.units, differs, `trial ${trial}: ${difference}`, again(guest.name)),
      )
    run += limits.reduce((sum, limit) => sum + limit, 0)
  }
}

/** Code that faults, jumps and rewrites itself all the time: each block of it is compiled for a few instructions. */
export async function tryWild(name: string, { seed, instructions, optionsOf, again }: Campaign): Promise<void> {
  const guest = await loadGuest(name)
  const plan = wildPlan(loadIr(guest.name))
  let run = 0
  for (let trial = 0; run < instructions; trial++) {
    const made = randomTrial(guest, plan, createRandom(seed * 1000 + trial))
    const tried = compareWild(guest, optionsOf(trial), made)
    run += tried.instructions
    if (tried.difference === undefined) continue
    const differs = (units: readonly Uint8Array[]): string | undefined =>
      compareWild(guest, optionsOf(trial), { ...made, units }).difference
    throw new Error(
      await explain(guest, plan, made.units, differs, `trial ${trial}: ${tried.difference}`, again(guest.name)),
    )
  }
}

/** Memory of a machine with 16 address bits, in which nearly every byte is an opcode, so that code may be entered, and overwritten, anywhere. */
export async function tryOpcodes(name: string, { seed, instructions, optionsOf, again }: Campaign): Promise<void> {
  const guest = await loadGuest(name)
  const opcodes = [...new Set(loadIr(name).instructions.map(({ encoding }) => Number(encoding.value & 0xffn)))]
  const size = 0x10000
  let run = 0
  for (let trial = 0; run < instructions; trial++) {
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
      if (difference !== undefined)
        throw new Error(`run ${start} of trial ${trial} from pc 0x${pc.toString(16)}: ${difference}\n${again(name)}`)
    }
    engines[1].check()
    run += engines[0].stats().instructions
  }
}
