/**
 * A Linux host of what every JavaScript host has: files in memory, input given beforehand, output to a function, the host's clock and random numbers.
 * For browsers, where there is nothing else; a guest that sleeps goes on at once, since a page cannot wait.
 */

import type { LinuxHost, OpenFile } from './host.ts'
import { S_IFIFO } from './host.ts'
import { MemoryFiles } from './memory-files.ts'

export interface MemoryHostOptions {
  /** What the guest sees as '/', and may change. Default: no files. */
  readonly files?: MemoryFiles
  /** Where the guest starts; default '/'. */
  readonly directory?: string
  /** All that it can read from its standard input; default: nothing. */
  readonly input?: Uint8Array
  /** Takes what it writes, as soon as it does; the bytes are the caller's to keep. */
  readonly output: (bytes: Uint8Array, stream: 'stdout' | 'stderr') => void
  /** Takes a line for the person who runs the program; default: console.error. */
  readonly diagnostic?: (message: string) => void
}

/** Bytes that the Web's crypto gives at once. */
const RANDOM_CHUNK = 0x10000

export function createMemoryHost(options: MemoryHostOptions): LinuxHost {
  const now = (): bigint => BigInt(Date.now()) * 1_000_000n
  const files = options.files ?? new MemoryFiles({ now })
  let input = options.input ?? new Uint8Array(0)
  const stream = (write: (bytes: Uint8Array) => void): OpenFile => ({
    seekable: false,
    stat: () => ({ ...files.stat('/'), mode: S_IFIFO | 0o600, size: 0, blocks: 0 }),
    read: (buffer) => {
      const bytes = input.subarray(0, buffer.length)
      buffer.set(bytes)
      input = input.subarray(bytes.length)
      return bytes.length
    },
    write: (bytes) => {
      write(bytes.slice())
      return bytes.length
    },
    close: () => {},
  })
  return {
    mounts: [{ at: '/', files, readOnly: false }],
    directory: options.directory ?? '/',
    stdin: stream(() => {}),
    stdout: stream((bytes) => options.output(bytes, 'stdout')),
    stderr: stream((bytes) => options.output(bytes, 'stderr')),
    user: { uid: 1000, gid: 1000 },
    realtime: now,
    monotonic: () => BigInt(Math.round(performance.now() * 1e6)),
    random: (bytes) => {
      for (let at = 0; at < bytes.length; at += RANDOM_CHUNK) {
        const chunk = new Uint8Array(Math.min(RANDOM_CHUNK, bytes.length - at))
        bytes.set(crypto.getRandomValues(chunk), at)
      }
    },
    diagnostic: options.diagnostic ?? ((message) => console.error(message)),
  }
}
