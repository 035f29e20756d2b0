/**
 * The one linear memory an engine lives in, laid out as abi.ts says: a WebAssembly.Memory, so that compiled code can share it, or a plain
 * ArrayBuffer where WebAssembly is missing. Its size never changes; the host uses RAM only for pages that are touched.
 */

import { CODE_MAP, GUEST } from './abi.ts'

export interface LinearMemory {
  readonly buffer: ArrayBuffer
  readonly words: Int32Array
  readonly guestBytes: number
  /** Absent where WebAssembly is missing. */
  readonly wasm?: WebAssembly.Memory
}

const WASM_PAGE = 0x10000
const WASM_PAGES = 0x10000
/** Addresses of a Wasm memory end at 4 GiB. */
export const MAX_GUEST_BYTES = 2 ** 32 - GUEST
export const SLAB_END = CODE_MAP

/** Room for `guestBytes` (a multiple of 64 KiB) of guest memory. Throws RangeError when the host refuses that much. */
export function createLinearMemory(guestBytes: number): LinearMemory {
  if (!Number.isInteger(guestBytes) || guestBytes <= 0 || guestBytes > MAX_GUEST_BYTES) {
    throw new RangeError(`memoryBytes is ${guestBytes}: give a number from 1 to 0x${MAX_GUEST_BYTES.toString(16)}`)
  }
  // One page more, for accesses of small machines that start at their last byte.
  const pages = Math.min(Math.ceil((GUEST + guestBytes) / WASM_PAGE) + 1, WASM_PAGES)
  try {
    if (typeof WebAssembly === 'undefined') return share(new ArrayBuffer(pages * WASM_PAGE), guestBytes)
    const wasm = new WebAssembly.Memory({ initial: pages, maximum: pages })
    return { ...share(wasm.buffer, guestBytes), wasm }
  } catch (error) {
    throw new RangeError(`the host has no room for ${guestBytes} bytes of guest memory`, { cause: error })
  }
}

function share(buffer: ArrayBuffer, guestBytes: number): LinearMemory {
  return { buffer, words: new Int32Array(buffer), guestBytes }
}
