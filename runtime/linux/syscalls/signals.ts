/** Calls about signals: actions, masks, sending to itself, waiting for one, the alternate stack, return from a handler, interval timers. */

import { int, uint, word } from '../arguments.ts'
import { EAGAIN, EINTR, EINVAL, ENOMEM, EPERM, ESRCH, fail } from '../errno.ts'
import type { Handler, Kernel, Thread } from '../kernel.ts'
import { type AlternateStack, isOn, returnFromHandler, SS_DISABLE, stackFlags } from '../signal-frame.ts'
import {
  fromSelf,
  LAST_SIGNAL,
  OF_INSTRUCTIONS,
  type PendingSignal,
  pendingSet,
  post,
  SA_SIGINFO,
  SI_TKILL,
  SI_USER,
  SIG_IGN,
  SIGINFO_BYTES,
  SIGKILL,
  SIGSTOP,
  type SignalAction,
  takePending,
  UNBLOCKABLE,
} from '../signals.ts'
import { TIMERS } from '../timers.ts'
import { struct } from '../user-memory.ts'
import { readTimespec, readTimeval, writeTimeval } from './time.ts'

export const kill: Handler = (kernel, [pid, signal]) => {
  const to = int(pid)
  // 0 and −1 name groups that hold only this process.
  if (to !== kernel.pid && to !== 0 && to !== -1 && to !== -kernel.pid) fail(ESRCH)
  return send(kernel, int(signal), SI_USER)
}
export const tkill: Handler = (kernel, [tid, signal]) => send(kernel, int(signal), SI_TKILL, threadOf(kernel, int(tid)))
export const tgkill: Handler = (kernel, [tgid, tid, signal]) =>
  send(kernel, int(signal), SI_TKILL, int(tgid) === kernel.pid ? threadOf(kernel, int(tid)) : fail(ESRCH))

function threadOf(kernel: Kernel, tid: number): Thread {
  return kernel.threads.find((one) => one.tid === tid) ?? fail(ESRCH)
}

function send(kernel: Kernel, signal: number, code: number, thread?: Thread): number {
  if (signal < 0 || signal > LAST_SIGNAL) fail(EINVAL)
  if (signal > 0) post(kernel, fromSelf(kernel, signal, code), thread)
  return 0
}

/** siginfo_t is the caller's, but for the number. */
export const sigqueueinfo: Handler = (kernel, [pid, signal, info]) => {
  if (int(pid) !== kernel.pid) fail(ESRCH)
  return queue(kernel, int(signal), info)
}
export const tgsigqueueinfo: Handler = (kernel, [tgid, tid, signal, info]) => {
  if (int(tgid) !== kernel.pid) fail(ESRCH)
  return queue(kernel, int(signal), info, threadOf(kernel, int(tid)))
}

function queue(kernel: Kernel, signal: number, address: bigint, thread?: Thread): number {
  if (signal < 0 || signal > LAST_SIGNAL) fail(EINVAL)
  const info = kernel.memory.readable(word(address), SIGINFO_BYTES).slice()
  new DataView(info.buffer).setInt32(0, signal, true)
  if (signal > 0) post(kernel, { signal, info }, thread)
  return 0
}

/** struct sigaction: handler, flags (a word each), mask (8 bytes). */
export const sigaction: Handler = (kernel, [signal, action, old, maskBytes]) => {
  const { memory, signals } = kernel
  const size = 2 * memory.wordBytes + 8
  const number = int(signal)
  if (word(maskBytes) !== 8 || number < 1 || number > LAST_SIGNAL) fail(EINVAL)
  if (action !== 0n && (number === SIGKILL || number === SIGSTOP)) fail(EINVAL)
  const next = action === 0n ? undefined : readAction(kernel, word(action))
  if (old !== 0n) {
    const before = signals.actions.get(number)
    const bytes = struct(size, (s) => {
      if (before === undefined) return
      if (memory.wordBytes === 8) {
        s.setBigUint64(0, before.handler, true)
        s.setBigUint64(8, BigInt(before.flags), true)
      } else {
        s.setUint32(0, Number(before.handler), true)
        s.setUint32(4, before.flags, true)
      }
      s.setBigUint64(size - 8, before.mask, true)
    })
    memory.write(word(old), bytes)
  }
  if (next !== undefined) {
    signals.actions.set(number, next)
    signals.handlersSeeRegisters ||=
      next.handler > SIG_IGN && (OF_INSTRUCTIONS.has(number) || (next.flags & SA_SIGINFO) !== 0)
  }
  return 0
}

function readAction({ memory }: Kernel, at: number): SignalAction {
  const size = memory.wordBytes
  return {
    handler: size === 8 ? memory.u64(at) : BigInt(memory.u32(at)),
    flags: memory.u32(at + size),
    mask: memory.u64(at + 2 * size) & ~UNBLOCKABLE,
  }
}

