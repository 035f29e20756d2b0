/**
 * A program that nobody here wrote: Debian's static riscv64 busybox. Every applet gives the same bytes and the same exit code as under
 * qemu-user, in every tier.
 */

import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ExecuteOptions, execute, type Finished, isagen } from '../oracles/command-line.ts'
import { cacheFolder, oracle, oracleFile } from '../oracles/oracle.ts'
import { random as createRandom } from '../unit/random.ts'

const tiers = ['interpreter', 'wasm-interpreter', 'baseline', 'optimising', 'auto'] as const
/** What both must see alike; everything else of the environment is the host's under qemu-user, and empty here. */
const environment = { PATH: '/usr/bin:/bin', TZ: 'UTC', LC_ALL: 'C', HOME: '/' }

const qemu = oracle('qemu-riscv64')
const busybox = oracleFile(join(cacheFolder, 'sysroot-riscv64/usr/bin/busybox'))
const folder = mkdtempSync(join(tmpdir(), 'isagen-busybox-'))

const text = 'pear 3\napple 12\nfig 7\napple 1\n\nquince 100\n'
const awk =
  '{ sum += $2; count[$1]++ } END { for (k in count) print k, count[k]; printf "%d %.3f %s\\n", sum, sum / NR, substr("busybox", 2, 3) }'
const loop =
  'i=0; while [ $i -lt 200 ]; do i=$((i + 1)); case $i in *7) echo "seven $i" ;; esac; done; echo "$i done"; exit 3'

const cases: readonly { readonly name: string; readonly args: readonly string[]; readonly input?: string }[] = [
  { name: 'echo', args: ['echo', '-e', 'hello\\tworld', 'and', 'more'] },
  { name: 'uname -m', args: ['uname', '-m'] },
  { name: 'ls -l', args: ['ls', '-l', folder] },
  { name: 'ls of what is not there', args: ['ls', join(folder, 'none')] },
  { name: 'sha256sum of 10 MB', args: ['sha256sum', join(folder, 'random')] },
  { name: 'md5sum', args: ['md5sum', join(folder, 'text')] },
  { name: 'awk', args: ['awk', awk, join(folder, 'text')] },
  { name: 'sort', args: ['sort', '-k2', '-n', join(folder, 'text')] },
  { name: 'sort -u from a pipe', args: ['sort', '-u'], input: text },
  {
    name: 'bc',
    args: ['bc'],
    input: 'scale=40\n355/113\n2^200\nx=17; while (x > 1) { if (x % 2) x = 3*x+1 else x = x/2; x }\n',
  },
  { name: 'sh -c with a loop', args: ['sh', '-c', loop] },
  { name: 'sed', args: ['sed', '-n', 's/a\\(.*\\)e/<\\1>/p', join(folder, 'text')] },
  { name: 'wc', args: ['wc', join(folder, 'text'), join(folder, 'random')] },
  { name: 'gzip', args: ['gzip', '-c', join(folder, 'text')] },
  { name: 'date', args: ['date', '-d', '@1700000000', '-R'] },
  { name: 'expr', args: ['expr', '6', '*', '7'] },
  { name: 'printf', args: ['printf', '%5d|%-8s|%x\\n', '42', 'left', '255'] },
  { name: 'false', args: ['false'] },
]

describe.skipIf(!qemu || !busybox)('busybox', () => {
  beforeAll(() => {
    const random = createRandom(1)
    writeFileSync(join(folder, 'text'), text)
    writeFileSync(
      join(folder, 'random'),
      Uint8Array.from({ length: 10_000_000 }, () => random.below(256)),
    )
    for (const name of ['text', 'random']) utimesSync(join(folder, name), 1_700_000_000, 1_700_000_000)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test.each(cases)('$name', async ({ args, input }) => {
    const options: ExecuteOptions = { input: input === undefined ? undefined : Buffer.from(input) }
    const expected = await underQemu(args, options)
    const results = await Promise.all(tiers.map((tier) => underIsagen(args, tier, options)))
    for (const [i, actual] of results.entries()) {
      expect(readable(actual), `${tiers[i]}: ${actual.err}`).toEqual(readable(expected))
      expect(Buffer.compare(actual.out, expected.out), `bytes in tier ${tiers[i]}`).toBe(0)
    }
  })
})

function underQemu(args: readonly string[], options: ExecuteOptions): Promise<Finished> {
  const [applet = '', ...rest] = args
  return execute(qemu ?? '', ['-0', 'busybox', busybox ?? '', applet, ...rest], { ...options, env: environment })
}

function underIsagen(args: readonly string[], tier: string, options: ExecuteOptions): Promise<Finished> {
  const maps = [folder, '/etc/passwd', '/etc/group'].flatMap((path) => ['--map', `${path}=${path}:ro`])
  const env = Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`])
  return isagen(['run', busybox ?? '', '--tier', tier, ...maps, ...env, '--', ...args], options)
}

function readable({ status, out }: Finished): { status: number | string; text: string } {
  return { status, text: out.length < 10_000 ? out.toString('latin1') : `${out.length} bytes` }
}
