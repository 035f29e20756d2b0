/** What Linux makes of an instruction that could not be done: a signal to its thread, which cannot be put off. */

import type { FaultExit, IllegalExit, TrapExit } from '../exit.ts'
import type { Ending, Kernel } from './kernel.ts'
import {
  actionOf,
  BUS_ADRERR,
  fromFault,
  ILL_ILLOPC,
  isBlocked,
  type PendingSignal,
  SEGV_ACCERR,
  SEGV_MAPERR,
  SIGBUS,
  SIGILL,
  SIGSEGV,
} from './signals.ts'

/** The thread will go on in its handler; without one, or where it is blocked, the process ends, and the ending says why. */
export function raiseFault(kernel: Kernel, exit: FaultExit | IllegalExit | TrapExit): void {
  const { pending, ...why } = describe(kernel, exit)
  const { thread } = kernel
  const { handler } = actionOf(kernel, pending.signal)
  if (handler <= 1n || isBlocked(thread, pending.signal)) kernel.ending ??= { kind: 'signal', pending, ...why }
  else thread.pending.unshift(pending)
}

type Fault = Omit<Extract<Ending, { kind: 'signal' }>, 'kind' | 'pending'> & { readonly pending: PendingSignal }

function describe(kernel: Kernel, exit: FaultExit | IllegalExit | TrapExit): Fault {
  switch (exit.kind) {
    case 'fault': {
      const { access, address } = exit
      if (address < BigInt(kernel.space.end) && kernel.space.isBeyondFile(Number(address))) {
        return {
          signal: SIGBUS,
          reason: `address 0x${address.toString(16)} lies beyond the end of the file that is mapped there`,
          fault: { access, address },
          pending: fromFault(kernel, SIGBUS, BUS_ADRERR, address),
        }
      }
      const what = { read: 'read', write: 'write to', fetch: 'execute' }[access]
      const there = address < BigInt(kernel.space.end) && kernel.space.isTaken(pageOf(address), 1)
      return {
        signal: SIGSEGV,
        reason: `the program may not ${what} address 0x${address.toString(16)}`,
        fault: { access, address },
        pending: fromFault(kernel, SIGSEGV, there ? SEGV_ACCERR : SEGV_MAPERR, address),
      }
    }
    case 'illegal': {
      const bits = [...exit.bytes.subarray(0, kernel.arch.instructionLength(exit.bytes))]
        .reverse()
        .map((byte) => byte.toString(16).padStart(2, '0'))
      const reason = `no instruction of this machine has the bits 0x${bits.join('')}`
      return { signal: SIGILL, reason, pending: fromFault(kernel, SIGILL, ILL_ILLOPC, exit.pc) }
    }
    case 'trap': {
      const [signal, code] = kernel.arch.trapSignals[exit.trap] ?? [SIGILL, ILL_ILLOPC]
      // The address that the trap tells, if it tells one.
      return { signal, reason: `trap ${exit.trap}`, pending: fromFault(kernel, signal, code, exit.args[0] ?? exit.pc) }
    }
  }
}

const pageOf = (address: bigint): number => Number(address - (address % 4096n))
