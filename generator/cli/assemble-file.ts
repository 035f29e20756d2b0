/**
 * Assembles a whole source text with an isa's one-line assembler: labels, comments and a few directives. Lines are assembled again and
 * again until no label moves, so that short encodings may depend on distances. In: text; out: bytes, labels, a listing, messages.
 *
 *   label:  mnemonic operands   ; comment (also // and, where the isa does not use it, #)
 *   name = value                a constant: a number, a label, or one of them + or - a number
 *   .org ADDRESS   .align BYTES   .byte V, …   .half V, …   .word V, …   .dword V, …   .ascii "…"   .asciz "…"   .space BYTES[, FILL]
 */

import type { Assemble } from '../../runtime/abi.ts'

export interface AssembledFile {
  /** Address of the first byte. */
  readonly origin: bigint
  readonly bytes: Uint8Array
  readonly lines: readonly ListingLine[]
  readonly labels: ReadonlyMap<string, bigint>
  readonly mistakes: readonly Mistake[]
}
export interface ListingLine {
  /** From 1. */
  readonly line: number
  readonly address: bigint
  readonly bytes: Uint8Array
  readonly text: string
}
export interface Mistake {
  /** From 1; the column too. */
  readonly line: number
  readonly column: number
  readonly message: string
}

/** How often labels may move before a source is given up: each pass after the second is rare. */
const MAX_PASSES = 32
/** What `.org`, `.space` and `.align` may skip in all; more is a mistake in the source. */
const MAX_BYTES = 1 << 28

const units: Readonly<Record<string, number>> = { '.byte': 1, '.half': 2, '.word': 4, '.dword': 8 }

export function assembleText(
  text: string,
  assemble: Assemble,
  endian: 'little' | 'big',
  origin: bigint,
): AssembledFile {
  const lines = text.split(/\r?\n/)
  let labels: ReadonlyMap<string, bigint> = new Map()
  for (let pass = 1; ; pass++) {
    const result = assemblePass(lines, assemble, endian, origin, labels)
    if (sameLabels(labels, result.labels)) return result
    if (pass === MAX_PASSES) {
      return {
        ...result,
        mistakes: [
          { line: 1, column: 1, message: 'the labels never settle: an encoding gets longer and shorter in turn' },
        ],
      }
    }
    labels = result.labels
  }
}

/** Labels that are not known yet are taken to be near; the next pass knows them. */
function assemblePass(
  lines: readonly string[],
  assemble: Assemble,
  endian: 'little' | 'big',
  origin: bigint,
  before: ReadonlyMap<string, bigint>,
): AssembledFile {
  const labels = new Map<string, bigint>()
  const mistakes: Mistake[] = []
  const listing: ListingLine[] = []
  const names = new Set(lines.flatMap((line) => /^\s*([A-Za-z_.$][\w.$]*)\s*(?::|=(?!=))/.exec(line)?.[1] ?? []))
  let pc = origin

  for (const [index, full] of lines.entries()) {
    const fail = (column: number, message: string) => mistakes.push({ line: index + 1, column: column + 1, message })
    const code = withoutComment(full)
    const label = /^\s*([A-Za-z_.$][\w.$]*)\s*:(?!=)/.exec(code)
    const define = (name: string, value: bigint) => {
      if (labels.has(name)) fail(code.indexOf(name), `${name} is defined twice`)
      labels.set(name, value)
    }
    if (label?.[1]) define(label[1], pc)
    const start = label ? label[0].length : 0
    const statement = code.slice(start).trim()
    const column = start + (code.slice(start).length - code.slice(start).trimStart().length)
    const here = pc
    const symbol = (name: string): bigint | undefined =>
      labels.get(name) ?? before.get(name) ?? (names.has(name) ? here : undefined)
    const evaluate = (word: string): bigint => evaluateWord(word, symbol, here)

    let bytes = new Uint8Array(0)
    const constant = /^([A-Za-z_.$][\w.$]*)\s*=(?!=)\s*(.+)$/.exec(statement)
    const directive = /^(\.[a-z]+)\b\s*(.*)$/.exec(statement)
    try {
      if (statement === '') continue
      if (constant?.[1] && constant[2]) define(constant[1], evaluate(constant[2]))
      else if (directive?.[1]) bytes = emitDirective(directive[1], directive[2] ?? '', pc, evaluate, endian)
      else {
        const result = assemble(statement, pc, { symbol })
        if (result.ok) bytes = new Uint8Array(result.bytes)
        else fail(column + result.column, result.message)
      }
    } catch (error) {
      if (!(error instanceof SourceError)) throw error
      fail(column, error.message)
    } finally {
      if (statement !== '' || label) listing.push({ line: index + 1, address: pc, bytes, text: full })
    }
    pc += BigInt(bytes.length)
  }

  const all = new Uint8Array(Number(pc - origin))
  let at = 0
  for (const { bytes } of listing) {
    all.set(bytes, at)
    at += bytes.length
  }
  return { origin, bytes: all, lines: listing, labels, mistakes }
}

