import { describe, expect, test } from 'vitest'
import { BLOCK_HEAT, JUMP_BLOCK, JUMP_SLOT, SLAB } from '../../runtime/abi.ts'
import { type Block, BlockStore } from '../../runtime/blocks.ts'
import { CodeCache } from '../../runtime/code-cache.ts'
import { HotspotDetector } from '../../runtime/hotspot.ts'
import { ByteWriter } from '../../runtime/jit/byte-writer.ts'
import { linkModule, unitModule } from '../../runtime/jit/module-writer.ts'
import { supportsTailCalls } from '../../runtime/jit/support.ts'
import { JumpCache } from '../../runtime/jump-cache.ts'
import { createLinearMemory, SLAB_END } from '../../runtime/linear-memory.ts'
import { EXEC, GuestMemory, READ, WRITE } from '../../runtime/memory.ts'
import { SlabAllocator } from '../../runtime/slab.ts'
import { assemble, toy } from './toy-machine.ts'

describe('byte writer', () => {
  const written = (write: (w: ByteWriter) => void): number[] => {
    const w = new ByteWriter(1)
    write(w)
    return [...w.bytes()]
  }

  test('LEB128 as in the Wasm specification', () => {
    expect(written((w) => w.u32(624485))).toEqual([0xe5, 0x8e, 0x26])
    expect(written((w) => w.u32(0xffffffff))).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f])
    expect(written((w) => w.s32(-123456))).toEqual([0xc0, 0xbb, 0x78])
    expect(written((w) => w.s32(63))).toEqual([63])
    expect(written((w) => w.s32(64))).toEqual([0xc0, 0])
    expect(written((w) => w.s64(-1, -1))).toEqual([0x7f])
    expect(written((w) => w.s64(-1, 0))).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f])
  })

  test('signed numbers come back, at all boundaries', () => {
    const values = [0n]
    for (let bit = 0n; bit < 64n; bit++)
      for (const d of [-1n, 0n, 1n]) values.push(BigInt.asIntN(64, (1n << bit) + d), -(1n << bit) + d)
    for (const value of values.map((one) => BigInt.asIntN(64, one))) {
      const bytes = written((w) => w.s64(Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))))
      let back = 0n
      bytes.forEach((byte, at) => {
        back |= BigInt(byte & 0x7f) << BigInt(7 * at)
      })
      expect(BigInt.asIntN(7 * bytes.length, back)).toBe(value)
    }
  })
})

test('modules are valid WebAssembly', () => {
  expect(supportsTailCalls()).toBe(true)
  expect(WebAssembly.validate(linkModule(2, 300, 1000) as BufferSource)).toBe(true)
  const body = { code: Uint8Array.of(0, 0x41, 3, 0x0b), hints: [] }
  expect(WebAssembly.validate(unitModule([body, body], 2) as BufferSource)).toBe(true)
})

describe('code cache', () => {
  test('evicts what was not used for longest, by entries and by bytes', () => {
    const evicted: string[] = []
    const cache = new CodeCache<{ name: string }>({ entries: 10, bytes: 100 }, ({ name }) => evicted.push(name))
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => ({ name }))
    cache.add(a!, 4, 10)
    cache.add(b!, 4, 10)
    cache.hit(a!)
    cache.add(c!, 4, 10)
    expect(evicted).toEqual(['b'])
    cache.add(d!, 1, 85)
    expect(evicted).toEqual(['b', 'a'])
    cache.miss()
    cache.invalidate(c!)
    cache.invalidate(c!)
    expect(cache.stats()).toEqual({
      entries: 1,
      bytes: 85,
      maxEntries: 10,
      maxBytes: 100,
      hits: 1,
      misses: 1,
      evictions: 2,
      invalidations: 1,
    })
    expect(evicted).toEqual(['b', 'a'])
    expect(cache.evictOldest()).toBe(true)
    expect(cache.evictOldest()).toBe(false)
  })
})

describe('hotspot detector', () => {
  test('waits for a batch, unless one thing will not wait', () => {
    const hotspot = new HotspotDetector<{ id: number }>({ threshold: 10, patience: 40, batch: 3 })
    const things = Array.from({ length: 5 }, (_, id) => ({ id }))
    expect([hotspot.initialHeat, hotspot.queuedHeat]).toEqual([10, 40])
    expect(hotspot.report(things[0]!)).toEqual([])
    expect(hotspot.report(things[1]!)).toEqual([])
    expect(hotspot.report(things[2]!)).toEqual(things.slice(0, 3))
    expect(hotspot.report(things[3]!)).toEqual([])
    expect(hotspot.report(things[3]!)).toEqual([things[3]])
    hotspot.report(things[4]!)
    hotspot.forget(things[4]!)
    expect(hotspot.waiting).toBe(0)
  })
})

