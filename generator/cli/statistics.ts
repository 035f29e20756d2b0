/** What `--stats` prints of a run: text for people, JSON for tools, both on stderr so that the guest's output stays clean. */

import type { CodeStats, CompiledUnit, EngineStats } from 'isagen/runtime'
import { bytes, grouped, type Terminal, table } from './terminal.ts'

export interface RunFacts {
  readonly isa: string
  readonly tier: string
  readonly stats: EngineStats
  /** Wall time of the whole run, guest loaded to guest ended. */
  readonly milliseconds: number
  /** All units, where they have counters. */
  readonly units?: readonly CompiledUnit[] | undefined
}

export function printStatistics(facts: RunFacts, format: string, terminal: Terminal): void {
  terminal.err(format === 'json' ? `${JSON.stringify(jsonOf(facts))}\n` : textOf(facts))
}

function mips(instructions: number, milliseconds: number): number {
  return milliseconds > 0 ? instructions / milliseconds / 1000 : 0
}

function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1024
}

function jsonOf({ isa, tier, stats, milliseconds, units }: RunFacts): unknown {
  return {
    isa,
    tier,
    milliseconds,
    mips: mips(stats.instructions, milliseconds),
    interpreterMips: mips(stats.interpreter.instructions, stats.interpreter.milliseconds),
    baselineMips: mips(stats.baseline.instructions, stats.baseline.milliseconds),
    optimisingMips: mips(stats.optimising.instructions, stats.optimising.milliseconds),
    peakBytes: peakBytes(),
    ...(units && { inlineCaches: inlineCaches(units) }),
    ...stats,
  }
}

function textOf({ isa, tier, stats, milliseconds, units }: RunFacts): string {
  const { blocks, compiled, slab } = stats
  const tiers = table(
    [
      ['', 'instructions', 'MIPS', 'time', 'compiling', 'modules', 'Wasm', 'hits', 'evicted', 'invalid'],
      ...(['interpreter', 'baseline', 'optimising'] as const).map((name) => [
        ...runCells(name, stats[name].instructions, stats[name].milliseconds),
        ...(name === 'interpreter' || !compiled ? [] : codeCells(compiled.tiers[name])),
      ]),
      [
        ...runCells('all', stats.instructions, milliseconds),
        ...(compiled ? codeCells({ ...compiled, ...compiled.cache, bytes: compiled.bytes }) : []),
      ],
    ],
    [1, 2, 3, 4, 5, 6, 7, 8, 9],
  )
  const rest: [string, string][] = [
    [
      'blocks',
      `${grouped(blocks.decoded)} decoded, ${grouped(compiled?.blocks ?? 0)} compiled, ${grouped(blocks.invalidated)} invalidated`,
    ],
  ]
  if (compiled) {
    const { cache, modulesAlive } = compiled
    rest.push([
      'code cache',
      `${grouped(modulesAlive)} modules, ${bytes(cache.bytes)}; ${grouped(cache.misses)} misses`,
    ])
    const { units: kept, used, refused } = compiled.stored
    if (kept > 0) {
      rest.push(['kept code', `${grouped(used)} of ${grouped(kept)} units used, ${grouped(refused)} refused`])
    }
  }
  if (units) {
    const { hits, misses } = inlineCaches(units)
    const rate = hits + misses > 0 ? ` (${((100 * hits) / (hits + misses)).toFixed(1)} % hits)` : ''
    rest.push(['learnt jumps', `${grouped(hits)} hits, ${grouped(misses)} misses${rate}`])
  }
  rest.push(['memory', `${bytes(peakBytes())} peak, ${bytes(slab.peak)} of engine records`])
  return `\n${isa}, tier ${tier}\n${tiers}${table(rest)}`
}

function runCells(name: string, instructions: number, time: number): string[] {
  const speed = instructions > 0 && time > 0 ? mips(instructions, time).toFixed(1) : '-'
  return [name, grouped(instructions), speed, `${time.toFixed(1)} ms`]
}

function codeCells(code: Omit<CodeStats, 'functions' | 'instructions' | 'modulesAlive'>): string[] {
  return [
    `${(code.translateMilliseconds + code.instantiateMilliseconds).toFixed(1)} ms`,
    grouped(code.modules),
    bytes(code.bytes),
    grouped(code.hits),
    grouped(code.evictions),
    grouped(code.invalidations),
  ]
}

/**
 * Inline caches: computed jumps of optimised code that went to a target which was learnt before, and that had to be looked up. Only units with counters know.
 */
export function inlineCaches(units: readonly CompiledUnit[]): { readonly hits: number; readonly misses: number } {
  let hits = 0
  let misses = 0
  for (const { counts } of units.flatMap(({ functions }) => functions)) {
    const counted = counts()
    hits += counted?.targetHits ?? 0
    misses += counted?.targetMisses ?? 0
  }
  return { hits, misses }
}
