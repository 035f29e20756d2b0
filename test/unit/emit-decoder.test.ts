/** The emitted decoder against encodings themselves: nested ones, conditions, several lengths, fields in pieces and across words. */

import { describe, expect, test } from 'vitest'
import { decisionTree } from '../../generator/emit/decision-tree.ts'
import { emitDecoder } from '../../generator/emit/decoder.ts'
import * as build from '../../generator/ir/build.ts'
import { evaluateExpr } from '../../generator/ir/evaluate.ts'
import type { Expr } from '../../generator/ir/expr.ts'
import type { Field, Instruction, Isa } from '../../generator/ir/isa.ts'
import { slotted } from '../../generator/ir/slots.ts'
import * as abi from '../../runtime/abi.ts'
import { handMadeIsa } from './hand-made-isa.ts'
import { encode, loadGenerated } from './interpreter-harness.ts'
import { random } from './random.ts'

interface Decoder {
  readonly identify: (bytes: Uint8Array, at: number) => number
  readonly decode: (bytes: Uint8Array, at: number, words: Int32Array, record: number) => number
}

/** "1010xxxx": high bit first, x is free. */
function bits(pattern: string): { readonly mask: bigint; readonly value: bigint } {
  const digits = pattern.replaceAll(/[ _]/g, '')
  return {
    mask: BigInt(`0b${digits.replaceAll(/[01]/g, '1').replaceAll('x', '0')}`),
    value: BigInt(`0b${digits.replaceAll('x', '0')}`),
  }
}
interface Made {
  readonly id: string
  readonly length: number
  readonly pattern: string
  readonly fields?: readonly Field[]
  readonly when?: Expr
  /** What a body writes to R: its slots are what decoding must fill. */
  readonly value?: Expr
  readonly delegate?: { readonly target: string; readonly fields: Readonly<Record<string, Expr>> }
}
function machine(maxLength: number, all: readonly Made[]): Isa {
  const base = handMadeIsa(
    { registers: [{ name: 'R', width: 64 }], fields: [], addressWidth: 32 },
    all.map(({ id, value = build.constant(64, 0) }) => ({
      id,
      statements: [{ kind: 'write', register: 'R', value }],
    })),
  )
  const instructions = base.instructions.map((instruction, i): Instruction => {
    const made = all[i]!
    return {
      ...instruction,
      encoding: { length: made.length, ...bits(made.pattern), drawing: [] },
      fields: made.fields ?? [],
      when: made.when ?? build.bit(true),
      semantics: made.delegate ? { kind: 'delegate', ...made.delegate } : instruction.semantics,
    }
  })
  return { ...base, maxLength, instructions }
}
const load = (isa: Isa): Decoder => loadGenerated<Decoder>(emitDecoder(isa))
const piece = (at: number, width: number, low = 0) => ({ at, width, low })

/** By the encodings: the most specific one that fits. */
function identifySlowly(isa: Isa, word: bigint): number {
  let best = -1
  let most = -1
  isa.instructions.forEach(({ encoding, fields, when }, i) => {
    if ((word & encoding.mask) !== encoding.value) return
    const values = Object.fromEntries(
      fields.map((f) => [
        f.name,
        f.pieces.reduce((v, p) => v | (((word >> BigInt(p.at)) & ((1n << BigInt(p.width)) - 1n)) << BigInt(p.low)), 0n),
      ]),
    )
    if (evaluateExpr(when, { fields: values }) === 0n) return
    const count = encoding.mask.toString(2).replaceAll('0', '').length
    if (count > most) {
      best = i
      most = count
    }
  })
  return best
}

