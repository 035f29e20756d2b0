/**
 * Random instruction streams from an isa's own encodings: every instruction with random fields, kept from leaving the stream.
 *
 * A stream is a list of *units*, runs of bytes that control may enter only at their start. It is made from its end backwards, so that a
 * branch, which only goes forward, knows where its target lies. What an instruction may do is read off its body: a register that holds an address for
 * others is never written, and an address is always made from such a register.
 *
 * In: a plan (what is special to the isa) and random numbers. Out: units; nothing here runs anything.
 */

import { children, mapExpr, mapStmts } from '../../generator/ir/build.ts'
import { evaluateExpr } from '../../generator/ir/evaluate.ts'
import type { Expr } from '../../generator/ir/expr.ts'
import { bodyFacts, expressions, type Place } from '../../generator/ir/facts.ts'
import type { AsmHole, Instruction, Isa } from '../../generator/ir/isa.ts'
import { propagate } from '../../generator/ir/propagate.ts'
import type { Body, Stmt } from '../../generator/ir/stmt.ts'
import type { Random } from '../unit/random.ts'

export interface StreamPlan {
  readonly isa: Isa
  /** Address just after the last instruction. */
  readonly end: bigint
  /** Any address may be accessed or jumped to: for runs that survive faults. Otherwise `fixed` and `extra` keep a stream in its bounds. */
  readonly wild: boolean
  /** Registers that no instruction may write, by name and index: `address` ones may be used to form addresses. */
  readonly fixed: readonly { readonly register: string; readonly index: number; readonly address: boolean }[]
  /** Instructions that may not appear: they leave the program, or their result depends on the host. */
  readonly excluded: (instruction: Instruction) => boolean
  /** Hand-written units for what cannot be made one instruction at a time. `pc` is not known when one is made: only `distance`s are. */
  readonly extra: readonly ((random: Random, distance: (units: number) => number) => Uint8Array)[]
  /** Does nothing; units are replaced by copies of it when a failure is shrunk. */
  readonly nop: Uint8Array
}

/** What streams need to know of an instruction. */
interface Candidate {
  readonly instruction: Instruction
  /** Decode-time indexes of the registers that are written. */
  readonly written: readonly Place[]
  /** Of registers that addresses are made from. */
  readonly addresses: readonly Place[]
  /** The hole that prints the target of a direct jump. */
  readonly target: AsmHole | undefined
  /** Encodings that lie inside this one: bits that match them are another instruction. */
  readonly inner: readonly Instruction[]
}
type Fields = Readonly<Record<string, bigint>>

/** Branches go at most so many units ahead. */
const reach = 8
/** Random fields are tried so often before an instruction counts as impossible. */
const tries = 400

export function candidatesOf(plan: StreamPlan): Candidate[] {
  const { isa } = plan
  return isa.instructions
    .filter((instruction) => !plan.excluded(instruction))
    .map((instruction) => candidateOf(isa, instruction, plan.wild))
    .filter((candidate) => candidate !== undefined)
}

/** `count` units; their bytes end at plan.end. */
export function generateStream(plan: StreamPlan, random: Random, count: number): Uint8Array[] {
  const candidates = candidatesOf(plan)
  const possible = new Set(candidates)
  /** Latest first; starts[i] is the address of units[i]. */
  const units: Uint8Array[] = []
  const starts: bigint[] = [plan.end]
  const startOf = (unit: number): bigint => starts[Math.max(0, unit)] ?? plan.end
  while (units.length < count) {
    const made = units.length
    // Its own length stands between a unit and the next: from the unit's end, a distance is that of the start of a later unit.
    const distance = (ahead: number): number => Number(startOf(made - ahead) - startOf(made))
    let bytes: Uint8Array | undefined
    const choice = random.below(possible.size + plan.extra.length)
    const extra = plan.extra[choice]
    if (extra) {
      bytes = extra(random, distance)
    } else {
      const candidate = random.pick([...possible])
      bytes = randomInstruction(plan, candidate, random, startOf(made), startOf(made - random.below(reach)))
      // A branch may be out of reach by chance; others never fit.
      if (!bytes && !candidate.target) possible.delete(candidate)
    }
    if (!bytes) continue
    units.push(bytes)
    starts.push(startOf(made) - BigInt(bytes.length))
  }
  return units.reverse()
}

