/**
 * Linux user mode, for embedders: `isagen/linux`.
 *
 *   const engine = createEngine(isa, { memoryBytes: LINUX_MEMORY })
 *   const result = runLinux(engine, elf, { arch: riscv64, argv: ['hello'], host })
 *   if (result.kind === 'signal') console.error(renderReport(result.report, await isa.disassembler()))
 */

import { riscv32, riscv64 } from './riscv.ts'

export type { LinuxArch } from './arch.ts'
export { ElfError, type ElfImage, type ElfTarget, readElf } from './elf.ts'
export { readSymbols, type Symbols } from './elf-symbols.ts'
export * from './errno.ts'
export * from './host.ts'
export { MemoryFiles, type MemoryFilesOptions } from './memory-files.ts'
export { createMemoryHost, type MemoryHostOptions } from './memory-host.ts'
export { absolutePath } from './namespace.ts'
export { LINUX_MEMORY, type LinuxOptions, type LinuxResult, runLinux } from './process.ts'
export { type Report, renderReport } from './report.ts'
export { signalName } from './signals.ts'
export { riscv32, riscv64 }

/** All that there are; a program's own is the one with its ELF file's `bits` and `machine`. */
export const architectures = [riscv64, riscv32] as const
