/**
 * The other machines' programs of `npm run bench -- --machines`: one sieve each, in the machine's own assembly (test/guests/machines), put together by its
 * generated assembler and run for a number of instructions. The sieves never end by themselves.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createEngine, type Engine, EXEC, READ, type Tier, WRITE } from 'isagen/runtime'
import type { GuestIsa } from 'isagen/runtime/abi'
import { assembleProgram } from 'isagen/runtime/assembly'
import { projectRoot } from './processes.ts'

export interface Machine {
  /** Of the isa, and of its program. */
  readonly name: string
  /** Hz of what `cycles` counts, in the real chip. */
  readonly clock: number
  /** Average cycles an instruction, and where the figure is from; absent where the spec counts cycles, which are then read from the run. */
  readonly average?: { readonly cycles: number; readonly from: string }
  /** What the sieve finds. */
  readonly primes: number
}

export const machines: readonly Machine[] = [
  { name: 'mos6502', clock: 1e6, primes: 1028 },
  { name: 'wdc65c02', clock: 14e6, primes: 1028 },
  { name: 'sm83', clock: 4_194_304 / 4, primes: 1028 },
  {
    name: 'z80',
    clock: 4e6,
    primes: 1028,
    average: { cycles: 44 / 5, from: "the average of its inner loop, by the manual's T states" },
  },
  {
    name: 'i8086',
    clock: 4.77e6,
    primes: 1028,
    average: { cycles: 42 / 4, from: "the average of its inner loop, by the manual's clocks" },
  },
  {
    name: 'r3000',
    clock: 33_868_800,
    primes: 1028,
    average: { cycles: 1, from: '1: one instruction a cycle, as if caches always hit' },
  },
  {
    name: 'chip8',
    clock: 600,
    primes: 54,
    average: { cycles: 1, from: '1: about 600 instructions a second, as in interpreters of the time' },
  },
]

export interface Loaded {
  readonly engine: Engine
  /** Where each finished round leaves the number of primes: a byte where they are fewer than 256, else two. */
  readonly count: number
}

/** A new engine with the machine's program in it, at its start. Throws where the program has errors. */
export async function loadMachine(name: string, tier: Tier): Promise<Loaded> {
  const { isa } = (await import(`isagen/generated/${name}`)) as { readonly isa: GuestIsa }
  const file = join(projectRoot, 'test/guests/machines', `${name}.s`)
  const program = assembleProgram(await isa.assembler(), readFileSync(file, 'utf8'), {
    endian: isa.endian,
    pcWidth: isa.pcWidth,
  })
  const [error] = program.errors
  if (error) throw new Error(`${file}:${error.line}:${error.column + 1}: ${error.message}`)
  const [start, count] = [program.symbols.get('start'), program.symbols.get('count')]
  if (start === undefined || count === undefined) throw new Error(`${file}: it needs the names start and count`)
  const engine = createEngine(isa, { tier })
  if (isa.memory.addressWidth > 24) engine.memory.map(0x1000, 0xf000, READ | WRITE | EXEC)
  engine.memory.write(Number(program.origin), program.bytes)
  engine.state.pc = start
  return { engine, count: Number(count) }
}

/** Throws where anything else than the number of instructions ends the run. */
export function runFor(engine: Engine, instructions: number): void {
  const exit = engine.run({ maxInstructions: instructions })
  if (exit.kind !== 'limit') throw new Error(`the program ended with ${exit.kind} at 0x${exit.pc.toString(16)}`)
}

/** Cycles since the engine was made, modulo the register's width; undefined where the spec does not count them. */
export function cyclesOf(engine: Engine): bigint | undefined {
  return engine.isa.registers.some(({ name, hidden }) => hidden && name === 'cycles')
    ? engine.state.read('cycles')
    : undefined
}
