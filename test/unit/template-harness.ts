/**
 * Runs emitted templates outside the engine: a TemplateWriter that keeps registers in linear memory at their words and
 * puts loads and stores in line, for one function an instruction. Beside each run the reference execution of the
 * instruction's body as the spec gives it, before any lowering.
 */

import { expect } from 'vitest'
import { codeWidthOf } from '../../generator/emit/decoder-context.ts'
import { emitLibrary } from '../../generator/emit/library.ts'
import { templateModule } from '../../generator/emit/template-module.ts'
import { emitTemplates } from '../../generator/emit/templates.ts'
import { constant } from '../../generator/ir/build.ts'
import { contextKey, contextRegisters, knownField } from '../../generator/ir/context.ts'
import { EvaluationError, evaluateExpr } from '../../generator/ir/evaluate.ts'
import { createMachine, executeBody, type Machine } from '../../generator/ir/execute.ts'
import type { Expr } from '../../generator/ir/expr.ts'
import type { Instruction, Isa } from '../../generator/ir/isa.ts'
import { printBody } from '../../generator/ir/print.ts'
import { repeatable } from '../../generator/ir/repeatable.ts'
import { type Handler, slotted } from '../../generator/ir/slots.ts'
import type { Body, Stmt } from '../../generator/ir/stmt.ts'
import { UNDEFINED } from '../../generator/ir/undefined.ts'
import * as abi from '../../runtime/abi.ts'
import { javascript } from './javascript.ts'
import type { Random } from './random.ts'

/** Guest memory: 64 KiB, which addresses wrap into, and a little more for accesses at its end. */
const MEMORY = 0x20000
const MEMORY_SIZE = 0x10000
/** Bytes: how the function was left, and the address given. */
const RESULT = 0x100
const DONE = 0
const STEPPED = 1
const JUMPED = 2

const unsignedLeb = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsignedLeb(value >>> 7)]
function signedLeb(value: bigint): number[] {
  const low = Number(value & 0x7fn)
  const rest = value >> 7n
  return (rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40) ? [low] : [low | 0x80, ...signedLeb(rest)]
}
const i32Const = (value: number): number[] => [0x41, ...signedLeb(BigInt(value | 0))]

class HarnessWriter implements abi.TemplateWriter {
  bytes: number[] = []
  readonly #scratch: { readonly i32: number; readonly i64: number }
  readonly #addressIs64: boolean
  readonly #pcIs64: boolean

