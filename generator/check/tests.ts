/**
 * The spec's own tests: text assembled, given and expected states worked out, and the instruction run by the reference executor. A test that
 * fails is an error of the spec; the values go on to the conformance artefact, where every tier runs them.
 */

import * as ir from '../ir/build.ts'
import { evaluateExpr } from '../ir/evaluate.ts'
import { createMachine, executeBody, type Machine as Guest } from '../ir/execute.ts'
import type { Expr } from '../ir/expr.ts'
import { type Instruction, type Isa, maxPrefixes, type SpecTest, type TestState } from '../ir/isa.ts'
import type { Body } from '../ir/stmt.ts'
import type { Block, Item, Stmt, TestClause } from '../syntax/ast.ts'
import { layOut } from './box-layout.ts'
import { Code } from './code.ts'
import type { Machine } from './compose.ts'
import { expandEncoding } from './encodings.ts'
import { bits } from './expressions.ts'
import { registerPlace } from './places.ts'
import { templateText } from './register-names.ts'
import { type Env, type MachineScope, report } from './scope.ts'
import { sourceOf } from './source-lines.ts'
import { specAssembler } from './spec-assembler.ts'
import { emptyEnv } from './state.ts'
import { block } from './statements.ts'

/** Where tested instructions lie unless `pc` is given. */
const TEST_PC = 0x1000n

export function elaborateTests(machine: Machine, scope: MachineScope, isa: Isa): SpecTest[] {
  const clauses = machine.items.flatMap((item): TestClause[] => {
    // A variant answers for its own tests: those of its base are about the base.
    if (item.wide && item.part !== machine.name) return []
    if (item.kind === 'test') return [item as Item & TestClause]
    if (item.kind !== 'insn') return []
    return item.clauses.flatMap((c) => (c.kind === 'test' ? [c] : []))
  })
  if (clauses.length === 0) return []
  let given = createMachine(isa)
  const assemble = specAssembler(isa, (register) => given.registers.get(register)?.[0] ?? 0n)
  return clauses.flatMap((clause) => {
    const env: Env = {
      ...emptyEnv(scope, [`test "${templateText(clause.template)}"`]),
      locals: spelledRegisters(scope),
    }
    const before = createMachine(isa)
    const pc = runGiven(env, clause, before)
    given = before
    const text = templateText(clause.template)
    const assembled = assemble(text, pc)
    // A test of an instruction that this machine does not have (one of a wider variant) is not this machine's.
    if (!assembled.ok && missesInstruction(isa, text, machine)) return []
    const written = clause.enc && bytesOf(env, clause)
    if (!assembled.ok) {
      report(env, 'E0706', clause.template.span, `this does not assemble: ${assembled.message}`)
      return []
    }
    const bytes = [...assembled.bytes]
    if (written && written.join() !== bytes.join()) {
      report(env, 'E0705', clause.span, `the text assembles to ${hex(bytes)}, the test says ${hex(written)}`)
      return []
    }
    const test = expectation(env, clause, isa, before, pc, bytes, text, machine)
    if (!test) return []
    const difference = runTest(isa, test, before)
    if (difference) {
      report(env, 'E0705', clause.span, 'the test fails', { notes: difference })
      return []
    }
    return [test]
  })
}

/** The mnemonic exists in the family, but none of its rows is in this machine. */
function missesInstruction(isa: Isa, text: string, machine: Machine): boolean {
  const [mnemonic] = text.split(' ')
  const spelled = (parts: Instruction['syntaxes'][number]['mnemonic']): string =>
    parts.map((p) => (p.kind === 'text' ? p.text : '')).join('')
  if (isa.instructions.some((i) => i.syntaxes.some((s) => spelled(s.mnemonic) === mnemonic))) return false
  return machine.items.some(
    (i) =>
      i.kind === 'insn' &&
      (i.name.text === mnemonic ||
        i.clauses.some((c) => c.kind === 'rows' && c.rows.some((r) => r.cells.some((cell) => cell.text === mnemonic)))),
  )
}

const hex = (bytes: readonly number[]): string => bytes.map((b) => b.toString(16).padStart(2, '0')).join(' ')

