/**
 * Wasm modules around compiled functions: sections as bytes. A *unit* module exports functions of type (fuel, depth, expected) → result; what these
 * mean stands in ways-out.ts. The one *link* module of an engine owns the table through which units reach each other. Units do not import that table: each importer of a table
 * makes every change of it slower, and stays alive as long as the table does (V8). They import its function `go` instead.
 */

import { EXIT_MISS, FUEL, type Library, PC_LO } from '../abi.ts'
import { ByteWriter } from './byte-writer.ts'
import type { FunctionBody } from './function-body.ts'
import { FIRST_OWN_FUNCTION, linked } from './function-numbers.ts'
import { body, codeSection, exported, importMemory, MAGIC, name, section } from './module-sections.ts'
import {
  CALL_INDIRECT,
  ELSE,
  END,
  EXTERNAL_FUNC,
  EXTERNAL_TABLE,
  I32_CONST,
  I32_LT_S,
  I32_STORE,
  I32_XOR,
  I64_CONST,
  I64_STORE,
  IF,
  LOCAL_GET,
  LOCAL_TEE,
  RETURN_CALL_INDIRECT,
  SECTION_CODE,
  SECTION_ELEMENT,
  SECTION_EXPORT,
  SECTION_FUNCTION,
  SECTION_IMPORT,
  SECTION_TABLE,
  SECTION_TYPE,
  TYPE_FUNC,
  TYPE_FUNCREF,
  TYPE_I32,
  TYPE_I64,
} from './opcodes.ts'
import { relocate } from './relocate.ts'

/** Types of each module: compiled functions, (fuel, depth, expected) → result; the same with a slot behind; and (fuel, slot) → exit. */
export const CODE_TYPE = 0
const GO_TYPE = 1
const ENTER_TYPE = 2
const OWN_TYPES = 3
/** High half of an address that no code has: what the engine's own call expects, so that no return matches. */
const NOWHERE_HI = 1

/**
 * A module of functions with these bodies, exported as '0', '1' …; imports m.m, m.go, m.meets, and of the library
 * the functions with the numbers `imported`, all that the bodies call, as l.NUMBER.
 */
export function unitModule(
  unlinked: readonly FunctionBody[],
  pages: number,
  library?: Library,
  imported: readonly number[] = [],
): Uint8Array {
  const callee = linked(imported)
  const bodies = imported.length > 0 ? unlinked.map((body) => relocate(body, { callee })) : unlinked
  const module = new ByteWriter(1 << 12)
  module.latin1(MAGIC)
  section(module, SECTION_TYPE, (w) => {
    w.u32(OWN_TYPES + imported.length)
    types(w)
    for (const number of imported) {
      const { params, results } = library!.functions[number]!
      w.u8(TYPE_FUNC)
      for (const list of [params, results]) {
        w.u32(list.length)
        for (const type of list) w.u8(type)
      }
    }
  })
  section(module, SECTION_IMPORT, (w) => {
    w.u32(3 + imported.length)
    importMemory(w, pages)
    w.latin1('\x01m\x02go')
    w.u8x2(EXTERNAL_FUNC, GO_TYPE)
    w.latin1('\x01m\x05meets')
    w.u8x2(EXTERNAL_FUNC, ENTER_TYPE)
    imported.forEach((number, index) => {
      w.latin1('\x01l')
      name(w, String(number))
      w.u8(EXTERNAL_FUNC)
      w.u32(OWN_TYPES + index)
    })
  })
  section(module, SECTION_FUNCTION, (w) => {
    w.u32(bodies.length)
    for (let index = 0; index < bodies.length; index++) w.u8(CODE_TYPE)
  })
  section(module, SECTION_EXPORT, (w) => {
    w.u32(bodies.length)
    for (let index = 0; index < bodies.length; index++)
      exported(w, String(index), EXTERNAL_FUNC, callee(FIRST_OWN_FUNCTION + index))
  })
  codeSection(module, bodies, callee(FIRST_OWN_FUNCTION))
  return module.bytes()
}

