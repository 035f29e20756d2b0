/** Threads: clone for a thread of the same process, its end, futexes, what the scheduler is asked. Other processes cannot be made. */

import { int, uint, word } from '../arguments.ts'
import { EAGAIN, EINVAL, ENOSYS, ESRCH, ETIMEDOUT, fail } from '../errno.ts'
import { type Answer, type Handler, type Kernel, type Registers, report, type Thread } from '../kernel.ts'
import { createThread } from '../threads.ts'
import { readTimespec } from './time.ts'

const CLONE_VM = 0x100
const CLONE_SIGHAND = 0x800
const CLONE_THREAD = 0x10000
const CLONE_SETTLS = 0x80000
const CLONE_PARENT_SETTID = 0x100000
const CLONE_CHILD_CLEARTID = 0x200000
const CLONE_CHILD_SETTID = 0x1000000
const OF_A_THREAD = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD
/** RLIMIT_NPROC, so to speak. */
const MAX_THREADS = 1024

interface NewThread {
  readonly flags: number
  /** The stack pointer, or 0: the parent's. */
  readonly stack: bigint
  readonly parent: bigint
  readonly child: bigint
  readonly tls: bigint
}

export const clone: Handler = (kernel, [flags, stack, ...more]) => {
  const named = new Map(kernel.arch.cloneArguments.map((name, i) => [name, more[i]!]))
  const [parent, child, tls] = [named.get('parent')!, named.get('child')!, named.get('tls')!]
  return start(kernel, { flags: uint(flags), stack, parent, child, tls })
}

/** struct clone_args: flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, … of 8 bytes each. */
export const clone3: Handler = (kernel, [args, size]) => {
  if (word(size) < 64) fail(EINVAL)
  const field = (index: number): bigint => kernel.memory.u64(word(args) + 8 * index)
  const [stack, length] = [field(5), field(6)]
  const flags = Number(BigInt.asUintN(32, field(0)))
  return start(kernel, { flags, stack: stack + length, parent: field(3), child: field(2), tls: field(7) })
}

function start(kernel: Kernel, { flags, stack, parent, child, tls }: NewThread): Answer {
  if ((flags & OF_A_THREAD) !== OF_A_THREAD) {
    report(kernel, 'clone', `the program wants to start another process (clone, flags 0x${flags.toString(16)}): ENOSYS`)
    return fail(ENOSYS)
  }
  if (kernel.threads.length >= MAX_THREADS) fail(EAGAIN)
  const { memory, arch, state } = kernel
  const tid = kernel.nextTid++
  if (flags & CLONE_PARENT_SETTID) memory.setU32(word(parent), tid)
  if (flags & CLONE_CHILD_SETTID) memory.setU32(word(child), tid)
  const thread = createThread(tid, kernel.thread.blocked)
  if (flags & CLONE_CHILD_CLEARTID) thread.clearTid = word(child)
  thread.saved = changed(state, () => {
    state.place(arch.call.result).write(0n)
    if (stack !== 0n) state.place(arch.stackPointer).write(stack)
    if (flags & CLONE_SETTLS) state.place(arch.threadPointer).write(tls)
    // Beyond the call, as the caller goes on too.
    state.pc = kernel.callNext
  })
  kernel.threads.push(thread)
  return tid
}

/** A copy of the registers after a change that they themselves do not keep. */
function changed(state: Registers, change: () => void): Int32Array {
  const before = state.snapshot()
  change()
  const after = state.snapshot()
  state.restore(before)
  return after
}

/** The end of this thread; of the process with its last one. */
export const exitThread: Handler = (kernel, [code]) => {
  const { thread, threads } = kernel
  if (threads.length === 1) {
    kernel.ending ??= { kind: 'exit', code: uint(code) & 255 }
    return 0
  }
  if (thread.clearTid !== 0) {
    kernel.memory.setU32(thread.clearTid, 0)
    wake(kernel, thread.clearTid, 1, ALL_BITS)
  }
  threads.splice(threads.indexOf(thread), 1)
  return { kind: 'wait', poll: () => undefined, late: 0, restarts: false }
}

export const gettid: Handler = (kernel) => kernel.thread.tid

export const setTidAddress: Handler = (kernel, [address]) => {
  kernel.thread.clearTid = word(address)
  return kernel.thread.tid
}

const FUTEX_WAIT = 0
const FUTEX_WAKE = 1
const FUTEX_REQUEUE = 3
const FUTEX_CMP_REQUEUE = 4
const FUTEX_WAKE_OP = 5
const FUTEX_WAIT_BITSET = 9
const FUTEX_WAKE_BITSET = 10
const FUTEX_COMMAND = 127
const FUTEX_CLOCK_REALTIME = 256
const ALL_BITS = 0xffffffff

