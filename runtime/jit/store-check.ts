/**
 * The function that tells whether a store of guest bytes meets code, as Wasm: meets(address, size) is 0 where the store, within one page, is allowed and touches no
 * granule of CODE_MAP, or none of the code in those granules, which the engine knows. Compiled units and the interpreter in Wasm import it as m.meets, and ask it where
 * a page's bits alone do not allow the store (memory-access.ts, and record-holes.ts of the generator).
 */

import { CODE_MAP, PAGE_WRITE, PAGES } from '../abi.ts'
import { ByteWriter } from './byte-writer.ts'
import { body, exported, importMemory, MAGIC, name, section } from './module-sections.ts'
import {
  CALL,
  ELSE,
  END,
  EXTERNAL_FUNC,
  I32_ADD,
  I32_AND,
  I32_CONST,
  I32_EQZ,
  I32_GT_U,
  I32_LOAD8_U,
  I32_OR,
  I32_SHR_U,
  I32_SUB,
  I64_AND,
  I64_CONST,
  I64_EXTEND_I32_U,
  I64_LOAD,
  I64_NE,
  I64_SHL,
  I64_SHR_U,
  I64_SUB,
  IF,
  LOCAL_GET,
  SECTION_CODE,
  SECTION_EXPORT,
  SECTION_FUNCTION,
  SECTION_IMPORT,
  SECTION_TYPE,
  TYPE_FUNC,
  TYPE_I32,
} from './opcodes.ts'

/** Of a guest's memory, log2 of the bytes of a page and of a granule. */
export interface Shifts {
  readonly pageShift: number
  readonly granuleShift: number
}
export type StoreCheck = (address: number, size: number) => number

/** meets(address, size) of a linear memory, as a function that modules can import; sizes are below 57 granules. `exactly` is the same for a store to granules with code. */
export function storeCheck(memory: WebAssembly.Memory, shifts: Shifts, exactly: StoreCheck): StoreCheck {
  const module = new WebAssembly.Module(storeCheckModule(memory.buffer.byteLength / 0x10000, shifts) as BufferSource)
  return new WebAssembly.Instance(module, { m: { m: memory, exactly } }).exports.meets as StoreCheck
}

/** Imports m.m, of `pages` Wasm pages, and m.exactly; exports meets. */
export function storeCheckModule(pages: number, { pageShift, granuleShift }: Shifts): Uint8Array {
  const module = new ByteWriter(1 << 8)
  module.latin1(MAGIC)
  section(module, SECTION_TYPE, (w) => {
    w.u8x3(1, TYPE_FUNC, 2)
    w.u8x2(TYPE_I32, TYPE_I32)
    w.u8x2(1, TYPE_I32)
  })
  section(module, SECTION_IMPORT, (w) => {
    w.u8(2)
    importMemory(w, pages)
    name(w, 'm')
    name(w, 'exactly')
    w.u8x2(EXTERNAL_FUNC, 0)
  })
  section(module, SECTION_FUNCTION, (w) => w.u8x2(1, 0))
  section(module, SECTION_EXPORT, (w) => {
    w.u8(1)
    exported(w, 'meets', EXTERNAL_FUNC, 1)
  })
  section(module, SECTION_CODE, (w) => {
    w.u8(1)
    body(w, (code) => writeCheck(code, pageShift, granuleShift))
  })
  return module.bytes()
}

/** Parameter 0 the address, 1 the size. */
function writeCheck(code: ByteWriter, shift: number, granule: number): void {
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
  code.u8x4(I64_CONST, 0, I64_NE, IF)
  code.u8(TYPE_I32)
  code.u8x4(LOCAL_GET, 0, LOCAL_GET, 1)
  code.u8x4(CALL, 0, ELSE, I32_CONST)
  code.u8x3(0, END, END)
}
