/** What the command line shows of compiled code: statistics a tier, --dump-wasm, explain --pc, profile. As text and as JSON. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { assembleWat } from '../../generator/emit/wabt.ts'
import { isagen as start } from '../oracles/command-line.ts'
import { projectRoot } from '../oracles/oracle.ts'

const folder = mkdtempSync(join(tmpdir(), 'isagen-inspect-'))
afterAll(() => rmSync(folder, { recursive: true }))
const guest = (name: string): string => join(projectRoot, 'test/guests', name)
const program = guest('interpreter.rv64.elf')
async function isagen(args: readonly string[]): Promise<{ status: number | string; out: string; err: string }> {
  const { status, out, err } = await start(args)
  return { status, out: out.toString(), err }
}

const output = 'interpreter 959541 c1c7d505\n'

interface Code {
  readonly instructions: number
  readonly modules: number
  readonly bytes: number
  readonly translateMilliseconds: number
  readonly hits: number
  readonly evictions: number
  readonly invalidations: number
}

describe('run --stats', () => {
  test('a row a tier', async () => {
    const { err, out } = await isagen(['run', program, '--stats', '--', '30000'])
    expect(out).toBe(output)
    expect(err).toMatch(/ +instructions +MIPS +time +compiling +modules +Wasm +hits +evicted +invalid\n/)
    for (const tier of ['baseline', 'optimising', 'all'])
      expect(err).toMatch(
        new RegExp(`^${tier} +[\\d,]+ +[\\d.]+ +[\\d.]+ ms +[\\d.]+ ms +\\d+ +[\\d.]+ \\w+( +[\\d,]+){3}$`, 'm'),
      )
    expect(err).not.toContain('learnt jumps')
  })

  test('JSON has the same, and with --counters how inline caches do', async () => {
    const { err } = await isagen(['run', program, '--stats=json', '--counters', '--', '30000'])
    const stats = JSON.parse(err) as {
      readonly compiled: { readonly tiers: { readonly baseline: Code; readonly optimising: Code } }
      readonly inlineCaches: { readonly hits: number; readonly misses: number }
    }
    for (const code of Object.values(stats.compiled.tiers)) {
      expect(code.modules).toBeGreaterThan(0)
      expect(code.bytes).toBeGreaterThan(0)
      expect(code.instructions).toBeGreaterThan(0)
      expect(code.translateMilliseconds).toBeGreaterThan(0)
      expect(code.hits).toBeGreaterThan(0)
    }
    // The guest dispatches through a table of addresses.
    expect(stats.inlineCaches.hits).toBeGreaterThan(100 * stats.inlineCaches.misses)
  })
})

describe('run --dump-wasm', () => {
  test('a file a tier, which wabt assembles; marks are comments', async () => {
    const to = join(folder, 'wasm')
    const { out, err } = await isagen(['run', guest('fib.rv64.elf'), '--dump-wasm', 'fib', '--dump-to', to, '--', '28'])
    expect(out).toBe('fib 317811\n')
    const files = readdirSync(to)
    expect(files.map((name) => name.split('.')[1])).toEqual(['baseline', 'optimising'])
    for (const file of files) {
      expect(err).toMatch(new RegExp(`^isagen: .*${file}: \\d+ functions?, \\d+ bytes of Wasm$`, 'm'))
      const text = readFileSync(join(to, file), 'utf8')
      expect(text).toMatch(/^;; 0x[\da-f]+ fib in tier (baseline|optimising): a unit of \d+ functions?/)
      expect(text).toMatch(/^ +;; 0x[\da-f]+ {2}addi sp, sp, -16 {2}<fib>$/m)
      expect(text).not.toContain(String(0x69736167))
      expect((await assembleWat(file, text)).length).toBeGreaterThan(500)
    }
  })

  test('bytes on the bare machine, too', async () => {
    const to = join(folder, 'raw')
    const raw = ['--raw', '--isa', 'mos6502', '--load', '0x600']
    await isagen([
      'run',
      guest('sieve.6502.bin'),
      ...raw,
      '--tier',
      'baseline',
      '--dump-wasm',
      '0x62f',
      '--dump-to',
      to,
    ])
    expect(readdirSync(to)).toEqual(['0x62f.baseline.wat'])
    expect(readFileSync(join(to, '0x62f.baseline.wat'), 'utf8')).toMatch(/^ +;; 0x62f {2}\w{3}/m)
  })

  test('one line where there is nothing to show', async () => {
    const cold = await isagen(['run', guest('fib.rv64.elf'), '--dump-wasm', 'main', '--', '1'])
    expect(cold.err).toMatch(/^isagen: no compiled code held 0x[\da-f]+: it never ran, or in the interpreter only\n$/)
    const unknown = await isagen(['run', guest('fib.rv64.elf'), '--dump-wasm', 'nosuch', '--', '1'])
    expect(unknown).toMatchObject({
      status: 2,
      err: "isagen: --dump-wasm: the program has no symbol 'nosuch' (an address is 0x…)\n",
    })
  })
})

describe('explain --pc', () => {
  test('block, tier, regions and exits', async () => {
    const { status, out } = await isagen(['explain', '--pc', 'fib+0x10', guest('fib.rv64.elf'), '--', '28'])
    expect(status).toBe(0)
    // The program's own output is not in it.
    expect(out).toMatch(/^0x[\da-f]+ fib\+0x10\n/)
    expect(out).toMatch(/^block fib\+0x[\da-f]+: \d+ instructions?; entered at its start it runs in tier \w+$/m)
    expect(out).toMatch(/^> {2}0x[\da-f]+ {2}(?:[\da-f]{2} ?)+ {2}jal 0x[\da-f]+$/m)
    expect(out).toMatch(/^optimising: region from fib/m)
    expect(out).toMatch(/^ {2}ran [\d,]+ instructions; came back to the engine: .*fuel \d/m)
    expect(out).toMatch(/^ {2}exit: calls fib, of the same unit/m)
  })

  test('JSON', async () => {
    const { out } = await isagen([
      'explain',
      '--json',
      '--pc',
      'fib',
      '--tier',
      'baseline',
      guest('fib.rv64.elf'),
      '--',
      '5',
    ])
    const shown = JSON.parse(out) as {
      readonly symbol: string
      readonly blocks: readonly { readonly tier: string; readonly code: readonly { readonly text: string }[] }[]
      readonly functions: readonly { readonly symbol: string; readonly alive: boolean; readonly exits: unknown[] }[]
    }
    expect(shown).toMatchObject({ symbol: 'fib', blocks: [{ tier: 'baseline' }] })
    expect(shown.blocks[0]?.code[0]?.text).toMatch(/^addi sp, sp, -\d+$/)
    expect(shown.functions.some(({ symbol, alive, exits }) => symbol === 'fib' && alive && exits.length > 0)).toBe(true)
  })

  test('one line where the question cannot be answered', async () => {
    const none = await isagen(['explain', guest('fib.rv64.elf')])
    expect(none).toMatchObject({
      status: 2,
      err: expect.stringMatching(/^isagen: which address of .*\? Say --pc PC\n$/),
    })
    const cold = await isagen(['explain', '--pc', '0x10', guest('fib.rv64.elf'), '--', '1'])
    expect(cold).toMatchObject({ status: 1, out: '0x10\n  no code here ran\n' })
  })
})

describe('profile', () => {
  test('regions by share, with symbols, tiers and exits', async () => {
    const { status, out, err } = await isagen(['profile', program, '--top', '3', '--', '30000'])
    expect(status).toBe(0)
    expect(out).toBe(output)
    expect(err).toMatch(/^\nrv64imac, tier auto: [\d,]+ instructions in \d+ ms\n/)
    expect(err).toMatch(/^ *share +instructions +tier +region +at +exits$/m)
    expect(err).toMatch(/^ *[\d.]+ % +[\d,]+ +optimising +run[\w.]*(?:\+0x[\da-f]+)? +0x[\da-f]+ +.*fuel \d+/m)
    expect(err).toMatch(/^ *[\d.]+ % +[\d,]+ +interpreter$/m)
  })

  test('JSON into a file; shares add up', async () => {
    const file = join(folder, 'profile.json')
    const { err } = await isagen(['profile', program, '--json', '--top', '1000', '--output', file, '--', '30000'])
    expect(err).toBe('')
    const profile = JSON.parse(readFileSync(file, 'utf8')) as {
      readonly instructions: number
      readonly tiers: { readonly interpreter: { readonly instructions: number } }
      readonly regions: readonly { readonly share: number; readonly instructions: number; readonly name: string }[]
      readonly moreRegions: number
    }
    expect(profile.moreRegions).toBe(0)
    const interpreted = profile.tiers.interpreter.instructions / profile.instructions
    const share = profile.regions.reduce((sum, region) => sum + region.share, interpreted)
    expect(share).toBeGreaterThan(0.99)
    expect(share).toBeLessThan(1.01)
    expect(profile.regions[0]?.name).toMatch(/^run/)
  })
})