  constructor(scratch: { readonly i32: number; readonly i64: number }, isa: Isa) {
    this.#scratch = scratch
    this.#addressIs64 = (isa.memories[0]?.addressWidth ?? 32) > 32
    this.#pcIs64 = codeWidthOf(isa) > 32
  }
  /** Two i32 and two i64 of ours behind the templates' own. */
  get locals(): number[] {
    const { i32, i64 } = this.#scratch
    return [
      4,
      abi.FIRST_SCRATCH - 1,
      abi.I32,
      ...unsignedLeb(i32),
      abi.I32,
      ...unsignedLeb(i64 + 1),
      abi.I64,
      1,
      abi.I32,
    ]
  }
  #own(type: number): number[] {
    const { i32, i64 } = this.#scratch
    return unsignedLeb(abi.FIRST_SCRATCH + i32 + i64 + (type === abi.I64 ? 0 : 1))
  }
  #put(...bytes: number[]): void {
    this.bytes.push(...bytes)
  }
  code1(a: number): void {
    this.#put(a)
  }
  code2(a: number, b: number): void {
    this.#put(a, b)
  }
  code3(a: number, b: number, c: number): void {
    this.#put(a, b, c)
  }
  code4(a: number, b: number, c: number, d: number): void {
    this.#put(a, b, c, d)
  }
  code(bytes: string): void {
    this.#put(...Array.from(bytes, (char) => char.charCodeAt(0)))
  }
  i32(value: number): void {
    if (value !== (value | 0)) expect.fail(`i32(${value})`)
    this.#put(...i32Const(value))
  }
  i64(lo: number, hi: number): void {
    this.#put(0x42, ...signedLeb((BigInt(hi | 0) << 32n) | BigInt(lo >>> 0)))
  }
  get32(word: number): void {
    this.#put(...i32Const(word * 4), 0x28, 0, 0)
  }
  get64(word: number): void {
    this.#put(...i32Const(word * 4), 0x29, 0, 0)
  }
  set32(word: number): void {
    this.#setRegister(word, abi.I32, 0x36)
  }
  set64(word: number): void {
    this.#setRegister(word, abi.I64, 0x37)
  }
  #setRegister(word: number, type: number, store: number): void {
    this.#put(0x21, ...this.#own(type), ...i32Const(word * 4), 0x20, ...this.#own(type), store, 0, 0)
  }
  loadAt(base: number, lo: number, hi: number, size: number, type: number, signed: boolean): void {
    this.#at(base, lo, hi)
    this.load(size, type, signed)
  }
  storeAt(base: number, lo: number, hi: number, size: number, type: number): void {
    this.#put(0x21, ...this.#own(type))
    this.#at(base, lo, hi)
    this.#put(0x20, ...this.#own(type))
    this.store(size, type)
  }
  #at(base: number, lo: number, hi: number): void {
    if (this.#addressIs64) {
      this.get64(base)
      this.i64(lo, hi)
      this.#put(0x7c)
    } else {
      this.get32(base)
      this.i32(lo)
      this.#put(0x6a)
    }
  }
  #address(): void {
    if (this.#addressIs64) this.#put(0xa7)
    this.#put(...i32Const(MEMORY_SIZE - 1), 0x71, ...i32Const(MEMORY), 0x6a)
  }
  load(size: number, type: number, signed: boolean): void {
    this.#address()
    const narrow = Math.log2(size) * 2 + (signed ? 0 : 1)
    const opcode = type === abi.I32 ? (size === 4 ? 0x28 : 0x2c + narrow) : size === 8 ? 0x29 : 0x30 + narrow
    this.#put(opcode, 0, 0)
  }
  store(size: number, type: number): void {
    this.#put(0x21, ...this.#own(type))
    this.#address()
    const narrow = Math.log2(size)
    const opcode = type === abi.I32 ? (size === 4 ? 0x36 : 0x3a + narrow) : size === 8 ? 0x37 : 0x3c + narrow
    this.#put(0x20, ...this.#own(type), opcode, 0, 0)
  }
  if(type: number): void {
    this.#put(0x04, type)
  }
  else(): void {
    this.#put(0x05)
  }
  end(): void {
    this.#put(0x0b)
  }
  #leave(kind: number): void {
    this.#put(...i32Const(RESULT), ...i32Const(kind), 0x36, 0, 0, 0x0f)
  }
  step(): void {
    this.#leave(STEPPED)
  }
  jump(lo: number, hi: number): void {
    if (this.#pcIs64) this.i64(lo, hi)
    else this.i32(lo)
    this.jumpTo()
  }
  /** Functions of the library are imported, and so come first. */
  call(number: number): void {
    this.#put(0x10, ...unsignedLeb(number))
  }
  jumpTo(): void {
    if (!this.#pcIs64) this.#put(0xad)
    this.#put(0x21, ...this.#own(abi.I64), ...i32Const(RESULT), 0x20, ...this.#own(abi.I64), 0x37, 0, 8)
    this.#leave(JUMPED)
  }
}

/**
 * A slot is computed on decoding, also where its instruction would not look at it: then a division by zero gives
 * anything.
 */
function slotValue(value: Expr, fields: Readonly<Record<string, bigint>>): number {
  try {
    return Number(BigInt.asIntN(32, evaluateExpr(value, { fields })))
  } catch (error) {
    if (error instanceof EvaluationError) return 0
    throw error
  }
}

interface Case {
  readonly instruction: Instruction
  readonly fields: Readonly<Record<string, bigint>>
  readonly pc: bigint
  readonly interpreted: boolean
  /** What registers hold that decoding knows of. */
  readonly context: ReadonlyMap<string, bigint>
  /** Compiled code may leave it undone in the middle. */
  readonly undone: boolean
}

export interface Coverage {
  next: number
  jump: number
  trap: number
  /** Left to the interpreter without a trap. */
  interpreted: number
}

/**
 * Every instruction of the isa with a body: `encodings` random fields, `states` random states each. Fails (expect) on
 * the first difference.
 */
export async function checkTemplates(
  isa: Isa,
  rng: Random,
  options: { readonly encodings: number; readonly states: number },
): Promise<Coverage> {
  const module = templateModule(isa)
  const templates = await loadTemplates(isa)
  const { slotCount } = slotted(isa)
  const record = 4
  const cases: Case[] = []
  const functions: number[][] = []
  for (const [i, { handler, interpreted }] of module.templates.entries()) {
    const { instruction } = handler
    for (let n = 0; n < options.encodings; n++) {
      const found = randomFields(instruction, isa, rng)
      if (!found) break
      const fields: Record<string, bigint> = { ...found }
      const context = contextOf(isa, handler, rng)
      for (const [name, value] of context) fields[`@${name}`] = value
      for (const { name } of contextRegisters(isa)?.followed ?? [])
        fields[knownField(name)] = context.has(name) ? 1n : 0n
      const pc = BigInt.asUintN(isa.pcWidth, rng.bits(isa.pcWidth) & ~3n)
      const words = new Int32Array(record + abi.RECORD_SLOTS + slotCount)
      words[record + abi.RECORD_HANDLER] = handler.number | (instruction.encoding.length << 16)
      words[record + abi.RECORD_PC_LO] = Number(BigInt.asIntN(32, pc))
      words[record + abi.RECORD_PC_HI] = Number(BigInt.asIntN(32, pc >> 32n))
      for (const [slot, { value }] of handler.slots.entries()) {
        words[record + abi.RECORD_SLOTS + slot] = slotValue(value, fields)
      }
      const writer = new HarnessWriter(module.scratch, isa)
      templates[i]?.(writer, words, record)
      functions.push([...writer.locals, ...writer.bytes, 0x0b])
      cases.push({
        instruction,
        fields,
        pc,
        interpreted: interpreted !== undefined,
        context,
        undone: mayLeave(isa, handler.body),
      })
    }
  }
  const memory = new WebAssembly.Memory({ initial: 4 })
  const library = await loadLibrary(isa)
  const imports = { e: { m: memory }, ...(library && { l: instantiate(library) }) }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleOf(functions, library)), imports)
  const guest = new Uint8Array(memory.buffer, MEMORY, MEMORY_SIZE)
  for (let at = 0; at < MEMORY_SIZE; at++) guest[at] = rng.below(256)
  const coverage: Coverage = { next: 0, jump: 0, trap: 0, interpreted: 0 }
  for (const [i, each] of cases.entries()) {
    const run = exports[`f${i}`] as () => void
    for (let n = 0; n < options.states; n++) compare(isa, each, run, memory, rng, coverage)
  }
  return coverage
}