describe('decoder', () => {
  const n = build.field('n', 3)
  const small = machine(2, [
    { id: 'outer', length: 1, pattern: '1xxx xxxx' },
    { id: 'inner', length: 1, pattern: '1010 xxxx' },
    {
      id: 'odd',
      length: 1,
      pattern: '1010 0xxx',
      fields: [{ name: 'n', width: 3, pieces: [piece(0, 3)] }],
      when: build.slice(n, 0, 1),
    },
    { id: 'exact', length: 1, pattern: '1010 0010' },
    { id: 'long', length: 2, pattern: 'xxxx 1111 0001 0xxx' },
    { id: 'longer', length: 2, pattern: '1010 1111 0001 0110' },
    { id: 'one', length: 1, pattern: '0110 0110' },
  ])

  test('the more specific of nested encodings wins, and conditions count', () => {
    const { identify } = load(small)
    for (let word = 0; word < 0x10000; word++) {
      const bytes = Uint8Array.of(word & 0xff, word >> 8)
      const got = identify(bytes, 0)
      if (got !== identifySlowly(small, BigInt(word))) expect.fail(`${word.toString(2)}: ${got}`)
    }
  })

  test('bytes beyond the end count as 0', () => {
    const { identify, decode } = load(small)
    expect(identify(Uint8Array.of(0x10), 0)).toBe(-1)
    expect(identify(Uint8Array.of(0, 0x66), 1)).toBe(6)
    expect(decode(Uint8Array.of(0x10), 0, new Int32Array(16), 0)).toBe(0)
  })

  test('random sets of encodings of up to 15 bytes agree with a search', () => {
    const r = random(9)
    for (let round = 0; round < 12; round++) {
      const top = r.pick([8, 16, 32, 64, 120])
      const all = Array.from({ length: 20 }, (_, i): Made => {
        const fixed = 1 + r.below(top - 1)
        const pattern = Array.from({ length: top }, () => (r.below(top) < fixed ? `${r.below(2)}` : 'x')).join('')
        return { id: `i${i}`, length: top / 8, pattern }
      })
      // No partial overlaps: what the checker would refuse.
      const kept = all.filter((a, i) =>
        all.slice(0, i).every((b) => {
          const [x, y] = [bits(a.pattern), bits(b.pattern)]
          return (
            ((x.value ^ y.value) & x.mask & y.mask) !== 0n ||
            (x.mask !== y.mask && ((x.mask & y.mask) === x.mask || (x.mask & y.mask) === y.mask))
          )
        }),
      )
      const isa = machine(top / 8, kept)
      const { identify } = load(isa)
      for (let n = 0; n < 200; n++) {
        const near = bits(r.pick(kept).pattern)
        const free = r.bits(top)
        const word = r.below(3) === 0 ? free : near.value | (free & ~near.mask)
        const bytes = Uint8Array.from({ length: top / 8 }, (_, i) => Number((word >> BigInt(8 * i)) & 0xffn))
        expect(identify(bytes, 0)).toBe(identifySlowly(isa, word))
      }
    }
  })

  test('slots hold fields from pieces and across words, sign-extended where they come from few bits', () => {
    const imm = build.field('imm', 21)
    const wide = build.field('wide', 64)
    const isa = machine(12, [
      {
        id: 'jump',
        length: 4,
        pattern: `${'x'.repeat(24)}01101111`,
        // RISC-V's imm[20|10:1|11|19:12]
        fields: [
          { name: 'imm', width: 21, pieces: [piece(31, 1, 20), piece(21, 10, 1), piece(20, 1, 11), piece(12, 8, 12)] },
        ],
        value: build.binary('add', build.read('R', 64), build.extend(true, 64, imm)),
      },
      {
        id: 'load',
        length: 12,
        pattern: `${'x'.repeat(84)}000011110011`,
        fields: [{ name: 'wide', width: 64, pieces: [piece(20, 64)] }],
        value: build.binary('xor', build.read('R', 64), wide),
      },
      {
        id: 'short',
        length: 2,
        pattern: 'xxxxxxxx00000001',
        fields: [{ name: 'k', width: 8, pieces: [piece(8, 8)] }],
        delegate: {
          target: 'jump',
          fields: { imm: build.binary('shl', build.extend(true, 21, build.field('k', 8)), build.constant(3, 1)) },
        },
      },
    ])
    const { decode, identify } = load(isa)
    const r = random(3)
    for (let n = 0; n < 300; n++) {
      const index = r.below(3)
      const instruction = isa.instructions[index]!
      const fields = Object.fromEntries(
        instruction.fields.map((f) => [f.name, r.bits(f.width) & (f.name === 'imm' ? ~1n : -1n)]),
      )
      const bytes = encode(instruction, fields)
      const words = new Int32Array(16)
      expect(identify(bytes, 0)).toBe(index)
      expect(decode(bytes, 0, words, 2)).toBe(instruction.encoding.length)
      const { handler, slots } = slotted(isa).decodes[index]!
      expect(words[2]).toBe(handler.number | (instruction.encoding.length << 16))
      slots.forEach((slot, i) => {
        expect(words[2 + abi.RECORD_SLOTS + i]).toBe(Number(BigInt.asIntN(32, evaluateExpr(slot, { fields }))))
      })
    }
    expect(slotted(isa).handlers.map((h) => h.slots.length)).toEqual([1, 2])
  })
})

test('a decision tree looks at each bit once', () => {
  const patterns = Array.from({ length: 256 }, (_, i) => ({
    index: i,
    mask: 0xffn,
    value: BigInt(i),
    conditional: false,
  }))
  const tree = decisionTree(patterns)
  expect(tree.kind).toBe('switch')
  if (tree.kind === 'switch') {
    expect(tree.width).toBe(8)
    expect(tree.cases.length).toBe(255)
    expect(
      tree.cases.every((c) => c.tree.kind === 'tests' && c.tree.tests.length === 1 && c.tree.tests[0]?.mask === 0n),
    ).toBe(true)
  }
})
