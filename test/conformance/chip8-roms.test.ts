/**
 * The opcode ROMs of Timendus' CHIP-8 test suite, in every tier: each draws a tick or a cross for every case. ISAGEN_CHIP8_TESTS is the checkout, whose
 * README says what the ticks stand for.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createEngine } from '../../runtime/index.ts'
import { loadGuest } from '../oracles/isas.ts'
import { suitePath } from '../oracles/suites.ts'

const suite = suitePath('ISAGEN_CHIP8_TESTS', 'a checkout of github.com/Timendus/chip8-test-suite')
const tiers = ['interpreter', 'wasm-interpreter', 'baseline', 'optimising', 'auto'] as const
/** As pixels: rows of a mark, with what is dark round it. */
const tick = ['00000', '01010', '01100', '01000']
const cross = ['00000', '01010', '00100', '01010', '00000']

describe.skipIf(!suite).each([
  ['3-corax+', 22],
  ['4-flags', 47],
] as const)('%s', (rom, cases) => {
  test.each(tiers)('%s', async (tier) => {
    const engine = createEngine(await loadGuest('chip8'), { tier })
    engine.reset()
    engine.memory.write(0x200, readFileSync(join(suite ?? '', 'bin', `${rom}.ch8`)))
    for (let frame = 0; frame < 1000; frame++) {
      expect(engine.run({ maxInstructions: 20 }).kind).toBe('limit')
      engine.tick()
    }
    const screen = Array.from(
      { length: 32 },
      (_, row) => `0${engine.state.read('screen', row).toString(2).padStart(64, '0')}00`,
    )
    expect([count(screen, cross), count(screen, tick)]).toEqual([0, cases])
  })
})

function count(screen: readonly string[], mark: readonly string[]): number {
  let found = 0
  for (let y = 0; y + mark.length <= screen.length; y++) {
    for (let x = 0; x < 64; x++) if (mark.every((row, i) => screen[y + i]?.startsWith(row, x))) found++
  }
  return found
}