const SIG_BLOCK = 0
const SIG_UNBLOCK = 1
const SIG_SETMASK = 2

export const sigprocmask: Handler = (kernel, [how, set, old, maskBytes]) => {
  if (word(maskBytes) !== 8) fail(EINVAL)
  const { thread, memory } = kernel
  const before = thread.blocked
  if (set !== 0n) {
    const mask = memory.u64(word(set)) & ~UNBLOCKABLE
    switch (uint(how)) {
      case SIG_BLOCK:
        thread.blocked |= mask
        break
      case SIG_UNBLOCK:
        thread.blocked &= ~mask
        break
      case SIG_SETMASK:
        thread.blocked = mask
        break
      default:
        fail(EINVAL)
    }
  }
  if (old !== 0n) memory.setU64(word(old), before)
  return 0
}

export const sigpending: Handler = (kernel, [set]) => {
  kernel.memory.setU64(word(set), pendingSet(kernel, kernel.thread))
  return 0
}

/** Takes a mask for the time of the call at hand; deliverSignals puts the old one back. */
export function maskForCall(kernel: Kernel, set: bigint): void {
  if (set === 0n) return
  const mask = kernel.memory.u64(word(set)) & ~UNBLOCKABLE
  kernel.thread.maskToRestore = kernel.thread.blocked
  kernel.thread.blocked = mask
}

export const sigsuspend: Handler = (kernel, [set, maskBytes]) => {
  if (word(maskBytes) !== 8) fail(EINVAL)
  if (set === 0n) kernel.memory.u64(0)
  maskForCall(kernel, set)
  return { kind: 'wait', poll: () => undefined, late: -EINTR, restarts: false }
}

export const sigtimedwait: Handler = (kernel, [set, info, timeout, maskBytes]) => {
  if (word(maskBytes) !== 8) fail(EINVAL)
  const wanted = kernel.memory.u64(word(set))
  const { thread, host, memory } = kernel
  const deadline = timeout === 0n ? undefined : host.monotonic() + readTimespec(kernel, word(timeout))
  const take = (pending: PendingSignal): number => {
    if (info !== 0n) memory.write(word(info), pending.info)
    return pending.signal
  }
  const poll = (): number | undefined => {
    const pending = takePending(kernel, thread, wanted)
    return pending && take(pending)
  }
  return { kind: 'wait', poll, deadline, late: -EAGAIN, restarts: false }
}

export const sigreturn: Handler = (kernel) => {
  returnFromHandler(kernel)
  kernel.dropReservation()
  return { kind: 'resume' }
}

/** MINSIGSTKSZ. */
const LEAST_STACK = 2048

/** stack_t: pointer, int flags (padded to a word), size. */
export const sigaltstack: Handler = (kernel, [stack, old]) => {
  const { memory, thread, state, arch } = kernel
  const size = memory.wordBytes
  const sp = Number(state.place(arch.stackPointer).read())
  const before = thread.alternateStack
  let next: AlternateStack | undefined
  if (stack !== 0n) {
    const at = word(stack)
    const flags = memory.u32(at + size)
    if ((flags & ~(SS_DISABLE | 1)) !== 0) fail(EINVAL)
    next = { pointer: memory.word(at), size: memory.word(at + 2 * size) }
    if (before !== undefined && isOn(before, sp)) fail(EPERM)
    if ((flags & SS_DISABLE) !== 0) next = undefined
    else if (next.size < LEAST_STACK) fail(ENOMEM)
  }
  if (old !== 0n) {
    memory.setWord(word(old), before?.pointer ?? 0)
    memory.setWord(word(old) + size, stackFlags(before, sp))
    memory.setWord(word(old) + 2 * size, before?.size ?? 0)
  }
  if (stack !== 0n) thread.alternateStack = next
  return 0
}

/** struct itimerval: interval, value, each a timeval. */
export const setitimer: Handler = (kernel, [which, next, old]) => {
  if (int(which) < 0 || int(which) >= TIMERS) fail(EINVAL)
  const size = 2 * kernel.memory.wordBytes
  const wanted =
    next === 0n
      ? { interval: 0n, value: 0n }
      : { interval: readTimeval(kernel, word(next)), value: readTimeval(kernel, word(next) + size) }
  if (old !== 0n) getitimer(kernel, [which, old, 0n, 0n, 0n, 0n])
  kernel.timers.set(int(which), kernel.host.monotonic(), wanted.value, wanted.interval)
  return 0
}

export const getitimer: Handler = (kernel, [which, current]) => {
  if (int(which) < 0 || int(which) >= TIMERS) fail(EINVAL)
  const { interval, value } = kernel.timers.left(int(which), kernel.host.monotonic())
  writeTimeval(kernel, word(current), interval)
  writeTimeval(kernel, word(current) + 2 * kernel.memory.wordBytes, value)
  return 0
}
