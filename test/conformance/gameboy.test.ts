/**
 * blargg's cpu_instrs of the Game Boy, each ROM of its folder `individual`: it writes what it finds to the serial port. Here are the port, the timer and the
 * interrupt line; no picture. ISAGEN_GAMEBOY_TESTS is a checkout that has cpu_instrs.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createEngine, type Engine } from '../../runtime/index.ts'
import { loadGuest } from '../oracles/isas.ts'
import { suitePath } from '../oracles/suites.ts'

const suite = suitePath('ISAGEN_GAMEBOY_TESTS', 'a checkout of github.com/retrio/gb-test-roms')
const folder = join(suite ?? '', 'cpu_instrs/individual')
const roms = suite ? readdirSync(folder).filter((name) => name.endsWith('.gb')) : ['no ROM']
const tiers = ['interpreter', 'wasm-interpreter', 'baseline', 'optimising', 'auto'] as const
const [SERIAL, SERIAL_CONTROL, COUNTER, MODULO, CONTROL, REQUESTS, ENABLED] = [
  0xff01, 0xff02, 0xff05, 0xff06, 0xff07, 0xff0f, 0xffff,
]
/** M-cycles a step of the timer, by the low bits of its control register. */
const periods = [256n, 4n, 16n, 64n] as const

describe.skipIf(!suite).each(roms)('%s', (rom) => {
  // Interrupts that a program asks for by itself are due at once.
  const slice = rom.startsWith('02') ? 1 : 40
  test.each(tiers)('%s', { timeout: 120_000 }, async (tier) => {
    const engine = createEngine(await loadGuest('sm83'), { tier })
    engine.memory.write(0, readFileSync(join(folder, rom)))
    engine.reset()
    const timer = { last: 0n, rest: 0n }
    let said = ''
    for (let slices = 0; slices < 2_000_000 && !/Passed|Failed/.test(said); slices++) {
      const { kind } = engine.run({ maxInstructions: slice })
      count(engine, timer, kind === 'wait')
      engine.raise('irq', (peek(engine, ENABLED) & peek(engine, REQUESTS) & 0x1f) !== 0)
      if (peek(engine, SERIAL_CONTROL) !== 0x81) continue
      said += String.fromCharCode(peek(engine, SERIAL))
      engine.memory.write(SERIAL_CONTROL, [1])
    }
    expect(said).toMatch(/Passed\s*$/)
  })
})

function peek({ memory }: Engine, address: number): number {
  return memory.read(address, 1)[0] ?? 0
}
function count(engine: Engine, timer: { last: bigint; rest: bigint }, isWaiting: boolean): void {
  const now = engine.state.read('cycles')
  timer.rest += now - timer.last + (isWaiting ? 20n : 0n)
  timer.last = now
  const control = peek(engine, CONTROL)
  const period = periods[control & 3] ?? 256n
  for (; timer.rest >= period; timer.rest -= period) {
    if ((control & 4) === 0) continue
    const value = peek(engine, COUNTER)
    if (value < 0xff) engine.memory.write(COUNTER, [value + 1])
    else {
      engine.memory.write(COUNTER, [peek(engine, MODULO)])
      engine.memory.write(REQUESTS, [peek(engine, REQUESTS) | 4])
    }
  }
}
