/**
 * Names for addresses, from an ELF file's .symtab: for reports and disassembly only, never needed to run. A file without symbols, or with a
 * damaged section table, gives an empty table.
 */

export interface Symbols {
  /** The nearest name at or below an address, with the distance; only code and data that the program defines. */
  near(address: number): { readonly name: string; readonly offset: number } | undefined
  /** The address of a name. */
  address(name: string): number | undefined
}

interface Entry {
  readonly address: number
  /** Bytes, or 0 when unknown. */
  readonly size: number
  readonly name: string
}

const SHT_SYMTAB = 2
const STT_FUNC = 2
/** Types above are sections, files and thread-local offsets, which are no addresses. */
const STT_ADDRESSES = new Set([0, 1, STT_FUNC])
const MAX_SYMBOLS = 1 << 20

/** `base` is added to every address (a relocatable program's base). */
export function readSymbols(bytes: Uint8Array, bits: 32 | 64, base: number): Symbols {
  let entries: readonly Entry[]
  try {
    entries = symbolTable(bytes, bits === 64, base)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    // An offset outside the file: the section table cannot be trusted.
    entries = []
  }
  const sorted = entries.toSorted((a, b) => a.address - b.address || Number(a.size > 0) - Number(b.size > 0))
  return {
    near(address) {
      let low = 0
      let high = sorted.length
      while (low < high) {
        const middle = (low + high) >>> 1
        if (sorted[middle]!.address <= address) low = middle + 1
        else high = middle
      }
      const found = sorted[low - 1]
      if (found === undefined || (found.size > 0 && address >= found.address + found.size)) return undefined
      return { name: found.name, offset: address - found.address }
    },
    address: (name) => entries.find((e) => e.name === name)?.address,
  }
}

function symbolTable(bytes: Uint8Array, wide: boolean, base: number): readonly Entry[] {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const word = (at: number): number => (wide ? Number(data.getBigUint64(at, true)) : data.getUint32(at, true))
  const offset = word(wide ? 40 : 32)
  const entrySize = data.getUint16(wide ? 58 : 46, true)
  const count = data.getUint16(wide ? 60 : 48, true)
  if (offset === 0 || entrySize !== (wide ? 64 : 40)) return []
  const section = (index: number) => {
    const at = offset + index * entrySize
    return {
      type: data.getUint32(at + 4, true),
      offset: word(at + (wide ? 24 : 16)),
      size: word(at + (wide ? 32 : 20)),
      link: data.getUint32(at + (wide ? 40 : 24), true),
    }
  }
  for (let i = 0; i < count; i++) {
    const table = section(i)
    if (table.type !== SHT_SYMTAB) continue
    const names = section(table.link)
    if (names.offset + names.size > bytes.length || table.offset + table.size > bytes.length) return []
    return entries(data, bytes.subarray(names.offset, names.offset + names.size), wide, table.offset, table.size, base)
  }
  return []
}

function entries(
  data: DataView,
  names: Uint8Array,
  wide: boolean,
  offset: number,
  size: number,
  base: number,
): readonly Entry[] {
  const step = wide ? 24 : 16
  const found: Entry[] = []
  for (let i = 1; i < Math.min(Math.floor(size / step), MAX_SYMBOLS); i++) {
    const at = offset + i * step
    const info = data.getUint8(at + (wide ? 4 : 12))
    const section = data.getUint16(at + (wide ? 6 : 14), true)
    if (section === 0 || !STT_ADDRESSES.has(info & 15)) continue
    const name = cString(names, data.getUint32(at, true))
    // RISC-V assemblers leave mapping symbols ($x, $d) and local labels (.L…) behind.
    if (name === '' || name.startsWith('$') || name.startsWith('.L')) continue
    const address = wide ? Number(data.getBigUint64(at + 8, true)) : data.getUint32(at + 4, true)
    const length = wide ? Number(data.getBigUint64(at + 16, true)) : data.getUint32(at + 8, true)
    found.push({ address: address + base, size: length, name })
  }
  return found
}

function cString(bytes: Uint8Array, from: number): string {
  if (from >= bytes.length) return ''
  const end = bytes.indexOf(0, from)
  const text = bytes.subarray(from, end < 0 ? bytes.length : end)
  return text.length > 1024 ? '' : String.fromCharCode(...text)
}
