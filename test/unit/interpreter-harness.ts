/**
 * Runs an emitted decoder and interpreter outside the engine, one instruction at a time: encodes it, decodes it into a block of its own, runs
 * that, and compares the whole state with the reference execution of the body as the spec gives it, before any lowering.
 */

import { expect } from 'vitest'
import { emitDecoder } from '../../generator/emit/decoder.ts'
import { emitInterpreter } from '../../generator/emit/interpreter.ts'
import { recordWords } from '../../generator/emit/metadata.ts'
import { evaluateExpr } from '../../generator/ir/evaluate.ts'
import { createMachine, executeBody, type Machine, type Outcome } from '../../generator/ir/execute.ts'
import type { Instruction, Isa } from '../../generator/ir/isa.ts'
import { printBody } from '../../generator/ir/print.ts'
import { slotted } from '../../generator/ir/slots.ts'
import * as abi from '../../runtime/abi.ts'
import { javascript } from './javascript.ts'
import type { Random } from './random.ts'

/** Exports of generated modules as an object; imports are names of the seam. */
export function loadGenerated<T>(...texts: readonly string[]): T {
  const names = new Set<string>()
  const bodies = texts.map((text) =>
    javascript(text)
      .replace(/^import .*$/gm, '')
      .replace(/^export (?:async )?(const|function) (\w+)/gm, (_, kind: string, name: string) => {
        names.add(name)
        return `${kind} ${name}`
      }),
  )
  const run = new Function('abi', `'use strict'\n${bodies.join('\n')}\nreturn { ${[...names].join(', ')} }`)
  return run(abi) as T
}

interface Generated {
  readonly decode: (bytes: Uint8Array, at: number, words: Int32Array, record: number) => number
  readonly identify: (bytes: Uint8Array, at: number) => number
  readonly createInterpreter: abi.CreateInterpreter
}

const FAULT = { name: 'fault' }
const BLOCK = abi.SLAB >> 2
/** Guest bytes that exist: three pages, the middle one may only be read. */
const PAGE = 0x1000
const ACCESSIBLE = [
  abi.PAGE_READ | abi.PAGE_WRITE | abi.PAGE_FAST_WRITE | abi.PAGE_READ_SPAN,
  abi.PAGE_READ | abi.PAGE_READ_SPAN,
  abi.PAGE_READ | abi.PAGE_WRITE | abi.PAGE_FAST_WRITE,
]

export interface Ends {
  next: number
  jump: number
  trap: number
  fault: number
}

export class InterpreterHarness {
  readonly #isa: Isa
  readonly #generated: Generated
  readonly #words: Int32Array
  readonly #bytes: Uint8Array
  readonly #run: abi.Interpreter
  readonly #faults: boolean
  /** Of the last block, in the jump cache. */
  #entry = abi.JUMP_CACHE >> 2
  readonly ends: Ends = { next: 0, jump: 0, trap: 0, fault: 0 }

