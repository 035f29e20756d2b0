/**
 * Reads an ELF executable: header, program headers, and what of the file goes where in memory. In: the bytes of the file and what the machine
 * can run. Out: an `ElfImage`, every number of which was checked, so that loading it cannot fail for want of sense; or an ElfError that says
 * what is wrong. Nothing is copied or allocated here beyond a few small objects, however absurd the header.
 *
 * Source: System V ABI, chapters 4 and 5 (generic ABI, 2013-06); riscv-elf-psabi 1.0 for machine numbers and flags.
 */

export class ElfError extends Error {
  override readonly name = 'ElfError'
}

/** What can be run. */
export interface ElfTarget {
  /** The isa's title, for messages. */
  readonly title: string
  readonly bits: 32 | 64
  /** e_machine. */
  readonly machine: number
  /** Bytes of guest memory: addresses lie in 0 … size − 1. */
  readonly size: number
}

export interface ElfSegment {
  readonly address: number
  readonly memorySize: number
  /** Where its first bytes stand in the file; the rest of memorySize is zero. */
  readonly offset: number
  readonly fileSize: number
  readonly read: boolean
  readonly write: boolean
  readonly execute: boolean
}

export interface ElfImage {
  readonly bits: 32 | 64
  /** Address-independent: addresses count from a base of the loader's choice, and the program relocates itself. */
  readonly relocatable: boolean
  readonly entry: number
  /** By address, without overlap, none empty. */
  readonly segments: readonly ElfSegment[]
  /** First address, and the one after the last. */
  readonly start: number
  readonly end: number
  /** What the base must be a multiple of. */
  readonly align: number
  /** As the auxiliary vector tells it; address undefined: the table is not in memory. */
  readonly headers: { readonly address: number | undefined; readonly entrySize: number; readonly count: number }
  readonly executableStack: boolean
  /** PT_INTERP: the path of the dynamic linker that shall start the program. */
  readonly interpreter: string | undefined
}

const PAGE = 4096
const ET_EXEC = 2
const ET_DYN = 3
const PT_LOAD = 1
const PT_INTERP = 3
const PT_PHDR = 6
const PT_GNU_STACK = 0x6474e551
const PF_X = 1
const PF_W = 2
const PF_R = 4
/** Linux reads no larger program header table. */
const MAX_HEADER_BYTES = 65536
const MAX_PATH = 4096n

const TYPES: Readonly<Record<number, string>> = { 0: 'no type', 1: 'an object file', 4: 'a core dump' }
const MACHINES: Readonly<Record<number, string>> = {
  2: 'SPARC',
  3: 'x86',
  8: 'MIPS',
  20: 'PowerPC',
  21: 'PowerPC 64',
  22: 'S390',
  40: 'Arm',
  62: 'x86-64',
  183: 'AArch64',
  243: 'RISC-V',
  258: 'LoongArch',
}

/** One program header. Sizes and addresses are checked before they become numbers. */
interface ProgramHeader {
  readonly type: number
  readonly flags: number
  readonly offset: bigint
  readonly address: bigint
  readonly fileSize: bigint
  readonly memorySize: bigint
  readonly align: bigint
}

