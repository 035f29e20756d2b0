/**
 * Byte order of memory accesses in templates. Wasm's own is little-endian; of a big-endian guest a value is turned round behind a load and before a
 * store. Used by wasm-values.ts and wasm-body.ts.
 */

import type { WasmContext } from './wasm-context.ts'
import { constant, getLocal, op, teeLocal, type WasmType, type Wat } from './wat.ts'

/** The low `size` bytes (2, 4, 8) of `wat` in reverse, above them zeros; what stood above them does not count. `type` is as wide or wider. */
export function reversed(context: WasmContext, type: WasmType, size: number, wat: Wat): Wat {
  const x = context.temporary(type)
  if (size === 2) {
    const low = (value: Wat): Wat => op(`${type}.and`, value, constant(type, 0xff))
    const up = op(`${type}.shl`, low(teeLocal(x, wat)), constant(type, 8))
    return op(`${type}.or`, up, low(op(`${type}.shr_u`, getLocal(x), constant(type, 8))))
  }
  if (type === 'i64' && size === 4) return op('i64.extend_i32_u', reversed(context, 'i32', 4, op('i32.wrap_i64', wat)))
  if (type === 'i32') {
    const odd = (value: Wat): Wat => op('i32.and', value, constant('i32', 0x00ff00ff))
    const first = op('i32.rotl', odd(teeLocal(x, wat)), constant('i32', 24))
    return op('i32.or', first, odd(op('i32.rotl', getLocal(x), constant('i32', 8))))
  }
  const pairs = swapPairs(context, wat, 8, 0x00ff00ff00ff00ffn)
  return op('i64.rotl', swapPairs(context, pairs, 16, 0x0000ffff0000ffffn), constant('i64', 32))
}

/** Neighbouring groups of so many bits change places. */
function swapPairs(context: WasmContext, wat: Wat, bits: number, mask: bigint): Wat {
  const x = context.temporary('i64')
  const low = (value: Wat): Wat => op('i64.and', value, constant('i64', mask))
  const up = op('i64.shl', low(teeLocal(x, wat)), constant('i64', bits))
  return op('i64.or', up, low(op('i64.shr_u', getLocal(x), constant('i64', bits))))
}