/** A mistake in the source, caught by the line's loop. */
class SourceError extends Error {}

function emitDirective(
  name: string,
  rest: string,
  pc: bigint,
  evaluate: (word: string) => bigint,
  endian: 'little' | 'big',
): Uint8Array<ArrayBuffer> {
  const args = splitArguments(rest)
  const one = (): bigint => {
    if (args.length === 0) throw new SourceError(`${name} needs a number`)
    return evaluate(args[0] ?? '')
  }
  const filled = (count: bigint, fill = 0n): Uint8Array<ArrayBuffer> => {
    if (count < 0n) throw new SourceError(`${name} goes back from 0x${pc.toString(16)}`)
    if (count > MAX_BYTES) throw new SourceError(`${name} skips ${count} bytes`)
    return new Uint8Array(Number(count)).fill(Number(BigInt.asUintN(8, fill)))
  }
  const size = units[name]
  if (size !== undefined) {
    return Uint8Array.from(args.flatMap((word) => numberBytes(evaluate(word), size, endian)))
  }
  switch (name) {
    case '.org':
      return filled(one() - pc)
    case '.space':
      return filled(one(), args[1] === undefined ? 0n : evaluate(args[1]))
    case '.align': {
      const to = one()
      if (to <= 0n) throw new SourceError('.align needs a number of bytes above 0')
      return filled((to - (pc % to)) % to)
    }
    case '.ascii':
    case '.asciz':
      return new Uint8Array([...args.flatMap((word) => textBytes(word)), ...(name === '.asciz' ? [0] : [])])
    default:
      throw new SourceError(`there is no directive ${name}`)
  }
}

function numberBytes(value: bigint, size: number, endian: 'little' | 'big'): number[] {
  const bits = BigInt(8 * size)
  if (value >= 1n << bits || value < -(1n << (bits - 1n))) throw new SourceError(`${value} does not fit ${size} bytes`)
  const low = Array.from({ length: size }, (_, i) => Number(BigInt.asUintN(8, value >> BigInt(8 * i))))
  return endian === 'little' ? low : low.reverse()
}

function textBytes(word: string): number[] {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/.exec(word)
  if (!quoted) throw new SourceError('a text stands in quotes')
  const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0' }
  const text = (quoted[1] ?? '').replace(/\\(.)/g, (_, c: string) => escapes[c] ?? c)
  return [...new TextEncoder().encode(text)]
}

/** `10`, `-0x1F`, `$1F`, `'a'`, `.`, `label`, and sums of two of them. */
function evaluateWord(word: string, symbol: (name: string) => bigint | undefined, here: bigint): bigint {
  const parts = /^(-?)\s*('(?:[^'\\]|\\.)'|[\w.$]+)\s*(?:([+-])\s*([\w.$]+))?$/.exec(word.trim())
  if (!parts) throw new SourceError(`'${word}' is no number`)
  const [, minus, first = '', sign, second] = parts
  const term = (text: string): bigint => {
    if (text === '.') return here
    if (text.startsWith("'")) return BigInt(textBytes(`"${text.slice(1, -1)}"`)[0] ?? 0)
    if (/^\d[\d_]*$|^0[xXbB][\da-fA-F_]+$/.test(text)) return BigInt(text.replaceAll('_', ''))
    if (/^\$[\da-fA-F]+$/.test(text)) return BigInt(`0x${text.slice(1)}`)
    const value = symbol(text)
    if (value === undefined) throw new SourceError(`nothing here is called ${text}`)
    return value
  }
  const value = minus ? -term(first) : term(first)
  return second === undefined ? value : sign === '-' ? value - term(second) : value + term(second)
}

/** Cuts at `;`, `//`, or a `#` that starts a word at the line's start or stands before a blank (elsewhere it may be an operand's). */
function withoutComment(line: string): string {
  const found = /^((?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)'|(?!;|\/\/|(?<=^|\s)#(?=\s|$))[\s\S])*)/.exec(line)
  return found?.[1] ?? line
}

function splitArguments(text: string): string[] {
  const found = text.match(/(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)'|[^,])+/g)
  return (found ?? []).map((word) => word.trim()).filter((word) => word !== '')
}

function sameLabels(a: ReadonlyMap<string, bigint>, b: ReadonlyMap<string, bigint>): boolean {
  return a.size === b.size && [...a].every(([name, value]) => b.get(name) === value)
}