/** Throws ElfError. */
export function readElf(bytes: Uint8Array, target: ElfTarget): ElfImage {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  checkIdentity(bytes, target)
  const wide = target.bits === 64
  const word = (at: number): bigint => (wide ? data.getBigUint64(at, true) : BigInt(data.getUint32(at, true)))
  const size = wide ? 64 : 52
  if (bytes.length < size) throw new ElfError(`the file ends inside the ELF header: ${bytes.length} of ${size} bytes`)

  const type = data.getUint16(16, true)
  if (type !== ET_EXEC && type !== ET_DYN) throw new ElfError(`not an executable but ${TYPES[type] ?? `type ${type}`}`)
  const machine = data.getUint16(18, true)
  if (machine !== target.machine) {
    throw new ElfError(`made for ${MACHINES[machine] ?? `machine ${machine}`}, not for ${target.title}`)
  }
  if (data.getUint32(20, true) !== 1) throw new ElfError(`ELF version ${data.getUint32(20, true)}, not 1`)
  const entry = word(24)
  const tableOffset = word(wide ? 32 : 28)
  const entrySize = data.getUint16(wide ? 54 : 42, true)
  const count = data.getUint16(wide ? 56 : 44, true)

  const headers = programHeaders(data, wide, tableOffset, entrySize, count)
  const interpreter = headers.find((h) => h.type === PT_INTERP)

  const loads = headers.filter((h) => h.type === PT_LOAD)
  const segments = loads
    .filter((h) => h.memorySize !== 0n || h.fileSize !== 0n)
    .map((h, i) => segment(h, i, bytes.length, target.size, type === ET_EXEC))
    .sort((a, b) => a.address - b.address)
  const first = segments[0]
  const last = segments.at(-1)
  if (first === undefined || last === undefined) throw new ElfError('no segment to load')
  segments.reduce((below, above) => {
    if (below.address + below.memorySize > above.address) {
      throw new ElfError(`segments overlap: ${range(below)} and ${range(above)}`)
    }
    return above
  })
  const at = segments.find((s) => s.execute && entry >= BigInt(s.address) && entry < BigInt(s.address + s.memorySize))
  if (at === undefined) throw new ElfError(`the entry point ${hex(entry)} is not in an executable segment`)

  return {
    bits: target.bits,
    relocatable: type === ET_DYN,
    entry: Number(entry),
    segments,
    start: first.address - (first.address % PAGE),
    end: last.address + last.memorySize,
    align: loads.reduce((most, h) => Math.max(most, Number(h.align)), PAGE),
    headers: { address: tableAddress(headers, segments, tableOffset, entrySize * count), entrySize, count },
    executableStack: headers.some((h) => h.type === PT_GNU_STACK && (h.flags & PF_X) !== 0),
    interpreter: interpreter && interpreterPath(bytes, interpreter),
  }
}

/** The 16 bytes that every ELF file starts with. */
function checkIdentity(bytes: Uint8Array, target: ElfTarget): void {
  if (bytes.length === 0) throw new ElfError('the file is empty')
  if (bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) {
    throw new ElfError('not an ELF file: it does not start with 7f 45 4c 46')
  }
  if (bytes.length < 16) throw new ElfError(`the file ends inside the ELF header: ${bytes.length} bytes`)
  const bits = bytes[4] === 1 ? 32 : bytes[4] === 2 ? 64 : undefined
  if (bits === undefined) throw new ElfError(`ELF class ${bytes[4]} is neither 1 (32-bit) nor 2 (64-bit)`)
  if (bytes[5] !== 1)
    throw new ElfError(bytes[5] === 2 ? 'a big-endian program' : `ELF byte order ${bytes[5]} is not 1`)
  if (bytes[6] !== 1) throw new ElfError(`ELF version ${bytes[6]}, not 1`)
  if (bits !== target.bits) throw new ElfError(`a ${bits}-bit program; ${target.title} runs ${target.bits}-bit ones`)
}

function programHeaders(
  data: DataView,
  wide: boolean,
  offset: bigint,
  entrySize: number,
  count: number,
): readonly ProgramHeader[] {
  const expected = wide ? 56 : 32
  if (count === 0) throw new ElfError('no program headers: nothing to load')
  if (entrySize !== expected) throw new ElfError(`program headers of ${entrySize} bytes, not ${expected}`)
  if (entrySize * count > MAX_HEADER_BYTES) throw new ElfError(`${count} program headers: too many`)
  if (offset + BigInt(entrySize * count) > BigInt(data.byteLength)) {
    throw new ElfError(`the program headers (${count} at offset ${hex(offset)}) end after the file`)
  }
  const headers: ProgramHeader[] = []
  for (let i = 0; i < count; i++) {
    const at = Number(offset) + i * entrySize
    const word = (index: number): bigint =>
      wide ? data.getBigUint64(at + 8 * index, true) : BigInt(data.getUint32(at + 4 * index, true))
    headers.push({
      type: data.getUint32(at, true),
      flags: data.getUint32(at + (wide ? 4 : 24), true),
      offset: word(1),
      address: word(2),
      fileSize: word(4),
      memorySize: word(5),
      align: word(wide ? 6 : 7),
    })
  }
  return headers
}

