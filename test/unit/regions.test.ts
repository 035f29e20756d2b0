/** The optimising tier: its analyses on random graphs, and programs made to meet its edges. All results are those of the interpreter. */

import { describe, expect, test } from 'vitest'
import {
  type CompiledUnit,
  createEngine,
  type Engine,
  type EngineOptions,
  EXEC,
  READ,
  type Tier,
  WRITE,
} from '../../runtime/index.ts'
import { planDispatch } from '../../runtime/jit/dispatch.ts'
import { findDominators } from '../../runtime/jit/dominators.ts'
import { random as createRandom } from './random.ts'
import { assemble, encode, type Opcode, toy } from './toy-machine.ts'

const CODE = 0x10000
const DATA = 0x20000
/** Soon optimised, where a tier chooses. */
const sampling = { every: 128, hits: 1 }
const tiers: readonly Tier[] = ['interpreter', 'optimising', 'auto']
type Line = [Opcode, number?, number?, number?]

function machine(options: EngineOptions, ...lines: readonly Line[]): Engine {
  const engine = createEngine(toy, { memoryBytes: 1 << 22, debug: true, hotThreshold: 2, sampling, ...options })
  engine.memory.map(CODE, 0x2000, READ | WRITE | EXEC)
  engine.memory.map(DATA, 0x200000, READ | WRITE)
  engine.memory.write(CODE, assemble(...lines))
  engine.state.pc = BigInt(CODE)
  engine.state.write('r7', BigInt(DATA))
  return engine
}

describe('dominators', () => {
  test.each([1, 2, 3, 4])('are those that every path goes through (seed %i)', (seed) => {
    const random = createRandom(seed)
    for (let round = 0; round < 50; round++) {
      const size = 1 + random.below(12)
      const successors = Array.from({ length: size }, () =>
        Array.from({ length: random.below(4) }, () => random.below(size)),
      )
      const reach = (without: number): Set<number> => {
        const seen = new Set(without === 0 ? [] : [0])
        for (const at of seen) for (const next of successors[at]!) if (next !== without) seen.add(next)
        return seen
      }
      const { order, place, dominates, immediate } = findDominators(successors)
      const reached = reach(-1)
      expect(new Set(order)).toEqual(reached)
      for (const b of reached) {
        for (const a of reached) expect(dominates(a, b)).toBe(a === b || !reach(a).has(b))
        if (b !== 0) expect(dominates(immediate[b]!, b)).toBe(true)
        expect(order[place[b]!]).toBe(b)
      }
    }
  })
})

test('a table of targets leads to each of them, mostly at an entry of its own', () => {
  const random = createRandom(5)
  for (let count = 1; count < 200; count++) {
    const targets = [...new Set(Array.from({ length: count }, () => (0x10000 + 2 * random.below(2000)) | 0))]
    const { arms, entries, shift, size } = planDispatch(targets, 1)
    for (const [index, target] of targets.entries())
      expect(arms[entries[(target >>> shift) & (size - 1)]!]).toContain(index)
    expect(arms.flat().length).toBe(targets.length)
    expect(arms.length / targets.length).toBeGreaterThan(0.75)
  }
  expect(planDispatch([4, 4], 1).arms).toEqual([[0, 1]])
})

/** `run(turns, places)` sums the numbers of the places where it was; later there are 14 of them. */
function goRound(run: (turns: number, places: number) => bigint, places: number, many: number): void {
  for (const [turns, among] of [
    [many, places],
    [2000, 14],
    [many, 14],
  ] as const) {
    let sum = 0
    for (let turn = 0; turn < turns; turn++) sum += turn % among
    expect(run(turns, among)).toBe(BigInt(sum))
  }
}

