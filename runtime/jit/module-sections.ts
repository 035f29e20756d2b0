/** The parts that Wasm modules of the runtime are put together from: sections, imports and exports, function bodies, as bytes of the Wasm binary format. */

import { ByteWriter } from './byte-writer.ts'
import { END, EXTERNAL_MEMORY } from './opcodes.ts'

export const MAGIC = '\0asm\x01\0\0\0'

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

/** A function without locals of its own. */
export function body(w: ByteWriter, write: (code: ByteWriter) => void): void {
  const code = new ByteWriter(64)
  code.u8(0)
  write(code)
  code.u8(END)
  w.u32(code.length)
  w.append(code.bytes())
}
