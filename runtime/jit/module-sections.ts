/** The parts that Wasm modules of the runtime are put together from: sections, imports and exports, function bodies, as bytes of the Wasm binary format. */

import { ByteWriter } from './byte-writer.ts'
import type { FunctionBody } from './function-body.ts'
import { END, EXTERNAL_MEMORY, SECTION_CODE, SECTION_CUSTOM } from './opcodes.ts'

export const MAGIC = '\0asm\x01\0\0\0'
/** Name of the section of hints for branches (WebAssembly Branch Hinting, 2.1). */
export const BRANCH_HINTS = 'metadata.code.branch_hint'

export function section(module: ByteWriter, id: number, write: (w: ByteWriter) => void): void {
  const content = new ByteWriter(1 << 8)
  write(content)
  module.u8(id)
  module.u32(content.length)
  module.append(content.bytes())
}

/** At most 127 bytes of ASCII. */
export function name(w: ByteWriter, text: string): void {
  w.u8(text.length)
  w.latin1(text)
}

/** The engine's linear memory, as m.m. */
export function importMemory(w: ByteWriter, pages: number): void {
  w.latin1('\x01m\x01m')
  w.u8x2(EXTERNAL_MEMORY, 1)
  w.u32(pages)
  w.u32(pages)
}

export function exported(w: ByteWriter, as: string, kind: number, index: number): void {
  name(w, as)
  w.u8(kind)
  w.u32(index)
}

/** Code of functions, the first of which has the number `first`, behind the hints for their branches. */
export function codeSection(module: ByteWriter, bodies: readonly FunctionBody[], first: number): void {
  const hinted = [...bodies.entries()].filter(([, { hints }]) => hints.length > 0)
  if (hinted.length > 0)
    section(module, SECTION_CUSTOM, (w) => {
      name(w, BRANCH_HINTS)
      w.u32(hinted.length)
      for (const [index, { hints }] of hinted) {
        w.u32(first + index)
        w.u32(hints.length)
        for (const { at, isLikely } of hints) {
          w.u32(at)
          w.u8x2(1, isLikely ? 1 : 0)
        }
      }
    })
  section(module, SECTION_CODE, (w) => {
    w.u32(bodies.length)
    for (const { code } of bodies) {
      w.u32(code.length)
      w.append(code)
    }
  })
}

/** A function without locals of its own. */
export function body(w: ByteWriter, write: (code: ByteWriter) => void): void {
  const code = new ByteWriter(64)
  code.u8(0)
  write(code)
  code.u8(END)
  w.u32(code.length)
  w.append(code.bytes())
}
