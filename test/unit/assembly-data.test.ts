import { expect, test } from 'vitest'
import { emitConformance } from '../../generator/emit/conformance.ts'
import { type Data, dataText, verbatim } from '../../generator/emit/data-text.ts'
import type { Isa, TestState } from '../../generator/ir/isa.ts'
import { byte } from './assembly-isas.ts'
import { javascript } from './javascript.ts'

const evaluate = (text: string): unknown => new Function(`return ${text}`)()

test('data as text evaluates to the data', () => {
  const samples: Data[] = [
    'plain',
    "it's",
    'a "quoted" one',
    'it\'s "both"',
    'line\nend \\ \u2028',
    [1, -2, 3n, -70000n, true, []],
    { a: {}, 'b c': [], "rd'": 1, nested: { list: Array.from({ length: 60 }, (_, i) => `item ${i}`) } },
    Array.from({ length: 30 }, (_, i) => ({ index: i, text: 'x'.repeat(i) })),
  ]
  for (const data of samples) expect(evaluate(dataText(data))).toEqual(data)
  expect(dataText({ a: undefined, b: verbatim('f(1)') })).toBe('{ b: f(1) }')
  const long = dataText(Array.from({ length: 100 }, (_, i) => i))
  expect(Math.max(...long.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120)
  expect(long.split('\n').length).toBeLessThan(8)
})

test('conformance data', () => {
  const state = (cells: TestState['cells'], memory: TestState['memory'] = []): TestState => ({
    cells,
    memory,
    pc: 0x200n,
  })
  const isa: Isa = {
    ...byte,
    tests: [
      {
        text: 'lda #$80',
        bytes: [0xa9, 0x80],
        source: { file: 'byte.isa', line: 7 },
        pc: 0x200n,
        before: state([], [{ memory: 'M', address: 0x10n, byte: 5 }]),
        expected: { kind: 'state', after: state([{ register: 'A', index: 0, value: 0x80n }]), cycles: 2n },
      },
      {
        text: 'brk',
        bytes: [0],
        source: { file: 'byte.isa', line: 9 },
        pc: 0x200n,
        before: state([]),
        expected: { kind: 'trap', trap: 'break' },
      },
    ],
    vectors: [
      {
        folder: 'byte',
        keys: [
          { path: 'a', place: { kind: 'register', register: 'A', index: 0 } },
          { path: 'ram', place: { kind: 'memory', memory: 'M' } },
        ],
      },
    ],
  }
  const text = javascript(emitConformance(isa)).replace('export const conformance =', 'return')
  expect(new Function(text)()).toEqual({
    tests: [
      {
        text: 'lda #$80',
        file: 'byte.isa',
        line: 7,
        bytes: [0xa9, 0x80],
        before: { cells: [], memory: [{ address: 0x10n, byte: 5 }], pc: 0x200n },
        expected: {
          kind: 'state',
          after: { cells: [{ register: 'A', index: 0, value: 0x80n }], memory: [], pc: 0x200n },
          cycles: 2n,
        },
      },
      {
        text: 'brk',
        file: 'byte.isa',
        line: 9,
        bytes: [0],
        before: { cells: [], memory: [], pc: 0x200n },
        expected: { kind: 'trap', trap: 'break' },
      },
    ],
    vectors: [
      {
        folder: 'byte',
        keys: [
          { path: 'a', place: { kind: 'register', register: 'A', index: 0 } },
          { path: 'ram', place: { kind: 'memory' } },
        ],
      },
    ],
  })
})
