/**
 * C programs of ours (test/guests/linux) that ask Linux for what is hard to see from outside: signals with handlers, threads, execve. Each says of itself what
 * is right; every tier must say yes to all, and print what qemu-user prints.
 */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { execute, isagen } from '../oracles/command-line.ts'
import { oracle, projectRoot } from '../oracles/oracle.ts'

const tiers = ['interpreter', 'wasm-interpreter', 'baseline', 'optimising', 'auto'] as const
/** qemu-user 7.2 reads a RISC-V action's mask at the wrong place, as if there were a restorer before it. */
const wrongUnderQemu = ['outer_mask == 3', 'inner_seen == 0']

interface Program {
  readonly name: string
  readonly status: number
  readonly error: RegExp
  /** qemu-user lets the host's kernel start other programs, which knows nothing of RISC-V: only what the program says of itself counts. */
  readonly alone?: true
}
const programs: readonly Program[] = [
  { name: 'signals', status: 134, error: /^SIGABRT: the program sent it to itself\n {2}pc / },
  { name: 'threads', status: 9, error: /^$/ },
  { name: 'exec', status: 17, error: /^$/, alone: true },
]

const gcc = oracle('riscv64-gcc')
const qemu = oracle('qemu-riscv64')
const folder = mkdtempSync(join(tmpdir(), 'isagen-own-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe.skipIf(!gcc || !qemu).each(programs)('$name', ({ name, status, error, alone }) => {
  const program = join(folder, name)
  let expected: Promise<string> | undefined

  test.each(tiers)('%s', async (tier) => {
    expected ??= underQemu()
    const reference = await expected
    const maps = ['--map', `/tmp=${folder}:rw`, '--map', `${folder}:rw`]
    const actual = await isagen(['run', program, '--tier', tier, ...maps, '--', folder])
    const lines = actual.out.toString().split('\n')
    expect(lines.filter((line) => line.endsWith(': NO'))).toEqual([])
    if (!alone) expect(comparable(actual.out.toString())).toBe(comparable(reference))
    expect(actual.status).toBe(status)
    expect(actual.err).toMatch(error)
  })

  async function underQemu(): Promise<string> {
    const source = join(projectRoot, 'test/guests/linux', `${name}.c`)
    execFileSync(gcc ?? '', ['-O1', '-static', '-pthread', '-o', program, source, '-lm'])
    if (alone) return ''
    return (await execute(qemu ?? '', [program])).out.toString()
  }
})

function comparable(text: string): string {
  const lines = text.split('\n')
  return lines.filter((line) => !wrongUnderQemu.some((start) => line.startsWith(`${start}:`))).join('\n')
}
