/**
 * From what was read to bytes: solves the fields, then checks by evaluating each hole again that they really say what was written. That
 * check is the range check, whatever the shape of the expression. An instruction that others stand for in short is also tried as those.
 */

import { wrap } from './bits.ts'
import { delegatedFields, type Identify } from './disassemble.ts'
import type { Failure } from './expression.ts'
import { allValues, placedBits } from './field-values.ts'
import { fixedFields, type ReadHole, type Reading } from './match.ts'
import { type Lead, leadsFor } from './prefixes.ts'
import { misfit } from './range.ts'
import type { AssemblyTable, Fields, InstructionSyntax, Place, Prefix, Syntax } from './table.ts'

/** `index` is the encoded instruction's place in the isa: earlier ones win. */
export interface Encoded {
  readonly bytes: Uint8Array
  readonly index: number
}
/** Short forms of each instruction, by index; and what the decoder sees in their bytes. */
export interface ShortForms {
  readonly of: ReadonlyMap<number, readonly number[]>
  readonly identify: Identify
}

export function findShortForms(table: AssemblyTable, identify: Identify): ShortForms {
  const forms = new Map<number, number[]>()
  table.instructions.forEach(({ delegate }, index) => {
    if (delegate === undefined) return
    const known = forms.get(delegate.target)
    if (known) known.push(index)
    else forms.set(delegate.target, [index])
  })
  return { of: forms, identify }
}

/** All encodings of a line that was read as `syntax` of instruction `index`; or what explains why there is none. */
export function encodings(
  table: AssemblyTable,
  shortForms: ShortForms,
  index: number,
  syntax: Syntax,
  reading: Reading,
  pc: bigint,
  prefixes: readonly Prefix[] = [],
): readonly Encoded[] | (() => Failure) {
  const instruction = table.instructions[index]
  if (instruction === undefined) return []
  const found: Encoded[] = []
  let failure: (() => Failure) | undefined
  for (const lead of leadsFor(table, prefixes)) {
    const { context } = lead
    const place = placeOf(table, pc, instruction, lead)
    const written: Written = { table, instruction, syntax, reading, place, context }
    const fields = fieldsOf(written)
    if (typeof fields !== 'function') found.push({ bytes: withLead(lead, encode(instruction, fields)), index })
    else failure ??= fields
    for (const form of shortForms.of.get(index) ?? []) {
      const short = table.instructions[form]
      const bytes = short && encodeShort({ ...written, place: placeOf(table, pc, short, lead) }, short)
      // Bits that a more special instruction claims, such as a hint, do not stand for this one.
      if (bytes && shortForms.identify(bytes, 0) === form) found.push({ bytes: withLead(lead, bytes), index: form })
    }
  }
  return found.length === 0 && failure ? failure : found
}
function withLead(lead: Lead, bytes: Uint8Array): Uint8Array {
  return lead.bytes.length === 0 ? bytes : Uint8Array.from([...lead.bytes, ...bytes])
}

/** A line, read as one syntax of an instruction that stands at a place. */
interface Written {
  readonly table: AssemblyTable
  readonly instruction: InstructionSyntax
  readonly syntax: Syntax
  readonly reading: Reading
  readonly place: Place
  readonly context: Fields
}

function placeOf({ pcWidth }: AssemblyTable, pc: bigint, { length }: InstructionSyntax, lead: Lead): Place {
  return { pc, next: wrap(pc + BigInt(lead.bytes.length + length), pcWidth) }
}

/** The fields that say what was written, or what explains why there are none. */
function fieldsOf(written: Written): Fields | (() => Failure) {
  const solved = solveFields(written)
  const misread = misfitting(written, solved)
  if (misread) return () => misfit(written.instruction, misread, solved, written.place, written.table)
  if (isWritten(written, solved)) return solved
  return searchFields(written, solved) ?? (() => refusal(written, solved))
}

