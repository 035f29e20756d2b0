/** Machine code → text, from an isa's table. */

import type { Disassemble, DisassembleOptions } from '../abi.ts'
import { readLead } from './prefixes.ts'
import { printHole } from './print.ts'
import type { AssemblyTable, FieldLayout, Fields, InstructionSyntax, Part, Place, Syntax } from './table.ts'

/** Index of the instruction at bytes[at], or −1. */
export type Identify = (bytes: Uint8Array, at: number) => number

export function createDisassembler(table: AssemblyTable, identify: Identify): Disassemble {
  return (bytes, at, pc, options = {}) => {
    const found = table.instructions[identify(bytes, at)]
    const lead = readLead(table, bytes, at)
    const start = at + lead.bytes.length
    if (found === undefined || start + found.length > bytes.length) return undefined
    const length = lead.bytes.length + found.length
    const address = BigInt.asUintN(table.pcWidth, pc)
    const place = { pc: address, next: BigInt.asUintN(table.pcWidth, address + BigInt(length)) }
    const aliases = options.aliases !== false

    let instruction = found
    let fields: Fields = { ...extractFields(found, bytes, start), ...lead.context }
    let syntax = aliases ? fittingAlias(instruction, fields, place) : undefined
    // What is another instruction written shorter prints as that one, as LLVM does.
    while (aliases && syntax === undefined && instruction.delegate !== undefined) {
      const target = table.instructions[instruction.delegate.target]
      if (target === undefined) break
      fields = { ...delegatedFields(instruction, fields, target, place), ...lead.context }
      instruction = target
      syntax = fittingAlias(instruction, fields, place)
    }
    syntax ??= instruction.syntaxes[0]
    if (syntax === undefined) return undefined
    const print = (parts: readonly Part[]): string => printParts(parts, fields, place, table, options).trim()
    const operands = print(syntax.operands)
    const mnemonic = [...lead.words, print(syntax.mnemonic)].join(' ')
    return { text: operands === '' ? mnemonic : `${mnemonic} ${operands}`, length, id: found.id }
  }
}

export function extractFields(instruction: InstructionSyntax, bytes: Uint8Array, at: number): Fields {
  const fields: Record<string, bigint> = {}
  for (const layout of instruction.fields) fields[layout.name] = extractField(layout, bytes, at)
  return fields
}
function extractField(layout: FieldLayout, bytes: Uint8Array, at: number): bigint {
  if (layout.width > 31) return extractWide(layout, bytes, at)
  let value = 0
  for (const [from, low, width] of layout.pieces) value |= bitsOf(bytes, at, from, width) << low
  return BigInt(value)
}
function extractWide(layout: FieldLayout, bytes: Uint8Array, at: number): bigint {
  let value = 0n
  for (const [from, low, width] of layout.pieces) {
    for (let done = 0; done < width; done += 16) {
      value |= BigInt(bitsOf(bytes, at, from + done, Math.min(16, width - done))) << BigInt(low + done)
    }
  }
  return value
}
/** Bits from … from + width − 1 of the encoding; width is 31 at most. */
function bitsOf(bytes: Uint8Array, at: number, from: number, width: number): number {
  let value = 0
  let have = -(from & 7)
  for (let i = at + (from >> 3); have < width; i++, have += 8) {
    const byte = bytes[i] ?? 0
    value |= have < 0 ? byte >> -have : byte << have
  }
  return value & (2 ** width - 1)
}

/** The fields of the instruction that this one stands for. */
export function delegatedFields(
  instruction: InstructionSyntax,
  fields: Fields,
  target: InstructionSyntax,
  place: Place,
): Fields {
  const out: Record<string, bigint> = {}
  for (const { name } of target.fields) out[name] = instruction.delegate?.fields[name]?.(fields, place) ?? 0n
  return out
}

function fittingAlias({ syntaxes }: InstructionSyntax, fields: Fields, place: Place): Syntax | undefined {
  for (let i = 1; i < syntaxes.length; i++) {
    const alias = syntaxes[i]
    if (alias?.condition === undefined || alias.condition(fields, place)) return alias
  }
  return undefined
}

function printParts(
  parts: readonly Part[],
  fields: Fields,
  place: Place,
  table: AssemblyTable,
  options: DisassembleOptions,
): string {
  let text = ''
  for (const part of parts) {
    if (typeof part === 'string') text += part
    else if ('arms' in part) {
      const arm = part.arms.find(({ when }) => when(fields, place))
      if (arm) text += printParts(arm.parts, fields, place, table, options)
    } else text += printHole(part, part.value(fields, place), place.pc, table, options)
  }
  return text
}
