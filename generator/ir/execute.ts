/**
 * Reference execution of a body on a machine state made of plain maps: with evaluate.ts the meaning of the IR as code.
 *
 * In: a body, the decode- and translation-time values it uses, and a machine. Out: how the instruction ended; the
 * machine is changed in place. Writes are kept apart and put in only when nothing trapped, so traps are precise here by
 * construction, whatever precise.ts does.
 */

import { type Environment, evaluateExpr } from './evaluate.ts'
import type { Isa } from './isa.ts'
import type { Body, Effect, Jump, Stmt } from './stmt.ts'

/** What execution must know of the isa. */
export type MachineShape = Pick<Isa, 'registers' | 'memories' | 'endian' | 'functions'>

export interface Machine {
  readonly shape: MachineShape
  /** All registers by name; a single register is an array of one. */
  readonly registers: Map<string, bigint[]>
  /** Bytes by address; one that is absent reads as 0. */
  readonly memories: Map<string, Map<bigint, number>>
  /** Whether a byte may be accessed; absent: always. */
  readonly allows?: (access: 'read' | 'write', memory: string, address: bigint) => boolean
}

/** A machine in its reset state, memory all 0. */
export function createMachine(shape: MachineShape): Machine {
  return {
    shape,
    registers: new Map(
      shape.registers.map((register) => {
        const cells = Array.from({ length: register.count ?? 1 }, () => register.reset)
        if (register.hardwired) cells[register.hardwired.index] = register.hardwired.value
        return [register.name, cells]
      }),
    ),
    memories: new Map(shape.memories.map((memory) => [memory.name, new Map()])),
  }
}

/** How the instruction ended. After a trap or a fault the machine is as it was before. */
export type Outcome =
  | { readonly kind: 'next'; readonly effects: readonly Effect['effect'][] }
  | {
      readonly kind: 'jump'
      readonly hint: Jump['hint']
      readonly target: bigint
      readonly effects: readonly Effect['effect'][]
    }
  | { readonly kind: 'trap'; readonly trap: string; readonly args: readonly bigint[] }
  /** `address` is that of the whole access. */
  | { readonly kind: 'fault'; readonly access: 'read' | 'write'; readonly memory: string; readonly address: bigint }

export type BodyInputs = Pick<Environment, 'fields' | 'slots' | 'pc' | 'next'>

export function executeBody(body: Body, inputs: BodyInputs, machine: Machine): Outcome {
  const writes = new PendingWrites(machine)
  const locals = new Map<number, bigint>()
  const { functions } = machine.shape
  const effects: Effect['effect'][] = []
  const env: Environment = {
    ...inputs,
    locals,
    readRegister: (register, index) => writes.readRegister(register, Number(index ?? 0n)),
    load: (memory, address, width) => writes.load(memory, address, width),
  }
  try {
    const end = runStatements(body.statements, { env, locals, writes, effects, functions })
    if (end?.kind === 'trap') return end
    if (end?.kind === 'return') throw new Error('isagen internal: a return outside a function')
    writes.commit()
    return end ? { ...end, effects } : { kind: 'next', effects }
  } catch (error) {
    if (error instanceof MemoryFault) return error.outcome
    throw error
  }
}

interface Run {
  readonly env: Environment
  readonly locals: Map<number, bigint>
  readonly writes: PendingWrites
  readonly effects: Effect['effect'][]
  readonly functions: Isa['functions']
}
type End =
  | { readonly kind: 'jump'; readonly hint: Jump['hint']; readonly target: bigint }
  | { readonly kind: 'trap'; readonly trap: string; readonly args: readonly bigint[] }
  | { readonly kind: 'return'; readonly values: readonly bigint[] }

function runStatements(statements: readonly Stmt[], run: Run): End | undefined {
  const { env, writes } = run
  for (const stmt of statements) {
    switch (stmt.kind) {
      case 'set':
        run.locals.set(stmt.local, evaluateExpr(stmt.value, env))
        break
      case 'write': {
        const index = stmt.index ? Number(evaluateExpr(stmt.index, env)) : 0
        writes.writeRegister(stmt.register, index, evaluateExpr(stmt.value, env))
        break
      }
      case 'store': {
        const address = evaluateExpr(stmt.address, env)
        writes.store(stmt.memory, address, evaluateExpr(stmt.value, env), stmt.value.width)
        break
      }
      case 'if': {
        const end = runStatements(evaluateExpr(stmt.cond, env) === 0n ? stmt.otherwise : stmt.then, run)
        if (end) return end
        break
      }
      case 'jump':
        return { kind: 'jump', hint: stmt.hint, target: evaluateExpr(stmt.target, env) }
      case 'trap':
        return { kind: 'trap', trap: stmt.trap, args: stmt.args.map((arg) => evaluateExpr(arg, env)) }
      case 'effect':
        run.effects.push(stmt.effect)
        break
      case 'call': {
        const args = stmt.args.map((arg) => evaluateExpr(arg, env))
        callFunction(run, stmt.function, args).forEach((value, i) => run.locals.set(stmt.results[i] as number, value))
        break
      }
      case 'return':
        return { kind: 'return', values: stmt.values.map((value) => evaluateExpr(value, env)) }
    }
  }
  return undefined
}

