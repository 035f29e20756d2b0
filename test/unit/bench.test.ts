/** The benchmarks: what they run is there, their sums are right, and a small measurement comes through in every column. */

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { benchGuests, nativeColumn, type ProgramResult, qemuColumn, tierColumn } from '../bench/guests.ts'
import { buildNative } from '../bench/native.ts'
import { programs } from '../bench/programs.ts'
import { gains, guestTables, markdown, means, plain, switchTables } from '../bench/report.ts'
import { oracle } from '../oracles/oracle.ts'

test('at least ten programs on integers and five in doubles, each with its source', () => {
  const count = (group: string): number => programs.filter((program) => program.group === group).length
  expect(count('integer')).toBeGreaterThanOrEqual(10)
  expect(count('floating-point')).toBeGreaterThanOrEqual(5)
  expect(new Set(programs.map(({ name }) => name)).size).toBe(programs.length)
  for (const { name, file, source, args } of programs) {
    expect(existsSync(file) && existsSync(join(dirname(file), `${source}.c`)), name).toBe(true)
    for (const argument of args(0.001)) expect(Number(argument), name).toBeGreaterThanOrEqual(1)
  }
})

const cell = (cold: number, peak: number | undefined) => ({ cold, peak, instructions: 1e9 })
const results: readonly ProgramResult[] = [
  { name: 'one', group: 'integer', cells: { qemu: cell(2, 1), auto: cell(4, 0.5), 'without calls': cell(4, 1) } },
  { name: 'two', group: 'integer', cells: { qemu: cell(2, 1), auto: cell(1, 2), 'without calls': cell(2, 2) } },
  { name: 'three', group: 'floating-point', cells: { qemu: cell(1, 1), auto: cell(3, undefined) } },
]

test('ratios are of times, means are geometric, what could not be measured is a dash', () => {
  expect(means(results)).toEqual([
    { group: 'integer', figure: 'peak', column: 'auto', over: 'qemu', ratio: 1 },
    { group: 'integer', figure: 'cold', column: 'auto', over: 'qemu', ratio: 1 },
    { group: 'floating-point', figure: 'cold', column: 'auto', over: 'qemu', ratio: expect.closeTo(3) },
  ])
  const tables = guestTables(results, ['qemu', 'auto'])
  expect(plain(tables[0]!)).toBe(`
Peak: million guest instructions a second of processor time, after starting and compiling
         qemu  auto
  one    1000  2000
  two    1000   500
  three  1000     -
`)
  expect(markdown(tables[1]!)).toBe(`
Peak: time over that of qemu (less than 1 is faster):

|  | auto |
| --- | ---: |
| one | 0.50 |
| two | 2.00 |
| three | - |
| geometric mean, integer | 1.00 |
| geometric mean, floating-point | - |
`)
})

test('what an optimisation brings: time without over time with', () => {
  expect(plain(switchTables(results.slice(0, 2), ['without calls'], 'auto')[0]!)).toContain(
    '  one                               2.00\n  two                               1.00\n  geometric mean, integer           1.41\n',
  )
  expect(gains(results.slice(0, 2), ['without calls'], 'auto')[1]).toEqual({
    column: 'without calls',
    figure: 'cold',
    programs: { one: 1, two: 2 },
    groups: { integer: expect.closeTo(Math.SQRT2) },
  })
})

test('native code, qemu-user and tiers print the same, and have figures', { timeout: 60_000 }, () => {
  const some = programs.filter(({ name }) => name === 'fib' || name === 'rounding' || name === 'short')
  const native = oracle('gcc') === undefined ? undefined : buildNative(some)
  const columns = [tierColumn('auto'), tierColumn('auto', 'calls,slots')]
  if (native) columns.push(nativeColumn(native))
  if (oracle('qemu-riscv64') !== undefined) columns.push(qemuColumn())
  const notes: string[] = []
  try {
    const measured = benchGuests(some, columns, { short: 0.02, long: 0.1, rounds: 1 }, notes, () => {})
    expect(notes).toEqual([])
    for (const { name, cells } of measured) {
      expect(Object.keys(cells), name).toEqual(columns.map((column) => column.name))
      for (const { cold, instructions } of Object.values(cells)) {
        expect(cold).toBeGreaterThan(0)
        expect(instructions).toBeGreaterThan(1000)
      }
    }
  } finally {
    native?.remove()
  }
})
