/** The machines that bare-metal suites run on check, and do what the tests in their specs say. */

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectRoot } from '../oracles/oracle.ts'
import { conform, failures } from '../oracles/suites.ts'

test.each(['rv64gc_machine', 'rv32gc_machine'])('%s', async (name) => {
  const report = await conform(['--spec', join(projectRoot, `test/specs/machines/${name}.isa`)])
  expect(failures(report)).toEqual([])
  expect(report.passed).toBeGreaterThan(20)
})
