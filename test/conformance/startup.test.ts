/** `isagen run` starts fast because it loads next to nothing, in few files: which ones Node loads is read off its coverage report. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { isagen } from '../oracles/command-line.ts'
import { projectRoot } from '../oracles/oracle.ts'

const folder = mkdtempSync(join(tmpdir(), 'isagen-startup-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('isagen run loads one engine and no part of the generator', async () => {
  const guest = join(projectRoot, 'test/guests/hello.rv64.elf')
  const { status, err } = await isagen(['run', guest], { env: { NODE_V8_COVERAGE: folder } })
  expect(status, err).toBe(0)
  const loaded = readdirSync(folder).flatMap((name) => {
    const report = JSON.parse(readFileSync(join(folder, name), 'utf8')) as {
      readonly result: readonly { url: string }[]
    }
    return report.result.map(({ url }) => url)
  })
  expect(loaded.some((url) => url.includes('/dist/generated/rv64imac/'))).toBe(true)
  const unwanted = /node_modules|\/dist\/generator\/(check|syntax|ir|emit)\/|\/dist\/generated\/(?!rv64imac\/)/
  expect(loaded.filter((url) => unwanted.test(url))).toEqual([])
  const own = loaded.filter((url) => url.includes('/dist/'))
  expect(own.length, own.join('\n')).toBeLessThan(20)
})
