/** Compiles the text of a small machine, for tests of the check; and what they ask of its instructions. */

import { expect } from 'vitest'
import { compile } from '../../generator/compile.ts'
import type { Instruction, Isa } from '../../generator/ir/isa.ts'
import { printBody } from '../../generator/ir/print.ts'

/** The machine of a spec without errors. */
export function machine(text: string): Isa {
  const { session, isas } = compile([{ file: 'machine.isa', text }])
  expect(session.diagnostics.filter((d) => d.severity === 'error').map((d) => d.message)).toEqual([])
  return isas[0] as Isa
}
/** "code message" of each error. */
export function errors(text: string): string[] {
  const { session } = compile([{ file: 'machine.isa', text }])
  return session.diagnostics.filter((d) => d.severity === 'error').map((d) => `${d.code} ${d.message}`)
}
export function instruction(isa: Isa, id: string): Instruction {
  const found = isa.instructions.find((i) => i.id === id)
  if (!found) throw new Error(`no ${id}, but ${isa.instructions.map((i) => i.id).join(' ')}`)
  return found
}
/** Its statements, a line each. */
export function bodyOf(isa: Isa, id: string): string[] {
  const { semantics } = instruction(isa, id)
  if (semantics.kind !== 'body') throw new Error(`${id} delegates`)
  return printBody(semantics.body)
}
/** Constant bits as mask and value in hex, and its fields as "name[high:low]@at". */
export function layoutOf(isa: Isa, id: string): { length: number; mask: string; value: string; fields: string[] } {
  const { encoding, fields } = instruction(isa, id)
  return {
    length: encoding.length,
    mask: encoding.mask.toString(16),
    value: encoding.value.toString(16),
    fields: fields.map((f) => `${f.name} ${f.pieces.map((p) => `${p.low + p.width - 1}:${p.low}@${p.at}`).join(' ')}`),
  }
}
