/** What `--stats` prints of a run: text for people, JSON for tools, both on stderr so that the guest's output stays clean. */

import type { EngineStats } from 'isagen/runtime'
import { bytes, grouped, type Terminal, table } from './terminal.ts'

export interface RunFacts {
  readonly isa: string
  readonly tier: string
  readonly stats: EngineStats
  /** Wall time of the whole run, guest loaded to guest ended. */
  readonly milliseconds: number
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

function jsonOf({ isa, tier, stats, milliseconds }: RunFacts): unknown {
  return {
    isa,
    tier,
    milliseconds,
    mips: mips(stats.instructions, milliseconds),
    interpreterMips: mips(stats.interpreter.instructions, stats.interpreter.milliseconds),
    baselineMips: mips(stats.baseline.instructions, stats.baseline.milliseconds),
    optimisingMips: mips(stats.optimising.instructions, stats.optimising.milliseconds),
    peakBytes: peakBytes(),
    ...stats,
  }
}

function textOf({ isa, tier, stats, milliseconds }: RunFacts): string {
  const { interpreter, baseline, optimising, blocks, compiled, slab } = stats
  const row = (name: string, instructions: number, time: number): string[] => [
    name,
    grouped(instructions),
    instructions > 0 && time > 0 ? mips(instructions, time).toFixed(1) : '-',
    `${time.toFixed(1)} ms`,
  ]
  const tiers = table(
    [
      ['', 'instructions', 'MIPS', 'time'],
      row('interpreter', interpreter.instructions, interpreter.milliseconds),
      row('baseline', baseline.instructions, baseline.milliseconds),
      row('optimising', optimising.instructions, optimising.milliseconds),
      row('all', stats.instructions, milliseconds),
    ],
    [1, 2, 3],
  )
  const rest: [string, string][] = [
    [
      'blocks',
      `${grouped(blocks.decoded)} decoded, ${grouped(compiled?.blocks ?? 0)} compiled, ${grouped(blocks.invalidated)} invalidated`,
    ],
  ]
  if (compiled) {
    const { cache, modules, translateMilliseconds, instantiateMilliseconds } = compiled
    const time = (translateMilliseconds + instantiateMilliseconds).toFixed(1)
    rest.push(
      [
        'code cache',
        `${grouped(cache.hits)} hits, ${grouped(cache.misses)} misses, ${grouped(cache.evictions)} evictions, ${bytes(cache.bytes)}`,
      ],
      ['compiling', `${time} ms for ${grouped(modules)} modules, ${bytes(compiled.bytes)} of Wasm`],
    )
  }
  rest.push(['memory', `${bytes(peakBytes())} peak, ${bytes(slab.peak)} of engine records`])
  return `\n${isa}, tier ${tier}\n${tiers}${table(rest)}`
}
