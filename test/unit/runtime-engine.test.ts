import { describe, expect, test } from 'vitest'
import { createEngine, type Engine, type EngineOptions, EXEC, READ, type Tier, WRITE } from '../../runtime/index.ts'
import { OPTIMISATIONS } from '../../runtime/optimisations.ts'
import { assemble, encode, type Opcode, toy } from './toy-machine.ts'

const TIERS: readonly Tier[] = ['interpreter', 'baseline', 'optimising', 'auto']
const CODE = 0x10000
const DATA = 0x20000

function machine(program: Uint8Array, options: EngineOptions = {}): Engine {
  const engine = createEngine(toy, { memoryBytes: 1 << 20, debug: true, hotThreshold: 4, warmUp: 0, ...options })
  engine.memory.map(CODE, 0x2000, READ | WRITE | EXEC)
  engine.memory.map(DATA, 0x2000, READ | WRITE)
  engine.memory.write(CODE, program)
  engine.state.pc = BigInt(CODE)
  engine.state.write('r7', BigInt(DATA))
  return engine
}

describe.each(TIERS)('%s', (tier) => {
  test('a loop runs to its trap; counts are exact', () => {
    const engine = machine(
      assemble(['addi', 1, 0, 100], ['add', 2, 2, 1], ['addi', 1, 1, -1], ['bne', 1, 0, -2], ['trap', 2, 0, 7]),
      { tier },
    )
    expect(engine.tier).toBe(tier)
    expect(engine.run()).toEqual({
      kind: 'trap',
      pc: BigInt(CODE + 16),
      next: BigInt(CODE + 20),
      trap: 'service',
      number: 8,
      args: [5050n, 7n],
    })
    expect(engine.state.read('R', 2)).toBe(5050n)
    expect(engine.stats().instructions).toBe(301)
    engine.state.pc = BigInt(CODE)
    expect(engine.run({ maxInstructions: 150 })).toEqual({ kind: 'limit', pc: BigInt(CODE + 12) })
    expect(engine.stats().instructions).toBe(451)
    engine.check()
  })

  test('long loops come out of compiled code and go on', () => {
    const engine = machine(assemble(['addi', 2, 2, 1], ['addi', 3, 3, 3], ['bne', 1, 2, -2], ['trap', 0, 0, 0]), {
      tier,
    })
    engine.state.write('r1', 800_000n)
    expect(engine.run().kind).toBe('trap')
    expect(engine.state.read('r3')).toBe(2_400_000n)
    expect(engine.stats().instructions).toBe(2_400_000)
    if (tier !== 'interpreter') {
      const { baseline, optimising } = engine.stats()
      expect(baseline.instructions + optimising.instructions).toBeGreaterThan(2_300_000)
    }
  })

  test('faults name the access, its first forbidden byte, and leave the instruction undone', () => {
    const engine = machine(assemble(['addi', 1, 7, 0], ['addi', 2, 0, 9], ['load8', 3, 1, 0], ['store8', 2, 1, 0]), {
      tier,
    })
    engine.memory.map(DATA + 0x2000, 0x1000, READ)
    for (const [address, access, first] of [
      [DATA + 0x2fff, 'read', DATA + 0x3000],
      [DATA + 0x1ffc, 'write', DATA + 0x2000],
      [0, 'read', 0],
      [2 ** 32 + DATA, 'read', 2 ** 32 + DATA],
    ] as const) {
      engine.state.pc = BigInt(CODE)
      engine.state.write('r7', BigInt(address))
      engine.state.write('r2', 1n)
      const at = access === 'read' ? CODE + 8 : CODE + 12
      expect(engine.run()).toEqual({
        kind: 'fault',
        pc: BigInt(at),
        next: BigInt(at + 4),
        access,
        address: BigInt(first),
      })
      expect(engine.state.pc).toBe(BigInt(at))
      expect(engine.state.read('r1')).toBe(BigInt(address))
      expect(engine.state.read('r2')).toBe(9n)
    }
    engine.check()
  })

  test('accesses over two pages, and at the last byte', () => {
    const engine = machine(
      assemble(['store8', 1, 7, 0], ['load8', 2, 7, 0], ['store1', 1, 7, 8], ['load1', 3, 7, 8], ['trap']),
      { tier },
    )
    engine.state.write('r1', 0x1122334455667788n)
    for (const offset of [0xffc, 0x1ff7]) {
      engine.state.pc = BigInt(CODE)
      engine.state.write('r7', BigInt(DATA + offset))
      expect(engine.run().kind).toBe('trap')
      expect(engine.state.read('r2')).toBe(0x1122334455667788n)
      expect(engine.state.read('r3')).toBe(0x88n)
    }
  })

  test('illegal and unfetchable instructions', () => {
    const engine = machine(assemble(['addi', 1, 0, 1], ['jr', 2]), { tier })
    engine.memory.write(CODE + 0x100, [0xee, 1, 2, 3])
    const go = (target: bigint): unknown => {
      engine.state.write('r2', target)
      engine.state.pc = BigInt(CODE)
      return engine.run()
    }
    expect(go(BigInt(CODE + 0x100))).toEqual({
      kind: 'illegal',
      pc: BigInt(CODE + 0x100),
      bytes: Uint8Array.of(0xee, 1, 2, 3),
    })
    for (const pc of [BigInt(DATA), 0n, 2n ** 20n, 2n ** 32n + BigInt(CODE), 2n ** 64n - 4n]) {
      expect(go(pc)).toEqual({ kind: 'fault', pc, next: pc, access: 'fetch', address: pc })
    }
    engine.memory.write(CODE + 0x1ffe, encode('addi', 1, 1, 1).slice(0, 2))
    const edge = BigInt(CODE + 0x1ffe)
    expect(go(edge)).toEqual({ kind: 'fault', pc: edge, next: edge, access: 'fetch', address: BigInt(CODE + 0x2000) })
  })

  describe('self-modifying code', () => {
    test('a store into the next instruction', () => {
      const engine = machine(
        assemble(['store1', 3, 6, 11], ['addi', 4, 4, 1], ['addi', 1, 1, 1], ['bne', 5, 4, -3], ['trap']),
        { tier },
      )
      // Byte 11 is the immediate of the second addi.
      engine.state.write('r6', BigInt(CODE))
      engine.state.write('r3', 5n)
      engine.state.write('r5', 20n)
      expect(engine.run().kind).toBe('trap')
      expect(engine.state.read('r1')).toBe(100n)
    })

    test('a loop that rewrites itself each time round', () => {
      const engine = machine(
        assemble(['addi', 3, 3, 1], ['store1', 3, 6, 11], ['addi', 1, 1, 0], ['bne', 3, 5, -3], ['trap']),
        { tier },
      )
      engine.state.write('r6', BigInt(CODE))
      engine.state.write('r5', 50n)
      expect(engine.run().kind).toBe('trap')
      expect(engine.state.read('r1')).toBe((50n * 51n) / 2n)
      expect(engine.stats().blocks.invalidated).toBeGreaterThan(40)
      engine.check()
    })

    test('an instruction over two pages, changed in the second one', () => {
      const engine = machine(assemble(['jr', 2]), { tier })
      const edge = CODE + 0xffe
      engine.memory.write(edge, assemble(['addi', 1, 1, 1], ['trap']))
      engine.state.write('r2', BigInt(edge))
      const run = (): bigint => {
        engine.state.pc = BigInt(CODE)
        expect(engine.run().kind).toBe('trap')
        return engine.state.read('r1')
      }
      for (let turn = 0; turn < 8; turn++) run()
      expect(engine.state.read('r1')).toBe(8n)
      engine.memory.write(edge + 3, [100])
      expect(run()).toBe(108n)
      engine.memory.map(CODE + 0x1000, 0x1000, READ)
      engine.state.pc = BigInt(CODE)
      expect(engine.run()).toMatchObject({ kind: 'fault', access: 'fetch', address: BigInt(CODE + 0x1000) })
      engine.check()
    })

    test('data beside code on one page', () => {
      const engine = machine(
        assemble(
          ['addi', 3, 3, 1],
          ['store8', 3, 6, 64],
          ['load8', 4, 6, 64],
          ['add', 1, 1, 4],
          ['bne', 3, 5, -4],
          ['trap'],
        ),
        { tier },
      )
      engine.state.write('r6', BigInt(CODE))
      engine.state.write('r5', 100n)
      expect(engine.run().kind).toBe('trap')
      expect(engine.state.read('r1')).toBe(5050n)
      expect(engine.stats().blocks.invalidated).toBe(0)
    })
  })

  test('unmapping and protecting take code away', () => {
    const engine = machine(assemble(['addi', 1, 1, 1], ['trap']), { tier })
    for (let turn = 0; turn < 10; turn++) {
      engine.state.pc = BigInt(CODE)
      expect(engine.run().kind).toBe('trap')
    }
    engine.memory.protect(CODE, 0x1000, READ)
    engine.state.pc = BigInt(CODE)
    expect(engine.run()).toMatchObject({ kind: 'fault', access: 'fetch' })
    engine.memory.protect(CODE, 0x1000, READ | EXEC)
    expect(engine.run().kind).toBe('trap')
    engine.memory.unmap(CODE, 0x1000)
    engine.state.pc = BigInt(CODE)
    expect(engine.run()).toMatchObject({ kind: 'fault', access: 'fetch' })
    expect(engine.stats().blocks.alive).toBe(0)
  })

  test('stop comes back once', () => {
    const engine = machine(assemble(['addi', 1, 1, 1], ['trap']), { tier })
    engine.stop()
    expect(engine.run()).toEqual({ kind: 'stop', pc: BigInt(CODE) })
    expect(engine.run().kind).toBe('trap')
  })
})

