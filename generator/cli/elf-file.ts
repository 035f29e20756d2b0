/**
 * What the commands need of an ELF file without a platform: which machine it is for, where its code lies, and what goes where on a bare machine. A file
 * whose tables do not make sense gives no code; loading it for a run under Linux, with all checks, is the platform's (runtime/linux/elf.ts).
 */

/** e_machine with the class, as the System V ABI numbers them. */
export interface ElfMachine {
  readonly bits: 32 | 64
  readonly machine: number
  /** e_flags. */
  readonly flags: number
}
export interface CodeRange {
  /** Section name, or "segment". */
  readonly name: string
  readonly address: bigint
  readonly bytes: Uint8Array
}

/** What of the file goes into memory: its bytes, and zeros up to memorySize. */
export interface ElfSegment {
  readonly address: bigint
  readonly bytes: Uint8Array
  readonly memorySize: bigint
}

const SHT_PROGBITS = 1
const SHF_EXECINSTR = 4n
const PT_LOAD = 1
const PF_X = 1

export function elfMachine(file: Uint8Array): ElfMachine | undefined {
  const magic = file[0] === 0x7f && file[1] === 0x45 && file[2] === 0x4c && file[3] === 0x46
  if (!magic || file.length < 52 || file[5] !== 1) return undefined
  const bits = file[4] === 1 ? 32 : file[4] === 2 ? 64 : undefined
  return (
    bits && { bits, machine: view(file).getUint16(18, true), flags: view(file).getUint32(bits === 64 ? 48 : 36, true) }
  )
}

/** Executable sections; a file without a section table gives its executable segments. */
export function elfCode(file: Uint8Array, bits: 32 | 64): readonly CodeRange[] {
  try {
    const sections = codeSections(file, bits === 64)
    return sections.length > 0 ? sections : codeSegments(file, bits === 64)
  } catch (error) {
    // An offset outside the file.
    if (error instanceof RangeError) return []
    throw error
  }
}

/** A program for the bare machine, which has no page protection: entry point and segments. Throws RangeError when its tables lead outside the file. */
export function elfImage(file: Uint8Array, bits: 32 | 64): { entry: bigint; segments: readonly ElfSegment[] } {
  const data = view(file)
  const entry = bits === 64 ? data.getBigUint64(24, true) : BigInt(data.getUint32(24, true))
  return { entry, segments: loadSegments(file, bits === 64) }
}

function codeSections(file: Uint8Array, wide: boolean): CodeRange[] {
  const data = view(file)
  const word = (at: number): bigint => (wide ? data.getBigUint64(at, true) : BigInt(data.getUint32(at, true)))
  const table = Number(word(wide ? 40 : 32))
  const step = data.getUint16(wide ? 58 : 46, true)
  const count = data.getUint16(wide ? 60 : 48, true)
  const namesIndex = data.getUint16(wide ? 62 : 50, true)
  if (table === 0 || step !== (wide ? 64 : 40)) return []
  const offsetOf = (index: number) => Number(word(table + index * step + (wide ? 24 : 16)))
  const names = namesIndex < count ? offsetOf(namesIndex) : 0
  const found: CodeRange[] = []
  for (let i = 0; i < count; i++) {
    const at = table + i * step
    const flags = word(at + 8)
    if (data.getUint32(at + 4, true) !== SHT_PROGBITS || (flags & SHF_EXECINSTR) === 0n) continue
    const address = word(at + (wide ? 16 : 12))
    const size = Number(word(at + (wide ? 32 : 20)))
    found.push({ name: text(file, names + data.getUint32(at, true)), address, bytes: part(file, offsetOf(i), size) })
  }
  return found
}

function codeSegments(file: Uint8Array, wide: boolean): CodeRange[] {
  return loadSegments(file, wide)
    .filter(({ flags }) => (flags & PF_X) !== 0)
    .map(({ address, bytes }) => ({ name: 'segment', address, bytes }))
}

function loadSegments(file: Uint8Array, wide: boolean): (ElfSegment & { readonly flags: number })[] {
  const data = view(file)
  const word = (at: number): bigint => (wide ? data.getBigUint64(at, true) : BigInt(data.getUint32(at, true)))
  const table = Number(word(wide ? 32 : 28))
  const step = data.getUint16(wide ? 54 : 42, true)
  const count = data.getUint16(wide ? 56 : 44, true)
  const found: (ElfSegment & { readonly flags: number })[] = []
  for (let i = 0; i < count; i++) {
    const at = table + i * step
    if (data.getUint32(at, true) !== PT_LOAD) continue
    const flags = data.getUint32(at + (wide ? 4 : 24), true)
    const offset = Number(word(at + (wide ? 8 : 4)))
    const size = Number(word(at + (wide ? 32 : 16)))
    const memorySize = word(at + (wide ? 40 : 20))
    found.push({ flags, address: word(at + (wide ? 16 : 8)), bytes: part(file, offset, size), memorySize })
  }
  return found
}

function part(file: Uint8Array, offset: number, size: number): Uint8Array {
  if (offset + size > file.length) throw new RangeError('outside the file')
  return file.subarray(offset, offset + size)
}
function text(file: Uint8Array, from: number): string {
  const end = file.indexOf(0, from)
  return Buffer.from(file.subarray(from, Math.min(end < 0 ? file.length : end, from + 256))).toString('latin1')
}
function view(file: Uint8Array): DataView {
  return new DataView(file.buffer, file.byteOffset, file.byteLength)
}
