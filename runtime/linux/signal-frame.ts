/**
 * Runs a program's signal handlers: puts a frame with siginfo and ucontext on the stack and lets the thread go on in the handler, and takes the frame
 * back at rt_sigreturn. Where what lies in the frame is the architecture's (`SignalFrame` in arch.ts). Source: Linux, arch/…/kernel/signal.c.
 */

import { EFAULT, LinuxError } from './errno.ts'
import type { Kernel, Thread } from './kernel.ts'
import {
  actionOf,
  isIgnored,
  type PendingSignal,
  SA_NODEFER,
  SA_ONSTACK,
  SA_RESETHAND,
  SIG_DFL,
  SIGSEGV,
  type SignalAction,
  takePending,
  UNBLOCKABLE,
} from './signals.ts'
import { traceSignal } from './trace.ts'

/** stack_t as sigaltstack(2) knows it. */
export interface AlternateStack {
  readonly pointer: number
  readonly size: number
}

export const SS_ONSTACK = 1
export const SS_DISABLE = 2

/** Lets the running thread go on in the handlers of all signals that wait for it. What ends the process sets `kernel.ending`. */
export function deliverSignals(kernel: Kernel): void {
  const { thread } = kernel
  if (thread.pending.length > 0 || kernel.signals.pending.length > 0) {
    for (;;) {
      const pending = takePending(kernel, thread, ~thread.blocked)
      if (pending === undefined) break
      const action = actionOf(kernel, pending.signal)
      if (isIgnored(kernel, pending.signal)) continue
      if (action.handler === SIG_DFL) {
        kernel.ending ??= { kind: 'signal', signal: pending.signal, pending }
        break
      }
      traceSignal(kernel, pending)
      callHandler(kernel, thread, pending, action)
    }
  }
  // rt_sigsuspend and its kin are over.
  if (thread.maskToRestore !== undefined && thread.waiting === undefined) {
    thread.blocked = thread.maskToRestore
    thread.maskToRestore = undefined
  }
}

function callHandler(kernel: Kernel, thread: Thread, { signal, info }: PendingSignal, action: SignalAction): void {
  const { frame, state, memory } = kernel
  const sp = Number(state.place(kernel.arch.stackPointer).read())
  const other = thread.alternateStack
  const top =
    (action.flags & SA_ONSTACK) !== 0 && other !== undefined && !isOn(other, sp) ? other.pointer + other.size : sp
  const at = Math.floor((top - frame.bytes) / 16) * 16
  const mask = thread.maskToRestore ?? thread.blocked
  try {
    const bytes = memory.writable(at, frame.bytes)
    bytes.fill(0)
    bytes.set(info, frame.info)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (const { place, offset, size } of frame.registers) write(view, offset, size, place.read())
    view.setBigUint64(frame.mask, mask, true)
    const word = memory.wordBytes
    write(view, frame.stack, word, BigInt(other?.pointer ?? 0))
    view.setInt32(frame.stack + word, stackFlags(other, sp), true)
    write(view, frame.stack + 2 * word, word, BigInt(other?.size ?? 0))
  } catch (error) {
    if (!(error instanceof LinuxError)) throw error
    kernel.ending ??= {
      kind: 'signal',
      signal: SIGSEGV,
      reason: `no room on the stack for the handler of signal ${signal}`,
    }
    return
  }
  const { arguments: args, returnAddress } = kernel.arch.signals
  const values = [signal, at + frame.info, at + frame.context]
  args.forEach((name, i) => {
    state.place(name).write(BigInt(values[i]!))
  })
  state.place(returnAddress).write(BigInt(kernel.trampoline))
  state.place(kernel.arch.stackPointer).write(BigInt(at))
  state.pc = action.handler
  thread.maskToRestore = undefined
  const own = (action.flags & SA_NODEFER) !== 0 ? 0n : 1n << BigInt(signal - 1)
  thread.blocked = (thread.blocked | action.mask | own) & ~UNBLOCKABLE
  if ((action.flags & SA_RESETHAND) !== 0) kernel.signals.actions.delete(signal)
}

/** rt_sigreturn: everything is as the frame at the stack pointer says. Throws EFAULT for a frame that is not there. */
export function returnFromHandler(kernel: Kernel): void {
  const { frame, state, memory, thread } = kernel
  const at = Number(state.place(kernel.arch.stackPointer).read())
  let bytes: Uint8Array
  try {
    bytes = memory.readable(at, frame.bytes).slice()
  } catch (error) {
    if (!(error instanceof LinuxError) || error.errno !== EFAULT) throw error
    kernel.ending ??= { kind: 'signal', signal: SIGSEGV, reason: 'rt_sigreturn without a signal frame on the stack' }
    return
  }
  const view = new DataView(bytes.buffer)
  for (const { place, offset, size } of frame.registers) place.write(read(view, offset, size))
  thread.blocked = view.getBigUint64(frame.mask, true) & ~UNBLOCKABLE
  const word = memory.wordBytes
  const flags = view.getInt32(frame.stack + word, true)
  const size = Number(read(view, frame.stack + 2 * word, word))
  thread.alternateStack =
    (flags & SS_DISABLE) !== 0 ? undefined : { pointer: Number(read(view, frame.stack, word)), size }
}

export function isOn({ pointer, size }: AlternateStack, sp: number): boolean {
  return sp > pointer && sp <= pointer + size
}

export function stackFlags(stack: AlternateStack | undefined, sp: number): number {
  return stack === undefined ? SS_DISABLE : isOn(stack, sp) ? SS_ONSTACK : 0
}

function write(view: DataView, at: number, size: number, value: bigint): void {
  if (size === 8) view.setBigUint64(at, value, true)
  else view.setUint32(at, Number(BigInt.asUintN(32, value)), true)
}

function read(view: DataView, at: number, size: number): bigint {
  return size === 8 ? view.getBigUint64(at, true) : BigInt(view.getUint32(at, true))
}
