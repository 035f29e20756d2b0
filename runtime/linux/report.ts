/**
 * What is told of a process that the guest's own doing ended: where, why, the instruction, the registers. `Report` is plain data taken at the moment
 * it happened; `renderReport` makes the text, with a disassembler if there is one (it is loaded only when needed).
 */

import type { Disassemble } from '../abi.ts'
import { EXEC, type GuestMemory } from '../memory.ts'
import type { GuestState } from '../state.ts'
import type { LinuxArch } from './arch.ts'
import type { Symbols } from './elf-symbols.ts'
import { signalName } from './signals.ts'

export interface Report {
  /** 0 when the instruction limit ended it. */
  readonly signal: number
  /** One line: what happened. */
  readonly reason: string
  readonly pc: bigint
  /** What lies at pc, as far as it may be executed; at most 16 bytes. */
  readonly bytes: Uint8Array
  /** Of these, how many are the instruction's. */
  readonly length: number
  /** Of the access that was not allowed. */
  readonly fault?: { readonly access: 'read' | 'write' | 'fetch'; readonly address: bigint }
  readonly registers: readonly { readonly name: string; readonly value: bigint; readonly width: number }[]
  /** The function that pc lies in, as `name+0x10`; undefined without symbols. */
  readonly symbol: string | undefined
}

const CODE_BYTES = 16

export function takeReport(
  arch: LinuxArch,
  state: GuestState,
  memory: GuestMemory,
  symbols: Symbols,
  signal: number,
  reason: string,
  fault?: Report['fault'],
): Report {
  const pc = state.pc
  const near = pc < 2n ** 32n ? symbols.near(Number(pc)) : undefined
  const bytes = codeAt(memory, pc)
  return {
    signal,
    reason,
    pc,
    bytes,
    length: arch.instructionLength(bytes),
    ...(fault === undefined ? {} : { fault }),
    registers: arch.reported.map((name) => {
      const place = state.place(name)
      return { name, value: place.read(), width: place.width }
    }),
    symbol: near && (near.offset === 0 ? near.name : `${near.name}+0x${near.offset.toString(16)}`),
  }
}

function codeAt(memory: GuestMemory, pc: bigint): Uint8Array {
  if (pc >= BigInt(memory.size)) return new Uint8Array(0)
  const from = Number(pc)
  const end = Math.min(memory.firstForbidden(from, CODE_BYTES, EXEC) ?? from + CODE_BYTES, memory.size)
  return memory.read(from, Math.max(end - from, 0))
}

/** Several lines, each ended. */
export function renderReport(report: Report, disassemble?: Disassemble): string {
  const { pc, bytes, fault, registers, symbol } = report
  const digits = Math.max(8, pc.toString(16).length)
  const found = bytes.length > 0 ? disassemble?.(bytes, 0, pc) : undefined
  const shown = [...bytes.subarray(0, found?.length ?? report.length)]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(' ')
  const lines = [
    report.signal === 0 ? report.reason : `${signalName(report.signal)}: ${report.reason}`,
    `  pc      ${hex(pc, digits)}${symbol === undefined ? '' : `  in ${symbol}`}`,
    ...(fault === undefined ? [] : [`  ${fault.access.padEnd(7)} ${hex(fault.address, digits)}`]),
    ...(shown === '' ? [] : [`  code    ${shown}${found === undefined ? '' : `  ${found.text}`}`]),
  ]
  for (let at = 0; at < registers.length; at += 4) {
    const row = registers.slice(at, at + 4)
    lines.push(row.map(({ name, value, width }) => `  ${name.padEnd(4)} ${hex(value, width / 4)}`).join(''))
  }
  return `${lines.join('\n')}\n`
}

function hex(value: bigint, digits: number): string {
  return `0x${value.toString(16).padStart(digits, '0')}`
}
