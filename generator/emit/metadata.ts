/**
 * metadata.ts of a generated isa: what the runtime must know of the machine besides how to run it. Registers and where they lie, views, traps,
 * and for each handler what it does to registers, memory and control (ir/facts.ts).
 */

import { RECORD_SLOTS } from '../../runtime/abi.ts'
import { bodyFacts, type Place } from '../ir/facts.ts'
import type { Isa } from '../ir/isa.ts'
import { registerLayout } from '../ir/layout.ts'
import { type Handler, placeOf, type SlottedIsa, slotted } from '../ir/slots.ts'
import { type Data, dataText } from './data-text.ts'
import { tsFile } from './writer.ts'

export function emitMetadata(isa: Isa): string {
  const all = slotted(isa)
  return tsFile((w) => {
    const list = (name: string, type: string, items: readonly Data[], doc: string): void => {
      w.doc([doc])
        .lines(`export const ${name}: readonly ${w.type(type)}[] = ${dataText(items)}`.split('\n'))
        .line()
    }
    list('registers', 'RegisterInfo', registers(all), 'Registers, and where they lie in linear memory (words).')
    list('views', 'ViewInfo', isa.views.map(view), 'Places made of cells.')
    list('traps', 'TrapInfo', isa.traps.map(trap), 'By trap index.')
    list(
      'handlers',
      'HandlerInfo',
      all.handlers.map((h) => handler(all, h)),
      'By handler − HANDLER_FIRST.',
    )
    w.line(`export const stateWords = ${all.layout.stateWords}`)
    w.line(`export const recordWords = ${recordWords(all)}`)
  })
}

export function recordWords(all: SlottedIsa): number {
  return RECORD_SLOTS + all.slotCount
}

function registers({ isa, layout }: SlottedIsa): Data[] {
  return isa.registers.map((r) => {
    const { word, stride } = registerLayout(layout, r.name)
    const { name, width, names, also, reset, hidden } = r
    const hardwired = r.hardwired && { index: r.hardwired.index, value: r.hardwired.value }
    return {
      name,
      width,
      count: r.count ?? 1,
      file: r.count !== undefined,
      word,
      stride,
      names,
      also,
      hardwired,
      reset,
      hidden,
    }
  })
}
const view = ({ name, width, parts }: Isa['views'][number]): Data => ({
  name,
  width,
  parts: parts.map((part) => ({ ...part })),
})
const trap = ({ name, number, params }: Isa['traps'][number]): Data => ({
  name,
  number,
  params: params.map((p) => ({ ...p })),
})

function handler(all: SlottedIsa, { instruction, body }: Handler): Data {
  const { isa } = all
  const facts = bodyFacts(body, isa)
  const use = (access: 'read' | 'write' | 'maybe', place: Place): Data[] => {
    const { register, stride } = registerLayout(all.layout, place.register)
    const at = placeOf(all.layout, place.register, place.index, access === 'read' ? 'read' : 'write')
    const wide = register.width > 32
    if (stride > 2 || at.kind === 'index') return []
    return [at.kind === 'word' ? { access, word: at.word, wide } : { access, slot: at.slot, wide }]
  }
  const { endsBlock, flow, loads, stores, traps } = facts
  const uses = [
    ...facts.reads.flatMap((p) => use('read', p)),
    ...facts.writes.flatMap((p) => use('write', p)),
    ...facts.maybeWrites.flatMap((p) => use('maybe', p)),
  ]
  return { id: instruction.id, endsBlock, flow, loads, stores, traps, uses }
}
