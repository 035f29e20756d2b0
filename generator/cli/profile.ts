/** `isagen profile`: runs a Linux program with counters in its compiled code, and says which regions ran most, in which tier, and how they came back to the engine. */

import { writeFileSync } from 'node:fs'
import type { Symbols } from 'isagen/linux'
import type { CompiledUnit, EngineStats, ExitName, FunctionCounts } from 'isagen/runtime'
import { CommandError, defineCommand } from './command.ts'
import { placeName } from './dump-wasm.ts'
import { instructionLimit, loadProgram, programOptions } from './linux-program.ts'
import { hex } from './numbers.ts'
import { exitCode, startLinux, tellEnd } from './run-linux.ts'
import { inlineCaches } from './statistics.ts'
import { grouped, table } from './terminal.ts'

export const command = defineCommand({
  usage: 'profile PROGRAM [-- ARGS…]',
  describe:
    'Run a Linux program (ELF), and show which regions of its code ran most: symbol, tier, share of all instructions, exits.',
  operands: { least: 1, most: Number.POSITIVE_INFINITY, name: 'a PROGRAM' },
  options: {
    ...programOptions,
    top: { type: 'number', default: 20, describe: 'how many regions' },
    json: { type: 'boolean', describe: 'print one JSON object' },
    output: { type: 'string', describe: 'a file for the table or the JSON, instead of stderr' },
  },
  examples: [
    ['isagen profile sieve.elf -- 400', 'the program’s own output goes to stdout, the table to stderr'],
    ['isagen profile sieve.elf --json --output profile.json -- 400', 'for tools'],
  ],
  notes:
    'A region is what a function of compiled code begins with: in tier baseline a small tree of blocks, in tier optimising the loops and blocks of a guest function. ' +
    "Compiled code counts for itself what it runs, which takes some of its speed. Exits are returns to the engine: fuel (an interrupt that the engine asked for), step (an instruction left to the interpreter), miss (no code there yet). The exit code is the program's.",
  run: async ({ options, operands, rest }, terminal) => {
    if (!(options.top >= 1)) throw new CommandError('--top needs a number from 1')
    const { isa, file, elf, ...more } = await loadProgram(options, [...operands, ...rest], terminal)
    const units: CompiledUnit[] = []
    let symbols: Symbols | undefined
    const run = startLinux(isa, file, elf, { ...options, ...more, limit: instructionLimit(options) }, terminal, {
      inspection: { counters: true, onUnit: (unit) => units.push(unit) },
      onLoad: (read) => {
        symbols = read()
      },
      timing: true,
    })
    await tellEnd(isa, run.result, terminal)
    const stats = run.engine.stats()
    const regions = regionsOf(units, stats.instructions, symbols)
    const facts = { isa: isa.name, tier: run.engine.tier, milliseconds: run.milliseconds, stats, units, regions }
    const text = options.json ? jsonOf(facts, options.top) : textOf(facts, options.top)
    if (options.output === undefined) terminal.err(text)
    else writeFileSync(options.output, text)
    return exitCode(run.result)
  },
})

interface Region {
  /** `name+0x10`, or the address. */
  readonly name: string
  readonly pc: number
  readonly tier: CompiledUnit['tier']
  /** How often it was compiled. */
  compiled: number
  instructions: number
  share: number
  targetHits: number
  targetMisses: number
  exits: Partial<Record<ExitName, number>>
}
interface ProfileFacts {
  readonly isa: string
  readonly tier: string
  readonly milliseconds: number
  readonly stats: EngineStats
  readonly units: readonly CompiledUnit[]
  readonly regions: readonly Region[]
}

/** By what they ran, the most first. Functions with the same entry in the same tier are one region, compiled again and again. */
function regionsOf(units: readonly CompiledUnit[], total: number, symbols: Symbols | undefined): Region[] {
  const regions = new Map<string, Region>()
  for (const { tier, functions } of units) {
    for (const { pc, counts } of functions) {
      const key = `${tier} ${pc}`
      const region = regions.get(key) ?? newRegion(pc, tier, placeName(symbols, pc))
      regions.set(key, region)
      region.compiled++
      const counted = counts()
      if (counted) add(region, counted)
    }
  }
  for (const region of regions.values()) region.share = total > 0 ? region.instructions / total : 0
  return [...regions.values()]
    .filter(({ instructions }) => instructions > 0)
    .sort((a, b) => b.instructions - a.instructions || a.pc - b.pc)
}

function newRegion(pc: number, tier: Region['tier'], name: string): Region {
  return { name, pc, tier, compiled: 0, instructions: 0, share: 0, targetHits: 0, targetMisses: 0, exits: {} }
}

function add(region: Region, counts: FunctionCounts): void {
  region.instructions += counts.instructions
  region.targetHits += counts.targetHits
  region.targetMisses += counts.targetMisses
  for (const [name, count] of Object.entries(counts.exits) as [ExitName, number][])
    if (count > 0) region.exits[name] = (region.exits[name] ?? 0) + count
}

function jsonOf({ isa, tier, milliseconds, stats, units, regions }: ProfileFacts, top: number): string {
  const { interpreter, baseline, optimising, instructions } = stats
  return `${JSON.stringify({
    isa,
    tier,
    instructions,
    milliseconds,
    tiers: { interpreter, baseline, optimising },
    inlineCaches: inlineCaches(units),
    regions: regions.slice(0, top),
    moreRegions: Math.max(0, regions.length - top),
  })}\n`
}

function textOf({ isa, tier, milliseconds, stats, units, regions }: ProfileFacts, top: number): string {
  const percent = (instructions: number): string =>
    `${((100 * instructions) / Math.max(1, stats.instructions)).toFixed(1)} %`
  const shown = regions
    .slice(0, top)
    .map((region) => [
      percent(region.instructions),
      grouped(region.instructions),
      region.tier,
      region.name,
      hex(region.pc),
      exitsText(region.exits),
    ])
  const interpreted = stats.interpreter.instructions
  const others = regions.slice(top)
  const rest = others.reduce((sum, { instructions }) => sum + instructions, 0)
  const rows = [
    ['share', 'instructions', 'tier', 'region', 'at', 'exits'],
    ...shown,
    ...(others.length > 0 ? [[percent(rest), grouped(rest), '', `${grouped(others.length)} more`]] : []),
    [percent(interpreted), grouped(interpreted), 'interpreter'],
  ]
  const tiers = (['interpreter', 'baseline', 'optimising'] as const).map(
    (name) => `${name} ${percent(stats[name].instructions)} in ${stats[name].milliseconds.toFixed(0)} ms`,
  )
  const { hits, misses } = inlineCaches(units)
  const caches = hits + misses === 0 ? '' : `; learnt jumps: ${grouped(hits)} hits, ${grouped(misses)} misses`
  return (
    `\n${isa}, tier ${tier}: ${grouped(stats.instructions)} instructions in ${milliseconds.toFixed(0)} ms\n` +
    `${tiers.join(', ')}${caches}\n\n${table(rows, [0, 1])}`
  )
}

function exitsText(exits: Region['exits']): string {
  const sorted = Object.entries(exits).sort(([, a], [, b]) => b - a)
  return sorted.map(([name, count]) => `${name} ${grouped(count)}`).join(', ')
}
