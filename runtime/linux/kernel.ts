/**
 * What the kernel knows of its one process: system calls work on this. Created when a program is loaded, dropped at its end.
 */

import type { AddressSpace } from './address-space.ts'
import type { LinuxArch } from './arch.ts'
import type { Arguments } from './arguments.ts'
import { Descriptors, O_RDONLY, O_WRONLY } from './descriptors.ts'
import { deviceFiles } from './devices.ts'
import type { LinuxHost, Mount } from './host.ts'
import { FileNamespace } from './namespace.ts'
import { procFiles } from './proc-files.ts'
import type { Stack } from './stack.ts'
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

/** What uname and /proc tell of the system. */
export interface SystemNames {
  readonly name: string
  readonly node: string
  readonly release: string
  readonly version: string
}

/** The program that the process runs. */
export interface Program extends Omit<Stack, 'pointer'> {
  /** Absolute guest path. */
  readonly executable: string
  readonly stackPointer: number
}

export interface Kernel {
  readonly arch: LinuxArch
  readonly system: SystemNames
  /** Lines for /proc/cpuinfo. */
  readonly cpuinfo: readonly (readonly [key: string, value: string])[]
  program: Program
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
export const SYSTEM: SystemNames = { name: 'Linux', node: 'isagen', release: '6.1.0', version: '#1 SMP' }
export const SECOND = 1_000_000_000n

/** Nanoseconds: the process is taken to have used the processor all the time since it began. */
export function elapsed(kernel: Kernel): bigint {
  return kernel.host.monotonic() - kernel.started
}

export function createKernel(
  arch: LinuxArch,
  host: LinuxHost,
  memory: UserMemory,
  space: AddressSpace,
  executable: string,
  cpuinfo: Kernel['cpuinfo'],
): Kernel {
  const own: readonly Mount[] = [
    { at: '/dev', files: deviceFiles(host.random), readOnly: false },
    { at: '/proc', files: procFiles(() => kernel), readOnly: true },
  ]
  const mounted = new Set(host.mounts.map((mount) => mount.at))
  const descriptors = new Descriptors()
  descriptors.add({ file: host.stdin, path: 'pipe:[0]', flags: O_RDONLY, position: 0 }, false)
  descriptors.add({ file: host.stdout, path: 'pipe:[1]', flags: O_WRONLY, position: 0 }, false)
  descriptors.add({ file: host.stderr, path: 'pipe:[2]', flags: O_WRONLY, position: 0 }, false)
  const kernel: Kernel = {
    arch,
    system: SYSTEM,
    cpuinfo,
    // Known once it is loaded.
    program: { executable, stackPointer: 0, auxiliary: { address: 0, length: 0 }, argv: [0, 0], env: [0, 0] },
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
  return kernel
}

/** Tells the host something once. */
export function report(kernel: Kernel, key: string, message: string): void {
  if (kernel.reported.has(key)) return
  kernel.reported.add(key)
  kernel.host.diagnostic(message)
}