/** Tests may use every spelling of a register. */
function spelledRegisters(scope: MachineScope): Env['locals'] {
  const locals: Env['locals'] = new Map()
  for (const [spelling, { register, index }] of scope.spellings) {
    const global = scope.globals.get(register)
    if (global?.kind !== 'register' || scope.globals.has(spelling)) continue
    const at =
      global.count === undefined ? undefined : ir.constant(Math.max(1, (global.count - 1).toString(2).length), index)
    locals.set(spelling, { kind: 'place', place: registerPlace(scope, register, global, at) })
  }
  return locals
}

function bytesOf(env: Env, clause: TestClause): number[] | undefined {
  if (!clause.enc) return undefined
  const [form] = expandEncoding(env, clause.enc, new Map())
  const layout = form && layOut(env, form, clause.enc.span)
  return layout && toBytes(layout.encoding.value, layout.encoding.length)
}
function toBytes(value: bigint, length: number): number[] {
  return Array.from({ length }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn))
}

const isPc = (s: Stmt): s is Stmt & { kind: 'assign' } =>
  s.kind === 'assign' && s.target.kind === 'name' && s.target.name === 'pc'
const isCycles = (s: Stmt): s is Stmt & { kind: 'assign' } =>
  s.kind === 'assign' && s.target.kind === 'name' && s.target.name === 'cycles'

/** Puts the given state into the guest; gives the pc. */
function runGiven(env: Env, clause: TestClause, guest: Guest): bigint {
  let pc = TEST_PC
  for (const s of clause.given?.statements ?? []) {
    if (isPc(s)) pc = evaluated(env, s, guest, { pc, next: pc }) ?? pc
    else runStatement(env, s, guest, { pc, next: pc })
  }
  return pc
}

interface Where {
  readonly pc: bigint
  readonly next: bigint
}
function runStatement(env: Env, s: Stmt, guest: Guest, where: Where): void {
  const code = new Code()
  const body: Block = { statements: [s], span: s.span }
  block({ ...env, code, placed: new Map() }, body)
  executeBody(code.body(), where, guest)
}
function evaluated(env: Env, s: Stmt & { kind: 'assign' }, guest: Guest, where: Where): bigint | undefined {
  const expr: Expr = bits({ ...env, code: new Code() }, s.value, isPc(s) ? env.machine.pcWidth : 64)
  return evaluateExpr(expr, {
    ...where,
    readRegister: (name, index) => guest.registers.get(name)?.[Number(index ?? 0n)] ?? 0n,
  })
}

function copy(guest: Guest): Guest {
  return {
    ...guest,
    registers: new Map([...guest.registers].map(([name, cells]) => [name, [...cells]])),
    memories: new Map([...guest.memories].map(([name, bytes]) => [name, new Map(bytes)])),
  }
}

/** Cells and bytes of `after` that differ from `before`. */
function difference(before: Guest, after: Guest): Omit<TestState, 'pc'> {
  const cells: { register: string; index: number; value: bigint }[] = []
  for (const [register, values] of after.registers) {
    for (const [index, value] of values.entries()) {
      if (before.registers.get(register)?.[index] !== value) cells.push({ register, index, value })
    }
  }
  const memory: { memory: string; address: bigint; byte: number }[] = []
  for (const [name, bytes] of after.memories) {
    for (const [address, byte] of bytes) {
      if ((before.memories.get(name)?.get(address) ?? 0) !== byte) memory.push({ memory: name, address, byte })
    }
  }
  return { cells, memory }
}