function solveFields({ instruction, syntax, reading, place, context }: Written): Fields {
  const fields = zeroFields(instruction)
  // What the spelling says of the context, prefixes must say too: `isWritten` sees.
  Object.assign(fields, fixedFields(syntax.fixed, reading.arms), context)
  for (const { hole, value } of reading.holes) {
    for (const [name, solve] of Object.entries(hole.solve)) {
      const layout = instruction.fields.find((field) => field.name === name)
      if (layout) fields[name] = solve(wrap(value, hole.width), place, fields) & layout.placed
    }
  }
  return fields
}
function zeroFields(instruction: InstructionSyntax): Record<string, bigint> {
  const fields: Record<string, bigint> = {}
  for (const { name } of instruction.fields) fields[name] = 0n
  return fields
}

/** The first hole that the fields do not print as it was written. */
function misfitting({ reading, place }: Written, fields: Fields): ReadHole | undefined {
  return reading.holes.find(({ hole, value }) => {
    // Both the signed and the unsigned reading of a number are accepted; addresses wrap.
    const { width, print } = hole
    const inWidth = print.kind === 'label' || (value >= -(1n << BigInt(width - 1)) && value < 1n << BigInt(width))
    return !inWidth || hole.value(fields, place) !== wrap(value, width)
  })
}
/** The instruction exists with these fields, and is spelled as it was written. */
function isWritten({ instruction, syntax, reading, place }: Written, fields: Fields): boolean {
  return (
    reading.arms.every(({ when }) => when(fields, place)) &&
    (syntax.condition?.(fields, place) ?? true) &&
    (instruction.when?.(fields, place) ?? true)
  )
}

/** Fields that neither a hole nor the spelling gives are tried, when they are few bits: the conditions may say what they are. */
function searchFields(written: Written, solved: Fields): Fields | undefined {
  const { instruction, syntax, reading } = written
  const given = new Set(Object.keys(fixedFields(syntax.fixed, reading.arms)))
  for (const { hole } of reading.holes) for (const name of Object.keys(hole.solve)) given.add(name)
  const free = instruction.fields.filter(({ name }) => !given.has(name))
  if (free.length === 0 || free.reduce((sum, field) => sum + placedBits(field), 0) > SEARCHED_BITS) return undefined
  let tries: Fields[] = [solved]
  for (const field of free) {
    tries = tries.flatMap((some) => allValues(field).map((value) => ({ ...some, [field.name]: value })))
  }
  return tries.find((some) => isWritten(written, some) && misfitting(written, some) === undefined)
}
const SEARCHED_BITS = 8

function refusal({ table, instruction, reading, place }: Written, fields: Fields): Failure {
  const column = reading.holes[0]?.column ?? 0
  if (instruction.when?.(fields, place) ?? true) {
    return { message: `${instruction.id} is not written so with these operands`, column }
  }
  const guilty = reading.holes.map((read) => misfit(instruction, read, fields, place, table))
  const message = `${instruction.id} does not exist with these operands`
  return guilty.find(({ certain }) => certain) ?? { message, column }
}

/** The bytes of `short` if it can stand for the instruction with these operands. */
function encodeShort(written: Written, short: InstructionSyntax): Uint8Array | undefined {
  const { instruction, place } = written
  const wanted = fieldsOf(written)
  if (typeof wanted === 'function') return undefined
  const fields = zeroFields(short)
  for (const layout of short.fields) {
    const solved = short.delegate?.solve[layout.name]?.(wanted, place) ?? 0n
    fields[layout.name] = solved & layout.placed
  }
  if (short.when?.(fields, place) === false) return undefined
  const meant = delegatedFields(short, fields, instruction, place)
  return instruction.fields.every(({ name }) => meant[name] === wanted[name]) ? encode(short, fields) : undefined
}

export function encode({ length, value, fields: layouts }: InstructionSyntax, fields: Fields): Uint8Array {
  let word = value
  for (const { name, pieces } of layouts) {
    const field = fields[name] ?? 0n
    for (const [at, low, width] of pieces) word |= wrap(field >> BigInt(low), width) << BigInt(at)
  }
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = Number((word >> BigInt(8 * i)) & 0xffn)
  return bytes
}
