/**
 * C programs of ours (test/guests/linux) that ask Linux for what is hard to see from outside: signals with handlers, threads. Each says of itself what
 * is right; every tier must say yes to all, and print what qemu-user prints.
 */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { execute, isagen } from '../oracles/command-line.ts'
import { oracle, projectRoot } from '../oracles/oracle.ts'

const tiers = ['interpreter', 'baseline', 'auto'] as const
/** qemu-user 7.2 reads a RISC-V action's mask at the wrong place, as if there were a restorer before it. */
const wrongUnderQemu = ['outer_mask == 3', 'inner_seen == 0']

const programs: readonly { readonly name: string; readonly status: number; readonly error: RegExp }[] = [
  { name: 'signals', status: 134, error: /^SIGABRT: the program sent it to itself\n {2}pc / },
  { name: 'threads', status: 9, error: /^$/ },
]

const gcc = oracle('riscv64-gcc')
const qemu = oracle('qemu-riscv64')
const folder = mkdtempSync(join(tmpdir(), 'isagen-own-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe.skipIf(!gcc || !qemu).each(programs)('$name', ({ name, status, error }) => {
  const program = join(folder, name)
  let expected: Promise<string> | undefined

  test.each(tiers)('%s', async (tier) => {
    expected ??= underQemu()
    const reference = await expected
    const actual = await isagen(['run', program, '--tier', tier, '--map', `/tmp=${folder}:rw`])
    const lines = actual.out.toString().split('\n')
    expect(lines.filter((line) => line.endsWith(': NO'))).toEqual([])
    expect(comparable(actual.out.toString())).toBe(comparable(reference))
    expect(actual.status).toBe(status)
    expect(actual.err).toMatch(error)
  })

  async function underQemu(): Promise<string> {
    const source = join(projectRoot, 'test/guests/linux', `${name}.c`)
    execFileSync(gcc ?? '', ['-O1', '-static', '-pthread', '-o', program, source, '-lm'])
    return (await execute(qemu ?? '', [program])).out.toString()
  }
})

function comparable(text: string): string {
  const lines = text.split('\n')
  return lines.filter((line) => !wrongUnderQemu.some((start) => line.startsWith(`${start}:`))).join('\n')
}
