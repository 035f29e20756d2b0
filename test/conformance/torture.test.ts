/**
 * gcc's c-torture execution tests, compiled for rv64gc with and without optimisation: the same verdict as under qemu-user in every tier. A sample, chosen by
 * ISAGEN_SEED; ISAGEN_TORTURE says how many programs it has, or "all", and ISAGEN_TIERS which tiers run them.
 */

import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { execute } from '../oracles/command-line.ts'
import { cacheFolder, oracle, oracleFile } from '../oracles/oracle.ts'
import { conform } from '../oracles/suites.ts'
import { compileTorture, type TortureTest, tortureTests } from '../oracles/torture.ts'
import { random as createRandom } from '../unit/random.ts'

const qemu = oracle('qemu-riscv64')
const gcc = oracle('riscv64-gcc')
const folder = oracleFile(join(cacheFolder, 'torture'), 'bash test/oracles/torture.sh brings it')
const programs = join(cacheFolder, 'torture-programs')
const wanted = process.env.ISAGEN_TORTURE ?? '8'
const tiers = (process.env.ISAGEN_TIERS ?? 'interpreter,wasm-interpreter,baseline,optimising,auto').split(',')
const seed = Number(process.env.ISAGEN_SEED ?? 1)
/** Programs that one run of the command line takes. */
const TOGETHER = 200
const WORKERS = 2

describe.skipIf(!qemu || !gcc || !folder).each(['O0', 'O2'])('-%s', (level) => {
  test(`${wanted} programs, seed ${seed}: the same verdict as under qemu-user`, async () => {
    const compiled: string[] = []
    await inParallel(sample(folder ? tortureTests(folder) : []), async (one) => {
      const program = await compileTorture(gcc ?? '', one, level, programs)
      if (program !== undefined) compiled.push(program)
    })
    expect(compiled.length).toBeGreaterThan(0)
    compiled.sort()

    const failsThere = new Set<string>()
    await inParallel(compiled, async (program) => {
      const { status } = await execute(qemu ?? '', [join(programs, program)])
      if (status !== 0) failsThere.add(program)
    })
    const differences: string[] = []
    for (let from = 0; from < compiled.length; from += TOGETHER) {
      const part = compiled.slice(from, from + TOGETHER)
      const chosen = part.flatMap((name) => ['--only', name])
      const reports = await Promise.all(
        tiers.map((tier) => conform([programs, '--isa', 'rv64gc', '--tier', tier, ...chosen])),
      )
      const rows = reports.flatMap((report) => report.rows)
      expect(rows.length).toBe(tiers.length * part.length)
      for (const { name, way, first } of rows) {
        if ((first !== undefined) !== failsThere.has(name))
          differences.push(
            `${name}, ${way}: ${first?.difference ?? 'passes'}; under qemu-user it ${failsThere.has(name) ? 'fails' : 'passes'}`,
          )
      }
    }
    process.stdout.write(`-${level}: ${compiled.length} programs, ${failsThere.size} fail under qemu-user\n`)
    expect(differences).toEqual([])
  }, 3_600_000)
})

function sample(all: readonly TortureTest[]): readonly TortureTest[] {
  if (wanted === 'all') return all
  const random = createRandom(seed)
  const left = [...all]
  return Array.from(
    { length: Math.min(Number(wanted), all.length) },
    () => left.splice(random.below(left.length), 1)[0]!,
  )
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items]
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: WORKERS }, worker))
}