/**
 * A module that exports t: a table, at first of `slots` that all hold a stub; stub: the stub itself, which leaves with EXIT_MISS;
 * enter(fuel, slot), which calls what is in a slot, with `depth`, and gives an exit; and go(fuel, depth, expected, slot), the same as a tail call.
 */
export function linkModule(pages: number, slots: number, depth: number): Uint8Array {
  const module = new ByteWriter(1 << 10)
  module.latin1(MAGIC)
  section(module, SECTION_TYPE, (w) => {
    w.u8(OWN_TYPES)
    types(w)
  })
  section(module, SECTION_IMPORT, (w) => {
    w.u8(1)
    importMemory(w, pages)
  })
  section(module, SECTION_FUNCTION, (w) => {
    w.u8x4(3, CODE_TYPE, ENTER_TYPE, GO_TYPE)
  })
  section(module, SECTION_TABLE, (w) => {
    w.u8x3(1, TYPE_FUNCREF, 0)
    w.u32(slots)
  })
  section(module, SECTION_EXPORT, (w) => {
    w.u8(4)
    exported(w, 't', EXTERNAL_TABLE, 0)
    exported(w, 'stub', EXTERNAL_FUNC, 0)
    exported(w, 'enter', EXTERNAL_FUNC, 1)
    exported(w, 'go', EXTERNAL_FUNC, 2)
  })
  section(module, SECTION_ELEMENT, (w) => {
    w.u8x4(1, 0, I32_CONST, 0)
    w.u8(END)
    w.u32(slots)
    for (let slot = 0; slot < slots; slot++) w.u8(0)
  })
  section(module, SECTION_CODE, (w) => {
    w.u8(3)
    body(w, (code) => {
      code.u8x4(I32_CONST, 0, LOCAL_GET, 0)
      code.u8x2(I32_STORE, 2)
      code.u32(FUEL * 4)
      code.u8(I32_CONST)
      code.s32(~EXIT_MISS)
    })
    body(w, (code) => {
      code.u8x3(LOCAL_GET, 0, I32_CONST)
      code.s32(depth)
      code.u8(I64_CONST)
      code.s64(0, NOWHERE_HI)
      code.u8x2(LOCAL_GET, 1)
      code.u8x3(CALL_INDIRECT, CODE_TYPE, 0)
      // A result that is not an exit: it went on at NOWHERE.
      code.u8x2(LOCAL_TEE, 0)
      code.u8x2(I32_CONST, 0)
      code.u8x3(I32_LT_S, IF, TYPE_I32)
      code.u8x4(LOCAL_GET, 0, I32_CONST, 0x7f)
      code.u8x2(I32_XOR, ELSE)
      code.u8x4(I32_CONST, 0, LOCAL_GET, 0)
      code.u8x2(I32_STORE, 2)
      code.u32(FUEL * 4)
      code.u8x3(I32_CONST, 0, I64_CONST)
      code.s64(0, NOWHERE_HI)
      code.u8x2(I64_STORE, 3)
      code.u32(PC_LO * 4)
      code.u8(I32_CONST)
      code.s32(EXIT_MISS)
      code.u8(END)
    })
    body(w, (code) => {
      code.u8x4(LOCAL_GET, 0, LOCAL_GET, 1)
      code.u8x4(LOCAL_GET, 2, LOCAL_GET, 3)
      code.u8x3(RETURN_CALL_INDIRECT, CODE_TYPE, 0)
    })
  })
  return module.bytes()
}

function types(w: ByteWriter): void {
  const parameters = [TYPE_I32, TYPE_I32, TYPE_I64]
  for (const type of [parameters, [...parameters, TYPE_I32], [TYPE_I32, TYPE_I32]]) {
    w.u8x2(TYPE_FUNC, type.length)
    for (const parameter of type) w.u8(parameter)
    w.u8x2(1, TYPE_I32)
  }
}