export const futex: Handler = (kernel, [at, operation, value, fourth, second, third]) => {
  const address = word(at)
  const { memory } = kernel
  const command = uint(operation) & FUTEX_COMMAND
  if (address % 4 !== 0) fail(EINVAL)
  switch (command) {
    case FUTEX_WAKE:
      return wake(kernel, address, int(value), ALL_BITS)
    case FUTEX_WAKE_BITSET:
      return wake(kernel, address, int(value), uint(third) === 0 ? fail(EINVAL) : uint(third))
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET: {
      const bits = command === FUTEX_WAIT ? ALL_BITS : uint(third)
      if (bits === 0) fail(EINVAL)
      if (memory.u32(address) !== uint(value)) fail(EAGAIN)
      const waiter = { address, bits, woken: false }
      const deadline = fourth === 0n ? undefined : deadlineOf(kernel, uint(operation), word(fourth))
      kernel.futexes.push(waiter)
      return {
        kind: 'wait',
        poll: () => (waiter.woken ? 0 : undefined),
        deadline,
        late: -ETIMEDOUT,
        restarts: true,
        over: () => {
          const index = kernel.futexes.indexOf(waiter)
          if (index >= 0) kernel.futexes.splice(index, 1)
        },
      }
    }
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE: {
      if (command === FUTEX_CMP_REQUEUE && memory.u32(address) !== uint(third)) fail(EAGAIN)
      const woken = wake(kernel, address, int(value), ALL_BITS)
      const moved = kernel.futexes.filter((one) => one.address === address).slice(0, int(fourth))
      for (const one of moved) one.address = word(second)
      return command === FUTEX_REQUEUE ? woken : woken + moved.length
    }
    case FUTEX_WAKE_OP: {
      const [before, holds] = changeWord(kernel, word(second), uint(third))
      memory.setU32(word(second), before.next)
      const woken = wake(kernel, address, int(value), ALL_BITS)
      return holds ? woken + wake(kernel, word(second), int(fourth), ALL_BITS) : woken
    }
    default:
      return fail(ENOSYS)
  }
}

/** Of FUTEX_WAKE_OP: what to do with the second word, and whether what it held lets its waiters be woken too. */
function changeWord(kernel: Kernel, address: number, code: number): readonly [{ readonly next: number }, boolean] {
  const old = kernel.memory.u32(address) | 0
  const field = (low: number): number => (code << (20 - low)) >> 20
  const argument = (code >>> 28) & 8 ? 1 << (field(12) & 31) : field(12)
  const next = [argument, old + argument, old | argument, old & ~argument, old ^ argument][(code >>> 28) & 7]
  const compared = field(0)
  const holds = [old === compared, old !== compared, old < compared, old <= compared, old > compared, old >= compared]
  return [{ next: (next ?? fail(ENOSYS)) >>> 0 }, holds[(code >>> 24) & 15] ?? fail(ENOSYS)]
}

/** FUTEX_WAIT counts from now, FUTEX_WAIT_BITSET says when. */
function deadlineOf(kernel: Kernel, operation: number, at: number): bigint {
  const time = readTimespec(kernel, at)
  const now = kernel.host.monotonic()
  if ((operation & FUTEX_COMMAND) === FUTEX_WAIT) return now + time
  return operation & FUTEX_CLOCK_REALTIME ? now + time - kernel.host.realtime() : time
}

/** Gives how many were woken. */
function wake(kernel: Kernel, address: number, most: number, bits: number): number {
  const woken = kernel.futexes.filter((one) => one.address === address && (one.bits & bits) !== 0).slice(0, most)
  for (const one of woken) {
    one.woken = true
    kernel.futexes.splice(kernel.futexes.indexOf(one), 1)
  }
  return woken.length
}

/** The others are asked first. */
export const schedYield: Handler = (kernel) => {
  kernel.turnIsOver = true
  return 0
}

/** One processor: bit 0. Gives the bytes written, a multiple of the word. */
export const schedGetaffinity: Handler = (kernel, [_pid, size, mask]) => {
  if (word(size) < kernel.memory.wordBytes) fail(EINVAL)
  kernel.memory.write(word(mask), Uint8Array.of(1, ...new Uint8Array(kernel.memory.wordBytes - 1)))
  return kernel.memory.wordBytes
}

/** SCHED_OTHER with priority 0, for every thread. */
export const schedGetscheduler: Handler = (kernel, [pid]) => {
  ofProcess(kernel, int(pid))
  return 0
}
export const schedGetparam: Handler = (kernel, [pid, parameters]) => {
  ofProcess(kernel, int(pid))
  kernel.memory.setU32(word(parameters), 0)
  return 0
}

function ofProcess(kernel: Kernel, tid: number): Thread {
  return tid === 0 ? kernel.thread : (kernel.threads.find((one) => one.tid === tid) ?? fail(ESRCH))
}

/** unsigned cpu, node. */
export const getcpu: Handler = (kernel, [cpu, node]) => {
  if (cpu !== 0n) kernel.memory.setU32(word(cpu), 0)
  if (node !== 0n) kernel.memory.setU32(word(node), 0)
  return 0
}