function expectation(
  env: Env,
  clause: TestClause,
  isa: Isa,
  before: Guest,
  pc: bigint,
  bytes: readonly number[],
  text: string,
  machine: Machine,
): SpecTest | undefined {
  const base = {
    text,
    bytes,
    source: sourceOf(machine.files, clause.span),
    pc,
    before: { ...difference(createMachine(isa), before), pc },
  }
  if (clause.expected.kind === 'trap') {
    const { name } = clause.expected
    if (!isa.traps.some((t) => t.name === name.text)) {
      report(env, 'E0201', name.span, `there is no trap ${name.text}`)
      return undefined
    }
    return { ...base, expected: { kind: 'trap', trap: name.text } }
  }
  const next = pc + BigInt(bytes.length) - refetched(isa, before)
  const after = copy(before)
  let to = next
  let cycles: bigint | undefined
  for (const s of clause.expected.block.statements) {
    if (isPc(s)) to = evaluated(env, s, before, { pc, next }) ?? to
    else if (isCycles(s)) cycles = evaluated(env, s, before, { pc, next })
    else {
      // Each expectation reads the state before; what it writes is put together.
      const alone = copy(before)
      runStatement(env, s, alone, { pc, next })
      const changed = difference(before, alone)
      for (const cell of changed.cells) (after.registers.get(cell.register) as bigint[])[cell.index] = cell.value
      for (const byte of changed.memory) after.memories.get(byte.memory)?.set(byte.address, byte.byte)
    }
  }
  return {
    ...base,
    expected: {
      kind: 'state',
      after: { ...difference(before, after), pc: to },
      ...(cycles === undefined ? {} : { cycles }),
    },
  }
}

/** 1 where the first byte is read a second time. */
function refetched({ refetch }: Pick<Isa, 'refetch'>, before: Guest): bigint {
  return refetch === undefined ? 0n : (before.registers.get(refetch)?.[0] ?? 0n)
}

/** Runs the test by the reference executor; lines of differences, or nothing. */
function runTest(isa: Isa, test: SpecTest, before: Guest): string[] | undefined {
  const lead = readLead(isa, test.bytes)
  const own = test.bytes.slice(lead.bytes)
  const twice = refetched(isa, before)
  const read = twice === 0n ? own : [...own.slice(0, 1), ...own].slice(0, own.length)
  const word = read.reduce((w, b, i) => w | (BigInt(b) << BigInt(8 * i)), 0n)
  const found = decode(isa, word, own.length, { before, prefixes: lead.context })
  if (!found) return ['no instruction has these bits']
  const guest = copy(before)
  for (const [i, byte] of test.bytes.entries()) {
    const [memory] = guest.memories.values()
    memory?.set(test.pc + BigInt(i), byte)
  }
  const loaded = copy(guest)
  const next = test.pc + BigInt(test.bytes.length) - twice
  const outcome = executeBody(found.body, { fields: found.fields, pc: test.pc, next }, guest)
  if (test.expected.kind === 'trap') {
    if (outcome.kind === 'trap' && outcome.trap === test.expected.trap) return undefined
    return [
      `expected trap ${test.expected.trap}, but it ${outcome.kind === 'trap' ? `trapped with ${outcome.trap}` : 'did not trap'}`,
    ]
  }
  if (outcome.kind === 'trap' || outcome.kind === 'fault')
    return [`it ended with ${outcome.kind === 'trap' ? `trap ${outcome.trap}` : 'a fault'}`]
  const pc = outcome.kind === 'jump' ? outcome.target : BigInt.asUintN(isa.pcWidth, next)
  const lines: string[] = []
  if (pc !== BigInt.asUintN(isa.pcWidth, test.expected.after.pc))
    lines.push(`pc is 0x${pc.toString(16)}, expected 0x${test.expected.after.pc.toString(16)}`)
  const { cycles } = test.expected
  const counted = guest.registers.get('cycles')?.[0] ?? 0n
  if (cycles !== undefined && counted !== cycles) lines.push(`cycles is ${counted}, expected ${cycles}`)
  const wanted = new Map(test.expected.after.cells.map((c) => [`${c.register} ${c.index}`, c.value]))
  for (const register of isa.registers) {
    if (register.hidden) continue
    for (let i = 0; i < (register.count ?? 1); i++) {
      const expected = wanted.get(`${register.name} ${i}`) ?? before.registers.get(register.name)?.[i]
      const is = guest.registers.get(register.name)?.[i]
      if (is !== expected)
        lines.push(
          `${register.names[i] ?? register.name} is 0x${is?.toString(16)}, expected 0x${expected?.toString(16)}`,
        )
    }
  }
  const bytesWanted = new Map(test.expected.after.memory.map((m) => [`${m.memory} ${m.address}`, m.byte]))
  const changed = difference(loaded, guest).memory
  for (const { memory, address, byte } of changed) {
    const expected = bytesWanted.get(`${memory} ${address}`)
    if (expected !== byte)
      lines.push(
        `${memory}8[0x${address.toString(16)}] is 0x${byte.toString(16)}, expected ${expected === undefined ? 'no change' : `0x${expected.toString(16)}`}`,
      )
    bytesWanted.delete(`${memory} ${address}`)
  }
  for (const [key, byte] of bytesWanted)
    lines.push(`${key.replace(' ', '8[')}] was not changed, expected 0x${byte.toString(16)}`)
  return lines.length > 0 ? lines : undefined
}

