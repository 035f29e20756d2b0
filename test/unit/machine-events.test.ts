/** Events from outside, in every tier: interrupts as soon as they are unmasked and not sooner, `wait` and what ends it, reset. */

import { expect, test } from 'vitest'
import { createEngine, type Engine } from '../../runtime/engine.ts'
import { loadGuest } from '../oracles/isas.ts'

const tiers = ['interpreter', 'wasm-interpreter', 'baseline', 'optimising', 'auto'] as const
const START = 0x150

async function machine(name: string, tier: (typeof tiers)[number], code: readonly number[]): Promise<Engine> {
  const engine = createEngine(await loadGuest(name), { tier, hotThreshold: 1 })
  engine.memory.write(START, code)
  engine.state.pc = BigInt(START)
  engine.state.write('SP', 0x8000n)
  return engine
}
const pushed = ({ memory }: Engine): number => {
  const [low = 0, high = 0] = memory.read(0x7ffe, 2)
  return low | (high << 8)
}

test.each(tiers)('sm83, %s: ei lets one more instruction run, then the lowest source is served', async (tier) => {
  // ei; inc b; inc b; jr -3 … and at $48: inc c; reti
  const engine = await machine('sm83', tier, [0xfb, 0x04, 0x04, 0x18, 0xfd])
  engine.memory.write(0x48, [0x0c, 0xd9])
  engine.memory.write(0xffff, [0x1e])
  engine.memory.write(0xff0f, [0x12])
  engine.raise('irq')
  expect(engine.run({ maxInstructions: 3 })).toEqual({ kind: 'limit', pc: 0x48n })
  expect([engine.state.read('b'), engine.state.read('IME'), pushed(engine)]).toEqual([1n, 0n, START + 2])
  expect([...engine.memory.read(0xff0f, 1)]).toEqual([0x10])
  engine.raise('irq', false)
  engine.run({ maxInstructions: 2 })
  expect([engine.state.pc, engine.state.read('c'), engine.state.read('IME')]).toEqual([BigInt(START + 2), 1n, 1n])
})
test.each(tiers)('sm83, %s: halt waits for an event, which ends it though it is masked', async (tier) => {
  const engine = await machine('sm83', tier, [0x76, 0x04, 0x04])
  const waits = { kind: 'wait', pc: BigInt(START + 1) }
  expect(engine.run()).toEqual(waits)
  expect(engine.run({ maxInstructions: 5 })).toEqual(waits)
  engine.raise('irq')
  engine.run({ maxInstructions: 2 })
  expect(engine.state.read('b')).toBe(2n)
})
test.each(tiers)('sm83, %s: a halt that need not wait has the next byte read twice', async (tier) => {
  // halt; inc b; halt; ld a, $3e read as ld a, $3e $14: then inc d; jr 0
  const engine = await machine('sm83', tier, [0x76, 0x04, 0x76, 0x3e, 0x14, 0x18, 0xf9])
  engine.memory.write(0xffff, [4])
  engine.memory.write(0xff0f, [4])
  for (let round = 1n; round <= 40n; round++) {
    expect(engine.run({ maxInstructions: 7 })).toEqual({ kind: 'limit', pc: BigInt(START) })
    expect(['b', 'd', 'a', 'again'].map((name) => engine.state.read(name))).toEqual([2n * round, round, 0x3en, 0n])
  }
})
test.each(tiers)('z80, %s: an interrupt in mode 2, a non-maskable one, reset', async (tier) => {
  // loop: inc b; jr loop; the handler at $9000: inc c; ei; reti
  const engine = await machine('z80', tier, [0x04, 0x18, 0xfd])
  engine.memory.write(0x9000, [0x0c, 0xfb, 0xed, 0x4d])
  engine.memory.write(0x4010, [0x00, 0x90])
  engine.memory.write(0x66, [0x14, 0xed, 0x45])
  for (const [name, value] of [
    ['I', 0x40n],
    ['bus', 0x10n],
    ['IM', 2n],
    ['IFF1', 1n],
    ['IFF2', 1n],
  ] as const)
    engine.state.write(name, value)
  for (let round = 0; round < 50; round++) {
    engine.run({ maxInstructions: 101 })
    engine.raise('irq')
    engine.run({ maxInstructions: 1 })
    engine.raise('irq', false)
    expect(engine.state.pc).toBe(0x9000n)
    engine.run({ maxInstructions: 3 })
    engine.raise('nmi')
    engine.run({ maxInstructions: 1 })
    expect(engine.state.pc).toBe(0x66n)
    engine.run({ maxInstructions: 2 })
  }
  expect([engine.state.read('c'), engine.state.read('d'), engine.state.read('IFF1')]).toEqual([50n, 50n, 1n])
  expect(engine.state.read('SP')).toBe(0x8000n)
  engine.reset()
  expect([engine.state.pc, engine.state.read('SP')]).toEqual([0n, 0xffffn])
  expect(() => createEngine(engine.isa).raise('irq')).not.toThrow()
})
test('a line that the machine lacks is refused', async () => {
  const engine = createEngine(await loadGuest('rv32imac'))
  expect(() => engine.raise('nmi')).toThrow('no event nmi')
})

/** Entries into code, of all tiers. */
const entries = (engine: Engine): number => {
  const { interpreter, baseline, optimising } = engine.stats()
  return interpreter.entries + baseline.entries + optimising.entries
}
test.each(tiers)('mos6502, %s: a masked irq lets code run on until it is unmasked', async (tier) => {
  const engine = createEngine(await loadGuest('mos6502'), { tier, hotThreshold: 1 })
  // ldy #200: ldx #0; dex; bne -3; dey; bne -8; cli; inx; inx …
  engine.memory.write(START, [0xa0, 200, 0xa2, 0, 0xca, 0xd0, 0xfd, 0x88, 0xd0, 0xf8, 0x58, 0xe8, 0xe8])
  engine.memory.write(0xfffe, [0x00, 0x90])
  engine.state.pc = BigInt(START)
  engine.state.write('S', 0xffn)
  engine.state.write('P.I', 1n)
  engine.raise('irq')
  const instructions = 1 + 200 * (1 + 2 * 256 + 2) + 1
  engine.run({ maxInstructions: instructions })
  expect([engine.state.pc, engine.state.read('P.I'), engine.state.read('X')]).toEqual([BigInt(START + 11), 0n, 0n])
  engine.run({ maxInstructions: 1 })
  expect([engine.state.pc, engine.state.read('P.I'), engine.state.read('X')]).toEqual([0x9000n, 1n, 0n])
  expect([...engine.memory.read(0x1fd, 3)].slice(1)).toEqual([(START + 11) & 0xff, START >> 8])
  expect(entries(engine)).toBeLessThan(1000)
})
test.each(tiers)('z80, %s: a masked irq waits for ei and one instruction more', async (tier) => {
  // ld d, 40: ld b, 0; djnz -2 …; dec d; jr nz -7; ei; inc c; inc c
  const engine = await machine('z80', tier, [0x16, 40, 0x06, 0, 0x10, 0xfe, 0x15, 0x20, 0xf9, 0xfb, 0x0c, 0x0c])
  engine.state.write('IM', 1n)
  engine.raise('irq')
  engine.run({ maxInstructions: 1 + 40 * (1 + 256 + 2) + 3 })
  expect([engine.state.pc, engine.state.read('c'), pushed(engine)]).toEqual([0x38n, 1n, START + 11])
  expect(entries(engine)).toBeLessThan(1000)
})
