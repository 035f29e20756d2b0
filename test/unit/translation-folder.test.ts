/** `isagen run --translation-cache`: what a run leaves in the folder, what the next one makes of it, and of what it should not find there. */

import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { clearTranslations, translationFolder } from '../../generator/host/translation-folder.ts'

const cli = fileURLToPath(new URL('../../dist/generator/cli.js', import.meta.url))
const hello = fileURLToPath(new URL('../guests/hello.rv64.elf', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'isagen-translations-'))
afterAll(() => rmSync(folder, { recursive: true }))

// Compiles all that it meets, so that a small program has enough to keep.
const args = ['run', hello, '--tier', 'baseline', `--translation-cache=${folder}`]
const run = (...more: string[]) => spawnSync(process.execPath, [cli, ...args, ...more], { encoding: 'utf8' })
const files = () => readdirSync(folder).filter((name) => name.endsWith('.translations'))

it('keeps, uses, and does without what is damaged', () => {
  const first = run()
  expect([first.status, first.stderr]).toEqual([0, ''])
  expect(files().length).toBe(1)
  const file = join(folder, files()[0]!)
  const kept = readFileSync(file)

  const second = run('--stats=json')
  expect(second.stdout).toBe(first.stdout)
  const { compiled } = JSON.parse(second.stderr) as { compiled: { modules: number; stored: Record<string, number> } }
  expect(compiled.stored).toMatchObject({ refused: 0 })
  expect(compiled.stored.used).toBeGreaterThan(10)
  expect(compiled.modules).toBeLessThan(5)

  kept[kept.length >> 1]! ^= 1
  writeFileSync(file, kept)
  const third = run()
  expect(third.stdout).toBe(first.stdout)
  expect(third.stderr).toBe(`isagen: translations in ${folder} are not used: they are damaged\n`)
  // It was written anew.
  expect(run().stderr).toBe('')
  expect(clearTranslations(folder)).toBe(1)
  expect(readdirSync(folder)).toEqual([])
})

it('several at once', async () => {
  const runs = await Promise.all([1, 2, 3].map(() => promisify(execFile)(process.execPath, [cli, ...args])))
  for (const { stdout, stderr } of runs) expect([stdout, stderr]).toEqual([runs[0]!.stdout, ''])
  expect(readdirSync(folder).length).toBe(1)
  expect(run().stderr).toBe('')
})

it('says when they cannot be kept', () => {
  const file = join(folder, 'no-folder')
  writeFileSync(file, '')
  expect(run(`--translation-cache=${file}`).stderr).toMatch(/^isagen: translations cannot be kept in .*no-folder: /)
})

it('a file for each program and engine; files of others are left alone', () => {
  const own = join(folder, 'own')
  mkdirSync(own)
  writeFileSync(join(own, 'notes.txt'), 'mine')
  const a = translationFolder(own, ['a', 'b'])
  expect(a.read()).toBe(undefined)
  expect(a.write(Uint8Array.of(1, 2))).toBe(undefined)
  expect(translationFolder(own, ['ab']).read()).toBe(undefined)
  expect([...(translationFolder(own, ['a', 'b']).read() ?? [])]).toEqual([1, 2])
  expect(clearTranslations(own)).toBe(1)
  expect(readdirSync(own)).toEqual(['notes.txt'])
})