type Fields = Readonly<Record<string, bigint>>
/** Fields with what else decoding knows: registers of the decode context, and bytes of the code. Other context has its usual value, 0. */
function inContext(fields: Fields, word: bigint, { before, prefixes }: Decoding): Fields {
  const known = (name: string): bigint => {
    const said = prefixes[name]
    if (said !== undefined) return said
    const byte = /^@code(\d+)$/.exec(name)
    if (byte) return (word >> BigInt(8 * Number(byte[1]))) & 0xffn
    return before.registers.get(name.slice(1))?.[0] ?? 0n
  }
  return new Proxy(fields, { get: (own, name) => own[String(name)] ?? known(String(name)) })
}

/** What decoding knows besides the bits: the guest's registers, and context by `@NAME` as the prefixes left it. */
interface Decoding {
  readonly before: Guest
  readonly prefixes: Fields
}
/** Bytes of prefixes, and the context behind them. */
function readLead(isa: Isa, bytes: readonly number[]): { readonly bytes: number; readonly context: Fields } {
  let context = Object.fromEntries(isa.context.map(({ name, initial }): [string, bigint] => [`@${name}`, initial]))
  let count = 0
  for (; count < maxPrefixes(isa); count++) {
    const byte = BigInt(bytes[count] ?? 0)
    const prefix = isa.prefixes.find(({ encoding }) => (byte & encoding.mask) === encoding.value)
    if (!prefix) break
    const fields = { ...context, ...fieldsIn(prefix.fields, byte) }
    const set = prefix.sets.map((s): [string, bigint] => [`@${s.context}`, evaluateExpr(s.value, { fields })])
    context = { ...context, ...Object.fromEntries(set) }
  }
  return { bytes: count, context }
}
function fieldsIn(fields: Instruction['fields'], word: bigint): Record<string, bigint> {
  const value = ({ pieces }: Instruction['fields'][number]): bigint =>
    pieces.reduce((v, p) => v | (((word >> BigInt(p.at)) & ((1n << BigInt(p.width)) - 1n)) << BigInt(p.low)), 0n)
  return Object.fromEntries(fields.map((f) => [f.name, value(f)]))
}

function decode(isa: Isa, word: bigint, length: number, guest: Decoding): { body: Body; fields: Fields } | undefined {
  let best: { instruction: Instruction; fields: Record<string, bigint> } | undefined
  for (const instruction of isa.instructions) {
    const { encoding } = instruction
    if (encoding.length !== length || (word & encoding.mask) !== encoding.value) continue
    const fields = fieldsIn(instruction.fields, word)
    if (evaluateExpr(instruction.when, { fields: inContext(fields, word, guest) }) !== 1n) continue
    const inside = best && (best.instruction.encoding.mask & encoding.mask) === best.instruction.encoding.mask
    if (!best || inside) best = { instruction, fields }
  }
  if (!best) return undefined
  const { semantics } = best.instruction
  const own = inContext(best.fields, word, guest)
  if (semantics.kind === 'body') return { body: semantics.body, fields: own }
  const target = isa.instructions.find((i) => i.id === semantics.target)
  if (target?.semantics.kind !== 'body') return undefined
  const fields = Object.fromEntries(
    Object.entries(semantics.fields).map(([name, e]) => [name, evaluateExpr(e, { fields: own })]),
  )
  return { body: target.semantics.body, fields: inContext(fields, word, guest) }
}
