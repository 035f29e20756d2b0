/** Clocks, sleeping, times used. Times are 64 bits wide for every architecture here. */

import { int, uint, word } from '../arguments.ts'
import { EINVAL, fail } from '../errno.ts'
import { elapsed, type Handler, type Kernel, SECOND, type Wait } from '../kernel.ts'
import { CLOCK_TICKS } from '../stack.ts'
import { struct } from '../user-memory.ts'

/** Beyond it no clock counts; a time is exact as a number up to there. */
const MOST_SECONDS = 2 ** 40

const CLOCK_REALTIME = 0
const CLOCK_MONOTONIC = 1
const CLOCK_PROCESS_CPUTIME = 2
const CLOCK_THREAD_CPUTIME = 3
const CLOCK_MONOTONIC_RAW = 4
const CLOCK_REALTIME_COARSE = 5
const CLOCK_MONOTONIC_COARSE = 6
const CLOCK_BOOTTIME = 7
const CLOCK_TAI = 11

/** Nanoseconds. */
function clock(kernel: Kernel, id: number): bigint {
  switch (id) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI:
      return kernel.host.realtime()
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
      return kernel.host.monotonic()
    case CLOCK_PROCESS_CPUTIME:
    case CLOCK_THREAD_CPUTIME:
      return elapsed(kernel)
    default:
      return fail(EINVAL)
  }
}

/** struct timespec: seconds, nanoseconds, 8 bytes each. */
export function readTimespec(kernel: Kernel, address: number): bigint {
  const nanoseconds = kernel.memory.i64(address + 8)
  const seconds = kernel.memory.i64(address)
  if (seconds < 0n || nanoseconds < 0n || nanoseconds >= SECOND) fail(EINVAL)
  return seconds * SECOND + nanoseconds
}

function writeTimespec(kernel: Kernel, address: number, time: bigint): void {
  kernel.memory.setU64(address, time / SECOND)
  kernel.memory.setU64(address + 8, time % SECOND)
}

export const clockGettime: Handler = (kernel, [id, time]) => {
  writeTimespec(kernel, word(time), clock(kernel, int(id)))
  return 0
}

export const clockGetres: Handler = (kernel, [id, resolution]) => {
  clock(kernel, int(id))
  if (resolution !== 0n) writeTimespec(kernel, word(resolution), 1n)
  return 0
}

/** struct timeval: seconds, microseconds, a word each; only 64-bit architectures have this call. */
export const gettimeofday: Handler = (kernel, [time, zone]) => {
  const now = kernel.host.realtime()
  if (time !== 0n) {
    kernel.memory.setU64(word(time), now / SECOND)
    kernel.memory.setU64(word(time) + 8, (now % SECOND) / 1000n)
  }
  if (zone !== 0n) kernel.memory.write(word(zone), new Uint8Array(8))
  return 0
}

/** struct timeval: seconds, microseconds, a word each. In nanoseconds. */
export function readTimeval({ memory }: Kernel, at: number): bigint {
  const [seconds, microseconds] = [memory.word(at), memory.word(at + memory.wordBytes)]
  if (seconds > MOST_SECONDS || microseconds >= 1_000_000) fail(EINVAL)
  return BigInt(seconds) * SECOND + BigInt(microseconds) * 1000n
}

export function writeTimeval({ memory }: Kernel, at: number, time: bigint): void {
  memory.setWord(at, Number(time / SECOND))
  memory.setWord(at + memory.wordBytes, Number((time % SECOND) / 1000n))
}

export const nanosleep: Handler = (kernel, [wanted, left]) =>
  sleep(kernel, kernel.host.monotonic() + readTimespec(kernel, word(wanted)), left)

/** `left`: where to write what is left when a signal ends it, or 0. */
function sleep(kernel: Kernel, deadline: bigint, left: bigint): Wait {
  let over = false
  return {
    kind: 'wait',
    poll: () => {
      if (kernel.host.monotonic() < deadline) return undefined
      over = true
      return 0
    },
    deadline,
    late: 0,
    restarts: false,
    over: () => {
      const rest = deadline - kernel.host.monotonic()
      if (!over && left !== 0n && rest > 0n) writeTimespec(kernel, word(left), rest)
    },
  }
}

const TIMER_ABSTIME = 1

export const clockNanosleep: Handler = (kernel, [id, flags, wanted, left]) => {
  const time = readTimespec(kernel, word(wanted))
  const absolute = (uint(flags) & TIMER_ABSTIME) !== 0
  const length = absolute ? time - clock(kernel, int(id)) : time
  return sleep(kernel, kernel.host.monotonic() + length, absolute ? 0n : left)
}

/** struct tms: user, system, children's user and system time, in ticks. */
export const times: Handler = (kernel, [buffer]) => {
  const ticks = Number((elapsed(kernel) * BigInt(CLOCK_TICKS)) / SECOND)
  const { memory } = kernel
  if (buffer !== 0n) {
    memory.write(word(buffer), new Uint8Array(4 * memory.wordBytes))
    memory.setWord(word(buffer), ticks)
  }
  return (kernel.host.monotonic() * BigInt(CLOCK_TICKS)) / SECOND
}

/** struct rusage: user and system time as timevals, then 14 words. */
export const getrusage: Handler = (kernel, [who, usage]) => {
  if (int(who) < -1 || int(who) > 1) fail(EINVAL)
  const used = int(who) === -1 ? 0n : elapsed(kernel)
  const { memory } = kernel
  const word_ = memory.wordBytes
  memory.write(
    word(usage),
    struct(18 * word_, (s) => {
      if (word_ === 8) {
        s.setBigUint64(0, used / SECOND, true)
        s.setBigUint64(8, (used % SECOND) / 1000n, true)
      } else {
        s.setUint32(0, Number(used / SECOND), true)
        s.setUint32(4, Number((used % SECOND) / 1000n), true)
      }
    }),
  )
  return 0
}
