/** The examples of README.md and docs/: each TypeScript block is run, and what it logs compared with the comment behind; specs pass their own tests. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { main } from '../../generator/cli.ts'
import { withTables } from '../../scripts/reference-tables.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
// Inside the project, so that the package's own name resolves as it does for those who installed it.
mkdirSync(join(root, '.cache'), { recursive: true })
const folder = mkdtempSync(join(root, '.cache', 'docs-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Blocks between ``` lines, with the word behind the opening one. */
function blocks(file: string, language: string): string[] {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, word]) => word === language)
    .map(([, , body = '']) => body)
}

describe.each(['README.md', 'docs/embedding.md'])('%s', (file) => {
  test.each(blocks(file, 'ts').map((body, i) => [i + 1, body] as const))('example %i', async (number, body) => {
    const expected = [...body.matchAll(/console\.log\(.*\)\s*\/\/ (.*)$/gm)].map(([, comment]) => comment)
    expect(expected.length).toBeGreaterThan(0)
    const path = join(folder, `${file.replace(/\W/g, '-')}-${number}.ts`)
    writeFileSync(path, body)
    const logged: string[] = []
    const log = vi.spyOn(console, 'log').mockImplementation((...values: unknown[]) => {
      logged.push(values.map((value) => (typeof value === 'bigint' ? `${value}n` : String(value))).join(' '))
    })
    try {
      await import(path)
    } finally {
      log.mockRestore()
    }
    expect(logged).toEqual(expected)
  })
})

test("the README's spec checks and passes its test", async () => {
  const [spec = ''] = blocks('README.md', '').filter((body) => body.startsWith('isa '))
  const path = join(folder, 'tiny.isa')
  writeFileSync(path, spec)
  let printed = ''
  const terminal = {
    out: (text: string) => void (printed += text),
    err: (text: string) => void (printed += text),
    progress: () => {},
    color: false,
  }
  expect(await main(['check', path], terminal), printed).toBe(0)
})

test('add-an-architecture.md: each step, in order', async () => {
  const text = readFileSync(join(root, 'docs/add-an-architecture.md'), 'utf8')
  const place = (word: string): string => (/^(?:chip8\.isa|five\.\w+)$/.test(word) ? join(folder, word) : word)
  let spec = ''
  let commands = 0
  for (const [, language, body = ''] of text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)) {
    if (language === 'isa') writeFileSync(place('chip8.isa'), (spec += `${body}\n`))
    if (language === 'asm') writeFileSync(place('five.s'), body)
    if (language !== 'console') continue
    for (const [, line = '', expected = ''] of body.matchAll(/^\$ isagen (.*)\n((?:(?!\$ ).*\n)*)/gm)) {
      let printed = ''
      const out = (part: string): void => void (printed += part)
      const terminal = { out, err: () => {}, progress: () => {}, color: false }
      expect(await main(line.split(' ').map(place), terminal), line).toBe(0)
      if (expected !== '') expect(printed).toBe(expected)
      commands++
    }
  }
  expect(commands).toBeGreaterThan(4)
  // What was built is the bundled machine.
  const bare = (isa: string): string => isa.replace(/\s+/g, ' ').trim()
  expect(bare(spec)).toBe(bare(readFileSync(join(root, 'isa/chip8/chip8.isa'), 'utf8')))
})

test('the tables of the language reference are those of grammar and diagnostics: node scripts/reference-tables.mjs', () => {
  expect(readFileSync(join(root, 'docs/language-reference.md'), 'utf8')).toBe(withTables())
})
