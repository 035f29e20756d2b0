/** Waiting for descriptors: ppoll and pselect6. A file is ready unless it says otherwise. */

import { int, word } from '../arguments.ts'
import { EINVAL, fail } from '../errno.ts'
import type { Handler, Kernel, Wait } from '../kernel.ts'
import { maskForCall } from './signals.ts'
import { readTimespec } from './time.ts'

const POLLIN = 1
const POLLOUT = 4
const POLLNVAL = 0x20
const MAX_POLLED = 1024

function readiness(kernel: Kernel, fd: number): { readonly read: boolean; readonly write: boolean } {
  return kernel.descriptors.get(fd).file?.ready?.() ?? { read: true, write: true }
}

/** Asks until something is ready, which `look` says and writes down; at the deadline it does so a last time. */
function waitFor(kernel: Kernel, timeout: bigint, mask: bigint, look: () => number): Wait | number {
  const deadline = timeout === 0n ? undefined : kernel.host.monotonic() + readTimespec(kernel, word(timeout))
  const ready = look()
  if (ready !== 0) return ready
  maskForCall(kernel, mask)
  return { kind: 'wait', poll: () => look() || undefined, deadline, late: 0, restarts: false }
}

/** struct pollfd: fd (4), events (2), revents (2). */
export const ppoll: Handler = (kernel, [list, count, timeout, mask]) => {
  if (word(count) > MAX_POLLED) fail(EINVAL)
  return waitFor(kernel, timeout, mask, () => {
    let ready = 0
    for (let i = 0; i < word(count); i++) {
      const at = word(list) + 8 * i
      const fd = kernel.memory.u32(at) | 0
      const wanted = kernel.memory.u32(at + 4) & 0xffff
      let events = 0
      if (fd >= 0) {
        if (kernel.descriptors.has(fd)) {
          const { read, write } = readiness(kernel, fd)
          events = wanted & ((read ? POLLIN : 0) | (write ? POLLOUT : 0))
        } else events = POLLNVAL
      }
      kernel.memory.setU32(at + 4, wanted | (events << 16))
      if (events !== 0) ready++
    }
    return ready
  })
}

/** Three sets of bits, or null; each is rewritten to what is ready. The mask comes as a pointer to its address and its size. */
export const pselect6: Handler = (kernel, [count, reads, writes, exceptions, timeout, mask]) => {
  if (int(count) < 0 || int(count) > MAX_POLLED) fail(EINVAL)
  const { memory } = kernel
  const length = Math.ceil(int(count) / 8)
  const sets = [reads, writes, exceptions].map((set) =>
    set === 0n ? undefined : { at: word(set), wanted: memory.readable(word(set), length).slice() },
  )
  const tests = [
    (fd: number) => readiness(kernel, fd).read,
    (fd: number) => readiness(kernel, fd).write,
    (fd: number) => kernel.descriptors.get(fd) === undefined,
  ]
  return waitFor(kernel, timeout, mask === 0n ? 0n : BigInt(memory.word(word(mask))), () => {
    let ready = 0
    sets.forEach((set, i) => {
      if (set === undefined) return
      const bits = set.wanted.slice()
      for (let fd = 0; fd < int(count); fd++) {
        if ((bits[fd >> 3]! & (1 << (fd & 7))) === 0) continue
        if (tests[i]!(fd)) ready++
        else bits[fd >> 3]! &= ~(1 << (fd & 7))
      }
      memory.write(set.at, bits)
    })
    return ready
  })
}
