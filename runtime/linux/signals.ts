/**
 * Signals as data: numbers and names, what happens to one that the program says nothing about, siginfo, and the queues of what is pending. Making a
 * handler run is signal-frame.ts; the calls are syscalls/signals.ts. Source: signal(7), asm-generic/signal.h, asm-generic/siginfo.h.
 */

import type { Kernel, Thread } from './kernel.ts'
import { struct } from './user-memory.ts'

export const SIGILL = 4
export const SIGTRAP = 5
export const SIGBUS = 7
export const SIGFPE = 8
export const SIGKILL = 9
export const SIGSEGV = 11
export const SIGPIPE = 13
export const SIGALRM = 14
const SIGCHLD = 17
const SIGCONT = 18
export const SIGSTOP = 19
const SIGTSTP = 20
const SIGTTIN = 21
const SIGTTOU = 22
const SIGURG = 23
export const SIGVTALRM = 26
export const SIGPROF = 27
const SIGWINCH = 28
/** The first one of which several can be pending. */
export const FIRST_QUEUED = 32
export const LAST_SIGNAL = 64

/** si_code. */
export const SI_USER = 0
export const SI_KERNEL = 0x80
export const SI_TKILL = -6
export const SEGV_MAPERR = 1
export const SEGV_ACCERR = 2
export const BUS_ADRALN = 1
export const BUS_ADRERR = 2
export const ILL_ILLOPC = 1
export const TRAP_BRKPT = 1

/** By number, from 1 on (asm-generic/signal.h). */
const NAMES = (
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU ' +
  'XFSZ VTALRM PROF WINCH IO PWR SYS'
).split(' ')

export function signalName(signal: number): string {
  const name = NAMES[signal - 1]
  return name === undefined ? `signal ${signal}` : `SIG${name}`
}

/** Nobody could continue a process that stopped, so it does not. */
const IGNORED_BY_DEFAULT = new Set([SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU])

export const SIG_DFL = 0n
export const SIG_IGN = 1n
/** Come from an instruction that could not be done. */
export const OF_INSTRUCTIONS: ReadonlySet<number> = new Set([SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV])
export const SA_SIGINFO = 4
export const SA_ONSTACK = 0x08000000
export const SA_RESTART = 0x10000000
export const SA_NODEFER = 0x40000000
export const SA_RESETHAND = 0x80000000

export interface SignalAction {
  /** SIG_DFL, SIG_IGN or an address. */
  readonly handler: bigint
  readonly flags: number
  readonly mask: bigint
}

export interface PendingSignal {
  readonly signal: number
  /** siginfo_t, 128 bytes. */
  readonly info: Uint8Array
}

export const SIGINFO_BYTES = 128

/** siginfo_t: signal, 0, code, then what depends on the code, aligned to a word. */
function siginfo(
  kernel: Kernel,
  signal: number,
  code: number,
  fill: (view: DataView, at: number) => void,
): PendingSignal {
  const info = struct(SIGINFO_BYTES, (view) => {
    view.setInt32(0, signal, true)
    view.setInt32(8, code, true)
    fill(view, kernel.memory.wordBytes === 8 ? 16 : 12)
  })
  return { signal, info }
}

/** Sent by the process to itself. */
export function fromSelf(kernel: Kernel, signal: number, code: number): PendingSignal {
  return siginfo(kernel, signal, code, (view, at) => {
    view.setInt32(at, kernel.pid, true)
    view.setUint32(at + 4, kernel.user.uid, true)
  })
}

/** Sent by the kernel, for no place in memory. */
export function fromKernel(kernel: Kernel, signal: number): PendingSignal {
  return siginfo(kernel, signal, SI_KERNEL, () => {})
}

/** Of an instruction; the address is what it accessed, or its own. */
export function fromFault(kernel: Kernel, signal: number, code: number, address: bigint): PendingSignal {
  return siginfo(kernel, signal, code, (view, at) => {
    if (kernel.memory.wordBytes === 8) view.setBigUint64(at, address, true)
    else view.setUint32(at, Number(BigInt.asUintN(32, address)), true)
  })
}

const bit = (signal: number): bigint => 1n << BigInt(signal - 1)
/** SIGKILL and SIGSTOP cannot be blocked. */
export const UNBLOCKABLE = bit(SIGKILL) | bit(SIGSTOP)

export function isBlocked(thread: Thread, signal: number): boolean {
  return (thread.blocked & bit(signal)) !== 0n
}

export function actionOf(kernel: Kernel, signal: number): SignalAction {
  return kernel.signals.actions.get(signal) ?? { handler: SIG_DFL, flags: 0, mask: 0n }
}

export function isIgnored(kernel: Kernel, signal: number): boolean {
  const { handler } = actionOf(kernel, signal)
  return handler === SIG_IGN || (handler === SIG_DFL && IGNORED_BY_DEFAULT.has(signal))
}

/** Makes a signal pending for a thread, or for any thread of the process. One that ends the process does so at once. */
export function post(kernel: Kernel, pending: PendingSignal, thread?: Thread): void {
  const { signal } = pending
  const takers = thread === undefined ? kernel.threads : [thread]
  const blocked = takers.every((one) => isBlocked(one, signal))
  if (!blocked && isIgnored(kernel, signal)) return
  if (!blocked && actionOf(kernel, signal).handler === SIG_DFL) {
    kernel.ending ??= { kind: 'signal', signal, pending }
    return
  }
  const queue = thread === undefined ? kernel.signals.pending : thread.pending
  if (signal < FIRST_QUEUED && queue.some((one) => one.signal === signal)) return
  queue.push(pending)
}

/** The lowest pending signal of a set, taken off its queue; the thread's own go first. */
export function takePending(kernel: Kernel, thread: Thread, wanted: bigint): PendingSignal | undefined {
  for (const queue of [thread.pending, kernel.signals.pending]) {
    let best: PendingSignal | undefined
    for (const one of queue) {
      if ((wanted & bit(one.signal)) !== 0n && (best === undefined || one.signal < best.signal)) best = one
    }
    if (best !== undefined) {
      queue.splice(queue.indexOf(best), 1)
      return best
    }
  }
  return undefined
}

/** Whether a signal waits for the thread to go on that it does not block. */
export function hasDeliverable(kernel: Kernel, thread: Thread): boolean {
  if (thread.pending.length === 0 && kernel.signals.pending.length === 0) return false
  return [...thread.pending, ...kernel.signals.pending].some(({ signal }) => !isBlocked(thread, signal))
}

export function pendingSet(kernel: Kernel, thread: Thread): bigint {
  return [...thread.pending, ...kernel.signals.pending].reduce((set, { signal }) => set | bit(signal), 0n)
}
