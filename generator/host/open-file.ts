/** A file descriptor of the host as an open file of the guest: regular files by position, pipes and terminals as streams that wait. */

import * as fs from 'node:fs'
import type { FileStat, OpenFile } from 'isagen/linux'
import { errorCode, guarded } from './errors.ts'

/** How long to wait before a descriptor that has nothing yet (EAGAIN) is asked again, in milliseconds. */
const RETRY_MS = 5

export interface Access {
  readonly read: boolean
  readonly write: boolean
  readonly append: boolean
}

export function openDescriptor(fd: number, access: Access): OpenFile {
  return { ...streamOrFile(fd, access.append), close: () => guarded(() => fs.closeSync(fd)) }
}

/** One of the standard streams, which stay open when the guest ends. */
export function standardStream(fd: 0 | 1 | 2): OpenFile {
  const file: OpenFile = { ...streamOrFile(fd, false, true), close: () => {} }
  // Node's stream objects take time to make: only where there may be a terminal.
  if (!guarded(() => fs.fstatSync(fd).isCharacterDevice())) return file
  const screen = fd === 2 ? process.stderr : process.stdout
  const isTerminal = fd === 0 ? process.stdin.isTTY : screen.isTTY
  return isTerminal ? { ...file, terminal: () => ({ rows: screen.rows ?? 24, columns: screen.columns ?? 80 }) } : file
}

/** `shared`: the position is the host's, for others write there too. */
function streamOrFile(fd: number, append: boolean, shared = false): Omit<OpenFile, 'close'> {
  const seekable = guarded(() => fs.fstatSync(fd).isFile()) && !shared
  return {
    seekable,
    stat: () => guarded(() => fileStat(fs.fstatSync(fd, { bigint: true }))),
    read: (buffer, position) =>
      buffer.length === 0 ? 0 : waiting(() => fs.readSync(fd, buffer, 0, buffer.length, seekable ? position : null), 0),
    write: (bytes, position) =>
      waiting(() => fs.writeSync(fd, bytes, 0, bytes.length, seekable && !append ? position : null)),
    truncate: (size) => guarded(() => fs.ftruncateSync(fd, size)),
    sync: () => guarded(() => fs.fsyncSync(fd)),
  }
}

/** Tries until the descriptor is ready. `atEnd` is the answer where the host says EOF by an error, as Windows does for a closed pipe. */
function waiting(work: () => number, atEnd?: number): number {
  for (;;) {
    try {
      return work()
    } catch (error) {
      const code = errorCode(error)
      if (code === 'EOF' && atEnd !== undefined) return atEnd
      if (code !== 'EAGAIN') return guarded(() => throwAgain(error))
      pause(RETRY_MS)
    }
  }
}

function throwAgain(error: unknown): never {
  throw error
}

export function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}

export function fileStat(stat: fs.BigIntStats): FileStat {
  return {
    device: stat.dev,
    inode: stat.ino,
    mode: Number(stat.mode),
    links: Number(stat.nlink),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    special: stat.rdev,
    size: Number(stat.size),
    blockSize: Number(stat.blksize),
    blocks: Number(stat.blocks),
    accessed: stat.atimeNs,
    modified: stat.mtimeNs,
    changed: stat.ctimeNs,
  }
}