describe.each(tiers)('%s', (tier) => {
  test('a loop with two entries', () => {
    const engine = machine(
      { tier },
      // r1 counts down; every other time the loop is entered in its middle.
      ['addi', 1, 0, 100],
      ['bne', 2, 0, 3],
      ['addi', 3, 3, 1],
      ['addi', 4, 4, 1],
      ['add', 5, 5, 1],
      ['addi', 1, 1, -1],
      ['bne', 1, 0, -4],
      ['trap'],
    )
    for (let turn = 0; turn < 6; turn++) {
      engine.state.pc = BigInt(CODE)
      engine.state.write('r2', BigInt(turn % 2))
      expect(engine.run().kind).toBe('trap')
    }
    expect(['r3', 'r4', 'r5'].map((name) => engine.state.read(name))).toEqual([597n, 597n, 30_300n])
    engine.check()
  })

  test('calls deeper than any host’s stack', () => {
    const depth = 20_000
    const engine = machine(
      { tier },
      ['jal', 3, 2],
      ['trap'],
      // if (r1 == 0) return; push r3; r1--; call itself; r2++; pop r3; return
      ['bne', 1, 0, 2],
      ['jr', 3],
      ['store8', 3, 7, 0],
      ['addi', 7, 7, 8],
      ['addi', 1, 1, -1],
      ['jal', 3, -5],
      ['addi', 2, 2, 1],
      ['addi', 7, 7, -8],
      ['load8', 3, 7, 0],
      ['jr', 3],
    )
    engine.state.write('r1', BigInt(depth))
    expect(engine.run().kind).toBe('trap')
    expect(engine.state.read('r2')).toBe(BigInt(depth))
    expect(engine.state.read('r7')).toBe(BigInt(DATA))
    expect(engine.stats().instructions).toBe(9 * depth + 3)
    engine.check()
  })

  test('what is called overwrites where it returns to', () => {
    const engine = machine(
      { tier },
      ['jal', 3, 4],
      ['addi', 1, 1, 0],
      ['bne', 2, 5, -2],
      ['trap'],
      ['addi', 2, 2, 1],
      ['store1', 2, 6, 7],
      ['jr', 3],
    )
    engine.state.write('r6', BigInt(CODE))
    engine.state.write('r5', 60n)
    expect(engine.run().kind).toBe('trap')
    expect(engine.state.read('r1')).toBe((60n * 61n) / 2n)
    expect(engine.stats().blocks.invalidated).toBeGreaterThan(30)
    engine.check()
  })

  test('what is called does not come back', () => {
    const engine = machine(
      { tier },
      ['jal', 3, 4],
      ['addi', 1, 1, 100],
      ['trap'],
      ['trap'],
      ['addi', 2, 2, 1],
      ['bne', 2, 5, 2],
      ['jr', 6],
      ['jal', 0, -7],
    )
    engine.state.write('r6', BigInt(CODE + 12))
    engine.state.write('r5', 5000n)
    expect(engine.run()).toMatchObject({ kind: 'trap', pc: BigInt(CODE + 12) })
    expect(engine.state.read('r1')).toBe(0n)
  })

  test.each([2, 12])('a computed jump to %i places, and to new ones later', (places) => {
    // r2 is where to go: each place adds its number to r1 and comes back.
    const lines: Line[] = [['jr', 2], ['trap']]
    for (let place = 0; place < 14; place++) lines.push(['addi', 1, 1, place], ['jal', 0, 33 - 3 - 2 * place])
    expect(lines.length).toBe(30)
    while (lines.length < 33) lines.push(['trap'])
    // r5 counts; r4 walks round the first `places` of them; then one that was never gone to.
    lines.push(
      ['addi', 5, 5, -1],
      ['bne', 5, 0, 2],
      ['trap'],
      ['addi', 2, 2, 8],
      ['bne', 2, 4, 2],
      ['add', 2, 3, 0],
      ['jal', 0, -39],
    )
    const engine = machine({ tier }, ...lines)
    const first = BigInt(CODE + 8)
    const run = (count: number, round: number): bigint => {
      for (const [name, value] of [
        ['r1', 0n],
        ['r2', first],
        ['r3', first],
        ['r4', first + BigInt(8 * round)],
        ['r5', BigInt(count)],
      ] as const)
        engine.state.write(name, value)
      engine.state.pc = BigInt(CODE)
      expect(engine.run()).toMatchObject({ kind: 'trap', pc: BigInt(CODE + 4 * 35) })
      return engine.state.read('r1')
    }
    goRound(run, places, tier === 'interpreter' ? 3000 : 150_000)
    engine.check()
  })

  test.each([1, 2, 12])('a computed call of %i places, and of new ones later', (places) => {
    // r4 is what is called: each place adds its number to r1 and returns to r3.
    const lines: Line[] = [['jr', 4], ['addi', 5, 5, -1], ['bne', 5, 0, 2], ['trap']]
    lines.push(['addi', 4, 4, 8], ['bne', 4, 2, 2], ['add', 4, 6, 0], ['jal', 0, -7])
    for (let place = 0; place < 14; place++) lines.push(['addi', 1, 1, place], ['jr', 3])
    const engine = machine({ tier }, ...lines)
    const first = BigInt(CODE + 4 * 8)
    const run = (count: number, round: number): bigint => {
      for (const [name, value] of [
        ['r1', 0n],
        ['r2', first + BigInt(8 * round)],
        ['r3', BigInt(CODE + 4)],
        ['r4', first],
        ['r5', BigInt(count)],
        ['r6', first],
      ] as const)
        engine.state.write(name, value)
      engine.state.pc = BigInt(CODE)
      expect(engine.run()).toMatchObject({ kind: 'trap', pc: BigInt(CODE + 4 * 3) })
      return engine.state.read('r1')
    }
    goRound(run, places, tier === 'interpreter' ? 3000 : 150_000)
    engine.check()
  })

  test('memory that is taken away while a loop reads and writes it', () => {
    const engine = machine(
      { tier },
      ['load8', 2, 7, 0],
      ['addi', 2, 2, 1],
      ['store8', 2, 7, 0],
      ['addi', 1, 1, -1],
      ['bne', 1, 0, -4],
      ['trap'],
    )
    const run = (turns: number): unknown => {
      engine.state.pc = BigInt(CODE)
      engine.state.write('r1', BigInt(turns))
      return engine.run()
    }
    const many = tier === 'interpreter' ? 3000 : 150_000
    expect(run(many)).toMatchObject({ kind: 'trap' })
    expect(engine.state.read('r2')).toBe(BigInt(many))
    // Of a range, a page far from where it reads.
    engine.memory.unmap(DATA + 0x100000, 0x1000)
    expect(run(many)).toMatchObject({ kind: 'trap' })
    engine.memory.protect(DATA, 0x1000, READ)
    expect(run(5)).toMatchObject({ kind: 'fault', access: 'write', pc: BigInt(CODE + 8), address: BigInt(DATA) })
    expect(engine.state.read('r2')).toBe(BigInt(2 * many + 1))
    engine.memory.protect(DATA, 0x1000, READ | WRITE)
    expect(run(many)).toMatchObject({ kind: 'trap' })
    // Code comes to lie where it writes.
    engine.memory.protect(DATA, 0x1000, READ | WRITE | EXEC)
    engine.memory.write(DATA + 8, encode('trap'))
    engine.state.pc = BigInt(DATA + 8)
    expect(engine.run()).toMatchObject({ kind: 'trap', pc: BigInt(DATA + 8) })
    engine.state.write('r7', BigInt(DATA + 8))
    expect(run(3)).toMatchObject({ kind: 'trap' })
    engine.state.pc = BigInt(DATA + 8)
    expect(engine.run()).toMatchObject({ kind: 'illegal', pc: BigInt(DATA + 8) })
    engine.memory.unmap(DATA, 0x1000)
    expect(run(5)).toMatchObject({ kind: 'fault', access: 'read', pc: BigInt(CODE) })
    engine.check()
  })
})

