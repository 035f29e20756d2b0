import { describe, expect, test } from 'vitest'
import { SlabAllocator, SlabError } from '../../runtime/slab.ts'

const MIB = 1 << 20

function arena(bytes: number, debug: boolean): { words: Int32Array; slab: SlabAllocator } {
  const words = new Int32Array(bytes / 4 + 64)
  return { words, slab: new SlabAllocator(words, 100, bytes, { debug }) }
}

/** xorshift32: the same sequence everywhere. */
function random(seed: number): (below: number) => number {
  let x = seed
  return (below) => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>> 0) % below
  }
}

describe('slab allocator', () => {
  test.each([false, true])('10^6 random operations lose nothing and overlap nothing (debug %s)', (debug) => {
    const { words, slab } = arena(32 * MIB, debug)
    const pool = slab.cache('record', 40)
    const next = random(12345)
    const live: { address: number; words: number; mark: number; pooled: boolean }[] = []
    for (let turn = 0; turn < 1_000_000; turn++) {
      // Phases of growth and of decay.
      const grow = (turn >> 15) & 1 ? 3 : 7
      if (live.length === 0 || (next(10) < grow && live.length < 20_000)) {
        const pooled = next(8) === 0
        const size = pooled ? 40 : next(200) === 0 ? 4000 + next(60_000) : 1 + next(next(4) === 0 ? 4096 : 256)
        const address = pooled ? pool.allocate() : slab.allocate(size)
        if (address === 0) continue
        if (address % 16 !== 0) throw new Error('not on a 16-byte boundary')
        const object = { address, words: size >> 2, mark: turn | 1, pooled }
        if (object.words > 0) words[address >> 2] = object.mark
        if (object.words > 1) words[(address >> 2) + object.words - 1] = object.mark
        live.push(object)
      } else {
        const at = next(live.length)
        const object = live[at]!
        live[at] = live[live.length - 1]!
        live.pop()
        if (object.words > 0 && words[object.address >> 2] !== object.mark)
          throw new Error('first word was overwritten')
        if (object.words > 1 && words[(object.address >> 2) + object.words - 1] !== object.mark)
          throw new Error('last word was overwritten')
        if (object.pooled) pool.free(object.address)
        else slab.free(object.address)
      }
      if (turn % 100_000 === 0) slab.check()
    }
    expect(pool.count).toBe(live.filter((object) => object.pooled).length)
    expect(slab.stats().objects).toBe(live.length)
    for (const object of live) slab.free(object.address)
    slab.check()
    const stats = slab.stats()
    expect(stats.allocated).toBe(0)
    expect(stats.objects).toBe(0)
    // One page a class may stay in reserve; still all of it can be had again as one piece.
    expect(stats.reserved).toBeLessThanOrEqual(28 * 16384)
    expect(slab.allocate(stats.capacity)).toBeGreaterThan(0)
    slab.check()
  })

  test('a full arena gives 0 and recovers', () => {
    const { slab } = arena(MIB, true)
    const all: number[] = []
    for (let address = slab.allocate(100); address !== 0; address = slab.allocate(100)) all.push(address)
    expect(all.length).toBeGreaterThan(9000)
    expect(slab.allocate(5000)).toBe(0)
    for (const address of all) slab.free(address)
    slab.check()
    expect(slab.allocate(500_000)).toBeGreaterThan(0)
  })

  test('debug mode names double frees, foreign pointers and writes after free', () => {
    const { words, slab } = arena(MIB, true)
    const a = slab.allocate(64)
    const keep = slab.allocate(64)
    const large = slab.allocate(40_000)
    slab.free(a)
    expect(() => slab.free(a)).toThrow(new SlabError(`double free of 0x${a.toString(16)}`))
    expect(() => slab.free(keep + 16)).toThrow(/no object starts there/)
    expect(() => slab.free(large + 16384)).toThrow(/no object starts there/)
    slab.free(large)
    expect(() => slab.free(large)).toThrow(/double free/)
    expect(() => slab.free(4)).toThrow(/not an address of this slab/)
    expect(() => slab.free(MIB + 64)).toThrow(/not an address of this slab/)
    expect(() => slab.free(keep + 0.5)).toThrow(/not an address/)
    words[(a >> 2) + 3] = 1
    expect(() => slab.allocate(64)).toThrow(/written after it was freed/)
  })
})
