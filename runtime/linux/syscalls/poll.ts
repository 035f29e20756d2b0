/** Waiting for descriptors: ppoll and pselect6. A file is ready unless it says otherwise; with nothing ready, the timeout is slept through. */

import { int, word } from '../arguments.ts'
import { EINVAL, fail } from '../errno.ts'
import type { Handler, Kernel } from '../kernel.ts'
import { readTimespec } from './time.ts'

const POLLIN = 1
const POLLOUT = 4
const POLLNVAL = 0x20
const MAX_POLLED = 1024

function readiness(kernel: Kernel, fd: number): { readonly read: boolean; readonly write: boolean } {
  return kernel.descriptors.get(fd).file?.ready?.() ?? { read: true, write: true }
}

function sleepThrough(kernel: Kernel, timeout: bigint): void {
  if (timeout !== 0n) kernel.host.sleep?.(readTimespec(kernel, word(timeout)))
}

/** struct pollfd: fd (4), events (2), revents (2). */
export const ppoll: Handler = (kernel, [list, count, timeout]) => {
  if (word(count) > MAX_POLLED) fail(EINVAL)
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
  if (ready === 0) sleepThrough(kernel, timeout)
  return ready
}

/** Three sets of bits, or null; each is rewritten to what is ready. */
export const pselect6: Handler = (kernel, [count, reads, writes, exceptions, timeout]) => {
  if (int(count) < 0 || int(count) > MAX_POLLED) fail(EINVAL)
  const length = Math.ceil(int(count) / 8)
  let ready = 0
  const filter = (set: bigint, test: (fd: number) => boolean): void => {
    if (set === 0n) return
    const bits = kernel.memory.readable(word(set), length).slice()
    for (let fd = 0; fd < int(count); fd++) {
      if ((bits[fd >> 3]! & (1 << (fd & 7))) === 0) continue
      if (test(fd)) ready++
      else bits[fd >> 3]! &= ~(1 << (fd & 7))
    }
    kernel.memory.write(word(set), bits)
  }
  filter(reads, (fd) => readiness(kernel, fd).read)
  filter(writes, (fd) => readiness(kernel, fd).write)
  filter(exceptions, () => false)
  if (ready === 0) sleepThrough(kernel, timeout)
  return ready
}