test('where nobody looks at registers, only those that are not read again may be stale', () => {
  const lines: Line[] = [
    ['addi', 2, 2, 3],
    ['store8', 2, 7, 0],
    ['load8', 3, 7, 0],
    ['add', 4, 4, 3],
    ['addi', 1, 1, -1],
    ['bne', 1, 0, -5],
    ['trap'],
  ]
  const outcome = (exactRegisters: boolean, tier: Tier): string[] => {
    const engine = machine({ tier, exactRegisters }, ...lines)
    engine.state.write('r1', 5000n)
    const log: string[] = []
    // Stopped again and again: it goes on right from there.
    for (let kind = ''; kind !== 'trap'; ) {
      ;({ kind } = engine.run({ maxInstructions: 997 }))
      log.push(['r1', 'r2', 'r4', ...(exactRegisters ? ['r3'] : [])].map((name) => engine.state.read(name)).join())
    }
    log.push(engine.state.read('r3').toString(), String(engine.stats().instructions))
    engine.check()
    return log
  }
  expect(outcome(true, 'optimising')).toEqual(outcome(true, 'interpreter'))
  expect(outcome(false, 'optimising')).toEqual(outcome(false, 'interpreter'))
})

test('a store to code counts as a reader of all registers', () => {
  // A pointer goes up in steps of 16 until it is at the third instruction, which then reads r3 instead of writing it.
  const turns = 2001
  const start = CODE + 0x408
  const outcome = (options: EngineOptions): bigint[] => {
    const engine = machine(options)
    engine.memory.map(CODE - 0x8000, 0x8000, READ | WRITE)
    engine.memory.write(
      start,
      assemble(
        ['addi', 1, 1, -1],
        ['store8', 5, 6, 0],
        ['add', 3, 1, 6],
        ['add', 4, 4, 3],
        ['addi', 6, 6, 16],
        ['bne', 1, 0, -5],
        ['trap'],
      ),
    )
    engine.state.pc = BigInt(start)
    engine.state.write('r1', BigInt(turns))
    engine.state.write('r6', BigInt(start + 8 - 16 * (turns - 1)))
    const changed = [...encode('add', 4, 4, 3), ...encode('add', 4, 4, 3)]
    engine.state.write('r5', new DataView(Uint8Array.from(changed).buffer).getBigUint64(0, true))
    expect(engine.run().kind).toBe('trap')
    engine.check()
    return ['r1', 'r3', 'r4', 'r6'].map((name) => engine.state.read(name))
  }
  expect(outcome({ tier: 'optimising', exactRegisters: false })).toEqual(outcome({ tier: 'interpreter' }))
})

