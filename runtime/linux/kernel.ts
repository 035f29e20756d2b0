/**
 * What the kernel knows of its one process: system calls work on this. Created when a program is loaded, dropped at its end.
 */

import type { GuestState } from '../state.ts'
import type { AddressSpace } from './address-space.ts'
import { type LinuxArch, type MachineFacts, type SignalFrame, signalFrame } from './arch.ts'
import type { Arguments } from './arguments.ts'
import { Descriptors, O_RDONLY, O_WRONLY } from './descriptors.ts'
import { deviceFiles } from './devices.ts'
import type { ElfTarget } from './elf.ts'
import type { LinuxHost, Mount } from './host.ts'
import { FileNamespace } from './namespace.ts'
import { procFiles } from './proc-files.ts'
import type { Report } from './report.ts'
import { SharedMappings } from './shared-mappings.ts'
import type { AlternateStack } from './signal-frame.ts'
import type { PendingSignal, SignalAction } from './signals.ts'
import type { Stack } from './stack.ts'
import type { NewProgram } from './start.ts'
import { createThread } from './threads.ts'
import { IntervalTimers } from './timers.ts'
import type { TracedCall } from './trace.ts'
import type { UserMemory } from './user-memory.ts'

/** How a process ended. */
export type Ending =
  | { readonly kind: 'exit'; readonly code: number }
  /** `reason`: why, where it is not that the program sent it to itself. */
  | {
      readonly kind: 'signal'
      readonly signal: number
      readonly pending?: PendingSignal
      readonly reason?: string
      readonly fault?: Report['fault']
    }

/** What a system call gives: the result register's value, −errno for an error. */
export type Answer = number | bigint

/** The call is not done yet: its thread waits. */
export interface Wait {
  readonly kind: 'wait'
  /** The answer, once there is one. Throws LinuxError. */
  readonly poll: () => Answer | undefined
  /** The host's monotonic clock in nanoseconds; then the answer is `late`. */
  readonly deadline?: bigint | undefined
  readonly late: Answer
  /** Whether the call is made anew after a handler with SA_RESTART; others end with EINTR. */
  readonly restarts: boolean
  /** The wait ended, however it did. */
  readonly over?: () => void
}
/** Registers and pc are set as they shall be. */
export interface Resume {
  readonly kind: 'resume'
}

export interface Thread {
  readonly tid: number
  /** Signals that must wait: bit n − 1 is signal n. */
  blocked: bigint
  /** Sent to this very thread. */
  readonly pending: PendingSignal[]
  alternateStack: AlternateStack | undefined
  /** What `blocked` shall be again after the call at hand, which changed it for its time (rt_sigsuspend). */
  maskToRestore: bigint | undefined
  /** Set to 0 at the thread's end, and a futex wait there woken; 0: none. */
  clearTid: number
  /** With the call that waits: its pc and first argument. */
  waiting: (Wait & { readonly call: { readonly pc: bigint; readonly first: bigint } }) | undefined
  /** The call that is being answered, where calls are traced. */
  traced: TracedCall | undefined
  /** Its registers while another thread runs. */
  saved: Int32Array | undefined
}

/** The registers of the thread that runs. */
export type Registers = Pick<GuestState, 'place' | 'pc' | 'snapshot' | 'restore' | 'reset'>

/** A thread that waits at a futex. */
export interface FutexWaiter {
  address: number
  readonly bits: number
  woken: boolean
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
  /** What can be run. */
  readonly target: ElfTarget
  /** AT_HWCAP. */
  readonly hwcap: number
  /** Lines for /proc/cpuinfo. */
  readonly cpuinfo: readonly (readonly [key: string, value: string])[]
  program: Program
  /** Set by execve: what shall take the program's place. */
  next: NewProgram | undefined
  readonly host: LinuxHost
  readonly memory: UserMemory
  readonly space: AddressSpace
  readonly names: FileNamespace
  readonly descriptors: Descriptors
  readonly shared: SharedMappings
  readonly signals: {
    readonly actions: Map<number, SignalAction>
    readonly pending: PendingSignal[]
    /** Some handler may look at the registers of the place that it interrupted. */
    handlersSeeRegisters: boolean
  }
  readonly state: Registers
  readonly frame: SignalFrame
  /** Address of the code that a signal handler returns to. */
  trampoline: number
  /** Forgets a load-reserved: another thread, or a handler, goes on. */
  readonly dropReservation: () => void
  /** All that have not ended; at least one. */
  readonly threads: Thread[]
  /** The one that runs. */
  thread: Thread
  nextTid: number
  /** pc after the call that is being answered. */
  callNext: bigint
  /** Another thread shall run, if one can. */
  turnIsOver: boolean
  /** In the order in which they came. */
  readonly futexes: FutexWaiter[]
  readonly timers: IntervalTimers
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
  /** Takes the lines of a trace; absent: none is made. */
  trace: ((line: string) => void) | undefined
  /** What was told to the host already, so that it is told once. */
  readonly reported: Set<string>
}

/** Throws LinuxError. */
export type Handler = (kernel: Kernel, args: Arguments) => Answer | Wait | Resume

const PID = 1000
/** The register that every isa with load-reserved has for it. */
const RESERVATION = 'reserved'
export const SYSTEM: SystemNames = { name: 'Linux', node: 'isagen', release: '6.1.0', version: '#1 SMP' }
export const SECOND = 1_000_000_000n

/** Nanoseconds: the process is taken to have used the processor all the time since it began. */
export function elapsed(kernel: Kernel): bigint {
  return kernel.host.monotonic() - kernel.started
}

export interface Machine {
  readonly isa: MachineFacts & { readonly title: string }
  readonly state: Registers
}

export function createKernel(
  arch: LinuxArch,
  { isa, state }: Machine,
  host: LinuxHost,
  memory: UserMemory,
  space: AddressSpace,
  executable: string,
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
  const thread = createThread(PID, 0n)
  const kernel: Kernel = {
    arch,
    system: SYSTEM,
    target: { title: isa.title, bits: arch.bits, machine: arch.machine, size: memory.guest.size },
    hwcap: arch.hwcap(isa),
    cpuinfo: arch.cpuinfo(isa),
    next: undefined,
    // Known once it is loaded.
    program: { executable, stackPointer: 0, auxiliary: { address: 0, length: 0 }, argv: [0, 0], env: [0, 0] },
    host,
    memory,
    space,
    names: new FileNamespace([...host.mounts, ...own.filter((mount) => !mounted.has(mount.at))]),
    descriptors,
    shared: new SharedMappings(memory.guest),
    signals: { actions: new Map(), pending: [], handlersSeeRegisters: false },
    state,
    frame: signalFrame(arch, isa, state),
    trampoline: 0,
    dropReservation: isa.registers.some(({ name }) => name === RESERVATION)
      ? () => state.place(RESERVATION).write(0n)
      : () => {},
    threads: [thread],
    thread,
    nextTid: PID + 1,
    callNext: 0n,
    turnIsOver: false,
    futexes: [],
    timers: new IntervalTimers(),
    pid: PID,
    user: host.user,
    directory: host.directory,
    umask: 0o022,
    threadName: executable.slice(executable.lastIndexOf('/') + 1).slice(0, 15),
    started: host.monotonic(),
    nextInode: 1000n,
    ending: undefined,
    trace: undefined,
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
