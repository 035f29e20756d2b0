/**
 * Isas made by hand for tests of passes and emitters: registers, one memory, instructions that are nothing but their
 * bodies.
 */

import { constant } from '../../generator/ir/build.ts'
import type { Isa, Register } from '../../generator/ir/isa.ts'
import type { Local, Stmt } from '../../generator/ir/stmt.ts'

export interface HandMade {
  readonly id: string
  readonly locals?: readonly Local[]
  readonly statements: readonly Stmt[]
}
export interface HandMadeShape {
  readonly registers: readonly (Pick<Register, 'name' | 'width'> & Partial<Register>)[]
  /** Every instruction has all of them. */
  readonly fields: readonly { readonly name: string; readonly width: number }[]
  /** Of pc and of the one memory, M. */
  readonly addressWidth: number
}

export function handMadeIsa(shape: HandMadeShape, instructions: readonly HandMade[]): Isa {
  const source = { file: 'hand-made.isa', line: 1 }
  return {
    name: 'handmade',
    title: 'Made by hand',
    parts: [],
    params: {},
    sources: [],
    unit: 32,
    hexPrefix: '0x',
    endian: 'little',
    maxLength: 4,
    pcWidth: shape.addressWidth,
    registers: shape.registers.map((register) => ({
      names: [],
      also: {},
      reset: 0n,
      context: false,
      hidden: false,
      ...register,
    })),
    context: [],
    prefixes: [],
    views: [],
    memories: [{ name: 'M', addressWidth: shape.addressWidth, faults: shape.addressWidth > 24 }],
    traps: [{ name: 'stop', number: 0, params: [] }],
    instructions: instructions.map(({ id, locals = [], statements }) => ({
      id,
      family: id,
      doc: [],
      source,
      encoding: { length: 4, mask: 0n, value: 0n, drawing: [] },
      fields: shape.fields.map(({ name, width }) => ({ name, width, pieces: [] })),
      when: constant(1, 1),
      syntaxes: [],
      semantics: { kind: 'body', body: { locals, statements } },
    })),
    pseudos: [],
    functions: [],
    reserved: [],
    events: [],
    tests: [],
    vectors: [],
    fuses: [],
  }
}
