/**
 * Guest state in Wasm: THE place that decides how a read or write of a register becomes Wasm. A flag is a register of
 * its own (one bit wide), so this is also where a flag write becomes Wasm: an i32 that is 0 or 1, given to `set32` of
 * the flag's word. The template writer keeps it in a local: a write that nobody reads leaves a dead local, which the host's
 * compiler removes, unless an exit stores it.
 *
 * Files that some instruction indexes at run time stay in memory: they are read and written there, never through the
 * writer.
 */

import type { ReadRegister } from '../ir/expr.ts'
import { type Place, placeOf } from '../ir/slots.ts'
import type { WriteRegister } from '../ir/stmt.ts'
import type { RegisterWord } from './template-holes.ts'
import { typeOf, Unsupported, type WasmContext } from './wasm-context.ts'
import { constant, op, type WasmType, type Wat } from './wat.ts'

/** Pushes the register's value, zero above its width. `index` gives a run-time index as i32. */
export function readRegister(context: WasmContext, read: ReadRegister, index: IndexOf): Wat {
  const type = typeOf(read.width)
  const place = placeOf(context.layout, read.register, read.index, 'read')
  if (isResident(context, read.register)) return op(`${type}.load`, addressOf(context, place, index))
  return context.holes.call({ kind: 'get', type, word: wordOf(place, read.register, read.index) })
}

/** The word of a register that the writer knows of, or undefined for one that stays in memory. */
export function writersWord(context: WasmContext, { register, index }: ReadRegister): RegisterWord | undefined {
  if (isResident(context, register)) return undefined
  const place = placeOf(context.layout, register, index, 'read')
  return place.kind === 'index' ? undefined : wordOf(place, register, index)
}

/** Writes `value`, which must be zero above the register's width. */
export function writeRegister(context: WasmContext, write: WriteRegister, value: Wat, index: IndexOf): Wat {
  const type = typeOf(write.value.width)
  const place = placeOf(context.layout, write.register, write.index, 'write')
  if (isResident(context, write.register)) return op(`${type}.store`, addressOf(context, place, index), value)
  return context.holes.call({ kind: 'set', type, word: wordOf(place, write.register, write.index) }, value)
}

type IndexOf = (place: Place & { readonly kind: 'index' }) => Wat

function isResident(context: WasmContext, register: string): boolean {
  return context.layout.registers.get(register)?.resident === true
}

function wordOf(place: Place, register: string, index: ReadRegister['index']): RegisterWord {
  if (place.kind === 'slot') return place
  if (place.kind === 'index') throw new Unsupported(`a run-time index of ${register}`)
  const label = index?.kind === 'const' ? `${register}.${index.value}` : register
  return { kind: 'word', word: place.word, label }
}

/** Byte offset of the register in linear memory. */
function addressOf(context: WasmContext, place: Place, index: IndexOf): Wat {
  const i32: WasmType = 'i32'
  switch (place.kind) {
    case 'word':
      return constant(i32, place.word * 4)
    case 'slot': {
      const word = context.holes.call({
        kind: 'known',
        type: i32,
        value: { kind: 'slot', width: 32, slot: place.slot },
      })
      return op('i32.shl', word, constant(i32, 2))
    }
    case 'index': {
      const bytes = op('i32.mul', index(place), constant(i32, place.stride * 4))
      return op('i32.add', bytes, constant(i32, place.word * 4))
    }
  }
}
