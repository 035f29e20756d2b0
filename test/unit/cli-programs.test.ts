/** `isagen conform` on suites of ELF programs: what passes, what the first difference is, and what is wrong with a suite. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { Terminal } from '../../generator/cli/terminal.ts'
import { main } from '../../generator/cli.ts'
import { writeElf } from '../oracles/elf.ts'
import { loadGuest } from '../oracles/isas.ts'

const folder = mkdtempSync(join(tmpdir(), 'isagen-programs-'))
afterAll(() => rmSync(folder, { recursive: true }))

const CODE = 0x80000000
const MAILBOX = 0x80001000
const SIGNATURE = 0x80001010
const RISCV = 243
const assemble = await (await loadGuest('rv32imac')).assembler()

/** The word at the mailbox, and two words of signature. */
const tells = (said: number, ...signature: readonly number[]): string[] => [
  'lui a0, 0x80001',
  ...signature.flatMap((word, i) => [`addi a1, x0, ${word}`, `sw a1, ${16 + 4 * i}(a0)`]),
  `addi a1, x0, ${said}`,
  'sw a1, 0(a0)',
  'jal x0, .',
]
function program(path: string, lines: readonly string[], address = CODE, symbols = true): void {
  const code = lines.flatMap((line) => {
    const result = assemble(line, 0n, { atLeast: 4 })
    if (!result.ok) throw new Error(`${line}: ${result.message}`)
    return [...result.bytes]
  })
  mkdirSync(join(folder, path, '..'), { recursive: true })
  const elf = writeElf({
    bits: 32,
    machine: RISCV,
    flags: 1,
    entry: address,
    segments: [{ address, bytes: Uint8Array.from(code), flags: { execute: true } }],
    ...(symbols && {
      symbols: { tohost: MAILBOX, begin_signature: SIGNATURE, end_signature: SIGNATURE + 8 },
    }),
  })
  writeFileSync(join(folder, path), elf)
}
function reference(path: string, text: string): void {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), text)
}

async function conform(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = ''
  let err = ''
  const terminal: Terminal = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    progress: () => {},
    color: false,
  }
  const code = await main(['conform', ...argv], terminal)
  return { code, out, err }
}
const failures = (out: string): string[] => out.split('\n').filter((line) => /^ {4}\w+: /.test(line))

describe('programs for the bare machine', () => {
  test('pass when they write 1, in every tier; the first difference of the others is shown', async () => {
    program('bare/good.elf', tells(1))
    program('bare/wrong.elf', tells(7))
    program('bare/asks.elf', tells(6))
    program('bare/traps.elf', ['ecall'])
    program('bare/strays.elf', ['lw a0, 0(x0)'])
    writeFileSync(join(folder, 'bare/notes.txt'), 'no program')
    const { code, out } = await conform(join(folder, 'bare'), '--isa', 'rv32imac')
    expect(code).toBe(1)
    expect(out).toMatch(/^ +interpreter +wasm-interpreter +baseline +optimising +auto\n/)
    expect(out).toMatch(/\ngood.elf(?: +1\/1){5}\n/)
    expect(out).toMatch(
      /\n5 programs, interpreter, wasm-interpreter, baseline, optimising and auto: 5 passed, 20 failed\n$/,
    )
    expect(failures(out).filter((line) => line.includes('auto:'))).toEqual([
      '    auto: asks.elf: it asks its host for 0x6, which is not known here',
      '    auto: strays.elf: read of 0x0 at 0x80000000: there is no memory',
      '    auto: traps.elf: trap ecall at 0x80000000',
      '    auto: wrong.elf: its test 3 failed',
    ])
  })
  test('that never end are ended', async () => {
    program('endless/one', ['jal x0, .'])
    const { out } = await conform(join(folder, 'endless'), '--tier', 'auto', '--max-instructions', '5000')
    expect(failures(out)).toEqual(['    auto: one: it did not end within 5000 instructions (at 0x80000000)'])
  })
  test('and their signatures', async () => {
    program('signed/same.elf', tells(1, 5, -1))
    program('signed/other.elf', tells(1, 5, 6))
    reference('references/same.reference_output', '00000005\nffffffff\n')
    reference('references/other.reference_output', '00000005\nFFFFFFFF\n')
    const args = [join(folder, 'signed'), '--reference', join(folder, 'references')]
    const { code, out } = await conform(...args, '--tier', 'interpreter')
    expect(code).toBe(1)
    expect(failures(out)).toEqual(['    interpreter: other.elf: word 1 (at 0x80001014): expected 0xffffffff, got 0x6'])
    const json = await conform(...args, '--json', '--only', 'sa*')
    expect(JSON.parse(json.out)).toMatchObject({ isa: 'rv32imac', passed: 5, failed: 0 })
  })
})

test('programs without a mailbox run under Linux; the exit status tells', async () => {
  const exits = (status: number) => ['addi a7, x0, 93', `addi a0, x0, ${status}`, 'ecall']
  program('linux/fails', exits(3), 0x10000, false)
  program('linux/passes', exits(0), 0x10000, false)
  program('linux/strays', ['lw a0, 0(x0)'], 0x10000, false)
  const { out } = await conform(join(folder, 'linux'), '--tier', 'auto')
  expect(out).toMatch(/\npasses +1\/1\n/)
  expect(failures(out)).toEqual([
    '    auto: fails: exit status 3',
    expect.stringMatching(/^ {4}auto: strays: .*SIGSEGV/),
  ])
})

test('what is wrong with a suite is said', async () => {
  program('mixed/one', tells(1))
  reference('short/one.sig', '00000005\n12345\n')
  reference('none/two.sig', '')
  const said = async (...args: string[]) => (await conform(...args)).err.replaceAll(folder, 'DIR')
  const mixed = join(folder, 'mixed')
  expect(await said(mixed, '--only', 'x*')).toBe('isagen: there is no ELF program called x* in DIR/mixed\n')
  expect(await said(mixed, '--isa', 'rv64imac')).toBe(
    'isagen: DIR/mixed/one is a 32-bit program, rv64imac has a pc of 64 bits; --only PATTERN leaves programs out\n',
  )
  expect(await said(mixed, '--signature', 'a')).toBe("isagen: --signature needs BEGIN,END, not 'a'\n")
  expect(await said(mixed, '--reference', join(folder, 'short'))).toBe(
    'isagen: DIR/short/one.sig:2: no word of 8 hex digits\n',
  )
  expect(await said(mixed, '--reference', join(folder, 'none'))).toBe('isagen: there is no one.* in DIR/none\n')
  expect(await said(mixed, '--reference', join(folder, 'short'), '--mailbox', 'end')).toBe(
    'isagen: DIR/mixed/one has no symbol end; --mailbox SYMBOL names another\n',
  )
  expect(await said(join(folder, 'none'))).toBe(
    'isagen: DIR/none holds neither vectors (OPCODE.jsonl.gz) nor ELF programs\n',
  )
  expect(await said('--isa', 'rv32imac', '--tier', 'auto')).toBe(
    'isagen: tier auto is for programs: a single instruction never gets hot\n',
  )
})