function callFunction(run: Run, name: string, args: readonly bigint[]): readonly bigint[] {
  const called = run.functions.find((f) => f.name === name)
  if (!called) throw new RangeError(`no function ${name}`)
  const locals = new Map(called.params.map((id, i) => [id, args[i] as bigint]))
  const end = runStatements(called.body.statements, { ...run, locals, env: { locals } })
  if (end?.kind !== 'return') throw new Error(`isagen internal: ${name} ends without a result`)
  return end.values
}

class MemoryFault extends Error {
  readonly outcome: Outcome
  constructor(access: 'read' | 'write', memory: string, address: bigint) {
    super(`${access} of ${memory}[${address}] is not allowed`)
    this.outcome = { kind: 'fault', access, memory, address }
  }
}

/** What one instruction writes: seen by its own reads at once, by the machine when the instruction is done. */
class PendingWrites {
  readonly #machine: Machine
  readonly #registers = new Map<string, Map<number, bigint>>()
  readonly #memories = new Map<string, Map<bigint, number>>()

  constructor(machine: Machine) {
    this.#machine = machine
  }

  readRegister(register: string, index: number): bigint {
    const value = this.#registers.get(register)?.get(index) ?? this.#machine.registers.get(register)?.[index]
    if (value === undefined) throw new RangeError(`no register ${register}[${index}]`)
    return value
  }

  writeRegister(register: string, index: number, value: bigint): void {
    if (this.#registerShape(register).hardwired?.index === index) return
    valuesOf(this.#registers, register).set(index, value)
  }

  /** `width` in bits; the bytes wrap at the end of the address space. */
  load(memory: string, address: bigint, width: number): bigint {
    let value = 0n
    for (const [at, shift] of this.#bytesOf(memory, address, width, 'read')) {
      const byte = this.#memories.get(memory)?.get(at) ?? this.#machine.memories.get(memory)?.get(at) ?? 0
      value |= BigInt(byte) << shift
    }
    return value
  }

  store(memory: string, address: bigint, value: bigint, width: number): void {
    for (const [at, shift] of this.#bytesOf(memory, address, width, 'write')) {
      valuesOf(this.#memories, memory).set(at, Number((value >> shift) & 0xffn))
    }
  }

  commit(): void {
    for (const [register, values] of this.#registers) {
      const cells = this.#machine.registers.get(register)
      for (const [index, value] of values) if (cells) cells[index] = value
    }
    for (const [memory, bytes] of this.#memories) {
      const target = valuesOf(this.#machine.memories, memory)
      for (const [at, byte] of bytes) target.set(at, byte)
    }
  }

  /** Address and place in the value (bits) of each byte of an access. */
  #bytesOf(memory: string, address: bigint, width: number, access: 'read' | 'write'): (readonly [bigint, bigint])[] {
    const { endian, memories } = this.#machine.shape
    const shape = memories.find((candidate) => candidate.name === memory)
    if (!shape) throw new RangeError(`no memory ${memory}`)
    const size = width / 8
    const bytes = Array.from({ length: size }, (_, i) => {
      const at = BigInt.asUintN(shape.addressWidth, address + BigInt(i))
      return [at, BigInt(8 * (endian === 'little' ? i : size - 1 - i))] as const
    })
    const { allows } = this.#machine
    if (allows && !bytes.every(([at]) => allows(access, memory, at))) throw new MemoryFault(access, memory, address)
    return bytes
  }

  #registerShape(name: string): Isa['registers'][number] {
    const register = this.#machine.shape.registers.find((candidate) => candidate.name === name)
    if (!register) throw new RangeError(`no register ${name}`)
    return register
  }
}

function valuesOf<K, V>(maps: Map<string, Map<K, V>>, name: string): Map<K, V> {
  let map = maps.get(name)
  if (!map) maps.set(name, (map = new Map()))
  return map
}
