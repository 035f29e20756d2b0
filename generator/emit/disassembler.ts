/** Artefact disassembler.ts: the table of assembly.ts with the engine that prints it. */

export function emitDisassembler(): string {
  return `import { createDisassembler, type Disassemble } from 'isagen/runtime/assembly'
import { table } from './assembly.ts'
import { identify } from './decoder.ts'

export const disassemble: Disassemble = createDisassembler(table, identify)
`
}