  constructor(isa: Isa) {
    this.#isa = isa
    const text = [emitDecoder(isa), emitInterpreter(isa)]
    this.#generated = { ...loadGenerated<Generated>(text[0]!), ...loadGenerated<Generated>(text[1]!) }
    const memory = isa.memories[0]!
    this.#faults = memory.faults
    const size = memory.faults ? 4 * PAGE : 2 ** memory.addressWidth
    const buffer = new ArrayBuffer(abi.GUEST + size)
    this.#words = new Int32Array(buffer)
    this.#bytes = new Uint8Array(buffer)
    for (let at = abi.JUMP_CACHE >> 2; at < abi.SLAB >> 2; at += abi.JUMP_WORDS) this.#words.set([-1, -1, 0, 0], at)
    if (memory.faults) this.#bytes.set(ACCESSIBLE, abi.PAGES)
    else this.#bytes.fill(0xff, abi.PAGES, abi.PAGES + (size >> abi.pageShift(memory.addressWidth)))
    const shift = abi.pageShift(memory.addressWidth)
    const slow = (access: number, bit: number) => (lo: number, hi: number, bytes: number) => {
      for (let i = 0; i < bytes; i++) {
        const at = (lo >>> 0) + i
        const page = at >>> shift
        if (hi !== 0 || at > 0xffffffff || ((ACCESSIBLE[page] ?? 0) & bit) === 0) {
          this.#words.set([lo, hi, access], abi.FAULT_LO)
          throw FAULT
        }
      }
      return (lo >>> 0) + abi.GUEST
    }
    this.#run = this.#generated.createInterpreter({
      buffer,
      pageShift: shift,
      slowRead: slow(abi.ACCESS_READ, abi.PAGE_READ),
      slowWrite: slow(abi.ACCESS_WRITE, abi.PAGE_WRITE),
      fault: FAULT,
    })
  }

  check(index: number, fields: Readonly<Record<string, bigint>>, rng: Random): void {
    const isa = this.#isa
    const instruction = isa.instructions[index]!
    if (instruction.semantics.kind !== 'body') throw new Error('not a body')
    const pc = BigInt.asUintN(isa.pcWidth, rng.bits(isa.pcWidth) & ~3n)
    const next = BigInt.asUintN(isa.pcWidth, pc + BigInt(instruction.encoding.length))
    this.#block(index, fields, pc, next)
    const machine = this.#randomState(rng)
    const before = this.#state(machine)
    const outcome = executeBody(instruction.semantics.body, { fields, pc, next }, machine)
    this.#words[abi.FUEL] = 1
    this.#words[abi.LEAVE] = 0
    const exit = this.#run()
    const text = (): string =>
      [
        instruction.id,
        ...printBody(
          instruction.semantics.kind === 'body' ? instruction.semantics.body : { locals: [], statements: [] },
        ),
        `fields ${Object.entries(fields).map(([n, v]) => `${n}=0x${v.toString(16)}`)} pc 0x${pc.toString(16)}`,
        `before ${before}`,
        `outcome ${outcome.kind}, exit ${exit}`,
      ].join('\n')
    // A store whose path ends in a trap anyway is not tried.
    if (outcome.kind === 'fault' && outcome.access === 'write' && exit === abi.EXIT_TRAP) return
    this.#checkEnd(outcome, exit, pc, next, text)
    this.#checkState(machine, text)
    this.ends[outcome.kind]++
  }

  #checkEnd(outcome: Outcome, exit: number, pc: bigint, next: bigint, text: () => string): void {
    const at = (word: number): bigint =>
      BigInt.asUintN(64, (BigInt(this.#words[word + 1]!) << 32n) | BigInt(this.#words[word]! >>> 0))
    const where = outcome.kind === 'next' ? next : outcome.kind === 'jump' ? outcome.target : pc
    const completed = outcome.kind === 'next' || outcome.kind === 'jump'
    expect(at(abi.PC_LO), text()).toBe(where)
    expect(this.#words[abi.FUEL], text()).toBe(completed ? 0 : 1)
    const kinds = { next: abi.EXIT_MISS, jump: abi.EXIT_MISS, trap: abi.EXIT_TRAP, fault: abi.EXIT_FAULT }
    // A jump to itself finds its block, but no fuel.
    expect(exit, text()).toBe(completed && where === pc ? abi.EXIT_FUEL : kinds[outcome.kind])
    if (outcome.kind === 'trap') {
      expect(this.#isa.traps[this.#words[abi.TRAP]!]?.name, text()).toBe(outcome.trap)
      outcome.args.forEach((arg, i) => expect(at(abi.TRAP_ARGS + 2 * i), text()).toBe(arg))
    }
    if (outcome.kind === 'fault') {
      expect(at(abi.FAULT_LO), text()).toBe(outcome.address)
      expect(this.#words[abi.FAULT_ACCESS], text()).toBe(outcome.access === 'read' ? abi.ACCESS_READ : abi.ACCESS_WRITE)
    }
  }

  #block(index: number, fields: Readonly<Record<string, bigint>>, pc: bigint, next: bigint): void {
    const instruction = this.#isa.instructions[index]!
    const bytes = encode(instruction, fields)
    expect(this.#generated.identify(bytes, 0), instruction.id).toBe(index)
    const words = this.#words
    const record = BLOCK + abi.BLOCK_HEADER
    const length = this.#generated.decode(bytes, 0, words, record)
    expect(length, instruction.id).toBe(instruction.encoding.length)
    const decode = slotted(this.#isa).decodes[index]!
    expect(words[record], instruction.id).toBe(decode.handler.number | (length << 16))
    const put = (at: number, value: bigint): void => {
      words[at] = Number(BigInt.asIntN(32, value))
      words[at + 1] = Number(BigInt.asIntN(32, value >> 32n))
    }
    put(record + abi.RECORD_PC_LO, pc)
    const end = record + recordWords(slotted(this.#isa))
    words[end] = abi.HANDLER_END
    put(end + abi.RECORD_PC_LO, next)
    words[BLOCK + abi.BLOCK_COUNT] = 1
    words[BLOCK + abi.BLOCK_HEAT] = 1000
    words.set([-1, -1, 0, 0], this.#entry)
    const shift = BigInt(abi.jumpShift(this.#isa.unit))
    const entry = (abi.JUMP_CACHE >> 2) + Number((pc >> shift) & BigInt(abi.JUMP_ENTRIES - 1)) * abi.JUMP_WORDS
    put(entry + abi.JUMP_PC_LO, pc)
    words[entry + abi.JUMP_BLOCK] = BLOCK
    this.#entry = entry
    put(abi.PC_LO, pc)
  }

  #cells() {
    return [...slotted(this.#isa).layout.registers.values()].flatMap(({ register, word, stride }) =>
      Array.from({ length: register.count ?? 1 }, (_, index) => ({
        register,
        index,
        word: word + index * stride,
        stride,
      })),
    )
  }
  #randomState(rng: Random): Machine {
    const { memories } = this.#isa
    const machine = createMachine(this.#isa)
    const memory = memories[0]!
    const bytes = new Map<bigint, number>()
    machine.memories.set(memory.name, bytes)
    const size = this.#faults ? 3 * PAGE : 2 ** memory.addressWidth
    this.#bytes.fill(0, abi.GUEST, abi.GUEST + size)
    for (let i = 0; i < 200; i++) {
      const at = rng.below(size)
      const value = rng.below(256)
      bytes.set(BigInt(at), value)
      this.#bytes[abi.GUEST + at] = value
    }
    for (const { register, index, word, stride } of this.#cells()) {
      const value = register.hardwired?.index === index ? register.hardwired.value : rng.bits(register.width)
      machine.registers.get(register.name)![index] = value
      for (let i = 0; i < stride; i++) this.#words[word + i] = Number(BigInt.asIntN(32, value >> BigInt(32 * i)))
    }
    if (!this.#faults) return machine
    const allows = (access: 'read' | 'write', _: string, address: bigint): boolean => {
      const page = address / BigInt(PAGE)
      const bits = page < 3n ? ACCESSIBLE[Number(page)]! : 0
      return (bits & (access === 'read' ? abi.PAGE_READ : abi.PAGE_WRITE)) !== 0
    }
    return { ...machine, allows }
  }
  #state(machine: Machine): string {
    return [...machine.registers]
      .map(([name, values]) => `${name}=${values.map((v) => v.toString(16)).join(' ')}`)
      .join(', ')
  }
  #checkState(machine: Machine, text: () => string): void {
    for (const { register, index, word, stride } of this.#cells()) {
      let value = 0n
      for (let i = stride - 1; i >= 0; i--) value = (value << 32n) | BigInt(this.#words[word + i]! >>> 0)
      const want = machine.registers.get(register.name)![index]!
      if (value !== want)
        expect.fail(`${register.name}[${index}] is ${value.toString(16)}, not ${want.toString(16)}\n${text()}`)
    }
    for (const [address, byte] of machine.memories.get(this.#isa.memories[0]!.name)!) {
      const got = this.#bytes[abi.GUEST + Number(address)]
      if (got !== byte) expect.fail(`byte at ${address.toString(16)} is ${got}, not ${byte}\n${text()}`)
    }
  }
}

export function encode({ encoding, fields }: Instruction, values: Readonly<Record<string, bigint>>): Uint8Array {
  let bits = encoding.value
  for (const { name, pieces } of fields) {
    for (const { at, low, width } of pieces) {
      bits |= BigInt.asUintN(width, values[name]! >> BigInt(low)) << BigInt(at)
    }
  }
  return Uint8Array.from({ length: encoding.length }, (_, i) => Number((bits >> BigInt(8 * i)) & 0xffn))
}

/** Random values for the bits of fields that the encoding holds; undefined when the instruction does not exist with what was tried. */
export function randomFields(instruction: Instruction, rng: Random): Record<string, bigint> | undefined {
  for (let tries = 0; tries < 50; tries++) {
    const fields = Object.fromEntries(
      instruction.fields.map(({ name, width, pieces }) => {
        const placed = pieces.reduce((mask, p) => mask | (((1n << BigInt(p.width)) - 1n) << BigInt(p.low)), 0n)
        return [name, rng.bits(width) & placed]
      }),
    )
    if (evaluateExpr(instruction.when, { fields }) === 1n) return fields
  }
  return undefined
}
