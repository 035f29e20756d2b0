/** `npm run bench -- --machines`: the sieves of test/guests/machines in three tiers, in turn, and how many of the real chip each is worth. */

import { fileURLToPath } from 'node:url'
import type { MachineRun } from './machine-run.ts'
import { type Machine, machines } from './machines.ts'
import { median, run } from './processes.ts'
import type { Table } from './report.ts'

export const machineTiers = ['interpreter', 'wasm-interpreter', 'auto'] as const
export type MachineTier = (typeof machineTiers)[number]

export interface MachineResult {
  readonly name: string
  /** Hz. */
  readonly clock: number
  /** Cycles an instruction: counted by the spec in this program, or an average from elsewhere. */
  readonly cycles: number
  readonly cyclesFrom: string
  /** Guest instructions a second of processor time, medians. */
  readonly speeds: Readonly<Record<MachineTier, number>>
}

/** Millions of instructions, of warming up and measured: each takes about half a second or less. */
const lengths: Readonly<Record<MachineTier, readonly [warmUp: number, measured: number]>> = {
  interpreter: [5, 20],
  'wasm-interpreter': [5, 60],
  auto: [40, 200],
}

/** `share` of the work that is usual. */
export function benchMachines(rounds: number, share: number, progress: (text: string) => void): MachineResult[] {
  return machines.map((machine) => {
    const runs: Record<MachineTier, MachineRun[]> = { interpreter: [], 'wasm-interpreter': [], auto: [] }
    for (let round = 0; round < rounds; round++) {
      for (const tier of machineTiers) {
        progress(`${machine.name}, ${tier}, round ${round + 1} of ${rounds}`)
        runs[tier].push(measure(machine.name, tier, share))
      }
    }
    const speed = (tier: MachineTier): number =>
      measured(tier, share) / median(runs[tier].map(({ seconds }) => seconds))
    const speeds = {
      interpreter: speed('interpreter'),
      'wasm-interpreter': speed('wasm-interpreter'),
      auto: speed('auto'),
    }
    return { name: machine.name, clock: machine.clock, ...cyclesOf(machine, runs.auto[0]?.cycles, share), speeds }
  })
}

function cyclesOf(machine: Machine, counted: number | undefined, share: number) {
  if (counted !== undefined)
    return { cycles: counted / measured('auto', share), cyclesFrom: 'counted by the spec in this program' }
  if (!machine.average) throw new Error(`${machine.name} neither counts cycles nor has an average of them`)
  return { cycles: machine.average.cycles, cyclesFrom: machine.average.from }
}

function measured(tier: MachineTier, share: number): number {
  return Math.round(lengths[tier][1] * 1e6 * share)
}

/** The file beside this one, as the bench suite is compiled. */
function measure(name: string, tier: MachineTier, share: number): MachineRun {
  const program = fileURLToPath(new URL('machine-run.js', import.meta.url))
  const args = [program, name, tier, String(lengths[tier][0] * 1e6), String(measured(tier, share))]
  return JSON.parse(run(process.execPath, args).out) as MachineRun
}

/** Speeds, ratios, multiples of the chip, and where its cycles are from. */
export function machineTables(results: readonly MachineResult[]): Table[] {
  const multiple = ({ clock, cycles, speeds }: MachineResult, tier: MachineTier): string =>
    figures((speeds[tier] * cycles) / clock)
  return [
    {
      title:
        'Machines: million guest instructions a second of processor time, after warming up; auto over the interpreter',
      rows: [
        ['', ...machineTiers, 'auto / interpreter'],
        ...results.map(({ name, speeds }) => [
          name,
          ...machineTiers.map((tier) => figures(speeds[tier] / 1e6)),
          (speeds.auto / speeds.interpreter).toFixed(1),
        ]),
      ],
    },
    {
      title: 'Machines: multiple of the real chip (instructions a second × cycles an instruction / clock)',
      rows: [
        ['', ...machineTiers, 'clock, MHz', 'cycles an instruction'],
        ...results.map((result) => [
          result.name,
          ...machineTiers.map((tier) => multiple(result, tier)),
          String(Number((result.clock / 1e6).toPrecision(7))),
          result.cycles.toFixed(2),
        ]),
      ],
    },
  ]
}

/** Three figures, without an exponent. */
function figures(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(3)
}

/** Where the average of each machine is from, a line each. */
export function cycleNotes(results: readonly MachineResult[]): string[] {
  return results.map(({ name, cyclesFrom }) => `${name}: cycles an instruction are ${cyclesFrom}`)
}
