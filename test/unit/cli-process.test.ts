/** The command line as a process, from dist/ (npm run build): what it loads, exit codes, the way of a new spec from `new` to a run. */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const script = join(root, 'dist/generator/cli.js')
const hello = join(root, 'test/guests/hello.rv64.elf')
const folder = mkdtempSync(join(tmpdir(), 'isagen-process-'))
afterAll(() => rmSync(folder, { recursive: true }))

function isagen(args: readonly string[], env: NodeJS.ProcessEnv = {}, input = '') {
  const cache = join(folder, 'cache')
  const run = spawnSync(process.execPath, [script, ...args], {
    cwd: folder,
    encoding: 'utf8',
    input,
    env: { ...process.env, NODE_V8_COVERAGE: '', ISAGEN_CACHE: cache, ...env },
  })
  return { code: run.status, out: run.stdout, err: run.stderr }
}

describe.skipIf(!existsSync(script))('isagen', () => {
  test('run loads no library of the generator', () => {
    const coverage = join(folder, 'coverage')
    const { code, err } = isagen(['run', hello, '--max-instructions', '10000'], { NODE_V8_COVERAGE: coverage })
    expect(code, err).toBe(124)
    const urls = readdirSync(coverage).flatMap((file) => {
      const { result }: { result: { url: string }[] } = JSON.parse(readFileSync(join(coverage, file), 'utf8'))
      return result.map(({ url }) => url)
    })
    expect(urls.some((url) => url.includes('/generator/cli/run.js'))).toBe(true)
    expect(urls.filter((url) => /node_modules|\/generator\/(?:emit|check|syntax|ir)\//.test(url))).toEqual([])
  })

  test('run: the tiers agree, arguments arrive, statistics are JSON on stderr', () => {
    const runs = ['interpreter', 'wasm-interpreter', 'baseline', 'optimising', 'auto'].map((tier) =>
      isagen(['run', hello, '--tier', tier, '--stats=json', '--', 'one', '-x']),
    )
    for (const { code, out, err } of runs) {
      expect(code, err).toBe(0)
      expect(out).toContain('argument 2: -x')
      expect(out).toBe(runs[0]?.out)
      const stats: unknown = JSON.parse(err)
      expect(stats).toMatchObject({ isa: 'rv64imac', instructions: expect.any(Number), mips: expect.any(Number) })
    }
  })

  test('run: limits and mistakes', () => {
    expect(isagen(['run', hello, '--max-instructions', '1000']).code).toBe(124)
    const bad = join(folder, 'bad.elf')
    writeFileSync(bad, readFileSync(hello).subarray(0, 100))
    expect(isagen(['run', bad])).toMatchObject({ code: 2, out: '', err: expect.stringMatching(/^isagen: [^\n]+\n$/) })
    expect(isagen(['run', hello, '--map', 'data'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^isagen: [^\n]+\n$/),
    })
    expect(isagen(['run', hello, '--isa', 'rw64imac']).err).toBe(
      "isagen: there is no isa 'rw64imac'; did you mean 'rv64imac'?\n",
    )
    expect(isagen(['run', hello, '--isa', 'rv64imac_zbx'])).toMatchObject({
      code: 2,
      err: 'isagen: rv64imac_zbx: RISC-V has no option zbx here; did you mean zba?\n',
    })
  })

  test('a machine composed by name is made once and kept', () => {
    const cache = join(folder, 'composed')
    const run = ['disasm', '--isa', 'rv32ic_zba', '--hex', '33a5c520']
    for (let i = 0; i < 2; i++) {
      expect(isagen(run, { ISAGEN_CACHE: cache })).toMatchObject({
        code: 0,
        out: expect.stringMatching(/ sh1add a0, a1, a2\n$/),
        err: '',
      })
    }
    expect(readdirSync(join(cache, 'engines'))).toHaveLength(1)
    const built = isagen(['build', '--isa', 'rv32i_zicond', '--out', 'composed-engine'])
    expect(built.code, built.err).toBe(0)
    expect(readdirSync(join(folder, 'composed-engine'))).toEqual(['rv32i_zicond'])
  })

  test('asm, disasm and explain know bundled machines', () => {
    const listing = isagen(
      ['asm', '-', '--isa', 'rv64imac', '--org', '0x1000'],
      {},
      'start: lui a0, 0x12345\n j start\n',
    )
    expect(listing.out, listing.err).toMatch(/^1000: {2}37 55 34 12 /)
    expect(isagen(['disasm', '--isa', 'rv64imac', '--hex', '0x00b50533']).out).toContain('add a0, a0, a1')
    const explained = isagen(['explain', '--isa', 'rv64imac', '0x00b50533'])
    for (const part of ['insn op', '| 0000000 |', 'semantics', 'X[', 'WebAssembly template', 'i64.add'])
      expect(explained.out).toContain(part)
    // Where several tables are joined, each row has its place: the semantics stand in one, the opcode in the other.
    expect(isagen(['explain', '--isa', 'mos6502', '6a']).out).toMatch(
      /mos6502\.isa:\d+ +ror \{.*\n.*mos6502\.isa:\d+ .*\bror 6A acc/,
    )
    // Prefixes stand before what is drawn.
    const prefixed = isagen(['explain', '--isa', 'z80', 'ld (iy-1), 0x12']).out
    expect(prefixed).toMatch(
      /encoding: fd 36 ff 12\n(?:.*\n){3} +\| 00 {2}\| 110 \| 110 \|\| 11111111 \|\| 00010010 \|/,
    )
    expect(prefixed).toMatch(/ at_d +8 bits +255 +0xff\n +n +8 bits +18 +0x12\n/)
    const forms = isagen(['explain', '--isa', 'mos6502', 'ror']).out.trimEnd().split('\n')
    expect(forms).toHaveLength(5)
    expect(forms[0]).toMatch(/^ror A +01101010 +ror_acc .*mos6502\.isa:\d+, \d+$/)
    expect(isagen(['explain', '--isa', 'mos6502', 'rot'])).toMatchObject({ code: 1, out: '' })
    const wrong = isagen(['asm', '-', '--isa', 'rv64imac'], {}, '\n  add a0, a0\n')
    expect(wrong).toMatchObject({ code: 1, out: '', err: expect.stringContaining('standard input:2:') })
  })

  test("the README's first spec does what the README says", () => {
    const [, spec = '', , lines = ''] = readFileSync(join(root, 'README.md'), 'utf8').split(/^```\n/m)
    writeFileSync(join(folder, 'tiny.isa'), spec)
    const words = lines.split('\n').flatMap((line) => /npx isagen (.*)/.exec(line)?.slice(1) ?? [])
    const [conform, asm, run] = words.map((line) => isagen(line.split(' '), {}, 'add 40\n'))
    expect(conform?.code, conform?.out).toBe(0)
    expect(asm?.code, asm?.err).toBe(0)
    expect(run?.out, run?.err).toMatch(/\bA +0x2a\b/)
  })

  test('a spec with registers as decode context builds; where there are too many of them, build says so', () => {
    const spec = readFileSync(join(root, 'test/specs/samples/thumb.isa'), 'utf8')
    writeFileSync(join(folder, 'thumb.isa'), spec)
    expect(isagen(['build', 'thumb.isa', '--out', 'made'])).toMatchObject({ code: 0 })
    expect(existsSync(join(folder, 'made/thumb/decoder.ts'))).toBe(true)
    writeFileSync(
      join(folder, 'thumb.isa'),
      spec.replace('reg IT : b8', 'reg much : b13 { context much }\nreg IT : b8'),
    )
    const said =
      /^isagen: decoding of thumb depends on 21 bits of context \(much, IT\), more than the 20 that engines are made with\n$/
    expect(isagen(['build', 'thumb.isa', '--out', 'made2'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(said),
    })
  })

  test('a new spec checks, passes its tests, assembles, runs, and builds', () => {
    expect(isagen(['new', 'mycpu']).code).toBe(0)
    const spec = join('mycpu', 'mycpu.isa')
    const check = isagen(['check', spec])
    expect(check.code, check.out + check.err).toBe(0)
    expect(check.out).toContain('0 errors, 0 warnings')
    const conform = isagen(['conform', '--spec', spec])
    expect(conform.code, conform.out + conform.err).toBe(0)
    expect(isagen(['asm', join('mycpu', 'sum.s'), '--spec', spec, '-o', 'sum.bin']).code).toBe(0)
    for (const tier of ['interpreter', 'baseline']) {
      const run = isagen(['run', 'sum.bin', '--spec', spec, '--raw', '--tier', tier])
      expect(run.out, run.err).toContain('trap halt')
      expect(run.out).toMatch(/\br1 +0x0037\b/)
    }
    expect(isagen(['build', spec, '--out', 'engines']).code).toBe(0)
    expect(isagen(['build', spec, '--out', 'engines', '--check']).out).toContain('up to date')
    const texts = readdirSync(join(folder, 'engines', 'mycpu')).map((file) =>
      readFileSync(join(folder, 'engines', 'mycpu', file), 'utf8'),
    )
    const imported = texts.flatMap((text) => [...text.matchAll(/from '(isagen[^']*)'/g)].map(([, name]) => name))
    expect([...new Set(imported)].sort()).toEqual(['isagen/runtime/abi', 'isagen/runtime/assembly'])
    writeFileSync(join(folder, 'engines', 'mycpu', 'index.ts'), '')
    expect(isagen(['build', spec, '--out', 'engines', '--check'])).toMatchObject({
      code: 1,
      out: 'stale: engines/mycpu/index.ts\n',
    })
  })
})