test('auto gets from tier to tier in the middle of nested loops', () => {
  const engine = machine(
    { tier: 'auto' },
    ['add', 1, 0, 5],
    ['addi', 2, 2, 1],
    ['load8', 3, 7, 0],
    ['add', 3, 3, 2],
    ['store8', 3, 7, 0],
    ['addi', 1, 1, -1],
    ['bne', 1, 0, -5],
    ['addi', 4, 4, 1],
    ['bne', 4, 5, -8],
    ['trap'],
  )
  engine.state.write('r5', 1000n)
  expect(engine.run().kind).toBe('trap')
  const turns = 1_000_000n
  expect(engine.state.read('r2')).toBe(turns)
  expect(engine.state.read('r3')).toBe((turns * (turns + 1n)) / 2n)
  const { interpreter, baseline, optimising, instructions } = engine.stats()
  expect(instructions).toBe(6_003_000)
  expect(interpreter.instructions).toBeGreaterThan(0)
  expect(baseline.instructions).toBeGreaterThan(0)
  expect(optimising.instructions).toBeGreaterThan(5_000_000)
  engine.check()
})

test('a region that was made before a part of its loop had ever run is made anew with it', () => {
  const engine = machine(
    { tier: 'auto' },
    // The call tells where the function starts.
    ['jal', 7, 2],
    ['trap'],
    ['add', 1, 0, 5],
    ['addi', 2, 2, 1],
    ['addi', 1, 1, -1],
    ['bne', 1, 0, -2],
    ['addi', 4, 4, -1],
    // The first 3,000 rounds go no further.
    ['bne', 4, 0, -5],
    ['addi', 4, 0, 1],
    ['add', 1, 0, 5],
    ['addi', 3, 3, 1],
    ['addi', 1, 1, -1],
    ['bne', 1, 0, -2],
    ['addi', 6, 6, -1],
    ['bne', 6, 0, -12],
    ['jr', 7],
  )
  for (const [name, value] of Object.entries({ r4: 3000n, r5: 1000n, r6: 3000n })) engine.state.write(name, value)
  expect(engine.run().kind).toBe('trap')
  expect(engine.state.read('r2')).toBe(5_999_000n)
  expect(engine.state.read('r3')).toBe(3_000_000n)
  const { compiled, instructions, optimising } = engine.stats()
  expect(compiled?.tiers.optimising.invalidations).toBeGreaterThan(0)
  expect(optimising.instructions / instructions).toBeGreaterThan(0.75)
  engine.check()
})

