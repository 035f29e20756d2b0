/**
 * WebAssembly text as data (wat.ts) → bytes, without wabt: for functions that wabt cannot take (it fails where some 130 blocks are nested) or that are too
 * many to be worth its time. In: instructions, and what their names stand for. Out: the bytes of a function's code. What is wrong with
 * them the host's own validation finds. Source of the encodings: WebAssembly Core Specification 2.0, chapter 5.
 */

import type { Wat } from './wat.ts'

export interface Names {
  /** Index of a local, a function: by their names with the $. */
  readonly local: (name: string) => number
  readonly function: (name: string) => number
}

export const VALUE_TYPES = { i32: 0x7f, i64: 0x7e } as const
export const NO_RESULT = 0x40

const integer = (type: string): string[] =>
  'clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr'
    .split(' ')
    .map((name) => `${type}.${name}`)
const comparison = (type: string): string[] =>
  'eqz eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u'.split(' ').map((name) => `${type}.${name}`)
const floatComparison = (type: string): string[] => 'eq ne lt gt le ge'.split(' ').map((name) => `${type}.${name}`)
const float = (type: string): string[] =>
  'abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign'.split(' ').map((name) => `${type}.${name}`)
const fromFloat = (type: string, name: string): string[] =>
  ['f32_s', 'f32_u', 'f64_s', 'f64_u'].map((from) => `${type}.${name}_${from}`)
const fromInteger = (type: string): string[] =>
  ['i32_s', 'i32_u', 'i64_s', 'i64_u'].map((from) => `${type}.convert_${from}`)

/** Instructions without immediates, in the order of their opcodes from 0x45. */
const NUMERIC = [
  ...['i32', 'i64'].flatMap(comparison),
  ...['f32', 'f64'].flatMap(floatComparison),
  ...['i32', 'i64'].flatMap(integer),
  ...['f32', 'f64'].flatMap(float),
  'i32.wrap_i64',
  ...fromFloat('i32', 'trunc'),
  'i64.extend_i32_s',
  'i64.extend_i32_u',
  ...fromFloat('i64', 'trunc'),
  ...fromInteger('f32'),
  'f32.demote_f64',
  ...fromInteger('f64'),
  'f64.promote_f32',
  'i32.reinterpret_f32',
  'i64.reinterpret_f64',
  'f32.reinterpret_i32',
  'f64.reinterpret_i64',
  'i32.extend8_s',
  'i32.extend16_s',
  'i64.extend8_s',
  'i64.extend16_s',
  'i64.extend32_s',
]
const plain = new Map<string, readonly number[]>([
  ...NUMERIC.map((name, index): [string, number[]] => [name, [0x45 + index]]),
  ...['i32', 'i64']
    .flatMap((type) => fromFloat(type, 'trunc_sat'))
    .map((name, index): [string, number[]] => [name, [0xfc, index]]),
  ['drop', [0x1a]],
  ['select', [0x1b]],
  ['return', [0x0f]],
])

/** From 0x28. */
const memory = new Map(
  [
    ...['i32', 'i64', 'f32', 'f64'].map((type) => `${type}.load`),
    ...['8_s', '8_u', '16_s', '16_u'].map((part) => `i32.load${part}`),
    ...['8_s', '8_u', '16_s', '16_u', '32_s', '32_u'].map((part) => `i64.load${part}`),
    ...['i32', 'i64', 'f32', 'f64'].map((type) => `${type}.store`),
    ...['i32.store8', 'i32.store16', 'i64.store8', 'i64.store16', 'i64.store32'],
  ].map((name, index) => [name, 0x28 + index]),
)

const locals = new Map([
  ['local.get', 0x20],
  ['local.set', 0x21],
  ['local.tee', 0x22],
])

/** The code of one function, as it grows. Structured instructions stand on a stack of labels, which branches name. */
export class CodeWriter {
  readonly bytes: number[] = []
  readonly #names: Names
  readonly #labels: string[] = []

  constructor(names: Names) {
    this.#names = names
  }

  block(label: string): void {
    this.#open(0x02, label)
  }
  loop(label: string): void {
    this.#open(0x03, label)
  }
  end(): void {
    this.#labels.pop()
    this.bytes.push(0x0b)
  }
  /** Pops an index into `labels`; anything above goes to the last of them. */
  table(labels: readonly string[]): void {
    this.bytes.push(0x0e)
    this.#unsigned(labels.length - 1)
    for (const label of labels) this.#unsigned(this.#depth(label))
  }

  put(...list: readonly Wat[]): void {
    for (const wat of list) {
      if (wat.kind === 'if') {
        this.put(wat.cond)
        this.bytes.push(0x04, wat.result ? VALUE_TYPES[wat.result] : NO_RESULT)
        this.#labels.push('')
        this.put(...wat.then)
        if (wat.otherwise.length > 0) this.bytes.push(0x05)
        this.put(...wat.otherwise)
        this.end()
      } else {
        this.put(...wat.operands)
        this.#instruction(wat.text)
      }
    }
  }

  #instruction(text: string): void {
    const [name = '', first = '', second = ''] = text.split(' ')
    const known = plain.get(name)
    const ofMemory = memory.get(name)
    const ofLocals = locals.get(name)
    if (known) this.bytes.push(...known)
    else if (ofMemory !== undefined) {
      // Alignment is a hint, the least always right.
      this.bytes.push(ofMemory, 0)
      this.#unsigned(first === '' ? 0 : Number(first.replace('offset=', '')))
    } else if (ofLocals !== undefined) {
      this.bytes.push(ofLocals)
      this.#unsigned(this.#names.local(first))
    } else if (name === 'i32.const' || name === 'i64.const') {
      this.bytes.push(name === 'i32.const' ? 0x41 : 0x42)
      this.#signed(BigInt.asIntN(name === 'i32.const' ? 32 : 64, BigInt(first)))
    } else if (name === 'br' || name === 'br_if') {
      this.bytes.push(name === 'br' ? 0x0c : 0x0d)
      this.#unsigned(this.#depth(first))
    } else if (name === 'call') {
      this.bytes.push(0x10)
      this.#unsigned(this.#names.function(first))
    } else throw new Error(`isagen internal: no encoding of ${name} ${first} ${second}`.trimEnd())
  }

  #open(opcode: number, label: string): void {
    this.bytes.push(opcode, NO_RESULT)
    this.#labels.push(label)
  }
  #depth(label: string): number {
    const at = this.#labels.lastIndexOf(label)
    if (at < 0) throw new Error(`isagen internal: no label ${label}`)
    return this.#labels.length - 1 - at
  }
  #unsigned(value: number): void {
    this.bytes.push(...unsigned(value))
  }
  #signed(value: bigint): void {
    let rest = value
    for (;;) {
      const low = Number(BigInt.asUintN(7, rest))
      rest >>= 7n
      if (rest === (low < 0x40 ? 0n : -1n)) {
        this.bytes.push(low)
        return
      }
      this.bytes.push(low | 0x80)
    }
  }
}

/** LEB128. */
export function unsigned(value: number): number[] {
  const bytes = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest]
    bytes.push((rest % 128) | 0x80)
  }
}

/** A list of items, each as bytes. */
export function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()]
}
export function name(text: string): number[] {
  return [...unsigned(text.length), ...Buffer.from(text, 'latin1')]
}
export function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content]
}
