/** What an inspection tells of compiled code: units, functions, runs, exits, counters; and that code which nobody looks into is the same. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { assembleProgram } from '../../runtime/assembly/index.ts'
import {
  type CompiledUnit,
  createEngine,
  type Engine,
  EXEC,
  type Inspection,
  READ,
  WRITE,
} from '../../runtime/index.ts'
import { LINUX_MEMORY, riscv64, runLinux } from '../../runtime/linux/index.ts'
import { loadGuest } from '../oracles/isas.ts'
import { projectRoot } from '../oracles/oracle.ts'
import { testHost } from './linux-kernel.ts'

const isa = await loadGuest('rv64imac')

function runGuest(inspection?: Inspection, args: readonly string[] = ['20000']): Engine {
  const engine = createEngine(isa, {
    memoryBytes: LINUX_MEMORY,
    sampling: { hits: 8 },
    ...(inspection && { inspection }),
  })
  const elf = new Uint8Array(readFileSync(join(projectRoot, 'test/guests/interpreter.rv64.elf')))
  expect(runLinux(engine, elf, { arch: riscv64, argv: ['interpreter', ...args], host: testHost([]) })).toEqual({
    kind: 'exit',
    code: 0,
  })
  return engine
}

describe('a program with counters', () => {
  const units: CompiledUnit[] = []
  const engine = runGuest({ onUnit: (unit) => units.push(unit), counters: true })
  const stats = engine.stats()

  test('each unit is told once, in the tier it is for', () => {
    expect(units.length).toBe(stats.compiled?.modules)
    const functions = units.reduce((sum, unit) => sum + unit.functions.length, 0)
    expect(functions).toBe(stats.compiled?.blocks)
    expect(new Set(units.map(({ tier }) => tier))).toEqual(new Set(['baseline', 'optimising']))
    expect(units.filter(({ alive }) => alive).length).toBe(stats.compiled?.modulesAlive)
  })

  test('functions begin where they say, and leave somewhere', () => {
    for (const { pc, runs, exits } of units.flatMap((unit) => unit.functions)) {
      // One without runs enters another in the middle.
      if (runs.length > 0) expect(runs[0]?.pc).toBe(pc)
      else expect(exits).toContainEqual({ kind: 'function', pc, call: false })
      expect(exits.length).toBeGreaterThan(0)
    }
  })

  test('instructions are counted where they run', () => {
    const counted = (tier: CompiledUnit['tier']): number =>
      units
        .filter((unit) => unit.tier === tier)
        .flatMap(({ functions }) => functions)
        .reduce((sum, one) => sum + (one.counts()?.instructions ?? 0), 0)
    // What an exit left to the interpreter is counted, too; and the engine takes a whole entry for the tier that it came back from.
    const compiled = stats.baseline.instructions + stats.optimising.instructions
    const all = counted('baseline') + counted('optimising')
    expect(all).toBeGreaterThanOrEqual(compiled)
    expect(all).toBeLessThan(compiled * 1.01)
    expect(counted('optimising')).toBeGreaterThan(counted('baseline'))
  })

  test('exits and learnt targets are counted', () => {
    const counts = units.flatMap(({ functions }) => functions.map((one) => one.counts()))
    const fuel = counts.reduce((sum, count) => sum + (count?.exits.fuel ?? 0), 0)
    expect(fuel).toBe(stats.baseline.exits.fuel + stats.optimising.exits.fuel)
    const hits = counts.reduce((sum, count) => sum + (count?.targetHits ?? 0), 0)
    const misses = counts.reduce((sum, count) => sum + (count?.targetMisses ?? 0), 0)
    expect(hits).toBeGreaterThan(100 * misses)
  })

  test('stats by tier add up to those of all', () => {
    const { tiers, ...all } = stats.compiled!
    for (const name of ['modules', 'instructions', 'bytes'] as const)
      expect(tiers.baseline[name] + tiers.optimising[name]).toBe(all[name])
    expect(tiers.baseline.hits + tiers.optimising.hits).toBe(all.cache.hits)
    expect(tiers.baseline.evictions + tiers.optimising.evictions).toBe(all.cache.evictions)
    expect(tiers.baseline.invalidations + tiers.optimising.invalidations).toBe(all.cache.invalidations)
    expect(tiers.baseline.modulesAlive + tiers.optimising.modulesAlive).toBe(all.modulesAlive)
  })
})

test('without counters and marks, code has the same bytes as code that nobody looks into', () => {
  const watched: CompiledUnit[] = []
  const bytes = (inspection?: Inspection): number => {
    const engine = createEngine(isa, { tier: 'baseline', ...(inspection && { inspection }) })
    engine.memory.map(0x1000, 0x1000, READ | EXEC)
    engine.memory.write(0x1000, [0x13, 0x05, 0x15, 0x00, 0x6f, 0xf0, 0xdf, 0xff]) // addi a0, a0, 1; j .-4
    engine.state.pc = 0x1000n
    engine.run({ maxInstructions: 1000 })
    return engine.stats().compiled!.bytes
  }
  const plain = bytes()
  expect(bytes({ onUnit: (unit) => watched.push(unit) })).toBe(plain)
  expect(watched[0]?.bytes.length).toBe(plain)
  expect(watched[0]?.functions[0]).toMatchObject({ pc: 0x1000, runs: [{ pc: 0x1000, end: 0x1008, instructions: 2 }] })
  expect(bytes({ onUnit: () => {}, marks: true })).toBeGreaterThan(plain)
  expect(bytes({ onUnit: () => {}, counters: true })).toBeGreaterThan(plain)
})

test('blocks at an address, and the tier they run in', () => {
  const engine = runGuest()
  const pc = Number(engine.state.pc)
  const [block] = engine.blocksAt(pc)
  expect(block).toMatchObject({ tier: expect.stringMatching(/^(?:interpreter|baseline|optimising)$/) })
  expect(engine.blocksAt(0)).toEqual([])
})

test('where code depends on registers, places are still those of the program', async () => {
  const mips = await loadGuest('r3000')
  const text = readFileSync(join(projectRoot, 'test/guests/machines/r3000.s'), 'utf8')
  const program = assembleProgram(await mips.assembler(), text, { endian: 'little', pcWidth: 32 })
  const units: CompiledUnit[] = []
  const engine = createEngine(mips, { tier: 'optimising', inspection: { onUnit: (unit) => units.push(unit) } })
  engine.memory.map(0x1000, 0xf000, READ | WRITE | EXEC)
  engine.memory.write(Number(program.origin), program.bytes)
  engine.state.pc = program.origin
  engine.run({ maxInstructions: 100_000 })
  const runs = units.flatMap(({ functions }) => functions.flatMap((one) => one.runs))
  expect(runs.length).toBeGreaterThan(5)
  expect(runs.filter(({ pc }) => pc < 0x1000 || pc >= 0x10000)).toEqual([])
  const mark = Number(program.symbols.get('mark'))
  expect(engine.blocksAt(mark + 4).map(({ pc }) => pc)).toContain(mark)
})