/** Whether templates leave an arm of it to the interpreter. */
function mayLeave(isa: Isa, body: Body): boolean {
  const inside = (statements: readonly Stmt[]): boolean =>
    statements.some(
      (s) => (s.kind === 'trap' && s.trap === 'undone') || (s.kind === 'if' && (inside(s.then) || inside(s.otherwise))),
    )
  return inside(repeatable(isa, body)?.statements ?? [])
}

function compare(
  isa: Isa,
  each: Case,
  run: () => void,
  memory: WebAssembly.Memory,
  rng: Random,
  coverage: Coverage,
): void {
  const { instruction, fields, pc } = each
  if (instruction.semantics.kind !== 'body') return
  const bytes = new Uint8Array(memory.buffer, MEMORY, MEMORY_SIZE)
  const view = new DataView(memory.buffer)
  view.setInt32(RESULT, DONE, true)
  const guest = new WrappedMemory(bytes)
  const machine: Machine = createMachine(isa)
  for (const { name } of isa.memories) machine.memories.set(name, guest)
  const small = rng.below(4) === 0
  const { layout } = slotted(isa)
  const cells = [...layout.registers.values()].flatMap(({ register, word, stride }) =>
    Array.from({ length: register.count ?? 1 }, (_, index) => ({
      register,
      index,
      address: (word + index * stride) * 4,
    })),
  )
  for (const { register, index, address } of cells) {
    const { width, hardwired } = register
    // The reference takes 0 for undefined bits.
    const known = register.name === UNDEFINED ? 0n : each.context.get(register.name)
    const value =
      known !== undefined
        ? known
        : hardwired?.index === index
          ? hardwired.value
          : small
            ? rng.bits(Math.min(width, 4))
            : rng.bits(width)
    machine.registers.get(register.name)![index] = value
    writeCell(view, address, width, value)
  }
  const before = cells.map(({ register, index }) => machine.registers.get(register.name)![index]!)

  const next = BigInt.asUintN(isa.pcWidth, pc + BigInt(instruction.encoding.length))
  const outcome = executeBody(instruction.semantics.body, { fields, pc, next }, machine)
  run()
  // An access of several bytes at the end of our memory does not wrap as the reference does.
  if (guest.touchedEnd && (isa.memories[0]?.addressWidth ?? 0) > 16) return
  const kind = view.getInt32(RESULT, true)
  const text = (): string =>
    [
      instruction.id,
      ...printBody(instruction.semantics.kind === 'body' ? instruction.semantics.body : { locals: [], statements: [] }),
      `fields ${JSON.stringify(fields, (_, v: unknown) => (typeof v === 'bigint' ? `0x${v.toString(16)}` : v))} pc ${pc.toString(16)}`,
      `before ${cells.map(({ register, index }, i) => `${register.name}[${index}]=${before[i]!.toString(16)}`).join(' ')}`,
    ].join('\n')
  /** Compares, and says all about the run where there is a difference. */
  const same = <T>(what: string, got: T, want: T): void => {
    if (got !== want) expect.fail(`${what} is ${show(got)}, not ${show(want)}\n${text()}`)
  }
  const isUndone = each.undone && kind === STEPPED
  const isStep = outcome.kind === 'trap' || outcome.kind === 'fault' || each.interpreted || isUndone
  same('end', kind, isStep ? STEPPED : outcome.kind === 'jump' ? JUMPED : DONE)
  coverage[each.interpreted ? 'interpreted' : outcome.kind === 'fault' ? 'trap' : outcome.kind]++
  for (const [i, { register, index, address }] of cells.entries()) {
    const want = isStep ? before[i]! : machine.registers.get(register.name)![index]!
    same(`${register.name}[${index}]`, readCell(view, address, register.width), want)
  }
  if (outcome.kind === 'jump' && !isStep)
    same('target', view.getBigUint64(RESULT + 8, true), addressOf(isa, machine, outcome.target))
  // A step may have stored what its repetition will store again.
  if (!isStep) for (const [at, byte] of guest.written) same(`memory at ${at}`, bytes[at], byte)
  for (const [at, byte] of guest.original) bytes[at] = byte
}

