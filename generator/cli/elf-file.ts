/**
 * What the commands need of an ELF file before any platform is chosen: which machine it is for, and where its code lies. A file whose tables do
 * not make sense gives no code; loading it for a run, with all checks, is the platform's (runtime/linux/elf.ts).
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
  const data = view(file)
  const word = (at: number): bigint => (wide ? data.getBigUint64(at, true) : BigInt(data.getUint32(at, true)))
  const table = Number(word(wide ? 32 : 28))
  const step = data.getUint16(wide ? 54 : 42, true)
  const count = data.getUint16(wide ? 56 : 44, true)
  const found: CodeRange[] = []
  for (let i = 0; i < count; i++) {
    const at = table + i * step
    const flags = data.getUint32(at + (wide ? 4 : 24), true)
    if (data.getUint32(at, true) !== PT_LOAD || (flags & PF_X) === 0) continue
    const offset = Number(word(at + (wide ? 8 : 4)))
    const size = Number(word(at + (wide ? 32 : 16)))
    found.push({ name: 'segment', address: word(at + (wide ? 16 : 8)), bytes: part(file, offset, size) })
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