function segment(h: ProgramHeader, index: number, fileLength: number, size: number, fixed: boolean): ElfSegment {
  const what = `segment ${index} (address ${hex(h.address)}, ${hex(h.memorySize)} bytes)`
  if (h.fileSize > h.memorySize) throw new ElfError(`${what} has more bytes in the file: ${hex(h.fileSize)}`)
  if (h.offset + h.fileSize > BigInt(fileLength)) {
    throw new ElfError(
      `${what} ends after the file: ${hex(h.fileSize)} bytes at offset ${hex(h.offset)} of ${fileLength}`,
    )
  }
  if (h.address + h.memorySize > BigInt(size)) throw new ElfError(`${what} ends after the ${hex(size)} bytes of memory`)
  if (fixed && h.address < PAGE) throw new ElfError(`${what} would cover page 0, which stays empty`)
  if (h.align > 1n) {
    if ((h.align & (h.align - 1n)) !== 0n)
      throw new ElfError(`${what} has an alignment of ${hex(h.align)}, not a power of 2`)
    if (h.align > BigInt(size))
      throw new ElfError(`${what} has an alignment of ${hex(h.align)}, more than there is memory`)
    if ((h.address - h.offset) % (h.align < PAGE ? h.align : BigInt(PAGE)) !== 0n) {
      throw new ElfError(`${what} is not aligned as its bytes in the file are (offset ${hex(h.offset)})`)
    }
  }
  return {
    address: Number(h.address),
    memorySize: Number(h.memorySize),
    offset: Number(h.offset),
    fileSize: Number(h.fileSize),
    read: (h.flags & PF_R) !== 0,
    write: (h.flags & PF_W) !== 0,
    execute: (h.flags & PF_X) !== 0,
  }
}

/** Where the program header table lies once loaded: PT_PHDR says, or the segment that holds it. */
function tableAddress(
  headers: readonly ProgramHeader[],
  segments: readonly ElfSegment[],
  offset: bigint,
  length: number,
): number | undefined {
  const own = headers.find((h) => h.type === PT_PHDR)
  const from = Number(offset)
  const holder = segments.find((s) => s.offset <= from && from + length <= s.offset + s.fileSize)
  const found = holder === undefined ? undefined : holder.address + (from - holder.offset)
  return own !== undefined && segments.some((s) => inside(s, own.address, length)) ? Number(own.address) : found
}

function inside(s: ElfSegment, address: bigint, length: number): boolean {
  return address >= BigInt(s.address) && address + BigInt(length) <= BigInt(s.address + s.memorySize)
}

/** Linux takes 2 bytes to PATH_MAX, the last of them zero. */
function interpreterPath(bytes: Uint8Array, h: ProgramHeader): string {
  const [from, to] = [h.offset, h.offset + h.fileSize]
  if (to > BigInt(bytes.length)) throw new ElfError(`the interpreter's path (offset ${hex(from)}) ends after the file`)
  if (h.fileSize < 2n || h.fileSize > MAX_PATH || bytes[Number(to) - 1] !== 0) {
    throw new ElfError(`the interpreter's path (${hex(h.fileSize)} bytes at offset ${hex(from)}) is no text`)
  }
  const path = bytes.subarray(Number(from), Number(to))
  return new TextDecoder().decode(path.subarray(0, path.indexOf(0)))
}

const hex = (n: bigint | number): string => `0x${n.toString(16)}`
const range = (s: ElfSegment): string => `${hex(s.address)}…${hex(s.address + s.memorySize - 1)}`
