/** index.ts of a generated isa: all its parts as one GuestIsa. What a running program does not need is loaded when asked for. */

import { ABI_VERSION } from '../../runtime/abi.ts'
import type { Isa } from '../ir/isa.ts'
import { slotted } from '../ir/slots.ts'
import { dataText } from './data-text.ts'
import { libraryOf } from './library.ts'
import { tsFile } from './writer.ts'

export function emitEngineModule(isa: Isa): string {
  const [memory] = isa.memories
  if (!memory) throw new Error(`isagen internal: ${isa.name} has no memory to fetch instructions from`)
  const { name, title, pcWidth, unit, endian, maxLength } = isa
  const { addressWidth, faults } = memory
  return tsFile((w) => {
    for (const part of ['registers', 'views', 'traps', 'handlers', 'stateWords', 'recordWords'])
      w.sibling('./metadata.ts', part)
    w.sibling('./decoder.ts', 'decode')
    const hasContext = isa.registers.some(({ context }) => context)
    if (hasContext) w.sibling('./decoder.ts', 'context')
    w.sibling('./interpreter.ts', 'createInterpreter')
    const trapped = isa.events.some((event) => event.name === 'trap')
    if (trapped) w.sibling('./interpreter.ts', 'createTrapEvent')
    const hasEvents = isa.events.some((event) => event.name !== 'trap')
    if (hasEvents) w.sibling('./interpreter.ts', 'createEvents')
    w.sibling('./templates.ts', 'templates')
    w.sibling('./templates.ts', 'scratch')
    const hasLibrary = libraryOf(slotted(isa)).size > 0
    if (hasLibrary) w.sibling('./library.ts', 'library')
    w.sibling('./wasm-interpreter.ts', 'wasmInterpreter')
    w.block(`export const isa: ${w.type('GuestIsa')} =`, () => {
      const data = { name, title, pcWidth, unit, endian, maxLength }
      w.line(`abi: ${ABI_VERSION},`)
      for (const [key, value] of Object.entries(data)) w.line(`${key}: ${dataText(value)},`)
      w.line(`memory: ${dataText({ name: memory.name, addressWidth, faults })},`)
      for (const part of ['registers', 'views', 'stateWords', 'traps', 'recordWords', 'handlers']) w.line(`${part},`)
      for (const part of ['decode', 'createInterpreter', 'templates', 'scratch']) w.line(`${part},`)
      if (hasContext) w.line('context,')
      if (trapped) w.line('createTrapEvent,')
      if (hasEvents) w.line('createEvents,')
      if (hasLibrary) w.line('library,')
      w.line('wasmInterpreter,')
      w.line(`disassembler: async () => (await import('./disassembler.ts')).disassemble,`)
      w.line(`assembler: async () => (await import('./assembler.ts')).assemble,`)
      w.line(`conformance: async () => (await import('./conformance.ts')).conformance,`)
    })
    w.line().line('export default isa')
  })
}