describe('state', () => {
  test('places by every name', () => {
    const { state } = machine(assemble(['trap']))
    state.write('R', 1, 0x1234n)
    expect(state.read('r1')).toBe(0x1234n)
    state.write('r0', 5n)
    expect(state.read('zero')).toBe(0n)
    state.write('C', -1n)
    expect(state.read('C')).toBe(0xffffffffn)
    expect(state.read('V')).toBe(0x235fn)
    state.write('V', 0xab12n)
    expect(state.read('r1')).toBe(0x1ab4n)
    expect(state.read('C')).toBe(0xfffffff2n)
    expect(() => state.read('r9')).toThrow("toy has no register 'r9'")
    expect(() => state.read('R', 8)).toThrow('R has registers 0 … 7')
    state.write('pc', 2n ** 64n - 1n)
    expect(state.pc).toBe(2n ** 64n - 1n)
  })
})

describe('memory', () => {
  test('embedders’ mistakes are told', () => {
    const { memory } = machine(assemble(['trap']))
    expect(() => memory.read(0xfffff, 2)).toThrow(/0xfffff … \+2 lies outside guest memory of 0x100000 bytes/)
    expect(() => memory.map(0x100, 0x1000, READ)).toThrow(/pages of 4096 bytes/)
    expect(() => createEngine(toy, { memoryBytes: 2 ** 33 })).toThrow(/memoryBytes/)
    expect(() => createEngine({ ...toy, abi: 99 })).toThrow(/build it again/)
  })

  test('mapping anew gives zeros', () => {
    const { memory } = machine(assemble(['trap']))
    memory.write(DATA, [1, 2, 3])
    memory.unmap(DATA, 0x1000)
    expect(memory.permissions(DATA)).toBe(0)
    memory.map(DATA, 0x1000, READ)
    expect([...memory.read(DATA, 3)]).toEqual([0, 0, 0])
    expect(memory.firstForbidden(DATA, 0x3000, READ)).toBe(DATA + 0x2000)
  })
})