/** One instruction that ends at `end`, or undefined when no fields were found that keep it harmless. */
function randomInstruction(
  plan: StreamPlan,
  candidate: Candidate,
  random: Random,
  end: bigint,
  target: bigint,
): Uint8Array | undefined {
  const { instruction } = candidate
  const { encoding } = instruction
  const pc = end - BigInt(encoding.length)
  const fixed = ({ register, index }: Place, fields: Fields): StreamPlan['fixed'][number] | undefined => {
    const at = index ? Number(evaluateExpr(index, { fields, pc, next: end })) : 0
    return plan.fixed.find((f) => f.register === register && f.index === at)
  }

  for (let i = 0; i < tries; i++) {
    const fields: Record<string, bigint> = {}
    for (const field of instruction.fields) {
      fields[field.name] = placed(field, random.below(2) ? random.bits(field.width) : uniform(random, field.width))
    }
    if (candidate.target) {
      const { value, solve } = candidate.target
      const holes = { hole: target, [candidate.target.name]: target }
      for (const s of solve) fields[s.field] = evaluateExpr(s.value, { fields, holes, pc, next: end })
      if (evaluateExpr(value, { fields, pc, next: end }) !== target) continue
    }
    if (evaluateExpr(instruction.when, { fields, pc, next: end }) === 0n) continue
    if (candidate.written.some((place) => fixed(place, fields))) continue
    if (!plan.wild && candidate.addresses.some((place) => !fixed(place, fields)?.address)) continue
    const bits = encode(instruction, fields)
    if (candidate.inner.some((other) => (bits & other.encoding.mask) === other.encoding.value)) continue
    return Uint8Array.from({ length: encoding.length }, (_, k) => Number((bits >> BigInt(8 * k)) & 0xffn))
  }
  return undefined
}

/** The instruction's bits with the fields put in, as Encoding counts them. */
export function encode(instruction: Instruction, fields: Fields): bigint {
  let bits = instruction.encoding.value
  for (const field of instruction.fields) {
    const value = fields[field.name] ?? 0n
    for (const { at, low, width } of field.pieces) {
      bits |= ((value >> BigInt(low)) & ((1n << BigInt(width)) - 1n)) << BigInt(at)
    }
  }
  return bits
}

/** Drops the bits of a value that the encoding has no place for. */
function placed(field: Instruction['fields'][number], value: bigint): bigint {
  let mask = 0n
  for (const { low, width } of field.pieces) mask |= ((1n << BigInt(width)) - 1n) << BigInt(low)
  return value & mask
}

function uniform(random: Random, width: number): bigint {
  let value = 0n
  for (let got = 0; got < width; got += 32) value = (value << 32n) | BigInt(random.below(2 ** 32))
  return BigInt.asUintN(width, value)
}

function candidateOf(isa: Isa, instruction: Instruction, wild: boolean): Candidate | undefined {
  const body = bodyOf(isa, instruction)
  const facts = bodyFacts(body, isa)
  const target = facts.targets.length > 0 ? labelOf(instruction) : undefined
  const leaves = facts.flow === 'indirect' || facts.flow === 'trap' || facts.targets.length > (target ? 1 : 0)
  if (leaves && !wild) return undefined
  const { mask, value, length } = instruction.encoding
  const inner = isa.instructions.filter(
    ({ encoding: e }) =>
      e.length === length && e.mask !== mask && (e.mask & mask) === mask && (e.value & mask) === value,
  )
  return {
    instruction,
    written: [...facts.writes, ...facts.maybeWrites],
    addresses: addressRegisters(body),
    target,
    inner,
  }
}

/** The body, in terms of this instruction's own fields. */
function bodyOf(isa: Isa, { id, semantics }: Instruction): Body {
  if (semantics.kind === 'body') return propagate(semantics.body)
  const target = isa.instructions.find((instruction) => instruction.id === semantics.target)
  if (!target) throw new Error(`${id} stands for ${semantics.target}, which does not exist`)
  const body = bodyOf(isa, target)
  const put = (e: Expr): Expr => mapExpr(e, (x) => (x.kind === 'field' ? (semantics.fields[x.name] ?? x) : x))
  return propagate({ locals: body.locals, statements: mapStmts(body.statements, put) })
}

/** Registers that some load's or store's address is made from, through locals too. */
function addressRegisters(body: Body): Place[] {
  const found: Place[] = []
  const values = new Map<number, Expr[]>()
  const address = (e: Expr): void => {
    if (e.kind === 'read') found.push(e.index ? { register: e.register, index: e.index } : { register: e.register })
    if (e.kind === 'local') for (const value of values.get(e.id) ?? []) address(value)
    for (const child of children(e)) address(child)
  }
  const loads = (e: Expr): void => {
    if (e.kind === 'load') address(e.address)
    for (const child of children(e)) loads(child)
  }
  const walk = (statements: readonly Stmt[]): void => {
    for (const stmt of statements) {
      for (const e of expressions(stmt)) loads(e)
      if (stmt.kind === 'set') values.set(stmt.local, [...(values.get(stmt.local) ?? []), stmt.value])
      if (stmt.kind === 'store') address(stmt.address)
      if (stmt.kind === 'if') {
        walk(stmt.then)
        walk(stmt.otherwise)
      }
    }
  }
  walk(body.statements)
  return found
}

function labelOf(instruction: Instruction): AsmHole | undefined {
  return instruction.syntaxes[0]?.operands.find(
    (part): part is AsmHole => part.kind === 'hole' && part.print.kind === 'label',
  )
}
