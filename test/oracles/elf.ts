/**
 * Writes small static ELF executables (gABI, chapters 4 and 5) for tests: a header, program headers and segments; no sections.
 */

export interface Segment {
  readonly address: number
  readonly bytes: Uint8Array
  /** Bytes in memory; default: those of the file. */
  readonly memorySize?: number
  readonly flags: { readonly write?: boolean; readonly execute?: boolean }
}
export interface Executable {
  readonly bits: 32 | 64
  /** e_machine: 243 is RISC-V. */
  readonly machine: number
  readonly flags?: number
  readonly entry: number
  readonly segments: readonly Segment[]
}

const pageSize = 0x1000
const PT_LOAD = 1
const ET_EXEC = 2

export function writeElf(executable: Executable): Uint8Array {
  const { bits, segments } = executable
  const headerSize = bits === 64 ? 64 : 52
  const entrySize = bits === 64 ? 56 : 32
  // A segment's place in the file agrees with its address modulo the page size.
  let end = headerSize + entrySize * segments.length
  const placed = segments.map((segment) => {
    const offset = end + ((segment.address - end) & (pageSize - 1))
    end = offset + segment.bytes.length
    return { segment, offset }
  })

  const file = new Uint8Array(end)
  const view = new DataView(file.buffer)
  let at = 0
  const half = (value: number): void => {
    view.setUint16(at, value, true)
    at += 2
  }
  const word = (value: number): void => {
    view.setUint32(at, value, true)
    at += 4
  }
  /** An address, offset or size: as wide as the class says. */
  const wide = (value: number): void => {
    word(value)
    if (bits === 64) word(0)
  }

  file.set([0x7f, 0x45, 0x4c, 0x46, bits === 64 ? 2 : 1, 1, 1])
  at = 16
  half(ET_EXEC)
  half(executable.machine)
  word(1)
  wide(executable.entry)
  wide(headerSize)
  wide(0)
  word(executable.flags ?? 0)
  for (const value of [headerSize, entrySize, segments.length, 0, 0, 0]) half(value)

  for (const { segment, offset } of placed) {
    const flags = 4 | (segment.flags.write ? 2 : 0) | (segment.flags.execute ? 1 : 0)
    word(PT_LOAD)
    if (bits === 64) word(flags)
    wide(offset)
    wide(segment.address)
    wide(segment.address)
    wide(segment.bytes.length)
    wide(segment.memorySize ?? segment.bytes.length)
    if (bits === 32) word(flags)
    wide(pageSize)
    file.set(segment.bytes, offset)
  }
  return file
}
