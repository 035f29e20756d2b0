/**
 * From what was read to bytes: solves the fields, then checks by evaluating each hole again that they really say what was written. That
 * check is the range check, whatever the shape of the expression. An instruction that others stand for in short is also tried as those.
 */

import { wrap } from './bits.ts'
import { delegatedFields, type Identify } from './disassemble.ts'
import type { Failure } from './expression.ts'
import { fixedFields, type Reading } from './match.ts'
import { misfit } from './range.ts'
import type { AssemblyTable, Fields, InstructionSyntax, Place, Syntax } from './table.ts'

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
): readonly Encoded[] | (() => Failure) {
  const instruction = table.instructions[index]
  if (instruction === undefined) return []
  const found: Encoded[] = []
  const place = placeOf(table, pc, instruction)
  const fields = solveFields(instruction, syntax, reading, place)
  const failure = check(instruction, syntax, reading, fields, place, table)
  if (failure === undefined) found.push({ bytes: encode(instruction, fields), index })
  for (const form of shortForms.of.get(index) ?? []) {
    const short = table.instructions[form]
    const bytes = short && encodeShort(table, instruction, short, syntax, reading, pc)
    // Bits that a more special instruction claims, such as a hint, do not stand for this one.
    if (bytes && shortForms.identify(bytes, 0) === form) found.push({ bytes, index: form })
  }
  return found.length > 0 || failure === undefined ? found : failure
}

function placeOf({ pcWidth }: AssemblyTable, pc: bigint, { length }: InstructionSyntax): Place {
  return { pc, next: wrap(pc + BigInt(length), pcWidth) }
}

function solveFields(instruction: InstructionSyntax, syntax: Syntax, reading: Reading, place: Place): Fields {
  const fields = zeroFields(instruction)
  Object.assign(fields, fixedFields(syntax.fixed, reading.arms))
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

function check(
  instruction: InstructionSyntax,
  syntax: Syntax,
  { holes, arms }: Reading,
  fields: Fields,
  place: Place,
  table: AssemblyTable,
): (() => Failure) | undefined {
  for (const read of holes) {
    const { hole, value } = read
    const width = hole.print.kind === 'label' ? table.pcWidth : hole.width
    // Both the signed and the unsigned reading of a number are accepted; addresses wrap.
    const inWidth = hole.print.kind === 'label' || (value >= -(1n << BigInt(width - 1)) && value < 1n << BigInt(width))
    if (!inWidth || hole.value(fields, place) !== wrap(value, hole.width)) {
      return () => misfit(instruction, read, fields, place, table)
    }
  }
  const spelled = syntax.condition?.(fields, place) ?? true
  if (!spelled || !arms.every(({ when }) => when(fields, place))) {
    return () => ({ message: `${instruction.id} is not written so with these operands`, column: holes[0]?.column ?? 0 })
  }
  if (instruction.when?.(fields, place) ?? true) return undefined
  return () =>
    holes.map((read) => misfit(instruction, read, fields, place, table)).find(({ certain }) => certain) ?? {
      message: `${instruction.id} does not exist with these operands`,
      column: holes[0]?.column ?? 0,
    }
}

/** The bytes of `short` if it can stand for the instruction with these operands. */
function encodeShort(
  table: AssemblyTable,
  instruction: InstructionSyntax,
  short: InstructionSyntax,
  syntax: Syntax,
  reading: Reading,
  pc: bigint,
): Uint8Array | undefined {
  const place = placeOf(table, pc, short)
  const wanted = solveFields(instruction, syntax, reading, place)
  if (check(instruction, syntax, reading, wanted, place, table) !== undefined) return undefined
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
