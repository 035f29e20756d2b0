/**
 * What an embedder imports: `createEngine(isa, options)` with an isa from isagen/generated/NAME (or one that `isagen build` wrote).
 *
 *   const engine = createEngine(isa, { memoryBytes: 1 << 24 })
 *   engine.memory.map(0x1000, 0x1000, READ | EXEC)
 *   engine.memory.write(0x1000, program)
 *   engine.state.pc = 0x1000n
 *   const exit = engine.run({ maxInstructions: 1_000_000 })
 */

export type * from './abi.ts'
export {
  type ConformanceChecks,
  type ConformanceResult,
  type ConformanceTier,
  createConformance,
} from './conform/index.ts'
export { compareSignature, runProgram } from './conform/program.ts'
export { type CodeBlock, createEngine, type Engine, type EngineOptions, type RunOptions, type Tier } from './engine.ts'
export type { Exit, FaultExit, IllegalExit, LimitExit, TrapExit } from './exit.ts'
export type { CompiledFunction, CompiledUnit, FunctionCounts, Inspection } from './inspection.ts'
export { type CompiledExit, type CompiledRun, MARK } from './jit/instrument.ts'
export { EXEC, GuestMemory, type Permissions, READ, WRITE } from './memory.ts'
export { isOptimisation, OPTIMISATIONS, type Optimisation } from './optimisations.ts'
export { GuestState, type Place } from './state.ts'
export type { CacheStats, CodeStats, CompiledStats, EngineStats, ExitName, SlabStats, TierStats } from './stats.ts'
