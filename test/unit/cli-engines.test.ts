/**
 * The way of a change of a bundled machine, in a copy of the compiled package: commands say that the engine is older than its spec until
 * `isagen build`, and use the new one from then on. Needs dist/ (npm run build).
 */

import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const copy = mkdtempSync(join(tmpdir(), 'isagen-engines-'))
afterAll(() => rmSync(copy, { recursive: true }))

function isagen(...args: readonly string[]) {
  const script = join(copy, 'dist/generator/cli.js')
  const run = spawnSync(process.execPath, [script, ...args], { cwd: copy, encoding: 'utf8' })
  return { code: run.status, out: run.stdout, err: run.stderr }
}

describe.skipIf(!existsSync(join(root, 'dist/generated/mos6502')))('a change of a bundled spec', () => {
  test('is missing from the engine, which is said, until isagen build', () => {
    for (const folder of ['dist/generator', 'dist/runtime', 'dist/generated/mos6502', 'isa/mos6502'])
      cpSync(join(root, folder), join(copy, folder), { recursive: true })
    copyFileSync(join(root, 'package.json'), join(copy, 'package.json'))
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction')
    const disasm = ['disasm', '--isa', 'mos6502', '--hex', 'ea']
    // The specs of the copy may be newer than dist/: the engine is brought up to date first.
    expect(isagen('build').code).toBe(0)
    expect(isagen(...disasm)).toEqual({ code: 0, out: expect.stringMatching(/ nop\n$/), err: '' })

    const spec = join(copy, 'isa/mos6502/mos6502.isa')
    const changed = readFileSync(spec, 'utf8').replace(/\bnop( +EA)/, 'rest$1')
    expect(changed).toContain('rest')
    writeFileSync(spec, changed)
    const note = 'engine mos6502 is older than isa/mos6502/mos6502.isa: npx isagen build\n'
    expect(isagen(...disasm)).toEqual({ code: 0, out: expect.stringMatching(/ nop\n$/), err: note })

    const build = isagen('build')
    expect(build.code, build.err).toBe(0)
    expect(build.out).toMatch(/\d+ files? compiled, which/)
    expect(isagen(...disasm)).toEqual({ code: 0, out: expect.stringMatching(/ rest\n$/), err: '' })
    const conform = isagen('conform', '--isa', 'mos6502')
    expect(conform, conform.out).toMatchObject({ code: 0, err: '' })
    // Nothing to do, and so nothing is compiled.
    expect(isagen('build').out).not.toContain('compiled')
  })
})
