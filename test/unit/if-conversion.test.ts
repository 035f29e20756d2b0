/** Branches round a few instructions become selects: which, and that loops with such branches give what the interpreter gives wherever they are left. */

import { describe, expect, test } from 'vitest'
import { createEngine, type Engine, type EngineOptions, EXEC, READ, WRITE } from '../../runtime/index.ts'
import { STEP_END, STEP_GET, STEP_IF, STEP_INSTRUCTION, STEP_WAY } from '../../runtime/jit/flow-recorder.ts'
import { convertIfs } from '../../runtime/jit/if-conversion.ts'
import type { RegionNode } from '../../runtime/jit/region.ts'
import { random as createRandom } from './random.ts'
import { someFlow, someWay } from './region-graph.ts'
import { assemble, type Opcode, toy } from './toy-machine.ts'

const CODE = 0x10000
type Line = [Opcode, number?, number?, number?]

/** A branch, in a node of `count` instructions. */
function branch(first: number, second: number): RegionNode {
  const steps = [STEP_INSTRUCTION, STEP_GET, STEP_GET, STEP_IF, STEP_WAY, STEP_END, STEP_WAY]
  return node([first, second], { count: 3, steps })
}
function node(to: readonly number[], parts: Partial<RegionNode['flow']> = {}): RegionNode {
  const flow = someFlow({ count: 1, ways: to.map(() => someWay()), computes: true, ...parts })
  return { header: 0, lo: 0, hi: 0, flow, to: to.map((next) => [next]) }
}
const write = (base: number): RegionNode['flow']['events'][number] => ({ kind: 'write', base, inputs: [] })

describe('a branch', () => {
  test('round little becomes none, whichever side it is on', () => {
    for (const taken of [false, true]) {
      const nodes = [
        taken ? branch(1, 2) : branch(2, 1),
        node([2], { count: 2, steps: [STEP_INSTRUCTION, STEP_WAY], events: [write(8)] }),
        node([]),
      ]
      expect(convertIfs(nodes)).toBe(true)
      expect(nodes[0]).toMatchObject({ to: [[2]], flow: { count: 5 }, arm: { count: 2, taken, writes: [8] } })
      expect(nodes[0]!.flow.ways).toHaveLength(1)
    }
  })
  const stays = (name: string, ...nodes: RegionNode[]): void =>
    test(`stays ${name}`, () => expect(convertIfs(nodes)).toBe(false))
  stays('round what reads memory or may trap', branch(2, 1), node([2], { computes: false }), node([]))
  stays('round much', branch(2, 1), node([2], { count: 6 }), node([]))
  stays('round many writes', branch(2, 1), node([2], { events: [2, 4, 6, 8].map(write) }), node([]))
  stays('round what others jump to', branch(2, 1), node([2]), node([1]))
  stays('round what goes elsewhere', branch(2, 1), node([3]), node([]), node([]))
  stays('back to itself', branch(1, 0), node([]))
  stays(
    'where it does something else as well',
    node([2, 1], { steps: [STEP_INSTRUCTION, STEP_WAY, STEP_WAY] }),
    node([2]),
    node([]),
  )
})

describe.each(['optimising', 'auto'] as const)('%s: branches round what only computes', (tier) => {
  const start = (options: EngineOptions, lines: readonly Line[], values: readonly bigint[]): Engine => {
    const sampling = { every: 128, hits: 1 }
    const engine = createEngine(toy, { memoryBytes: 1 << 22, debug: true, hotThreshold: 2, sampling, ...options })
    engine.memory.map(CODE, 0x1000, READ | WRITE | EXEC)
    engine.memory.write(CODE, assemble(...lines))
    for (const [at, value] of values.entries()) engine.state.write(`r${at + 1}`, value)
    engine.state.pc = BigInt(CODE)
    return engine
  }
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('loops made at random (seed %i)', (seed) => {
    const random = createRandom(seed)
    const register = (): number => random.below(7)
    const compute = (): Line => {
      const kind = random.below(4)
      if (kind === 0) return ['addi', register(), register(), random.below(9) - 4]
      if (kind === 1) return ['add', register(), register(), register()]
      return kind === 2 ? ['less', register(), register()] : ['move', register(), register()]
    }
    const some = (most: number): Line[] => Array.from({ length: 1 + random.below(most) }, compute)
    const lines: Line[] = []
    for (let part = 2 + random.below(4); part > 0; part--) {
      const [arm, other] = [some(6), some(4)]
      const kind = random.below(3)
      if (kind === 0) lines.push(...arm)
      else if (kind === 1) lines.push(['bne', register(), register(), arm.length + 1], ...arm)
      else {
        // Both sides: the second lies behind the jump of the first.
        lines.push(['bne', register(), register(), arm.length + 2], ...arm, ['jal', 0, other.length + 1], ...other)
      }
    }
    lines.push(['addi', 7, 7, -1], ['bne', 7, 0, -lines.length - 1], ['trap'])
    const values = [...Array.from({ length: 6 }, () => BigInt(random.below(4))), 3000n]
    const expected = start({ tier: 'interpreter' }, lines, values)
    const engine = start({ tier }, lines, values)
    for (let count = 1; ; count = (count * 7 + 3) % 1009) {
      const exit = engine.run({ maxInstructions: count })
      expect(exit).toEqual(expected.run({ maxInstructions: count }))
      expect(engine.state.snapshot()).toEqual(expected.state.snapshot())
      if (exit.kind === 'trap') break
    }
    expect(engine.stats().instructions).toBe(expected.stats().instructions)
    engine.check()
  })
})
