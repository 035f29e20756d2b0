/**
 * A pipe inside one process. What would have to wait fails with EAGAIN: a read from a pipe that is empty though a writing end is open, and a write
 * into a full one. Who wants to wait asks `ready` first.
 */

import { EAGAIN, EBADF, EPIPE, fail } from './errno.ts'
import { type FileStat, type OpenFile, S_IFIFO } from './host.ts'
import { syntheticStat } from './read-only-tree.ts'

const CAPACITY = 65536

export function createPipe(inode: bigint): { readonly reader: OpenFile; readonly writer: OpenFile } {
  const buffer = new Uint8Array(CAPACITY)
  let start = 0
  let filled = 0
  let readerOpen = true
  let writerOpen = true
  const stat = (): FileStat => syntheticStat(S_IFIFO | 0o600, inode, 12n)
  return {
    reader: {
      seekable: false,
      stat,
      read(to) {
        if (filled === 0 && writerOpen) fail(EAGAIN)
        const count = Math.min(to.length, filled)
        for (let i = 0; i < count; i++) to[i] = buffer[(start + i) % CAPACITY]!
        start = (start + count) % CAPACITY
        filled -= count
        return count
      },
      write: () => fail(EBADF),
      close: () => {
        readerOpen = false
      },
      ready: () => ({ read: filled > 0 || !writerOpen, write: false }),
    },
    writer: {
      seekable: false,
      stat,
      read: () => fail(EBADF),
      write(from) {
        if (!readerOpen) fail(EPIPE)
        const count = Math.min(from.length, CAPACITY - filled)
        if (count === 0 && from.length > 0) fail(EAGAIN)
        for (let i = 0; i < count; i++) buffer[(start + filled + i) % CAPACITY] = from[i]!
        filled += count
        return count
      },
      close: () => {
        writerOpen = false
      },
      ready: () => ({ read: false, write: filled < CAPACITY || !readerOpen }),
    },
  }
}
