/**
 * Frank Cringle's exercisers of the Z80, `zexdoc` (documented flags) and `zexall` (all of them): programs of CP/M that print a line for each group of
 * instructions, with OK or ERROR. Here is as much of CP/M as they call: a system call leaves the guest by a port. ISAGEN_Z80_TESTS is the checkout.
 * The whole is 5.8e9 instructions a tier: without ISAGEN_LONG=1 a tier does the groups that are short.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createEngine, type Engine } from '../../runtime/index.ts'
import { loadGuest } from '../oracles/isas.ts'
import { suitePath } from '../oracles/suites.ts'

const suite = suitePath('ISAGEN_Z80_TESTS', 'a checkout of github.com/agn453/ZEXALL')
const tiers = ['interpreter', 'wasm-interpreter', 'baseline', 'optimising', 'auto'] as const
const isLong = process.env.ISAGEN_LONG === '1'
/** By what the program prints: at most some thousand cases of some 700 instructions each. */
const SHORT = /^(?:<inc,dec> (?:a|hl|ix)\b|ld \(|ldi<r>)/
/** Of a group's name behind its start: the mask of flags, three vectors of 20 bytes, the expected sum. */
const NAME = 1 + 3 * 20 + 4
const BDOS = 0xf000
const PROGRAM = 0x100
const SLICE = 50_000_000

describe.skipIf(!suite).each(['zexdoc', 'zexall'])('%s', (program) => {
  test.each(tiers)('%s', { timeout: isLong ? 7_200_000 : 300_000 }, async (tier) => {
    const said = await run(readFileSync(join(suite ?? '', `${program}.com`)), tier, isLong ? /./ : SHORT)
    expect(said).toMatch(/OK/)
    expect(said).not.toContain('ERROR')
    expect(said).toMatch(/Tests complete\s*$/)
  })
})

/** What the program printed, with those of its groups whose name matches. */
async function run(bytes: Buffer, tier: (typeof tiers)[number], groups: RegExp): Promise<string> {
  const engine = createEngine(await loadGuest('z80'), { tier })
  // Warm boot: halt. System calls: jp BDOS, whose address is the end of free memory too. There: out (0), a; ret.
  engine.memory.write(0, [0x76, 0, 0, 0, 0, 0xc3, BDOS & 0xff, BDOS >> 8])
  engine.memory.write(BDOS, [0xd3, 0, 0xc9])
  engine.memory.write(PROGRAM, withGroups(bytes, groups))
  engine.state.pc = BigInt(PROGRAM)
  let said = ''
  for (;;) {
    const exit = engine.run({ maxInstructions: SLICE })
    if (exit.kind === 'wait') return said
    if (exit.kind === 'limit') continue
    if (exit.kind !== 'trap' || exit.trap !== 'port_write')
      throw new Error(`${exit.kind} at ${engine.state.pc}: ${said}`)
    said += printed(engine)
    engine.state.write('io_ready', 1n)
  }
}

/** Calls 2 (a character in E) and 9 (text at DE that ends in a dollar sign). */
function printed({ state, memory }: Engine): string {
  const de = Number(state.read('DE'))
  if (state.read('C') === 2n) return String.fromCharCode(de & 0xff)
  const text = Buffer.from(memory.read(de, Math.min(0x100, 0x10000 - de))).toString('latin1')
  return text.slice(0, text.indexOf('$'))
}

/** The table of groups, which the program's first `ld hl, nn` names: addresses, the last 0. A group's name stands behind its three vectors and its sum. */
function withGroups(bytes: Buffer, groups: RegExp): Buffer {
  const patched = Buffer.from(bytes)
  const start = bytes.readUInt16LE(1) - PROGRAM
  const table = bytes.readUInt16LE(bytes.indexOf(0x21, start) + 1) - PROGRAM
  let kept = table
  for (let at = table; bytes.readUInt16LE(at) !== 0; at += 2) {
    const group = bytes.readUInt16LE(at)
    const name = group - PROGRAM + NAME
    if (!groups.test(bytes.toString('latin1', name, bytes.indexOf('$', name)))) continue
    patched.writeUInt16LE(group, kept)
    kept += 2
  }
  patched.writeUInt16LE(0, kept)
  return patched
}
