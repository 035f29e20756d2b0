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
    peakBytes: peakBytes(),
    ...stats,
  }
}

function textOf({ isa, tier, stats, milliseconds }: RunFacts): string {
  const { interpreter, baseline, blocks, compiler, codeCache } = stats
  const compile = compiler.translateMilliseconds + compiler.instantiateMilliseconds
  const tierRow = (name: string, one: EngineStats['interpreter']): string[] => [
    name,
    grouped(one.instructions),
    one.instructions > 0 && one.milliseconds > 0 ? mips(one.instructions, one.milliseconds).toFixed(1) : '-',
    `${one.milliseconds.toFixed(1)} ms`,
  ]
  const tiers = table(
    [
      ['', 'instructions', 'MIPS', 'time'],
      tierRow('interpreter', interpreter),
      tierRow('baseline', baseline),
      [
        'all',
        grouped(stats.instructions),
        mips(stats.instructions, milliseconds).toFixed(1),
        `${milliseconds.toFixed(1)} ms`,
      ],
    ],
    [1, 2, 3],
  )
  const rest: [string, string][] = [
    [
      'blocks',
      `${grouped(blocks.decoded)} decoded, ${grouped(blocks.compiled)} compiled, ${grouped(blocks.invalidated)} invalidated`,
    ],
    [
      'code cache',
      `${grouped(codeCache.hits)} hits, ${grouped(codeCache.misses)} misses, ${grouped(codeCache.evictions)} evictions, ${bytes(codeCache.bytes)}`,
    ],
    [
      'compiling',
      `${compile.toFixed(1)} ms for ${grouped(compiler.modules)} modules, ${bytes(compiler.bytes)} of Wasm`,
    ],
    ['memory', `${bytes(peakBytes())} peak, ${bytes(stats.slab.peak)} of engine records`],
  ]
  return `\n${isa}, tier ${tier}\n${tiers}${table(rest)}`
}
