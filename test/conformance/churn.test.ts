/**
 * Churn: far more code than the code cache holds runs round and round, so that every region is compiled, evicted, and compiled again. Nothing may be lost on the way:
 * the process's resident memory stays where it was after the first fifth, and the engine's records agree. ISAGEN_LONG=1 compiles 100,000 regions in a cache of
 * 1,000 entries; the figures are printed.
 */

import { expect, test } from 'vitest'
import { assembleProgram } from '../../runtime/assembly/index.ts'
import { createEngine, EXEC, READ, WRITE } from '../../runtime/index.ts'
import { loadGuest } from '../oracles/isas.ts'

const isLong = Boolean(process.env.ISAGEN_LONG)
const [regions, entries, different] = isLong ? [100_000, 1000, 5000] : [6000, 100, 500]
/** Megabytes that may come: garbage is collected when the host likes, and V8 itself keeps some bytes of each module that it ever compiled, also of those that nobody has any more. */
const FLAT = 96 + regions / 1000
const CODE = 0x10000
const SIZE = 64
const MEMORY = 1 << 20

test(`${regions} regions under a cache of ${entries}: resident memory is flat after the first fifth`, {
  timeout: isLong ? 3_600_000 : 120_000,
}, async () => {
  const isa = await loadGuest('rv64gc')
  // Each counts to 5 and goes on at the next one, by a computed jump: none of them is compiled for another's sake.
  const one = assembleProgram(
    await isa.assembler(),
    'li t0, 5\nloop: addi a0, a0, 1\naddi t0, t0, -1\nbnez t0, loop\nhere: auipc t1, 0\naddi t1, t1, 64 - 10\njr t1',
  )
  expect(one.errors).toEqual([])
  // The distance to the next one counts from there.
  expect(one.symbols.get('here')).toBe(10n)
  const engine = createEngine(isa, { memoryBytes: MEMORY, tier: 'optimising', cache: { entries } })
  engine.memory.map(0, MEMORY, READ | WRITE | EXEC)
  for (let at = 0; at < different; at++) engine.memory.write(CODE + at * SIZE, one.bytes)
  engine.memory.write(CODE + different * SIZE, [0x73, 0x00, 0x10, 0x00])

  const figures: { regions: number; megabytes: number }[] = []
  const compiled = (): number => engine.stats().compiled?.modules ?? 0
  while (compiled() < regions) {
    engine.state.pc = BigInt(CODE)
    expect(engine.run().kind).toBe('trap')
    figures.push({ regions: compiled(), megabytes: Math.round(process.memoryUsage.rss() / 2 ** 20) })
  }
  engine.check()
  const settled = figures.filter(({ regions: at }) => at >= regions / 5)
  const first = settled[0]?.megabytes ?? 0
  const last = settled.at(-1)?.megabytes ?? 0
  const { cache } = engine.stats().compiled ?? {}
  console.log(
    `${compiled()} regions compiled, ${cache?.evictions} units evicted, ${cache?.entries} of ${cache?.maxEntries} entries in use; ` +
      `resident: ${first} MB after a fifth, ${last} MB at the end, at most ${Math.max(...settled.map(({ megabytes }) => megabytes))} MB`,
  )
  expect(engine.state.read('a0')).toBe(BigInt(figures.length * different * 5))
  expect(cache?.entries).toBeLessThanOrEqual(entries)
  expect(cache?.evictions).toBeGreaterThan(regions / 2)
  expect(last - first).toBeLessThan(FLAT)
})
