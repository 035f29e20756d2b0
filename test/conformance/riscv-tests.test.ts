/**
 * riscv-tests (github.com/riscv-software-src/riscv-tests): the user-level programs for the environment `p`, in every tier. Machine mode, which that
 * environment needs, is in the spec: isa/riscv/rv_machine.isa.
 */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { projectRoot } from '../oracles/oracle.ts'
import { conform, failures, suitePath } from '../oracles/suites.ts'

const folder = suitePath(
  'ISAGEN_RISCV_TESTS',
  'it names the folder of the built programs of github.com/riscv-software-src/riscv-tests (rv64ui-p-add …)',
)
/** Suites of what the machines have. */
const suites = ['ui', 'um', 'ua', 'uf', 'ud', 'uc', 'uzba', 'uzbb', 'uzbs', 'uzbc', 'uzfh']

describe.skipIf(!folder).each([64, 32] as const)('rv%s', (xlen) => {
  const spec = join(projectRoot, `test/specs/machines/rv${xlen}gc_machine.isa`)

  test.each(suites)('%s', async (suite) => {
    const pattern = `rv${xlen}${suite}-p-`
    const programs = readdirSync(folder ?? '').filter((name) => name.startsWith(pattern) && !name.includes('.'))
    expect(programs.length).toBeGreaterThan(0)
    const report = await conform([folder ?? '', '--spec', spec, '--only', `${pattern}*`])
    expect(failures(report)).toEqual([])
    const ways = new Set(report.rows.map(({ way }) => way))
    expect(report.passed).toBe(ways.size * programs.length)
  })
})
