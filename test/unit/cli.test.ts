/** The command line's own part: reading arguments, help, mistakes, finding spec files, keeping a folder of generated files up to date. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { applyChanges, compareArtefacts } from '../../generator/cli/artefact-folder.ts'
import { type Command, defineCommand, parseQuickly } from '../../generator/cli/command.ts'
import { commands } from '../../generator/cli/commands.ts'
import { parseHex } from '../../generator/cli/numbers.ts'
import { countLines } from '../../generator/cli/size.ts'
import { findSpecFiles } from '../../generator/cli/spec-files.ts'
import { type Terminal, table } from '../../generator/cli/terminal.ts'
import { main } from '../../generator/cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'isagen-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Result {
  readonly code: number
  readonly out: string
  readonly err: string
}
async function isagen(...argv: string[]): Promise<Result> {
  let out = ''
  let err = ''
  const terminal: Terminal = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    progress: () => {},
    color: false,
  }
  const code = await main(argv, terminal)
  return { code, out, err }
}
function write(path: string, text: string): string {
  const full = join(folder, path)
  mkdirSync(join(full, '..'), { recursive: true })
  writeFileSync(full, text)
  return full
}

describe('arguments', () => {
  test('alone, isagen lists its commands', async () => {
    const { code, out } = await isagen()
    expect(code).toBe(0)
    for (const { name, describe } of commands) {
      expect(out).toContain(`isagen ${name}`)
      expect(out).toContain(describe)
    }
  })

  test.each(commands.map((c) => c.name))('%s --help has a usage line and an example', async (name) => {
    const { code, out, err } = await isagen(name, '--help')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(new RegExp(`^isagen ${name}`))
    expect(out).toContain('Examples:')
  })

  test.each([
    ['biuld', "isagen: there is no command 'biuld'; did you mean 'build'?\n"],
    ['frobnicate', "isagen: there is no command 'frobnicate' (isagen --help lists them)\n"],
    ['run', 'isagen: run needs a PROGRAM (isagen run --help)\n'],
    ['run x --tire auto', 'isagen: run has no option --tire; did you mean --tier?\n'],
    [
      'run x --tier fast',
      "isagen: run: --tier is one of interpreter, wasm-interpreter, baseline, optimising, auto, not 'fast'\n",
    ],
    ['run x --max-instructions many', 'isagen: --max-instructions needs a number\n'],
    ['run no/such/file', 'isagen: there is no file no/such/file\n'],
    ['disasm --hex', 'isagen: disasm: --hex needs a value\n'],
    ['new one two', "isagen: new: unexpected 'two' (isagen new --help)\n"],
    ['new Big', "isagen: 'Big' cannot name a machine: lower-case letters, digits and _, a letter first\n"],
    ['check no/such.isa', 'isagen: there is no file'],
  ])('isagen %s: one line, exit code 2', async (line, message) => {
    const { code, out, err } = await isagen(...line.split(' '))
    expect(err).toContain(message)
    expect({ code, out, lines: err.split('\n').length }).toEqual({ code: 2, out: '', lines: 2 })
  })

  test('the quick way and yargs read the same', async () => {
    const seen: unknown[] = []
    const spec = {
      usage: 'x',
      describe: 'd',
      operands: { least: 0, most: 9, name: 'X' },
      options: {
        tier: { type: 'string', choices: ['a', 'b'], default: 'a', describe: '' },
        stats: { type: 'string', bare: 'text', describe: '' },
        map: { type: 'string', array: true, describe: '' },
        count: { type: 'number', describe: '' },
        raw: { type: 'boolean', describe: '' },
        output: { type: 'string', alias: 'o', describe: '' },
      },
      examples: [],
      run: async (invocation: unknown) => {
        seen.push(invocation)
        return 0
      },
    } as const
    const command: Command = defineCommand(spec)
    const entry = { name: 'probe', describe: '', load: async () => ({ command }) }
    const list = commands as unknown as (typeof entry)[]
    list.push(entry)
    try {
      for (const line of [
        '',
        'p --stats q -- --tier b',
        'p --tier b --map a=b --map c --count 3 --raw',
        '--stats=json p -o f 007',
        '--count 3 --tier b --count 4 --tier a --map x',
      ]) {
        const argv = line.split(' ').filter((word) => word !== '')
        await isagen('probe', ...argv)
        expect(parseQuickly(command, argv)).toEqual(seen.at(-1))
      }
    } finally {
      list.pop()
    }
  })
})

describe('spec files', () => {
  write('machine/m.isa', 'isa m "M" = base +\n  extra with N = 1\ninsn a { enc 1 }\n')
  write('machine/base.isa', '//! a comment\npart base "B"\nrequires deep // why\n')
  write('machine/more.isa', 'part extra\n\npart unused\n')
  write('machine/deep.isa', 'part deep\n\n/// doc\nunit 16\n')
  write('machine/stray.isa', 'part stray\n')

  test('parts are found in the same folder', () => {
    const { files, isas } = findSpecFiles([join(folder, 'machine/m.isa')])
    expect(isas).toEqual(['m'])
    expect(files.map(({ path }) => path.replace(/.*machine./, ''))).toEqual([
      'm.isa',
      'base.isa',
      'more.isa',
      'deep.isa',
    ])
  })
  test('a folder stands for all its specs', () => {
    expect(findSpecFiles([folder]).files).toHaveLength(5)
  })
  test('parts that are not there come from the package', () => {
    const path = write('own/mine.isa', 'isa mine "mine" = rv_i with XLEN = 32\n')
    expect(findSpecFiles([path]).files.map(({ file }) => file.replace(/.*isa\//, ''))).toEqual(
      ['mine.isa', 'rv_i.isa'].map((name) => expect.stringContaining(name)),
    )
  })
  test('lines are counted without blanks and comments', () => {
    expect(countLines('//! a\n\n  // b\nisa x // c\n/// d\n  enc 1\n   \n')).toBe(2)
  })
})

describe('conform', () => {
  const state = {
    PC: 0x600,
    S: 0xfd,
    A: 0,
    X: 0,
    Y: 0,
    P: 0x20,
    RAM: [
      [0x600, 0xa9],
      [0x601, 0x80],
    ],
    Odd: 1,
  }
  const vector = (A: number, P: number) =>
    JSON.stringify({ Name: 'a9 80', Initial: state, Final: { ...state, PC: 0x602, A, P }, Cycles: [[], []] })
  write('vectors/a9.jsonl', `${vector(0x80, 0xa0)}\n\n${vector(0x81, 0xa0)}\n`)

  test('runs a folder of vectors in every tier and shows the first difference', async () => {
    const { code, out } = await isagen('conform', '--isa', 'mos6502', join(folder, 'vectors'))
    expect(code).toBe(1)
    expect(out.split('\n')).toEqual([
      expect.stringMatching(/^ +interpreter +wasm-interpreter +baseline +optimising$/),
      expect.stringMatching(/^a9 lda #\$00 +1\/2 +1\/2 +1\/2 +1\/2$/),
      '    interpreter: a9 80: A: expected 0x81, got 0x80',
      '    wasm-interpreter: a9 80: A: expected 0x81, got 0x80',
      '    baseline: a9 80: A: expected 0x81, got 0x80',
      '    optimising: a9 80: A: expected 0x81, got 0x80',
      'keys without a place, ignored: Odd',
      '1 opcode, interpreter, wasm-interpreter, baseline and optimising: 4 passed, 4 failed',
      '',
    ])
  })
  test('takes a file that is one array, names in other capitals, and the name of the folder above', async () => {
    const lower = (object: object): object =>
      Object.fromEntries(Object.entries(object).map(([key, value]) => [key.toLowerCase(), value]))
    const before = lower(state)
    const vectors = [
      { name: 'a9', initial: before, final: { ...before, pc: 0x602, a: 0x80, p: 0xa0 }, cycles: [[], []] },
    ]
    write('wdc65c02/v1/a9.json', JSON.stringify(vectors))
    const { out } = await isagen('conform', '--isa', 'wdc65c02', join(folder, 'wdc65c02/v1'), '--json')
    expect(JSON.parse(out)).toMatchObject({ passed: 4, failed: 0, ignored: ['odd'] })
    write('object/a9.json', '{}')
    const { err } = await isagen('conform', '--isa', 'mos6502', join(folder, 'object'))
    expect(err).toMatch(/^isagen: .*a9\.json holds no array of vectors\n$/)
  })
  test('gives JSON', async () => {
    const { out } = await isagen(
      'conform',
      '--isa',
      'mos6502',
      join(folder, 'vectors'),
      '--tier',
      'interpreter',
      '--json',
    )
    expect(JSON.parse(out)).toMatchObject({
      isa: 'mos6502',
      passed: 1,
      failed: 1,
      rows: [{ name: 'a9', way: 'interpreter' }],
    })
  })
  test('says what is wrong with a folder', async () => {
    write('broken/a9.jsonl', '{')
    const broken = await isagen('conform', '--isa', 'mos6502', join(folder, 'broken'))
    expect(broken).toMatchObject({ code: 2, err: expect.stringMatching(/^isagen: .*a9.jsonl:1: no JSON\n$/) })
    const empty = await isagen('conform', '--isa', 'mos6502', join(folder, 'machine'))
    expect(empty).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^isagen: .*machine holds neither vectors \(OPCODE.jsonl.gz\) nor ELF programs\n$/),
    })
    const none = await isagen('conform', '--isa', 'rv32imac', join(folder, 'vectors'))
    expect(none).toMatchObject({ code: 2, err: 'isagen: the spec of rv32imac has no vectors item\n' })
  })
})

test('build says which expression is too large for an engine', async () => {
  const sample = fileURLToPath(new URL('../specs/samples/aarch64.isa', import.meta.url))
  const large = await isagen('build', sample, '--out', join(folder, 'large'))
  expect(large).toMatchObject({
    code: 2,
    err: expect.stringMatching(/aarch64\.isa:\d+\) has an expression of [\d,]+ operations/),
  })
})

test('a folder of generated files is brought up to date', () => {
  const out = join(folder, 'out')
  const banner = '// Generated by isagen from x.isa.\n'
  write('out/a/old.ts', banner)
  write('out/a/same.ts', 'same')
  write('out/a/own.ts', '// somebody wrote this\n')
  write('out/gone/index.ts', banner)
  const artefacts = [
    { path: 'a/same.ts', text: 'same' },
    { path: 'a/new.ts', text: 'new' },
  ]
  expect(compareArtefacts(out, artefacts, ['a']).deleted).toEqual(['a/old.ts'])
  const changes = compareArtefacts(out, artefacts, [''])
  expect(changes).toEqual({ written: ['a/new.ts'], deleted: ['a/old.ts', 'gone/index.ts'], unchanged: ['a/same.ts'] })
  applyChanges(out, artefacts, changes)
  expect(compareArtefacts(out, artefacts, [''])).toEqual({
    written: [],
    deleted: [],
    unchanged: ['a/same.ts', 'a/new.ts'],
  })
  expect(readFileSync(join(out, 'a/own.ts'), 'utf8')).toContain('somebody')
})

test('hex on the command line', () => {
  expect([...parseHex('a9 80', 'little')]).toEqual([0xa9, 0x80])
  expect([...parseHex('A980', 'little')]).toEqual([0xa9, 0x80])
  expect([...parseHex('0x00b50533', 'little')]).toEqual([0x33, 0x05, 0xb5, 0x00])
  expect([...parseHex('0x1234', 'big')]).toEqual([0x12, 0x34])
  expect(() => parseHex('123', 'big')).toThrow("'123' is no row of hex bytes")
})

test('tables', () => {
  expect(
    table(
      [
        ['a', '1'],
        ['bbb', '22'],
      ],
      [1],
    ),
  ).toBe('a     1\nbbb  22\n')
})
