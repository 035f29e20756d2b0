/**
 * The specs' own tests, and the corpora of single-step vectors that they map, in every tier: registers, flags, memory, cycles. Each
 * vector was recorded elsewhere.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createConformance } from '../../runtime/conform/index.ts'
import { bundledMachines, loadGuest } from '../oracles/isas.ts'
import { oracleFile, vectorsFolder } from '../oracles/oracle.ts'

const tiers = ['interpreter', 'wasm-interpreter', 'baseline', 'optimising'] as const

describe.each(bundledMachines)('tests in the spec of %s', (name) => {
  test.each(tiers)('%s', async (tier) => {
    const guest = await loadGuest(name)
    const { tests } = await guest.conformance()
    const differences = createConformance(guest, tier).tests(tests)
    const failures = tests.flatMap(({ file, line, text }, i) => {
      return differences[i] === undefined ? [] : [`${file}:${line}: ${text}: ${differences[i]}`]
    })
    expect(tests.length).toBeGreaterThan(0)
    expect(failures).toEqual([])
  })
})

/** Folder of a corpus, how many vectors it holds, and of how many one is run; ISAGEN_LONG=1 runs all. */
const corpora = [
  { name: 'mos6502', count: 15_100, oneOf: 1 },
  { name: 'wdc65c02', count: 20_974, oneOf: 3 },
  { name: 'r3000', count: 5_500, oneOf: 2 },
  { name: 'sm83', count: 50_000, oneOf: 10 },
  { name: 'z80', count: 48_120, oneOf: 10 },
  { name: 'i8086', count: 32_100, oneOf: 10 },
]
const long = process.env.ISAGEN_LONG === '1'

describe.each(corpora)('$count vectors of $name', ({ name, count, oneOf }) => {
  const folder = oracleFile(join(vectorsFolder, name), 'ISAGEN_VECTORS names the folder of the corpora')

  test.skipIf(!folder).each(tiers)('%s', async (tier) => {
    const guest = await loadGuest(name)
    const { vectors } = await guest.conformance()
    const map = vectors.find((candidate) => candidate.folder.split('/').at(-1) === name)
    if (!map || !folder) throw new Error(`the spec of ${name} maps no vectors of that name`)
    const checks = createConformance(guest, tier)
    let [passed, run, all] = [0, 0, 0]
    const failures: string[] = []
    for (const file of readdirSync(folder).filter((entry) => entry.endsWith('.jsonl.gz'))) {
      const lines = gunzipSync(readFileSync(join(folder, file)))
        .toString('utf8')
        .trim()
        .split('\n')
      const chosen = lines.filter((_, i) => long || i % oneOf === 0)
      const result = checks.vectors(
        map,
        chosen.map((line): unknown => JSON.parse(line)),
      )
      all += lines.length
      run += chosen.length
      passed += result.passed
      if (result.first)
        failures.push(`${file}: ${result.failed} fail; ${result.first.name}: ${result.first.difference}`)
    }
    expect(failures).toEqual([])
    expect(passed).toBe(run)
    expect(all).toBe(count)
  })
})
