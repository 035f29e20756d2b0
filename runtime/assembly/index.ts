/**
 * The assembly seam: what generated assemblers and disassemblers import, as 'isagen/runtime/assembly'. It stands beside the ABI so that
 * programs which only run a guest never load it.
 */

export type { Assemble, Disassemble } from '../abi.ts'
export { createAssembler } from './assemble.ts'
export * from './bits.ts'
export { createDisassembler, type Identify } from './disassemble.ts'
export * from './program.ts'
export * from './table.ts'