describe('loops three deep, and two side by side', () => {
  const lines: readonly Line[] = [
    ['add', 1, 0, 5],
    ['add', 2, 0, 5],
    ['add', 3, 0, 5],
    ['addi', 4, 4, 1],
    ['add', 6, 6, 4],
    ['addi', 3, 3, -1],
    ['bne', 3, 0, -3],
    ['store8', 6, 7, 0],
    ['addi', 3, 0, 9],
    ['addi', 3, 3, -1],
    ['add', 6, 6, 2],
    ['bne', 3, 0, -2],
    ['load8', 4, 7, 0],
    ['addi', 2, 2, -1],
    ['bne', 2, 0, -12],
    ['addi', 1, 1, -1],
    ['bne', 1, 0, -15],
    ['trap'],
  ]
  const registers = ['r1', 'r2', 'r3', 'r4', 'r6']
  const start = (options: EngineOptions): Engine => {
    const engine = machine(options, ...lines)
    engine.state.write('r5', 12n)
    return engine
  }

  test.each(tiers)('%s: may be left and entered anywhere', (tier) => {
    const engine = start({ tier })
    const expected = start({ tier: 'interpreter' })
    for (let count = 1; ; count = (count * 7 + 3) % 101) {
      const exit = engine.run({ maxInstructions: count })
      expect(exit).toEqual(expected.run({ maxInstructions: count }))
      for (const name of [...registers, 'r7']) expect(engine.state.read(name)).toBe(expected.state.read(name))
      if (exit.kind === 'trap') break
    }
    engine.check()
  })

  test('a region has an entry for each loop in it', () => {
    const units: CompiledUnit[] = []
    const inspection = { onUnit: (unit: CompiledUnit) => units.push(unit) }
    const entries = (): number[] =>
      units.flatMap(({ tier, functions }) =>
        tier === 'optimising' ? functions.filter(({ runs }) => runs.length === 0).map(({ pc }) => pc - CODE) : [],
      )
    const engine = start({ tier: 'auto', inspection })
    engine.state.write('r5', 200n)
    engine.run()
    expect(entries()).toEqual(expect.arrayContaining([8, 12, 36]))
    const { optimising, instructions } = engine.stats()
    expect(optimising.instructions / instructions).toBeGreaterThan(0.3)
    units.length = 0
    const without = start({ tier: 'auto', inspection, without: ['loops'] })
    without.state.write('r5', 200n)
    without.run()
    expect(entries()).toEqual([])
    expect(without.state.read('r6')).toBe(engine.state.read('r6'))
  })
})
