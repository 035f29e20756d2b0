/** What directives put into memory. Sizes may depend on symbols, so program.ts calls this again until nothing moves. */

import { type Failure, isFailure, matchAt, type Names, parseExpression, skipBlanks } from './expression.ts'
import { endOfString, type Statement } from './source.ts'

export interface Layout {
  readonly endian: 'little' | 'big'
  /** Bytes of a `.word`: 2 where addresses have 16 bits, else 4. */
  readonly wordBytes: number
}
/** Bytes at the current address, or a new address: the gap is filled with zeros. */
export type Placed = { readonly bytes: Uint8Array } | { readonly address: bigint }

const sizes: Readonly<Record<string, number>> = {
  '.byte': 1,
  '.2byte': 2,
  '.half': 2,
  '.short': 2,
  '.4byte': 4,
  '.long': 4,
  '.8byte': 8,
  '.dword': 8,
  '.quad': 8,
}
/** Known from other assemblers, without a meaning for one flat piece of memory. */
const ignored = new Set(['.text', '.globl', '.global', '.type', '.size', '.option'])
const MAX_FILL = 1n << 26n

export function placeDirective({ name, text, column }: Statement, names: Names, layout: Layout): Placed | Failure {
  if (ignored.has(name)) return { bytes: new Uint8Array() }
  const size = name === '.word' ? layout.wordBytes : Object.hasOwn(sizes, name) ? sizes[name] : undefined
  if (size !== undefined) return numbers(text, column, size, names, layout)
  switch (name) {
    case '.ascii':
      return strings(text, column, false)
    case '.asciz':
    case '.string':
      return strings(text, column, true)
    case '.zero':
    case '.space':
    case '.org':
    case '.balign':
    case '.p2align': {
      const read = parseExpression(text, column, names)
      if (isFailure(read)) return read
      const end = skipBlanks(text, read.end)
      if (end < text.length) return { message: `unexpected ${text.slice(end)}`, column: end }
      return move(name, read.value, names.pc, column)
    }
    default:
      return { message: `unknown directive ${name}`, column: Math.max(0, column - name.length - 1) }
  }
}

function move(name: string, value: bigint, pc: bigint, column: number): Placed | Failure {
  if (name === '.org') return { address: value }
  if (name === '.zero' || name === '.space') {
    if (value >= 0n && value <= MAX_FILL) return { bytes: new Uint8Array(Number(value)) }
    return { message: `${value} is no size`, column }
  }
  const to = name === '.p2align' && value >= 0n && value < 32n ? 1n << value : value
  if (to < 1n || to > MAX_FILL) return { message: `${value} is no alignment`, column }
  return { address: ((pc + to - 1n) / to) * to }
}

function numbers(text: string, start: number, size: number, names: Names, { endian }: Layout): Placed | Failure {
  const out: number[] = []
  let at = start
  for (;;) {
    at = skipBlanks(text, at)
    if (size === 1 && text[at] === '"') {
      const end = endOfString(text, at)
      const read = stringBytes(text, at, end)
      if (isFailure(read)) return read
      out.push(...read)
      at = end + 1
    } else {
      const read = parseExpression(text, at, names)
      if (isFailure(read)) return read
      const bits = BigInt(8 * size)
      if (read.value < -(1n << (bits - 1n)) || read.value >= 1n << bits) {
        return { message: `${read.value} does not fit ${bits} bits`, column: at }
      }
      const bytes = Array.from({ length: size }, (_, i) => Number((read.value >> BigInt(8 * i)) & 0xffn))
      out.push(...(endian === 'big' ? bytes.reverse() : bytes))
      at = read.end
    }
    at = skipBlanks(text, at)
    if (at >= text.length) return { bytes: Uint8Array.from(out) }
    if (text[at] !== ',') return { message: 'expected ,', column: at }
    at++
  }
}

function strings(text: string, start: number, terminated: boolean): Placed | Failure {
  const out: number[] = []
  let at = start
  for (;;) {
    at = skipBlanks(text, at)
    if (text[at] !== '"') return { message: 'expected a string', column: at }
    const end = endOfString(text, at)
    const read = stringBytes(text, at, end)
    if (isFailure(read)) return read
    out.push(...read, ...(terminated ? [0] : []))
    at = skipBlanks(text, end + 1)
    if (at >= text.length) return { bytes: Uint8Array.from(out) }
    if (text[at] !== ',') return { message: 'expected ,', column: at }
    at++
  }
}

const escapes: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, 0: 0, '\\': 92, '"': 34 }
function stringBytes(text: string, start: number, end: number): readonly number[] | Failure {
  if (text[end] !== '"') return { message: 'the string does not end', column: start }
  const out: number[] = []
  const encoder = new TextEncoder()
  for (let i = start + 1; i < end; ) {
    if (text[i] !== '\\') {
      const c = String.fromCodePoint(text.codePointAt(i) ?? 0)
      out.push(...encoder.encode(c))
      i += c.length
      continue
    }
    const hex = matchAt(/\\x[\da-fA-F]{2}/y, text, i)
    const simple = escapes[text[i + 1] ?? '']
    if (hex !== undefined) out.push(Number.parseInt(hex.slice(2), 16))
    else if (simple !== undefined) out.push(simple)
    else return { message: `unknown escape \\${text[i + 1]}`, column: i }
    i += hex === undefined ? 2 : hex.length
  }
  return out
}
