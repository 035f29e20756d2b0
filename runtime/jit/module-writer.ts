/**
 * Wasm modules around compiled functions: sections as bytes. A *unit* module exports functions of type (fuel, depth, expected) → result; what these
 * mean stands in ways-out.ts. The one *link* module of an engine owns the table through which units reach each other. Units do not import that table: each importer of a table
 * makes every change of it slower, and stays alive as long as the table does (V8). They import its function `go` instead.
 */

import { CODE_MAP, EXIT_MISS, FUEL, type Library, PAGE_WRITE, PAGES, PC_LO } from '../abi.ts'
import { ByteWriter } from './byte-writer.ts'
import { FIRST_OWN_FUNCTION, linked } from './function-numbers.ts'
import {
  CALL_INDIRECT,
  ELSE,
  END,
  EXTERNAL_FUNC,
  EXTERNAL_MEMORY,
  EXTERNAL_TABLE,
  I32_ADD,
  I32_AND,
  I32_CONST,
  I32_EQZ,
  I32_GT_U,
  I32_LOAD8_U,
  I32_LT_S,
  I32_OR,
  I32_SHR_U,
  I32_STORE,
  I32_SUB,
  I32_XOR,
  I64_AND,
  I64_CONST,
  I64_EXTEND_I32_U,
  I64_LOAD,
  I64_NE,
  I64_SHL,
  I64_SHR_U,
  I64_STORE,
  I64_SUB,
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
const MAGIC = '\0asm\x01\0\0\0'

/**
 * A module of functions with these bodies (locals and code, without the size before them), exported as '0', '1' …; imports m.m, m.go, m.meets, and of the library
 * the functions with the numbers `imported`, all that the bodies call, as l.NUMBER.
 */
export function unitModule(
  unlinked: readonly Uint8Array[],
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
  section(module, SECTION_CODE, (w) => {
    w.u32(bodies.length)
    for (const body of bodies) {
      w.u32(body.length)
      w.append(body)
    }
  })
  return module.bytes()
}

/**
 * A module that exports t: a table, at first of `slots` that all hold a stub; stub: the stub itself, which leaves with EXIT_MISS;
 * enter(fuel, slot), which calls what is in a slot, with `depth`, and gives an exit; go(fuel, depth, expected, slot), the same as a tail call; and
 * meets(address, size): 0 where a store of these guest bytes, within one page, is allowed and meets no code (CODE_MAP in abi.ts). `shift` and `granule` are log2 of the
 * bytes of a page and of a granule.
 */
export function linkModule(pages: number, slots: number, depth: number, shift: number, granule: number): Uint8Array {
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
    w.u8x4(4, CODE_TYPE, ENTER_TYPE, GO_TYPE)
    w.u8(ENTER_TYPE)
  })
  section(module, SECTION_TABLE, (w) => {
    w.u8x3(1, TYPE_FUNCREF, 0)
    w.u32(slots)
  })
  section(module, SECTION_EXPORT, (w) => {
    w.u8(5)
    exported(w, 't', EXTERNAL_TABLE, 0)
    exported(w, 'stub', EXTERNAL_FUNC, 0)
    exported(w, 'enter', EXTERNAL_FUNC, 1)
    exported(w, 'go', EXTERNAL_FUNC, 2)
    exported(w, 'meets', EXTERNAL_FUNC, 3)
  })
  section(module, SECTION_ELEMENT, (w) => {
    w.u8x4(1, 0, I32_CONST, 0)
    w.u8(END)
    w.u32(slots)
    for (let slot = 0; slot < slots; slot++) w.u8(0)
  })
  section(module, SECTION_CODE, (w) => {
    w.u8(4)
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
    body(w, (code) => writeMeets(code, shift, granule))
  })
  return module.bytes()
}

/** Parameter 0 the address, 1 the size. */
function writeMeets(code: ByteWriter, shift: number, granule: number): void {
  const offset = (): void => {
    code.u8x3(LOCAL_GET, 0, I32_CONST)
    code.s32((1 << shift) - 1)
    code.u8(I32_AND)
  }
  const firstGranule = (): void => {
    code.u8x4(LOCAL_GET, 0, I32_CONST, granule)
    code.u8(I32_SHR_U)
  }
  // Not writable, or over the end of the page.
  code.u8x4(LOCAL_GET, 0, I32_CONST, shift)
  code.u8x3(I32_SHR_U, I32_LOAD8_U, 0)
  code.u32(PAGES)
  code.u8x3(I32_CONST, PAGE_WRITE, I32_AND)
  code.u8(I32_EQZ)
  offset()
  code.u8x4(LOCAL_GET, 1, I32_ADD, I32_CONST)
  code.s32(1 << shift)
  code.u8x4(I32_GT_U, I32_OR, IF, TYPE_I32)
  code.u8x3(I32_CONST, 1, ELSE)
  // (8 bytes of the map from the first granule's on >>> its place in its byte) & ((2 << last granule − first granule) − 1); a store is less than 57 granules
  firstGranule()
  code.u8x3(I32_CONST, 3, I32_SHR_U)
  code.u8x2(I64_LOAD, 0)
  code.u32(CODE_MAP)
  firstGranule()
  code.u8x4(I32_CONST, 7, I32_AND, I64_EXTEND_I32_U)
  code.u8x3(I64_SHR_U, I64_CONST, 2)
  code.u8x4(LOCAL_GET, 0, LOCAL_GET, 1)
  code.u8x4(I32_ADD, I32_CONST, 1, I32_SUB)
  code.u8x3(I32_CONST, granule, I32_SHR_U)
  firstGranule()
  code.u8x3(I32_SUB, I64_EXTEND_I32_U, I64_SHL)
  code.u8x4(I64_CONST, 1, I64_SUB, I64_AND)
  code.u8x4(I64_CONST, 0, I64_NE, END)
}

function types(w: ByteWriter): void {
  const parameters = [TYPE_I32, TYPE_I32, TYPE_I64]
  for (const type of [parameters, [...parameters, TYPE_I32], [TYPE_I32, TYPE_I32]]) {
    w.u8x2(TYPE_FUNC, type.length)
    for (const parameter of type) w.u8(parameter)
    w.u8x2(1, TYPE_I32)
  }
}

function importMemory(w: ByteWriter, pages: number): void {
  w.latin1('\x01m\x01m')
  w.u8x2(EXTERNAL_MEMORY, 1)
  w.u32(pages)
  w.u32(pages)
}

function name(w: ByteWriter, text: string): void {
  w.u8(text.length)
  w.latin1(text)
}

function exported(w: ByteWriter, as: string, kind: number, index: number): void {
  name(w, as)
  w.u8(kind)
  w.u32(index)
}

function section(module: ByteWriter, id: number, write: (w: ByteWriter) => void): void {
  const content = new ByteWriter(1 << 8)
  write(content)
  module.u8(id)
  module.u32(content.length)
  module.append(content.bytes())
}

/** A function without locals of its own. */
function body(w: ByteWriter, write: (code: ByteWriter) => void): void {
  const code = new ByteWriter(64)
  code.u8(0)
  write(code)
  code.u8(END)
  w.u32(code.length)
  w.append(code.bytes())
}
