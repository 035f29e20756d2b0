/** A Linux host for Node: standard streams, clocks, randomness, and the folders that were asked for. */

import { randomFillSync } from 'node:crypto'
import { absolutePath, type LinuxHost, type Mount } from 'isagen/linux'
import { hostFolder } from './folder.ts'
import type { Mapping } from './mapping.ts'
import { pause, standardStream } from './open-file.ts'

export interface NodeHostOptions {
  /** What the guest sees of the host's files; default: nothing. */
  readonly map?: readonly Mapping[]
  /** Where the guest starts; default '/'. */
  readonly directory?: string
  /** Default: a line to stderr. */
  readonly diagnostic?: (message: string) => void
}

/** Throws when a mapping's host path does not exist or its guest path is not absolute. */
export function createNodeHost(options: NodeHostOptions = {}): LinuxHost {
  return {
    mounts: (options.map ?? []).map(mount),
    directory: absolutePath('/', options.directory ?? '/'),
    stdin: standardStream(0),
    stdout: standardStream(1),
    stderr: standardStream(2),
    user: { uid: process.getuid?.() ?? 1000, gid: process.getgid?.() ?? 1000 },
    realtime: () => BigInt(Date.now()) * 1_000_000n,
    monotonic: () => process.hrtime.bigint(),
    sleep: (nanoseconds) => pause(Number(nanoseconds) / 1e6),
    random: (bytes) => {
      randomFillSync(bytes)
    },
    diagnostic: options.diagnostic ?? ((message) => console.error(message)),
  }
}

function mount({ guest, host, readOnly }: Mapping): Mount {
  return { at: guest, files: hostFolder(host), readOnly }
}
