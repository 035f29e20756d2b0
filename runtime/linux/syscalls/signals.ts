/**
 * Signals, as far as a process alone sends them to itself: actions and masks are recorded, a signal whose action is the default ends the process.
 * Calling a handler of the guest is not supported yet; the host is told when that would be due.
 */

import { int, uint, word } from '../arguments.ts'
import { EINVAL, ESRCH, fail } from '../errno.ts'
import { type Handler, type Kernel, report } from '../kernel.ts'

export const SIGILL = 4
export const SIGTRAP = 5
export const SIGABRT = 6
export const SIGBUS = 7
export const SIGFPE = 8
export const SIGKILL = 9
export const SIGSEGV = 11
export const SIGPIPE = 13
const SIGCHLD = 17
const SIGCONT = 18
const SIGSTOP = 19
const SIGURG = 23
const SIGWINCH = 28
const LAST = 64

/** By number, from 1 on (asm-generic/signal.h). */
const NAMES = (
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU ' +
  'XFSZ VTALRM PROF WINCH IO PWR SYS'
).split(' ')

export function signalName(signal: number): string {
  const name = NAMES[signal - 1]
  return name === undefined ? `signal ${signal}` : `SIG${name}`
}

const IGNORED_BY_DEFAULT = new Set([SIGCHLD, SIGCONT, SIGURG, SIGWINCH])
const SIG_DFL = 0
const SIG_IGN = 1

/** The process sends itself a signal. */
export function raise(kernel: Kernel, signal: number): void {
  const action = kernel.signals.actions.get(signal)
  const handler = action === undefined || signal === SIGKILL ? SIG_DFL : firstWord(kernel, action)
  if (handler === SIG_IGN) return
  if (handler === SIG_DFL) {
    if (!IGNORED_BY_DEFAULT.has(signal)) kernel.ending ??= { kind: 'signal', signal }
    return
  }
  report(
    kernel,
    `signal ${signal}`,
    `${signalName(signal)}: calling the program's handler is not supported yet; dropped`,
  )
}

function firstWord(kernel: Kernel, action: Uint8Array): number {
  const view = new DataView(action.buffer, action.byteOffset)
  return kernel.memory.wordBytes === 8 ? Number(view.getBigUint64(0, true)) : view.getUint32(0, true)
}

export const kill: Handler = (kernel, [pid, signal]) => {
  const to = int(pid)
  // 0 and −1 name groups that hold only this process.
  if (to !== kernel.pid && to !== 0 && to !== -1 && to !== -kernel.pid) fail(ESRCH)
  return send(kernel, int(signal))
}
export const tkill: Handler = (kernel, [tid, signal]) => {
  if (int(tid) !== kernel.pid) fail(ESRCH)
  return send(kernel, int(signal))
}
export const tgkill: Handler = (kernel, [tgid, tid, signal]) => {
  if (int(tgid) !== kernel.pid || int(tid) !== kernel.pid) fail(ESRCH)
  return send(kernel, int(signal))
}

function send(kernel: Kernel, signal: number): number {
  if (signal < 0 || signal > LAST) fail(EINVAL)
  if (signal > 0) raise(kernel, signal)
  return 0
}

/** struct sigaction: handler, flags (a word each), mask (8 bytes). */
export const sigaction: Handler = (kernel, [signal, action, old, maskBytes]) => {
  const size = 2 * kernel.memory.wordBytes + 8
  const number = int(signal)
  if (word(maskBytes) !== 8 || number < 1 || number > LAST) fail(EINVAL)
  if (action !== 0n && (number === SIGKILL || number === SIGSTOP)) fail(EINVAL)
  const next = action === 0n ? undefined : kernel.memory.readable(word(action), size).slice()
  if (old !== 0n) kernel.memory.write(word(old), kernel.signals.actions.get(number) ?? new Uint8Array(size))
  if (next !== undefined) kernel.signals.actions.set(number, next)
  return 0
}

const SIG_BLOCK = 0
const SIG_UNBLOCK = 1
const SIG_SETMASK = 2
/** SIGKILL and SIGSTOP cannot be blocked. */
const UNBLOCKABLE = (1n << BigInt(SIGKILL - 1)) | (1n << BigInt(SIGSTOP - 1))

export const sigprocmask: Handler = (kernel, [how, set, old, maskBytes]) => {
  if (word(maskBytes) !== 8) fail(EINVAL)
  const { signals, memory } = kernel
  const before = signals.blocked
  if (set !== 0n) {
    const mask = memory.u64(word(set)) & ~UNBLOCKABLE
    switch (uint(how)) {
      case SIG_BLOCK:
        signals.blocked |= mask
        break
      case SIG_UNBLOCK:
        signals.blocked &= ~mask
        break
      case SIG_SETMASK:
        signals.blocked = mask
        break
      default:
        fail(EINVAL)
    }
  }
  if (old !== 0n) memory.setU64(word(old), before)
  return 0
}

export const sigpending: Handler = (kernel, [set]) => {
  kernel.memory.setU64(word(set), 0n)
  return 0
}

const SS_DISABLE = 2

/** stack_t: pointer, int flags (padded to a word), size. */
export const sigaltstack: Handler = (kernel, [stack, old]) => {
  const { memory, signals } = kernel
  const size = 3 * memory.wordBytes
  const next = stack === 0n ? undefined : memory.readable(word(stack), size).slice()
  if (old !== 0n) {
    const none = new Uint8Array(size)
    none[memory.wordBytes] = SS_DISABLE
    memory.write(word(old), signals.alternateStack ?? none)
  }
  if (next !== undefined) signals.alternateStack = next
  return 0
}
