/** Small functions as part of the regions that call them: they do what calls do, wherever they return to, whatever is overwritten. */

import { expect, test } from 'vitest'
import type { Engine, EngineOptions } from '../../runtime/index.ts'
import { CODE, riscvProgram } from './riscv-program.ts'

const REGIONS: EngineOptions = { sampling: { hits: 2 } }
const INTERPRETED: EngineOptions = { tier: 'interpreter' }

/** Runs to the end, an ebreak; gives registers. */
function finish(engine: Engine): unknown {
  expect(engine.run()).toMatchObject({ kind: 'trap', trap: 'breakpoint' })
  engine.check()
  return engine.state.snapshot()
}

/** 400 times f, each time a loop that calls g 1,000 times: all of it is one region. */
const calling = (call: readonly string[], ...functions: readonly string[]): string[] => [
  'start: li s0, 400',
  'again: jal f',
  'addi s0, s0, -1',
  'bnez s0, again',
  'ebreak',
  'f: mv s3, ra',
  'li s1, 1000',
  'loop:',
  ...call,
  'addi s1, s1, -1',
  'bnez s1, loop',
  'mv ra, s3',
  'ret',
  ...functions,
]

test('what is called is in the region, and what that calls', async () => {
  const { machine } = await riscvProgram(
    ...calling(['jal g'], 'g: mv s4, ra', 'addi a0, a0, 1', 'jal h', 'mv ra, s4', 'ret', 'h: xor a1, a1, a0', 'ret'),
  )
  const engine = machine(REGIONS)
  expect(finish(engine)).toEqual(finish(machine(INTERPRETED)))
  const { optimising } = engine.stats().compiled!.tiers
  const calls = machine({ ...REGIONS, without: ['integration'] })
  finish(calls)
  expect(optimising.instructions).toBeGreaterThan(0)
  expect(optimising.functions).toBeLessThan(calls.stats().compiled!.tiers.optimising.functions)
})

test('a computed call goes to those functions that are in the region, and to others', async () => {
  const { machine } = await riscvProgram(
    ...calling(
      [
        'andi t0, s1, 31',
        'bnez t0, few',
        'la t1, k',
        'j go',
        'few: andi t0, s1, 1',
        'la t1, g',
        'bnez t0, go',
        'la t1, h',
        'go: jalr t1',
      ],
      'g: addi a0, a0, 1',
      'ret',
      'h: xor a1, a1, a0',
      'ret',
      // Too large to be part of it.
      'k: mv a2, a1',
      ...new Array<string>(60).fill('add a2, a2, a0'),
      'ret',
    ),
  )
  expect(finish(machine(REGIONS))).toEqual(finish(machine(INTERPRETED)))
})

test('it may return elsewhere', async () => {
  const { machine } = await riscvProgram(
    ...calling(
      ['jal g', 'addi a2, a2, 1', 'nop'],
      'g: addi a0, a0, 1',
      'andi t0, a0, 63',
      'bnez t0, back',
      'addi ra, ra, 4',
      'back: ret',
    ),
  )
  expect(finish(machine(REGIONS))).toEqual(finish(machine(INTERPRETED)))
})

test('a fault in it is where it is, and registers are what they are then', async () => {
  const { machine } = await riscvProgram(
    ...calling(['addi a3, a3, 1', 'jal g'], 'g: addi a1, a1, 1', 'lw a2, 0(a0)', 'ret'),
  )
  const outcome = (options: EngineOptions): unknown => {
    const engine = machine(options)
    engine.state.write('a0', BigInt(CODE))
    finish(engine)
    engine.state.write('a0', 0n)
    engine.state.pc = BigInt(CODE)
    return [engine.run(), engine.state.snapshot()]
  }
  const [exit, state] = outcome(REGIONS) as [unknown, unknown]
  expect(exit).toMatchObject({ kind: 'fault', access: 'read', address: 0n })
  expect([exit, state]).toEqual(outcome(INTERPRETED))
})

test('when it is overwritten, so is the region', async () => {
  const { symbols, machine } = await riscvProgram(...calling(['jal g'], 'g: addi a0, a0, 1', 'ret'))
  const outcome = (options: EngineOptions): unknown => {
    const engine = machine(options)
    finish(engine)
    // addi a0, a0, 2
    const place = CODE + Number(symbols.get('g')!)
    const code = engine.memory.bytes.slice(place, place + 2)
    engine.memory.write(place, Uint8Array.of(code[0]! + 4, code[1]!))
    engine.state.pc = BigInt(CODE)
    finish(engine)
    return engine.state.read('a0')
  }
  expect(outcome(INTERPRETED)).toBe(1_200_000n)
  expect(outcome(REGIONS)).toBe(1_200_000n)
})
