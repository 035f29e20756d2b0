/** Interval timers of setitimer(2): when each is due next, on the host's monotonic clock. Those of processor time run with the real one, as `elapsed` does. */

import type { Kernel } from './kernel.ts'
import { fromKernel, post, SIGALRM, SIGPROF, SIGVTALRM } from './signals.ts'

/** ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF. */
const SIGNALS = [SIGALRM, SIGVTALRM, SIGPROF] as const
export const TIMERS = SIGNALS.length

interface Timer {
  readonly due: bigint
  /** Nanoseconds; 0: once. */
  readonly interval: bigint
}

export class IntervalTimers {
  readonly #timers: (Timer | undefined)[] = Array(TIMERS).fill(undefined)

  get armed(): boolean {
    return this.#timers.some((timer) => timer !== undefined)
  }

  /** Nanoseconds until it is due (0: not armed), and its interval. */
  left(which: number, now: bigint): { readonly value: bigint; readonly interval: bigint } {
    const timer = this.#timers[which]
    if (timer === undefined) return { value: 0n, interval: 0n }
    return { value: timer.due > now ? timer.due - now : 1000n, interval: timer.interval }
  }

  /** A value of 0 disarms it. */
  set(which: number, now: bigint, value: bigint, interval: bigint): void {
    this.#timers[which] = value === 0n ? undefined : { due: now + value, interval }
  }

  /** When the first is due. */
  next(): bigint | undefined {
    let first: bigint | undefined
    for (const timer of this.#timers) if (timer && (first === undefined || timer.due < first)) first = timer.due
    return first
  }

  /** Sends the signals of those that are due. */
  expire(kernel: Kernel, now: bigint): void {
    this.#timers.forEach((timer, which) => {
      if (timer === undefined || timer.due > now) return
      const { interval } = timer
      const missed = interval === 0n ? 0n : (now - timer.due) / interval
      this.#timers[which] = interval === 0n ? undefined : { due: timer.due + (missed + 1n) * interval, interval }
      post(kernel, fromKernel(kernel, SIGNALS[which]!))
    })
  }
}