describe('random programs', () => {
  test.each([1, 2, 3])('all tiers agree, whatever is evicted and overwritten when (seed %i)', (seed) => {
    const next = xorshift(seed * 7919)
    for (let round = 0; round < 5; round++) {
      const lines: [Opcode, number, number, number][] = []
      const kinds: Opcode[] = [
        'addi',
        'add',
        'less',
        'move',
        'load8',
        'store8',
        'load1',
        'store1',
        'bne',
        'jal',
        'jr',
        'trap',
      ]
      for (let at = 0; at < 60; at++) {
        const name = kinds[next(next(3) === 0 ? kinds.length : 9)]!
        // r6 points at code, r7 at data: both may be read and written through.
        const a = next(8) === 0 ? next(8) : next(6)
        const b =
          name === 'jal'
            ? next(20) - 10
            : name.includes('load') || name.includes('store')
              ? 6 + (next(10) > 0 ? 1 : 0)
              : next(8)
        const c = name === 'add' ? next(8) : name === 'bne' ? next(20) - 10 : next(256) - 128
        lines.push([name, a, b, c])
      }
      const program = assemble(...lines)
      const steps = Array.from({ length: 12 }, () => ({ count: next(400), what: next(5) }))
      const outcome = (options: EngineOptions): string => {
        const engine = machine(program, options)
        engine.state.write('r6', BigInt(CODE + 128))
        engine.state.write('r7', BigInt(DATA + 128))
        const log: string[] = []
        for (const { count, what } of steps) {
          const exit = engine.run({ maxInstructions: count })
          log.push(JSON.stringify(exit, (_, value) => (typeof value === 'bigint' ? value.toString(16) : value)))
          log.push([...engine.state.snapshot()].join(' '))
          if (options.tier !== 'interpreter') {
            if (what === 0) engine.evict()
            if (what === 1) engine.forgetCode()
            if (what === 2) engine.memory.write(CODE + 40, engine.memory.read(CODE + 40, 2))
          }
          engine.check()
          if (exit.kind !== 'limit') engine.state.pc = BigInt(CODE + 4 * (count % 60))
        }
        log.push(String(engine.stats().instructions))
        log.push(
          [...engine.memory.bytes.subarray(CODE, CODE + 0x2000)].join(),
          [...engine.memory.bytes.subarray(DATA, DATA + 0x2000)].join(),
        )
        return log.join('\n')
      }
      const expected = outcome({ tier: 'interpreter' })
      expect(outcome({ tier: 'interpreter', blockLength: 1 })).toBe(expected)
      expect(outcome({ tier: 'baseline' })).toBe(expected)
      expect(outcome({ tier: 'baseline', blockLength: 3 })).toBe(expected)
      expect(outcome({ tier: 'optimising' })).toBe(expected)
      expect(outcome({ tier: 'optimising', blockLength: 3 })).toBe(expected)
      expect(outcome({ tier: 'optimising', cache: { entries: 1, bytes: 100 } })).toBe(expected)
      for (const without of OPTIMISATIONS) expect(outcome({ tier: 'optimising', without: [without] })).toBe(expected)
      expect(outcome({ tier: 'auto' })).toBe(expected)
      expect(outcome({ tier: 'auto', hotThreshold: 0, cache: { entries: 4 } })).toBe(expected)
      expect(outcome({ tier: 'auto', hotThreshold: 0, sampling: { every: 128, hits: 1 } })).toBe(expected)
      expect(outcome({ tier: 'baseline', cache: { entries: 1, bytes: 100 } })).toBe(expected)
    }
  })
})

function xorshift(seed: number): (below: number) => number {
  let x = seed
  return (below) => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>> 0) % below
  }
}
