/**
 * What V8 can do for compiled code, but only if asked: in Node 20 to 24, to heed branch hints (WebAssembly Branch Hinting), which come with that code; in Node 20, to round a product
 * and a sum once (Relaxed SIMD), for guests' fused multiply-add.
 */

import { setFlagsFromString } from 'node:v8'

/** By flag: V8 has known of it since the first of these versions, and does it unasked from the second on. */
const FLAGS = [
  { flag: '--experimental-wasm-branch-hinting', known: 11, unasked: 14 },
  { flag: '--experimental-wasm-relaxed-simd', known: 11, unasked: 11.4 },
] as const

/** Asks for them, for this process, and WebAssembly that is compiled from here on: compiled guest code is faster, and does the same. */
export function enableWasmFeatures(): void {
  const version = Number.parseFloat(process.versions.v8 ?? '')
  for (const { flag, known, unasked } of FLAGS) if (version >= known && version < unasked) setFlagsFromString(flag)
}