describe('blocks', () => {
  const CODE = 0x4000
  const setup = () => {
    const { words, buffer } = createLinearMemory(0x10000)
    const memory = new GuestMemory(buffer, 0x10000, 64, true)
    memory.map(CODE, 0x4000, READ | WRITE | EXEC)
    const slab = new SlabAllocator(words, SLAB, SLAB_END, { debug: true })
    const blocks = new BlockStore(toy, memory, words, slab)
    const removed: number[] = []
    blocks.onRemove = ({ pc }) => removed.push(pc)
    return { words, memory, slab, blocks, removed }
  }
  const isBlock = (block: unknown): Block => {
    expect(block).toHaveProperty('header')
    return block as Block
  }

  test('end at jumps, at 64 instructions, before what cannot be decoded', () => {
    const { words, memory, blocks } = setup()
    memory.write(CODE, assemble(['addi', 1], ['addi', 2], ['bne', 1, 2, 1], ['addi', 1]))
    expect(isBlock(blocks.add(CODE, 7))).toMatchObject({ pc: CODE, count: 3, bytes: 12, alive: true })
    expect(words[blocks.get(CODE)!.header + BLOCK_HEAT]).toBe(7)
    expect(isBlock(blocks.add(CODE + 12, 0)).count).toBe(1)
    expect(blocks.add(CODE + 16, 0)).toEqual({ kind: 'illegal' })
    expect(blocks.add(0, 0)).toEqual({ kind: 'unfetchable', address: 0 })
    for (let at = 0; at < 100; at++) memory.write(CODE + 0x100 + 4 * at, assemble(['addi', 1]))
    expect(isBlock(blocks.add(CODE + 0x100, 0)).count).toBe(64)
  })

  test('go on over the edge of a page, and end before a page that may not be executed', () => {
    const { memory, blocks } = setup()
    for (let at = CODE + 0xf00 + 2; at < CODE + 0x1100; at += 4) memory.write(at, assemble(['addi', 1]))
    const edge = CODE + 0x1000
    expect(isBlock(blocks.add(edge - 10, 0)).count).toBe(64)
    expect(isBlock(blocks.add(edge - 6, 0)).count).toBe(64)
    memory.map(edge, 0x1000, READ | WRITE)
    blocks.clear()
    expect(isBlock(blocks.add(edge - 10, 0))).toMatchObject({ count: 2, bytes: 8 })
    expect(blocks.add(edge - 2, 0)).toEqual({ kind: 'unfetchable', address: edge })
    expect(blocks.add(edge + 2, 0)).toEqual({ kind: 'unfetchable', address: edge + 2 })
  })

  test('invalidation takes exactly what covers the bytes; places without code are free again', () => {
    const { memory, blocks, slab, removed } = setup()
    const edge = CODE + 0x1000 - 6
    for (const at of [CODE, CODE + 0x20, edge]) memory.write(at, assemble(['addi', 1], ['addi', 2], ['jr', 1]))
    const before = slab.stats().objects
    for (const at of [CODE, CODE + 4, CODE + 0x20, edge]) isBlock(blocks.add(at, 0))
    expect([CODE, CODE + 0x40, edge, edge + 6].map((at) => memory.hasCode(at, 4))).toEqual([true, false, true, true])
    blocks.invalidate(CODE + 12, 20)
    expect(removed).toEqual([])
    blocks.invalidate(CODE + 11, 1)
    expect(removed).toEqual([CODE, CODE + 4])
    blocks.invalidate(CODE + 0x1005, 4)
    expect(removed).toEqual([CODE, CODE + 4, edge])
    expect([CODE, CODE + 0x20, edge, edge + 6].map((at) => memory.hasCode(at, 4))).toEqual([true, true, false, false])
    expect(slab.stats().objects).toBe(before + 4)
    blocks.sweep()
    expect(slab.stats().objects).toBe(before + 1)
    blocks.clear()
    blocks.sweep()
    expect(memory.hasCode(CODE, 4)).toBe(false)
    expect([blocks.size, blocks.decoded, blocks.invalidated]).toEqual([0, 4, 3])
    slab.check()
  })

  test('a full slab forgets all blocks, not the one that is made', () => {
    const { memory, blocks } = setup()
    const words = new Int32Array(1 << 16)
    const slab = new SlabAllocator(words, 64, 5 * 16384)
    const small = new BlockStore(toy, memory, words, slab)
    for (let at = 0; at < 0x1000; at += 4) memory.write(CODE + at, assemble(['addi', 1]))
    for (let at = 0; at < 0x1000; at += 4) isBlock(small.add(CODE + at, 0))
    expect(small.size).toBeGreaterThan(0)
    expect(small.size).toBeLessThan(200)
    slab.check()
    expect(blocks.size).toBe(0)
  })
})

test('the jump cache keeps one pc an entry', () => {
  const { words } = createLinearMemory(0x10000)
  const jumps = new JumpCache(words, 32)
  const other = 0x1000 + 0x10000 * 4
  expect(jumps.entry(0x1000)).toBe(jumps.entry(other))
  jumps.set(0x1000, 77, 5)
  expect([jumps.has(0x1000), jumps.has(other), jumps.has(0x1004)]).toEqual([true, false, false])
  expect([words[jumps.entry(0x1000) + JUMP_BLOCK], words[jumps.entry(0x1000) + JUMP_SLOT]]).toEqual([77, 5])
  jumps.set(other, 78, 6)
  jumps.remove(0x1000)
  expect([jumps.has(0x1000), jumps.has(other)]).toEqual([false, true])
  jumps.remove(other)
  expect(jumps.has(other)).toBe(false)
  // An empty entry is about no pc at all.
  for (let pc = 0; pc < 0x40000; pc += 0x104) expect(jumps.has(pc)).toBe(false)
  expect(jumps.has(0xffffffff)).toBe(false)
})
