/** Programs in RISC-V's assembly for tests of the compiled tiers, and machines with them at CODE. */

import { assembleProgram } from '../../runtime/assembly/index.ts'
import { createEngine, type Engine, type EngineOptions, EXEC, READ, WRITE } from '../../runtime/index.ts'
import { loadGuest } from '../oracles/isas.ts'

export const CODE = 0x10000

/** Assembled for rv64gc; `machine` gives a new one that starts there. */
export async function riscvProgram(...lines: readonly string[]) {
  const isa = await loadGuest('rv64gc')
  const { bytes, symbols, errors } = assembleProgram(await isa.assembler(), lines.join('\n'))
  if (errors.length > 0) throw new Error(JSON.stringify(errors))
  const machine = (options: EngineOptions): Engine => {
    const engine = createEngine(isa, { memoryBytes: 1 << 20, ...options })
    engine.memory.map(CODE, 0x1000, READ | WRITE | EXEC)
    engine.memory.write(CODE, bytes)
    engine.state.pc = BigInt(CODE)
    return engine
  }
  return { symbols, machine }
}
