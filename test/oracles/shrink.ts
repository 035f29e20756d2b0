/**
 * Makes a failing stream small: halves, quarters and so on of its units are replaced by instructions that do nothing, as long as the failure
 * stays. Bytes keep their places, so branches still lead to starts of units.
 */

import type { Disassemble } from '../../runtime/abi.ts'

/** `nop`'s length divides that of every unit. Gives the units with what does not matter replaced; `fails` is asked at most `limit` times. */
export async function shrink(
  units: readonly Uint8Array[],
  nop: Uint8Array,
  fails: (units: readonly Uint8Array[]) => boolean | Promise<boolean>,
  limit = 300,
): Promise<Uint8Array[]> {
  const current = [...units]
  const blanks = units.map((unit) => Uint8Array.from(unit, (_, i) => nop[i % nop.length] ?? 0))
  let asked = 0
  for (let size = Math.ceil(units.length / 2); ; size = Math.ceil(size / 2)) {
    for (let at = 0; at < current.length && asked < limit; at += size) {
      const end = Math.min(at + size, current.length)
      if (current.slice(at, end).every((unit, i) => unit === blanks[at + i])) continue
      const candidate = [...current.slice(0, at), ...blanks.slice(at, end), ...current.slice(end)]
      asked++
      if (await fails(candidate)) current.splice(at, end - at, ...blanks.slice(at, end))
    }
    if (size === 1 || asked >= limit) return current
  }
}

/** The instructions of a unit, as text. */
export function disassembleAll(disassemble: Disassemble, bytes: Uint8Array, pc: bigint): string {
  const texts: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const one = disassemble(bytes, at, pc + BigInt(at))
    texts.push(one?.text ?? '?')
    at += one?.length ?? bytes.length
  }
  return texts.join('; ')
}

/** What is left of a shrunk stream: address and text of each unit that does something. */
export function describeUnits(
  units: readonly Uint8Array[],
  nop: Uint8Array,
  start: bigint,
  text: (bytes: Uint8Array, pc: bigint) => string,
): string {
  const lines: string[] = []
  let pc = start
  for (const unit of units) {
    if (!unit.every((byte, i) => byte === nop[i % nop.length]))
      lines.push(`${pc.toString(16).padStart(8)}  ${text(unit, pc)}`)
    pc += BigInt(unit.length)
  }
  return lines.join('\n')
}
