/**
 * Runs a Linux program in user mode on an engine: loads it, answers its system calls, and says how it ended. In: an engine, the bytes of an ELF file,
 * arguments and a host. The engine decides about tiers and memory; it must be new, or its memory unused.
 */

import type { Engine } from '../engine.ts'
import type { Exit } from '../exit.ts'
import { AddressSpace } from './address-space.ts'
import type { LinuxArch } from './arch.ts'
import type { Arguments } from './arguments.ts'
import { ElfError, type ElfImage, type ElfTarget, readElf } from './elf.ts'
import { readSymbols, type Symbols } from './elf-symbols.ts'
import { LinuxError } from './errno.ts'
import type { LinuxHost } from './host.ts'
import { createKernel, type Ending, type Kernel } from './kernel.ts'
import { type Executable, loadElf } from './load.ts'
import { absolutePath, readWholeFile } from './namespace.ts'
import { type Report, takeReport } from './report.ts'
import { buildStack } from './stack.ts'
import { SIGILL, SIGSEGV, SIGTRAP } from './syscalls/signals.ts'
import { systemCall } from './syscalls.ts'
import { UserMemory } from './user-memory.ts'

export interface LinuxOptions {
  readonly arch: LinuxArch
  /** argv[0] included. */
  readonly argv: readonly string[]
  /** NAME=value. Default: empty. */
  readonly env?: readonly string[]
  /** The program's guest path, for AT_EXECFN and /proc/self/exe. Default: argv[0]. */
  readonly executable?: string
  readonly host: LinuxHost
  /** Stop after so many instructions. Default: no limit. */
  readonly maxInstructions?: number
}

export type LinuxResult =
  | { readonly kind: 'exit'; readonly code: number }
  /** Ended by a signal, the guest's own or of a fault. A shell would give 128 + signal. */
  | { readonly kind: 'signal'; readonly signal: number; readonly report: Report }
  | { readonly kind: 'limit'; readonly report: Report }

/** Guest memory for Linux programs that say nothing else: 1 GiB, of which only touched pages cost anything. */
export const LINUX_MEMORY = 1 << 30

/** Throws ElfError for a file that cannot be loaded, LinuxError(E2BIG) for arguments that do not fit. */
export function runLinux(engine: Engine, elf: Uint8Array, options: LinuxOptions): LinuxResult {
  const { arch, host } = options
  const { memory, state } = engine
  const target = { title: engine.isa.title, bits: arch.bits, machine: arch.machine, size: memory.size }
  const image = readElf(elf, target)
  const space = new AddressSpace(memory)
  const user = new UserMemory(memory, arch.bits === 64 ? 8 : 4)
  const executable = absolutePath(host.directory, options.executable ?? options.argv[0] ?? '')
  const kernel = createKernel(arch, host, user, space, executable, arch.cpuinfo(engine.isa))
  const linker = image.interpreter === undefined ? undefined : readLinker(kernel, image.interpreter, target)
  const loaded = loadElf({ bytes: elf, image, path: executable }, linker, memory, space)
  const random = new Uint8Array(16)
  host.random(random)
  const { argv, env = [] } = options
  const hwcap = arch.hwcap(engine.isa)
  const stack = buildStack(user, image, loaded, { argv, env, executable, user: host.user, random, hwcap })
  kernel.program = { ...stack, executable, stackPointer: stack.pointer }
  state.write(arch.stackPointer, BigInt(stack.pointer))
  state.pc = BigInt(loaded.start)
  try {
    return runProcess(engine, kernel, options.maxInstructions, symbolsOf(elf, image, loaded.base))
  } finally {
    kernel.descriptors.closeAll()
  }
}

/** The dynamic linker, from the guest's own files. */
function readLinker(kernel: Kernel, path: string, target: ElfTarget): Executable {
  let bytes: Uint8Array
  try {
    bytes = readWholeFile(kernel.names, path)
  } catch (error) {
    if (!(error instanceof LinuxError)) throw error
    throw new ElfError(
      `a dynamically linked program: it asks for ${path}, which is not among its files (-L DIR gives it a system's, or link it with -static)`,
    )
  }
  try {
    return { bytes, image: readElf(bytes, target), path }
  } catch (error) {
    throw error instanceof ElfError ? new ElfError(`${path}: ${error.message}`) : error
  }
}

/** Read at the first question, if ever. */
function symbolsOf(elf: Uint8Array, image: ElfImage, base: number): () => Symbols {
  let symbols: Symbols | undefined
  return () => (symbols ??= readSymbols(elf, image.bits, base))
}

function runProcess(
  engine: Engine,
  kernel: Kernel,
  maxInstructions: number | undefined,
  symbols: () => Symbols,
): LinuxResult {
  const { state, memory } = engine
  const { arch } = kernel
  const number = state.place(arch.call.number)
  const result = state.place(arch.call.result)
  const [a, b, c, d, e, f] = arch.call.arguments.map((name) => state.place(name))
  const report: TakeReport = (signal, reason, fault) =>
    takeReport(arch, state, memory, symbols(), signal, reason, fault)
  const begun = engine.stats().instructions
  for (;;) {
    const left = maxInstructions === undefined ? undefined : maxInstructions - (engine.stats().instructions - begun)
    const exit = engine.run(left === undefined ? {} : { maxInstructions: left })
    if (exit.kind === 'trap' && exit.trap === arch.call.trap) {
      const args: Arguments = [a!.read(), b!.read(), c!.read(), d!.read(), e!.read(), f!.read()]
      const value = systemCall(kernel, Number(BigInt.asUintN(32, number.read())), args)
      const { ending } = kernel
      if (ending !== undefined) return ended(ending, report)
      result.write(value)
      state.pc = exit.next
      continue
    }
    return stopped(exit, kernel, maxInstructions, report)
  }
}

type TakeReport = (signal: number, reason: string, fault?: Report['fault']) => Report

function ended(ending: Ending, report: TakeReport): LinuxResult {
  if (ending.kind === 'exit') return ending
  const { signal } = ending
  return { kind: 'signal', signal, report: report(signal, 'the program sent it to itself') }
}

/** What Linux would do about an exit that is no call for service. */
function stopped(exit: Exit, { arch }: Kernel, limit: number | undefined, report: TakeReport): LinuxResult {
  const signal = (number: number, reason: string, fault?: Report['fault']): LinuxResult => ({
    kind: 'signal',
    signal: number,
    report: report(number, reason, fault),
  })
  switch (exit.kind) {
    case 'limit':
      return { kind: 'limit', report: report(0, `stopped after ${limit} instructions`) }
    case 'stop':
      return { kind: 'limit', report: report(0, 'stopped by the host') }
    case 'fault': {
      const { access, address } = exit
      const what = { read: 'read', write: 'write to', fetch: 'execute' }[access]
      return signal(SIGSEGV, `the program may not ${what} address 0x${address.toString(16)}`, { access, address })
    }
    case 'illegal': {
      const bits = [...exit.bytes.subarray(0, arch.instructionLength(exit.bytes))]
        .reverse()
        .map((byte) => byte.toString(16).padStart(2, '0'))
      return signal(SIGILL, `no instruction of this machine has the bits 0x${bits.join('')}`)
    }
    case 'trap':
      return exit.trap === arch.breakpoint ? signal(SIGTRAP, 'breakpoint') : signal(SIGILL, `trap ${exit.trap}`)
  }
}
