/**
 * Runs a Linux program in user mode on an engine: loads it, answers its system calls, and says how it ended. In: an engine, the bytes of an ELF file,
 * arguments and a host. The engine decides about tiers and memory; it must be new, or its memory unused.
 */

import type { Engine } from '../engine.ts'
import { EXEC, type GuestMemory, READ } from '../memory.ts'
import { AddressSpace, PAGE } from './address-space.ts'
import type { LinuxArch } from './arch.ts'
import { ElfError, type ElfImage, type ElfTarget, readElf } from './elf.ts'
import { readSymbols, type Symbols } from './elf-symbols.ts'
import { LinuxError } from './errno.ts'
import { raiseFault } from './faults.ts'
import type { LinuxHost } from './host.ts'
import { createKernel, type Ending, type Kernel } from './kernel.ts'
import { type Executable, loadElf } from './load.ts'
import { absolutePath, readWholeFile } from './namespace.ts'
import { type Report, takeReport } from './report.ts'
import { deliverSignals } from './signal-frame.ts'
import { buildStack } from './stack.ts'
import { systemCall } from './syscalls.ts'
import { schedule, TURN } from './threads.ts'
import { traceEnding } from './trace.ts'
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
  /** Takes a line for each system call, signal and the end, in the form of strace(1). */
  readonly trace?: (line: string) => void
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
  const kernel = createKernel(arch, engine, host, user, space, executable)
  const linker = image.interpreter === undefined ? undefined : readLinker(kernel, image.interpreter, target)
  const loaded = loadElf({ bytes: elf, image, path: executable }, linker, memory, space)
  kernel.trace = options.trace
  kernel.trampoline = placeTrampoline(memory, space, arch.signals.trampoline)
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
    kernel.shared.dropAll()
    kernel.descriptors.closeAll()
  }
}

/** The page above the stack, which is nobody else's. */
function placeTrampoline(memory: GuestMemory, space: AddressSpace, code: Uint8Array): number {
  const address = space.end - PAGE
  space.place(address, PAGE, READ | EXEC, { name: '[vdso]', offset: 0 })
  memory.write(address, code)
  return address
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

/** While a timer runs, the clock is looked at so often. */
const TIMED_TURN = 1_000_000

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
  const report = (signal: number, reason: string, fault?: Report['fault']): Report =>
    takeReport(arch, state, memory, symbols(), signal, reason, fault)
  const limited = (reason: string): LinuxResult => ({ kind: 'limit', report: report(0, reason) })
  const begun = engine.stats().instructions
  for (;;) {
    if (kernel.timers.armed) kernel.timers.expire(kernel, kernel.host.monotonic())
    if (kernel.thread.waiting !== undefined || kernel.turnIsOver) {
      kernel.turnIsOver = false
      if (!schedule(kernel)) return limited('the program waits for what cannot happen any more')
    }
    deliverSignals(kernel)
    if (kernel.ending !== undefined) {
      traceEnding(kernel, kernel.ending)
      return ended(kernel.ending, report)
    }

    const turn = kernel.threads.length > 1 ? TURN : kernel.timers.armed ? TIMED_TURN : Number.POSITIVE_INFINITY
    const left =
      maxInstructions === undefined ? Number.POSITIVE_INFINITY : maxInstructions - (engine.stats().instructions - begun)
    if (left <= 0) return limited(`stopped after ${maxInstructions} instructions`)
    const most = Math.min(turn, left)
    const exit = engine.run(most === Number.POSITIVE_INFINITY ? {} : { maxInstructions: most })
    if (exit.kind === 'trap' && exit.trap === arch.call.trap) {
      const first = a!.read()
      kernel.callNext = exit.next
      const answer = systemCall(kernel, Number(BigInt.asUintN(32, number.read())), [
        first,
        b!.read(),
        c!.read(),
        d!.read(),
        e!.read(),
        f!.read(),
      ])
      if (typeof answer !== 'object') {
        // What ended the process leaves its registers as they were.
        if (kernel.ending === undefined) {
          result.write(BigInt(answer))
          state.pc = exit.next
        }
      } else if (answer.kind === 'wait') {
        kernel.thread.waiting = { ...answer, call: { pc: exit.pc, first } }
        state.pc = exit.next
      }
    } else if (exit.kind === 'fault' || exit.kind === 'illegal' || exit.kind === 'trap') raiseFault(kernel, exit)
    else if (exit.kind === 'stop') return limited('stopped by the host')
    else if (most === left) return limited(`stopped after ${maxInstructions} instructions`)
    else kernel.turnIsOver = true
  }
}

function ended(
  ending: Ending,
  report: (signal: number, reason: string, fault?: Report['fault']) => Report,
): LinuxResult {
  if (ending.kind === 'exit') return ending
  const { signal, reason = 'the program sent it to itself', fault } = ending
  return { kind: 'signal', signal, report: report(signal, reason, fault) }
}
