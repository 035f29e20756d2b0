/**
 * What the kernel knows of its one process: system calls work on this. Created when a program is loaded, dropped at its end.
 */

import type { AddressSpace } from './address-space.ts'
import type { LinuxArch } from './arch.ts'
import type { Arguments } from './arguments.ts'
import { Descriptors, O_RDONLY, O_WRONLY } from './descriptors.ts'
import { deviceFiles } from './devices.ts'
import type { LinuxHost, Mount } from './host.ts'
import { MemoryFiles } from './memory-files.ts'
import { FileNamespace } from './namespace.ts'
import type { UserMemory } from './user-memory.ts'

/** How a process ended. */
export type Ending =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: number }

export interface SignalState {
  /** struct sigaction as the guest gave it, by signal. */
  readonly actions: Map<number, Uint8Array>
  /** Bit n − 1 is signal n. */
  blocked: bigint
  /** stack_t as the guest gave it. */
  alternateStack: Uint8Array | undefined
}

export interface Kernel {
  readonly arch: LinuxArch
  readonly host: LinuxHost
  readonly memory: UserMemory
  readonly space: AddressSpace
  readonly names: FileNamespace
  readonly descriptors: Descriptors
  readonly signals: SignalState
  readonly pid: number
  readonly user: { readonly uid: number; readonly gid: number }
  /** Absolute guest path without links. */
  directory: string
  umask: number
  /** As prctl(PR_SET_NAME) sets it: 15 bytes. */
  threadName: string
  /** Host's monotonic clock when the process began, in nanoseconds. */
  readonly started: bigint
  /** Inode numbers for what has none. */
  nextInode: bigint
  /** Set by what ends the process: the run loop looks after each call. */
  ending: Ending | undefined
  /** What was told to the host already, so that it is told once. */
  readonly reported: Set<string>
}

/** Gives the result register's value; −errno for an error, or throws LinuxError. */
export type Handler = (kernel: Kernel, args: Arguments) => number | bigint

const PID = 1000

export function createKernel(
  arch: LinuxArch,
  host: LinuxHost,
  memory: UserMemory,
  space: AddressSpace,
  executable: string,
): Kernel {
  const proc = new MemoryFiles()
  proc.putLink('/self/exe', executable)
  const own: readonly Mount[] = [
    { at: '/dev', files: deviceFiles(host.random), readOnly: false },
    { at: '/proc', files: proc, readOnly: true },
  ]
  const mounted = new Set(host.mounts.map((mount) => mount.at))
  const descriptors = new Descriptors()
  descriptors.add({ file: host.stdin, path: 'pipe:[0]', flags: O_RDONLY, position: 0 }, false)
  descriptors.add({ file: host.stdout, path: 'pipe:[1]', flags: O_WRONLY, position: 0 }, false)
  descriptors.add({ file: host.stderr, path: 'pipe:[2]', flags: O_WRONLY, position: 0 }, false)
  return {
    arch,
    host,
    memory,
    space,
    names: new FileNamespace([...host.mounts, ...own.filter((mount) => !mounted.has(mount.at))]),
    descriptors,
    signals: { actions: new Map(), blocked: 0n, alternateStack: undefined },
    pid: PID,
    user: host.user,
    directory: host.directory,
    umask: 0o022,
    threadName: executable.slice(executable.lastIndexOf('/') + 1).slice(0, 15),
    started: host.monotonic(),
    nextInode: 1000n,
    ending: undefined,
    reported: new Set(),
  }
}

/** Tells the host something once. */
export function report(kernel: Kernel, key: string, message: string): void {
  if (kernel.reported.has(key)) return
  kernel.reported.add(key)
  kernel.host.diagnostic(message)
}
