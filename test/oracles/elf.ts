/**
 * Writes small static ELF executables (gABI, chapters 4 and 5) for tests: a header, program headers and segments; sections only for
 * symbols, where there are any.
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
  /** Addresses by name. */
  readonly symbols?: Readonly<Record<string, number>>
}

const pageSize = 0x1000
const PT_LOAD = 1
const ET_EXEC = 2
const SHT_SYMTAB = 2
const SHT_STRTAB = 3
const SHN_ABS = 0xfff1

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

  const names = Object.keys(executable.symbols ?? {})
  const strings = new TextEncoder().encode(['', ...names, ''].join('\0'))
  const symbolSize = bits === 64 ? 24 : 16
  const sectionSize = bits === 64 ? 64 : 40
  const symbolsAt = end
  const symbolBytes = symbolSize * (names.length + 1)
  const stringsAt = symbolsAt + symbolBytes
  const sectionsAt = names.length > 0 ? stringsAt + strings.length : 0
  if (sectionsAt > 0) end = sectionsAt + 3 * sectionSize

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
  wide(sectionsAt)
  word(executable.flags ?? 0)
  const sections = sectionsAt > 0 ? [sectionSize, 3, 0] : [0, 0, 0]
  for (const value of [headerSize, entrySize, segments.length, ...sections]) half(value)

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
  if (sectionsAt === 0) return file

  let name = 1
  for (const [i, [text, address]] of Object.entries(executable.symbols ?? {}).entries()) {
    at = symbolsAt + (i + 1) * symbolSize
    word(name)
    if (bits === 32) wide(address)
    if (bits === 32) wide(0)
    half(0)
    half(SHN_ABS)
    if (bits === 64) wide(address)
    name += text.length + 1
  }
  file.set(strings, stringsAt)
  const section = (index: number, type: number, offset: number, size: number, link: number): void => {
    at = sectionsAt + index * sectionSize
    word(0)
    word(type)
    wide(0)
    wide(0)
    wide(offset)
    wide(size)
    word(link)
    word(0)
    wide(0)
    wide(type === SHT_SYMTAB ? symbolSize : 0)
  }
  section(1, SHT_SYMTAB, symbolsAt, symbolBytes, 2)
  section(2, SHT_STRTAB, stringsAt, strings.length, 0)
  return file
}
