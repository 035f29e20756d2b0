/**
 * Guest programs of test/guests in every tier and under qemu-user: rounds alternate between them, so that a change in the machine's
 * speed hits all alike; figures are medians. Time is that of the run itself as `--stats=json` tells it (compiling included, starting
 * Node not), and of the whole process for qemu.
 */

import { join } from 'node:path'
import { isagen, isInstalled, median, projectRoot, run } from './processes.ts'

/** `short` is for the interpreter: some seconds, after which the host has compiled its loop for good. */
const programs = [
  { name: 'sieve', short: '400', long: '800' },
  { name: 'matmul', short: '200', long: '800' },
  { name: 'fib', short: '33', long: '35' },
  { name: 'interpreter', short: '1000000', long: '2500000' },
  { name: 'nbody', short: '20000', long: '200000' },
  { name: 'mandelbrot', short: '200', long: '1000' },
  { name: 'spectral', short: '150', long: '600' },
  { name: 'linear', short: '10', long: '60' },
  { name: 'rounding', short: '500', long: '2000' },
] as const
const tiers = ['interpreter', 'baseline', 'auto'] as const
type Tier = (typeof tiers)[number]

export interface GuestResult {
  readonly name: string
  /** Million guest instructions a second. */
  readonly mips: Readonly<Record<Tier, number>>
  readonly qemuMips: number | undefined
  /** MIPS of a tier over qemu's. */
  readonly ofQemu: Readonly<Record<Tier, number>> | undefined
  /** Instructions of the long run. */
  readonly instructions: number
}
interface Stats {
  readonly instructions: number
  readonly milliseconds: number
}

export function benchGuests(rounds: number): GuestResult[] {
  const qemu = isInstalled('qemu-riscv64')
  return programs.map(({ name, short, long }) => {
    const file = join(projectRoot, 'test/guests', `${name}.rv64.elf`)
    const speeds: Record<Tier, number[]> = { interpreter: [], baseline: [], auto: [] }
    const native: number[] = []
    let instructions = 0
    for (let round = 0; round < rounds; round++) {
      const outputs = new Set<string>()
      for (const tier of tiers) {
        const finished = isagen(
          'run',
          file,
          '--tier',
          tier,
          '--stats=json',
          '--',
          tier === 'interpreter' ? short : long,
        )
        const stats = JSON.parse(finished.err) as Stats
        speeds[tier].push(stats.instructions / stats.milliseconds / 1000)
        if (tier !== 'interpreter') {
          instructions = stats.instructions
          outputs.add(finished.out)
        }
      }
      if (qemu) {
        const finished = run('qemu-riscv64', [file, long])
        outputs.add(finished.out)
        native.push(instructions / finished.milliseconds / 1000)
      }
      if (outputs.size > 1) throw new Error(`${name} gives different results: ${[...outputs].join(' and ')}`)
    }
    const mips = mapTiers((tier) => median(speeds[tier]))
    const qemuMips = qemu ? median(native) : undefined
    return {
      name,
      mips,
      qemuMips,
      ofQemu: qemuMips === undefined ? undefined : mapTiers((tier) => mips[tier] / qemuMips),
      instructions,
    }
  })
}

function mapTiers(value: (tier: Tier) => number): Record<Tier, number> {
  return { interpreter: value('interpreter'), baseline: value('baseline'), auto: value('auto') }
}
