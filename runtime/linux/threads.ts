/**
 * Threads of the one process, taking turns on the one engine: a thread that is not running is a copy of its registers. A system call that must wait
 * parks its thread with a question that is asked again until it has an answer; signals and time end a wait too.
 */

import { EINTR, ERESTART, LinuxError } from './errno.ts'
import type { Answer, Kernel, Thread } from './kernel.ts'
import { actionOf, hasDeliverable, isBlocked, SA_RESTART } from './signals.ts'
import { traceAnswer } from './trace.ts'

export function createThread(tid: number, blocked: bigint): Thread {
  return {
    tid,
    blocked,
    pending: [],
    alternateStack: undefined,
    maskToRestore: undefined,
    clearTid: 0,
    waiting: undefined,
    traced: undefined,
    saved: undefined,
  }
}

/** Instructions that a thread may run while others want to. */
export const TURN = 100_000

/**
 * Chooses who runs next, waits until somebody can, and puts that thread's registers into the engine. False: nobody ever can, for all wait for each
 * other.
 */
export function schedule(kernel: Kernel): boolean {
  let now = kernel.host.monotonic()
  for (;;) {
    const { threads, thread } = kernel
    const from = threads.indexOf(thread) + 1
    for (let i = 0; i < threads.length; i++) {
      const next = threads[(from + i) % threads.length]!
      const answer = next.waiting === undefined ? undefined : settle(kernel, next, now)
      if (next.waiting !== undefined && answer === undefined) continue
      enter(kernel, next)
      if (answer !== undefined) finish(kernel, next, answer)
      return true
    }
    const until = earliest(kernel)
    if (until === undefined) return false
    now = sleepUntil(kernel, until)
    kernel.timers.expire(kernel, now)
    if (kernel.ending !== undefined) return true
  }
}

type End = { readonly kind: 'value'; readonly value: Answer } | { readonly kind: 'again' }

/** How the thread's wait ends now, if it does. */
function settle(kernel: Kernel, thread: Thread, now: bigint): End | undefined {
  const { waiting } = thread
  if (waiting === undefined) return undefined
  try {
    const value = waiting.poll()
    if (value !== undefined) return { kind: 'value', value }
  } catch (error) {
    if (!(error instanceof LinuxError)) throw error
    return { kind: 'value', value: -error.errno }
  }
  if (hasDeliverable(kernel, thread)) {
    const first = [...thread.pending, ...kernel.signals.pending].find(({ signal }) => !isBlocked(thread, signal))!
    const again = waiting.restarts && (actionOf(kernel, first.signal).flags & SA_RESTART) !== 0
    return again ? { kind: 'again' } : { kind: 'value', value: -EINTR }
  }
  const { deadline } = waiting
  return deadline !== undefined && now >= deadline ? { kind: 'value', value: waiting.late } : undefined
}

function finish(kernel: Kernel, thread: Thread, outcome: End): void {
  const { waiting } = thread
  thread.waiting = undefined
  waiting?.over?.()
  const result = kernel.state.place(kernel.arch.call.result)
  if (thread.traced !== undefined) {
    traceAnswer(kernel, thread, thread.traced, outcome.kind === 'value' ? outcome.value : -ERESTART)
    thread.traced = undefined
  }
  if (outcome.kind === 'value') result.write(BigInt(outcome.value))
  else if (waiting !== undefined) {
    result.write(waiting.call.first)
    kernel.state.pc = waiting.call.pc
  }
}

function enter(kernel: Kernel, next: Thread): void {
  const { thread, state } = kernel
  if (next === thread) return
  thread.saved = state.snapshot()
  if (next.saved !== undefined) state.restore(next.saved)
  next.saved = undefined
  kernel.thread = next
  kernel.dropReservation()
}

function earliest(kernel: Kernel): bigint | undefined {
  let first = kernel.timers.next()
  for (const { waiting } of kernel.threads) {
    const deadline = waiting?.deadline
    if (deadline !== undefined && (first === undefined || deadline < first)) first = deadline
  }
  return first
}

/** Gives what time it is then. With a host that cannot wait, every sleep is over at once. */
function sleepUntil({ host }: Kernel, time: bigint): bigint {
  const now = host.monotonic()
  if (now >= time) return now
  host.sleep?.(time - now)
  return time
}
