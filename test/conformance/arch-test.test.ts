/**
 * riscv-arch-test (github.com/riscv-non-isa/riscv-arch-test, branch old-framework-2.x, which carries reference signatures): each test's signature, in every
 * tier.
 */

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { projectRoot } from '../oracles/oracle.ts'
import { conform, failures, suitePath } from '../oracles/suites.ts'

const folder = suitePath(
  'ISAGEN_ARCH_TEST',
  'it names a checkout of github.com/riscv-non-isa/riscv-arch-test, branch old-framework-2.x, with the built programs in its folder work (work/rv64i_m/I/add-01.elf …)',
)

/** Tests of cryptography that are of bit manipulation, too. */
const bits = ['andn-*', 'orn-*', 'xnor-*', 'rol-*', 'rolw-*', 'ror-*', 'rori-*', 'rorw-*', 'roriw-*', 'clmul*']
/** Not those of misaligned loads and stores: the references are of a machine where they trap; here they work, as the manual allows. */
const traps = ['ebreak*', 'ecall*', 'misalign-b*', 'misalign-jal-*', 'misalign1-jalr-*', 'misalign2-jalr-*']
const suites: Readonly<Record<string, readonly string[]>> = {
  I: ['*'],
  M: ['*'],
  C: ['*'],
  F: ['*'],
  D: ['*'],
  Zifencei: ['*'],
  K: bits,
  privilege: traps,
}

describe.skipIf(!folder).each([64, 32] as const)('rv%si_m', (xlen) => {
  const group = `rv${xlen}i_m`
  const names = folder === undefined ? [] : readdirSync(join(folder, 'work', group)).filter((name) => suites[name])
  test.each(names)('%s', async (name) => {
    const reference = join(folder ?? '', 'riscv-test-suite', group, name, 'references')
    expect(existsSync(reference)).toBe(true)
    const report = await conform([
      join(folder ?? '', 'work', group, name),
      ...['--spec', join(projectRoot, `test/specs/machines/rv${xlen}gc_machine.isa`), '--reference', reference],
      ...(suites[name] ?? []).flatMap((pattern) => ['--only', pattern]),
    ])
    expect(failures(report)).toEqual([])
    expect(report.passed).toBeGreaterThan(0)
  })
})
