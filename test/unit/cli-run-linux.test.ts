/** `isagen run` of Linux programs from a system root: which file is meant, what the program sees, mistakes in one line. */

import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { findProgram } from '../../generator/cli/run-program.ts'

const cli = fileURLToPath(new URL('../../dist/generator/cli.js', import.meta.url))
const hello = fileURLToPath(new URL('../guests/hello.rv64.elf', import.meta.url))
const root = realpathSync(mkdtempSync(join(tmpdir(), 'isagen-sysroot-')))
mkdirSync(join(root, 'usr/bin'), { recursive: true })
copyFileSync(hello, join(root, 'usr/bin/hello-1.0'))
symlinkSync('hello-1.0', join(root, 'usr/bin/hello'))
symlinkSync('usr/bin', join(root, 'bin'))
afterAll(() => rmSync(root, { recursive: true }))

const run = (...args: string[]) => spawnSync(process.execPath, [cli, 'run', ...args], { encoding: 'utf8' })

it('finds the program in the root, or on the host', () => {
  expect(findProgram('hello', undefined)).toEqual({ host: 'hello', guest: undefined })
  expect(findProgram('/usr/bin/hello', root)).toEqual({ host: join(root, 'usr/bin/hello'), guest: '/usr/bin/hello' })
  expect(findProgram(join(root, 'bin/hello'), root)).toEqual({
    host: join(root, 'bin/hello'),
    guest: '/usr/bin/hello-1.0',
  })
  expect(findProgram(hello, root)).toEqual({ host: hello, guest: undefined })
  expect(() => findProgram('/bin/hello', join(root, 'none'))).toThrow(/-L: .* is no folder/)
})

it('shows the root to the program, and its calls to the user', () => {
  const { status, stdout, stderr } = run('-L', root, '--strace', '/bin/hello', '--', 'one')
  expect(status).toBe(0)
  expect(stdout).toContain('argument 1: one\n')
  expect(stderr).toContain('write(1, "Hello from riscv64 Linux!\\nargume"..., 157) = 157\n')
  expect(stderr).toMatch(/\nexit_group\(0\) += \?\n\+\+\+ exited with 0 \+\+\+\n$/)
})

it('says in one line what is wrong', () => {
  expect(run('-L', join(root, 'none'), '/bin/hello').stderr).toBe(`isagen: -L: ${join(root, 'none')} is no folder\n`)
  expect(run('-L', root, '--map', '/=/usr', '/bin/hello').stderr).toBe(
    "isagen: -L and --map / both say what the program sees as '/'\n",
  )
})

it('leaves optimisations out by name, and lists them for a wrong one', () => {
  expect(run(hello, '--without', 'calls,ranges', '--without', 'all', '--tier', 'optimising').status).toBe(0)
  const { status, stderr } = run(hello, '--without', 'calls,wings')
  expect(status).toBe(2)
  expect(stderr).toMatch(/^isagen: --without: no optimisation is called 'wings'\. There are all, or\n {2}\w+ {2}/)
  expect(stderr).toMatch(/\n {2}calls +regions: guest calls/)
})
