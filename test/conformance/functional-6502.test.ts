/**
 * Klaus Dormann's functional tests of the 6502 and the 65C02, as their repository has them assembled: each loops at the test that failed, or at its
 * success address, which the listing names. ISAGEN_6502_TESTS is the checkout.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createEngine } from '../../runtime/index.ts'
import { loadGuest } from '../oracles/isas.ts'
import { suitePath } from '../oracles/suites.ts'

const suite = suitePath('ISAGEN_6502_TESTS', 'a checkout of github.com/Klaus2m5/6502_65C02_functional_tests')
const programs = [
  { machine: 'mos6502', program: '6502_functional_test' },
  { machine: 'nmos6502_undocumented', program: '6502_functional_test' },
  { machine: 'wdc65c02', program: '6502_functional_test' },
  { machine: 'wdc65c02', program: '65C02_extended_opcodes_test' },
] as const
const tiers = ['interpreter', 'wasm-interpreter', 'baseline', 'optimising', 'auto'] as const
const START = 0x400
const SLICE = 1_000_000

describe.skipIf(!suite).each(programs)('$program on $machine', ({ machine, program }) => {
  test.each(tiers)('%s', { timeout: 300_000 }, async (tier) => {
    const folder = join(suite ?? '', 'bin_files')
    const listing = readFileSync(join(folder, `${program}.lst`), 'latin1')
    const [, success = ''] = /^([\da-f]{4}) : .*test passed, no errors/m.exec(listing) ?? []
    const engine = createEngine(await loadGuest(machine), { tier })
    engine.memory.write(0, readFileSync(join(folder, `${program}.bin`)))
    engine.state.pc = BigInt(START)
    // A jump to itself is the end: nothing else stands still over a slice, and the step behind it.
    for (let slices = 0; slices < 200; slices++) {
      expect(engine.run({ maxInstructions: SLICE }).kind).toBe('limit')
      const { pc } = engine.state
      engine.step()
      if (engine.state.pc === pc) break
    }
    expect(engine.state.pc.toString(16).padStart(4, '0')).toBe(success)
  })
})
