/**
 * A line a system call, signal and end of the process, in the form of strace(1). What a call reads is shown as it is before it, what it writes as it is
 * after. In: the kernel's state around each call; out: lines without their end, to whoever asked for them.
 */

import type { Arguments } from './arguments.ts'
import { ERRNO_NAMES } from './errno-names.ts'
import type { Answer, Ending, Kernel, Thread } from './kernel.ts'
import { type PendingSignal, SIGBUS, SIGILL, SIGSEGV, SIGTRAP } from './signals.ts'
import { SIGNATURES } from './syscall-signatures.ts'
import { showArgument, tracedSignal } from './trace-arguments.ts'

/** A call whose answer is not there yet. */
export interface TracedCall {
  readonly name: string
  readonly args: Arguments
  /** undefined: shown after the call. */
  readonly before: readonly (string | undefined)[]
}

/** Where strace puts the answer. */
const ANSWER_COLUMN = 40
/** Calls that give an address. */
const GIVES_ADDRESS = new Set(['brk', 'mmap', 'mmap2', 'mremap'])

export function traceCall(kernel: Kernel, name: string, args: Arguments): TracedCall {
  const parameters = SIGNATURES.get(name) ?? args.map(() => ({ kind: 'hex', out: false }))
  return {
    name,
    args,
    before: parameters.map(({ kind, out }, index) =>
      out ? undefined : showArgument(kind, false, { kernel, args, index, result: undefined }),
    ),
  }
}

/** The answer undefined: the call does not come back. */
export function traceAnswer(kernel: Kernel, thread: Thread, call: TracedCall, answer: Answer | undefined): void {
  const { name, args, before } = call
  const result = answer === undefined ? undefined : Number(answer)
  const parameters = SIGNATURES.get(name) ?? []
  const shown = before.map((text, index) => {
    const kind = parameters[index]?.kind ?? 'address'
    return text ?? showArgument(kind, true, { kernel, args, index, result: result ?? 0 })
  })
  while (shown.at(-1) === '') shown.pop()
  const text = `${prefix(kernel, thread)}${name}(${shown.join(', ')})`
  kernel.trace?.(`${text.padEnd(ANSWER_COLUMN - 1)} = ${answerText(name, result)}`)
}

function answerText(name: string, result: number | undefined): string {
  if (result === undefined) return '?'
  if (result < 0 && result > -4096) {
    const known = ERRNO_NAMES.get(-result)
    return `-1 ${known === undefined ? `errno ${-result}` : `${known.name} (${known.text})`}`
  }
  return GIVES_ADDRESS.has(name) ? `0x${result.toString(16)}` : `${result}`
}

/** si_code by its number; those of faults depend on the signal. */
const CODES: Readonly<Record<number, string>> = {
  0: 'SI_USER',
  [-1]: 'SI_QUEUE',
  [-2]: 'SI_TIMER',
  [-6]: 'SI_TKILL',
  128: 'SI_KERNEL',
}
const FAULT_CODES: Readonly<Record<number, readonly string[]>> = {
  [SIGSEGV]: ['', 'SEGV_MAPERR', 'SEGV_ACCERR'],
  [SIGBUS]: ['', 'BUS_ADRALN', 'BUS_ADRERR'],
  [SIGILL]: ['', 'ILL_ILLOPC'],
  [SIGTRAP]: ['', 'TRAP_BRKPT'],
}

export function traceSignal(kernel: Kernel, { signal, info }: PendingSignal): void {
  if (kernel.trace === undefined) return
  const view = new DataView(info.buffer, info.byteOffset, info.byteLength)
  const code = view.getInt32(8, true)
  const wide = kernel.memory.wordBytes === 8
  const at = wide ? 16 : 12
  const fault = code > 0 && code < 128 ? FAULT_CODES[signal]?.[code] : undefined
  const from = `si_pid=${view.getInt32(at, true)}, si_uid=${view.getUint32(at + 4, true)}`
  const where = `si_addr=0x${(wide ? view.getBigUint64(at, true) : view.getUint32(at, true)).toString(16)}`
  const name = tracedSignal(signal)
  const rest = fault === undefined ? (code === 128 ? '' : `, ${from}`) : `, ${where}`
  kernel.trace(
    `${prefix(kernel, kernel.thread)}--- ${name} {si_signo=${name}, si_code=${fault ?? CODES[code] ?? code}${rest}} ---`,
  )
}

export function traceEnding(kernel: Kernel, ending: Ending): void {
  if (ending.kind === 'signal' && ending.pending !== undefined) traceSignal(kernel, ending.pending)
  kernel.trace?.(
    ending.kind === 'exit' ? `+++ exited with ${ending.code} +++` : `+++ killed by ${tracedSignal(ending.signal)} +++`,
  )
}

/** Which thread, once there are several. */
function prefix(kernel: Kernel, thread: Thread): string {
  return kernel.threads.length > 1 ? `[pid ${thread.tid}] ` : ''
}
