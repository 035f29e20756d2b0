/** What the host's WebAssembly can do. */

import { ByteWriter } from './byte-writer.ts'

let tailCalls: boolean | undefined

/** Whether compiled blocks can go on at each other: Wasm with tail calls (V8 11.2, Firefox 121, Safari 18.2 and later). */
export function supportsTailCalls(): boolean {
  tailCalls ??= typeof WebAssembly !== 'undefined' && WebAssembly.validate(tailCallModule() as BufferSource)
  return tailCalls
}

/** (func (return_call 0)) */
function tailCallModule(): Uint8Array {
  const w = new ByteWriter(64)
  w.latin1('\0asm\x01\0\0\0')
  w.latin1('\x01\x04\x01\x60\0\0')
  w.latin1('\x03\x02\x01\0')
  w.latin1('\x0a\x06\x01\x04\0\x12\0\x0b')
  return w.bytes()
}
