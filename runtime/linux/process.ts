/**
 * Runs a Linux program in user mode on an engine: loads it, answers its system calls, and says how it ended. In: an engine, the bytes of an ELF file,
 * arguments and a host. The engine decides about tiers and memory; it must be new, or its memory unused.
 */

import type { Engine } from '../engine.ts'
import { AddressSpace } from './address-space.ts'
import type { LinuxArch } from './arch.ts'
import { ElfError } from './elf.ts'
import type { Symbols } from './elf-symbols.ts'
import { LinuxError } from './errno.ts'
import { raiseFault } from './faults.ts'
import type { LinuxHost } from './host.ts'
import { createKernel, type Ending, type Kernel } from './kernel.ts'
import { absolutePath } from './namespace.ts'
import { type Report, takeReport } from './report.ts'
import { deliverSignals } from './signal-frame.ts'
import { SIGSEGV } from './signals.ts'
import { prepareProgram, replaceProgram, startProgram } from './start.ts'
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
  /** Called when a program is in memory, before it runs: the first, and each that takes its place. Gives names of its addresses. */
  readonly onLoad?: (symbols: () => Symbols) => void
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
  const { arch, host, argv, env = [] } = options
  const { memory } = engine
  const user = new UserMemory(memory, arch.bits === 64 ? 8 : 4)
  const executable = absolutePath(host.directory, options.executable ?? argv[0] ?? '')
  const kernel = createKernel(arch, engine, host, user, new AddressSpace(memory), executable)
  kernel.trace = options.trace
  const symbols = startProgram(kernel, prepareProgram(kernel, elf, executable, argv, env))
  try {
    options.onLoad?.(symbols)
    return runProcess(engine, kernel, options, symbols)
  } finally {
    kernel.shared.dropAll()
    kernel.descriptors.closeAll()
  }
}

/** While a timer runs, the clock is looked at so often. */
const TIMED_TURN = 1_000_000

function runProcess(
  engine: Engine,
  kernel: Kernel,
  { maxInstructions, onLoad }: LinuxOptions,
  firstSymbols: () => Symbols,
): LinuxResult {
  const { state, memory } = engine
  const { arch } = kernel
  const number = state.place(arch.call.number)
  const result = state.place(arch.call.result)
  const [a, b, c, d, e, f] = arch.call.arguments.map((name) => state.place(name))
  const report = (signal: number, reason: string, fault?: Report['fault']): Report =>
    takeReport(arch, state, memory, symbols(), signal, reason, fault)
  const limited = (reason: string): LinuxResult => ({ kind: 'limit', report: report(0, reason) })
  let symbols = firstSymbols
  const begun = engine.stats().instructions
  for (;;) {
    if (kernel.timers.armed) kernel.timers.expire(kernel, kernel.host.monotonic())
    if (kernel.thread.waiting !== undefined || kernel.turnIsOver) {
      kernel.turnIsOver = false
      if (!schedule(kernel)) return limited('the program waits for what cannot happen any more')
    }
    deliverSignals(kernel)
    engine.exactRegisters = maxInstructions !== undefined || kernel.signals.handlersSeeRegisters
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
      } else if (kernel.next !== undefined) {
        const { next } = kernel
        kernel.next = undefined
        try {
          symbols = replaceProgram(kernel, next)
          onLoad?.(symbols)
        } catch (error) {
          // The old program is gone already.
          if (!(error instanceof ElfError || error instanceof LinuxError)) throw error
          kernel.ending = { kind: 'signal', signal: SIGSEGV, reason: `execve: ${error.message}` }
        }
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