/** What decoding knows of registers before this handler's instruction. */
function contextOf(isa: Isa, { instruction, leaves }: Handler, rng: Random): Map<string, bigint> {
  const registers = contextRegisters(isa)
  if (!registers || !leaves) return new Map()
  const atRest = isa.instructions.some(({ id }) => id === instruction.id)
  const key = registers.key.map(({ name, width, reset }): [string, bigint] => {
    return [name, atRest || rng.below(3) === 0 ? reset : rng.bits(width)]
  })
  const followed = registers.followed.flatMap(({ name, width }): [string, bigint][] => {
    return rng.below(2) === 0 ? [] : [[name, rng.bits(width)]]
  })
  return new Map([...key, ...followed])
}

/** The address of code at a pc, in the context that the machine is in. */
function addressOf(isa: Isa, machine: Machine, pc: bigint): bigint {
  const registers = contextRegisters(isa)
  if (!registers) return pc
  const key = contextKey(registers.key, ({ name, width }) => constant(width, machine.registers.get(name)![0]!))
  return (evaluateExpr(key, { fields: {} }) << 32n) | pc
}

const show = (value: unknown): string => (typeof value === 'bigint' ? value.toString(16) : String(value))

/** The harness's memory behind the reference's: addresses wrap into 64 KiB, and what is written is kept apart. */
class WrappedMemory extends Map<bigint, number> {
  readonly #bytes: Uint8Array
  readonly written = new Map<number, number>()
  /** What stood near the places written, to put it back. */
  readonly original = new Map<number, number>()
  touchedEnd = false
  readonly #seen = new Map<number, bigint>()
  constructor(bytes: Uint8Array) {
    super()
    this.#bytes = bytes
  }
  #at(address: bigint): number {
    const at = Number(address & BigInt(MEMORY_SIZE - 1))
    if (at >= MEMORY_SIZE - 8 || at < 8) this.touchedEnd = true
    // Two addresses of one byte: the reference takes them for two.
    if ((this.#seen.get(at) ?? address) !== address) this.touchedEnd = true
    this.#seen.set(at, address)
    return at
  }
  override get(address: bigint): number | undefined {
    const at = this.#at(address)
    return this.written.get(at) ?? this.#bytes[at]
  }
  override set(address: bigint, byte: number): this {
    const at = this.#at(address)
    this.written.set(at, byte)
    for (let near = Math.max(0, at - 8); near < Math.min(MEMORY_SIZE, at + 9); near++) {
      this.original.set(near, this.#bytes[near]!)
      // Bytes beside it must stay as they are.
      if (!this.written.has(near)) this.written.set(near, this.#bytes[near]!)
    }
    return this
  }
}

function writeCell(view: DataView, address: number, width: number, value: bigint): void {
  if (width <= 32) view.setUint32(address, Number(value), true)
  else
    for (let k = 0; k < Math.ceil(width / 64); k++)
      view.setBigUint64(address + 8 * k, BigInt.asUintN(64, value >> BigInt(64 * k)), true)
}
function readCell(view: DataView, address: number, width: number): bigint {
  if (width <= 32) return BigInt(view.getUint32(address, true))
  let value = 0n
  for (let k = Math.ceil(width / 64) - 1; k >= 0; k--) value = (value << 64n) | view.getBigUint64(address + 8 * k, true)
  return value
}

/** Fields of the instruction, bytes that its condition may ask for, and the decode context as some prefix leaves it. */
function randomFields(instruction: Instruction, isa: Isa, rng: Random): Record<string, bigint> | undefined {
  for (let tries = 0; tries < 50; tries++) {
    const fields = Object.fromEntries(instruction.fields.map(({ name, width }) => [name, rng.bits(width)]))
    const { length, mask, value: code } = instruction.encoding
    for (let byte = 0; byte < length; byte++)
      fields[`@code${byte}`] = BigInt.asUintN(8, (code | (rng.bits(8 * length) & ~mask)) >> BigInt(8 * byte))
    for (const { name, initial } of isa.context) {
      const sets = isa.prefixes.flatMap((prefix) => prefix.sets.filter(({ context }) => context === name))
      const values = [initial, ...sets.flatMap(({ value }) => (value.kind === 'const' ? [value.value] : []))]
      fields[`@${name}`] = rng.pick(values)
    }
    if (evaluateExpr(instruction.when, { fields }) === 1n) return fields
  }
  return undefined
}

async function loadTemplates(isa: Isa): Promise<readonly abi.Template[]> {
  const text = javascript(await emitTemplates(isa))
    .replace(/^import .*$/m, '')
    .replaceAll(/^export /gm, '')
  const run = new Function('abi', `const { EMPTY, I32, I64 } = abi\n${text}\nreturn templates`)
  return run(abi) as readonly abi.Template[]
}

async function loadLibrary(isa: Isa): Promise<abi.Library | undefined> {
  const text = await emitLibrary(isa)
  if (text === undefined) return undefined
  const body = javascript(text)
    .replace(/^import .*$/m, '')
    .replaceAll(/^export /gm, '')
  return new Function('abi', `const { I32, I64 } = abi\n${body}\nreturn library`)(abi) as abi.Library
}
function instantiate({ code }: abi.Library): WebAssembly.Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(code, 'base64'))).exports
}

