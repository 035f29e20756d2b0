/** The emitted decoder and interpreter against the reference execution: random bodies on three machines that are unlike each other. */

import { expect, test } from 'vitest'
import * as build from '../../generator/ir/build.ts'
import type { Expr } from '../../generator/ir/expr.ts'
import type { Isa } from '../../generator/ir/isa.ts'
import { makePrecise } from '../../generator/ir/precise.ts'
import { type HandMadeShape, handMadeIsa } from './hand-made-isa.ts'
import { InterpreterHarness, randomFields } from './interpreter-harness.ts'
import { type Random, random } from './random.ts'
import { type BodyShape, randomBody } from './random-body.ts'

const field = (name: string, width: number): Expr => build.field(name, width)

interface TestMachine {
  readonly shape: HandMadeShape
  readonly body: BodyShape
  readonly change?: Partial<Isa>
}

const rd = field('rd', 3)
const rs = field('rs', 3)
const x = (index: Expr): Expr => build.read('X', 64, index)
const wide: TestMachine = {
  shape: {
    registers: [
      { name: 'X', width: 64, count: 8, hardwired: { index: 0, value: 0n } },
      { name: 'Y', width: 12, count: 4 },
      { name: 'Q', width: 128 },
      { name: 'F', width: 1 },
      { name: 'H', width: 40 },
    ],
    fields: [
      { name: 'rd', width: 3 },
      { name: 'rs', width: 3 },
      { name: 'imm', width: 12 },
    ],
    addressWidth: 64,
  },
  body: {
    leaves: [
      x(rd),
      x(rs),
      x(build.constant(3, 5)),
      x(build.slice(build.read('Y', 12, build.constant(2, 1)), 3, 3)),
      build.read('Y', 12, build.slice(rs, 0, 2)),
      build.read('Q', 128),
      build.read('F', 1),
      build.read('H', 40),
      build.extend(true, 64, field('imm', 12)),
      field('imm', 12),
      rd,
      build.pc(64),
      build.next(64),
    ],
    places: [
      { register: 'X', width: 64, index: rd },
      { register: 'X', width: 64, index: rs },
      { register: 'X', width: 64, index: build.slice(x(rs), 7, 3) },
      { register: 'X', width: 64, index: build.constant(3, 0) },
      { register: 'Y', width: 12, index: build.slice(rd, 1, 2) },
      { register: 'Q', width: 128 },
      { register: 'F', width: 1 },
      { register: 'H', width: 40 },
    ],
    widths: [1, 3, 8, 12, 32, 33, 40, 64, 128],
    memory: 'M',
    sizes: [8, 16, 32, 64, 128],
    address: (r: Random) => {
      const near = build.binary(
        'add',
        build.binary('and', x(rs), build.constant(64, 0xfff)),
        build.extend(true, 64, field('imm', 12)),
      )
      const other = build.binary('and', x(rd), build.constant(64, 0x3fff))
      return r.below(8) === 0 ? x(rd) : r.pick([near, other])
    },
    pcWidth: 64,
    trap: { name: 'stop', params: [64, 12] },
  },
  change: {
    traps: [
      { name: 'other', number: 3, params: [] },
      {
        name: 'stop',
        number: 1,
        params: [
          { name: 'a', width: 64 },
          { name: 'b', width: 12 },
        ],
      },
    ],
  },
}

const small: TestMachine = {
  shape: {
    registers: [
      { name: 'A', width: 8 },
      { name: 'B', width: 8 },
      { name: 'C', width: 1 },
      { name: 'cycles', width: 64, hidden: true },
    ],
    fields: [
      { name: 'a', width: 8 },
      { name: 'd', width: 8 },
    ],
    addressWidth: 16,
  },
  body: {
    leaves: [
      build.read('A', 8),
      build.read('B', 8),
      build.read('C', 1),
      build.read('cycles', 64),
      field('a', 8),
      field('d', 8),
      build.pc(16),
      build.next(16),
    ],
    places: [
      { register: 'A', width: 8 },
      { register: 'B', width: 8 },
      { register: 'C', width: 1 },
      { register: 'cycles', width: 64 },
    ],
    widths: [1, 4, 8, 9, 12, 16, 64],
    memory: 'M',
    sizes: [8, 16],
    address: (r: Random) => {
      const place = build.concat([build.read('A', 8), build.read('B', 8)])
      const inner = build.concat([build.load('M', 8, place), build.constant(8, 0xff)])
      return r.pick([place, inner, build.concat([field('a', 8), field('d', 8)]), build.constant(16, 0xffff)])
    },
    pcWidth: 16,
    trap: { name: 'stop', params: [] },
  },
}

const big: TestMachine = { ...wide, change: { ...wide.change, endian: 'big' } }

/** Instructions with random bodies; number and fields stand in the word. */
function machine({ shape, body, change }: TestMachine, count: number, rng: Random): Isa {
  const made = Array.from({ length: count }, (_, i) => ({ id: `op${i}`, ...randomBody(rng, body) }))
  const isa = { ...handMadeIsa(shape, made), ...change }
  let at = 10
  const places = shape.fields.map(({ name, width }) => {
    const place = { name, width, pieces: [{ at, low: 0, width }] }
    at += width
    return place
  })
  const instructions = isa.instructions.map((instruction, i) => ({
    ...instruction,
    encoding: { length: 4, mask: 0x3ffn, value: BigInt(i), drawing: [] },
    fields: places,
  }))
  return { ...isa, instructions }
}

test.each([
  ['64 bits, faults, hardwired register', wide, 1],
  ['64 bits, faults, hardwired register', wide, 2],
  ['8 bits, wrapping memory', small, 3],
  ['8 bits, wrapping memory', small, 4],
  ['big-endian', big, 5],
] as const)('random bodies do what the reference does: %s (seed %#)', (_, kind, seed) => {
  const rng = random(seed)
  const isa = machine(kind, 120, rng)
  const harness = new InterpreterHarness(isa)
  isa.instructions.forEach((instruction, index) => {
    if (instruction.semantics.kind !== 'body') return
    // A store that cannot be delayed is done before a later trap.
    if (makePrecise(isa, instruction.semantics.body).imprecise.length > 0) return
    for (let n = 0; n < 8; n++) {
      const fields = randomFields(instruction, rng)
      if (fields) harness.check(index, fields, rng)
    }
  })
  expect(harness.ends.next).toBeGreaterThan(200)
  expect(harness.ends.jump).toBeGreaterThan(40)
  expect(harness.ends.trap).toBeGreaterThan(10)
  if (kind !== small) expect(harness.ends.fault).toBeGreaterThan(10)
})
