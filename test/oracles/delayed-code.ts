/**
 * Random programs of a machine with delay slots on two engines, one of which knows code an instruction at a time: branches that go anywhere in the program, so into slots too, branches in slots, loads before all
 * else, code that overwrites itself. In: a machine and how to try it. Throws what differs first, with how to repeat it.
 */

import { createEngine, type Engine, EXEC, type Exit, READ, WRITE } from '../../runtime/index.ts'
import { random as createRandom, type Random } from '../unit/random.ts'
import { loadGuest } from './isas.ts'
import type { Campaign } from './random-code.ts'
import { compareEngines, setState } from './tier-trials.ts'

const CODE = 0x1000
const DATA = 0x4000
const MEMORY = 0x8000
/** Hold DATA and CODE, and nothing writes them. */
const DATA_POINTER = 26
const CODE_POINTER = 27
const LINK = 31

const field = (value: number, at: number): number => (value << at) >>> 0
const immediate = (opcode: number, rs: number, rt: number, value: number): number =>
  (field(opcode, 26) | field(rs, 21) | field(rt, 16) | (value & 0xffff)) >>> 0
const register = (funct: number, rs: number, rt: number, rd: number): number =>
  (field(rs, 21) | field(rt, 16) | field(rd, 11) | funct) >>> 0

/** Instructions of a program of `count`, as words. */
function randomWords(random: Random, count: number): number[] {
  /** Few registers, so that loads and what follows them meet; sometimes the link register. */
  const any = (): number => (random.below(24) === 0 ? LINK : random.below(8))
  const to = (from: number): number => random.below(count) - from - 1
  const size = (n: number): number => random.below(64 / n) * n
  const kinds: readonly (readonly [weight: number, make: (at: number) => number])[] = [
    [10, () => register(random.pick([0x21, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2a, 0x2b, 4, 6, 7]), any(), any(), any())],
    [8, () => immediate(random.pick([9, 10, 11, 12, 13, 14]), any(), any(), random.below(0x10000))],
    [6, () => immediate(0x23, DATA_POINTER, any(), size(4))],
    [4, () => immediate(random.pick([0x20, 0x24]), DATA_POINTER, any(), size(1))],
    [3, () => immediate(random.pick([0x22, 0x26]), DATA_POINTER, any(), size(1))],
    [4, () => immediate(0x2b, DATA_POINTER, any(), size(4))],
    [2, () => immediate(random.pick([0x28, 0x2a, 0x2e]), DATA_POINTER, any(), size(1))],
    [3, (at) => immediate(random.pick([4, 5]), any(), any(), to(at))],
    [3, (at) => immediate(random.pick([6, 7]), any(), 0, to(at))],
    [2, (at) => immediate(1, any(), random.pick([0, 1, 16, 17]), to(at))],
    [1, () => (field(random.pick([2, 3]), 26) | ((CODE >> 2) + random.below(count))) >>> 0],
    [1, () => register(8, LINK, 0, 0)],
    [1, () => register(random.pick([0x10, 0x12]), 0, 0, any())],
    [1, () => register(random.pick([0x18, 0x19, 0x1a, 0x1b]), any(), any(), 0)],
  ]
  const rare: typeof kinds = [
    // Instructions from one place to another: the load, and later the store.
    [6, () => immediate(0x23, CODE_POINTER, any(), random.below(count) * 4)],
    [6, () => immediate(0x2b, CODE_POINTER, any(), random.below(count) * 4)],
    [1, () => immediate(0x23, any(), any(), random.below(16))],
    [1, () => register(0x20, any(), any(), any())],
    [1, () => register(random.pick([8, 9]), any(), 0, 0)],
    [1, () => register(random.pick([0x0c, 0x0d]), 0, 0, 0)],
  ]
  const choose = (from: typeof kinds): ((at: number) => number) => {
    let left = random.below(from.reduce((sum, [weight]) => sum + weight, 0))
    return from.find(([weight]) => (left -= weight) < 0)![1]
  }
  return Array.from({ length: count }, (_, at) => choose(random.below(60) === 0 ? rare : kinds)(at))
}

export async function tryDelays(name: string, { seed, instructions, optionsOf, again }: Campaign): Promise<void> {
  const guest = await loadGuest(name)
  let run = 0
  for (let trial = 0; run < instructions; trial++) {
    const random = createRandom(seed * 1000 + trial)
    const count = 16 + random.below(80)
    const program = randomWords(random, count)
    const bytes = new DataView(new ArrayBuffer(count * 4))
    program.forEach((word, at) => {
      bytes.setUint32(at * 4, word, guest.endian === 'little')
    })
    const data = Uint8Array.from({ length: 64 }, () => random.below(256))
    const prepare = (options: ReturnType<typeof optionsOf>): Engine => {
      const engine = createEngine(guest, { ...options, memoryBytes: MEMORY })
      engine.memory.map(0, MEMORY, READ | WRITE | EXEC)
      engine.memory.write(CODE, new Uint8Array(bytes.buffer))
      engine.memory.write(DATA, data)
      return engine
    }
    const engines = [prepare({ tier: 'interpreter', blockLength: 1 }), prepare(optionsOf(trial))] as const
    for (let start = 0; start < 12; start++) {
      const registers = Array.from({ length: 8 }, (_, i) => ['R', i, random.bits(32)] as const)
      const context = [
        ['R', DATA_POINTER, BigInt(DATA)],
        ['R', CODE_POINTER, BigInt(CODE)],
        ['R', LINK, BigInt(CODE + random.below(count) * 4)],
        ['SR.KUc', undefined, 0n],
        ['slot', undefined, BigInt(random.below(2))],
        ['kind', undefined, BigInt(random.below(4))],
        ['take', undefined, BigInt(random.below(2))],
        ['target', undefined, BigInt(CODE + random.below(count) * 4)],
        ['due.to', undefined, random.below(2) === 0 ? 0xffn : BigInt(random.below(8))],
        ['due.value', undefined, random.bits(32)],
        ['coming.to', undefined, 0xffn],
      ] as const
      const pc = BigInt(CODE + random.below(count) * 4)
      for (const engine of engines) setState(engine, [...registers, ...context], pc)
      for (let stop = 0; stop < 8; stop++) {
        const maxInstructions = 1 + random.below(random.below(2) === 0 ? 20 : 6000)
        const exits: Exit[] = engines.map((engine) => engine.run({ maxInstructions }))
        const difference = compareEngines(engines, exits)
        if (difference !== undefined)
          throw new Error(`run ${start}, stop ${stop} of trial ${trial}: ${difference}\n${again(name)}`)
        if (exits[0]?.kind !== 'limit') break
      }
    }
    engines[1].check()
    run += engines[0].stats().instructions
  }
}