/** A module of functions () → (), exported as f0, f1 …; their parameter is a local here. */
function moduleOf(
  functions: readonly (readonly number[])[],
  library: abi.Library | undefined,
): Uint8Array<ArrayBuffer> {
  const called = library?.functions ?? []
  const section = (id: number, content: number[]): number[] => [id, ...unsignedLeb(content.length), ...content]
  const name = (text: string): number[] => [text.length, ...Array.from(text, (char) => char.charCodeAt(0))]
  const count = unsignedLeb(functions.length)
  const flat: number[] = []
  for (const body of functions) {
    for (const each of unsignedLeb(body.length)) flat.push(each)
    for (const each of body) flat.push(each)
  }
  return Uint8Array.from(
    [
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, [
        ...[...unsignedLeb(1 + called.length), 0x60, 1, abi.I32, 0],
        ...called.flatMap(({ params, results }) => [0x60, params.length, ...params, results.length, ...results]),
      ]),
      ...section(2, [
        ...[...unsignedLeb(1 + called.length), ...name('e'), ...name('m'), 2, 0, 4],
        ...called.flatMap((_, i) => [...name('l'), ...name(String(i)), 0, ...unsignedLeb(1 + i)]),
      ]),
      ...section(3, [...count, ...functions.map(() => 0)]),
      ...section(7, [
        ...count,
        ...functions.flatMap((_, i) => [...name(`f${i}`), 0, ...unsignedLeb(called.length + i)]),
      ]),
    ].concat(sectionHead(10, count.length + flat.length), count, flat),
  )
}
function sectionHead(id: number, length: number): number[] {
  return [id, ...unsignedLeb(length)]
}
