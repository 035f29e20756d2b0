/**
 * Numbers as a programmer writes them: `12`, `0xFF`, `$FF`, `0b101`, `%101`, `'c'`, `.` (this address), symbols, sums of these with + and −, and
 * `<sum` and `>sum` for the low and the high byte of an address. Also the scanning that all parsers of a line share.
 */

export interface Failure {
  readonly message: string
  /** From 0 in the line. */
  readonly column: number
}
export interface NumberRead {
  readonly value: bigint
  /** Where the text behind it starts. */
  readonly end: number
  /** Bits that a number with leading zeros was written with; 0 when it says nothing. */
  readonly written: number
}
export interface Names {
  readonly pc: bigint
  readonly symbol?: ((name: string) => bigint | undefined) | undefined
}

export function isFailure(result: object): result is Failure {
  return 'message' in result
}
export function skipBlanks(line: string, at: number): number {
  while (isBlank(line[at])) at++
  return at
}
export function isBlank(c: string | undefined): boolean {
  return c === ' ' || c === '\t'
}
/** A character of names, mnemonics and numbers. */
export function isWord(c: string | undefined): boolean {
  return c !== undefined && /[\w.$]/.test(c)
}

const symbolText = /[A-Za-z_][\w.$]*|\.[A-Za-z_$][\w.$]*/y
const numberText = /0[xX][\da-fA-F_]+|\$[\da-fA-F_]+|0[bB][01_]+|%[01_]+|\d[\d_]*/y
/** Longer ones are mistakes, and slow. */
const MAX_DIGITS = 200

export function parseExpression(line: string, start: number, names: Names): NumberRead | Failure {
  let at = skipBlanks(line, start)
  const byte = line[at] === '<' ? 0n : line[at] === '>' ? 8n : undefined
  if (byte !== undefined) at++
  const sum = parseSum(line, at, names)
  if (isFailure(sum) || byte === undefined) return sum
  return { value: (sum.value >> byte) & 0xffn, end: sum.end, written: 0 }
}

function parseSum(line: string, start: number, names: Names): NumberRead | Failure {
  let at = skipBlanks(line, start)
  let value = 0n
  let written = 0
  for (let terms = 0; ; terms++) {
    const sign = line[at]
    const signs = sign === '+' || sign === '-'
    if (terms > 0 && !signs) return { value, end: at, written }
    const term = parseTerm(line, signs ? skipBlanks(line, at + 1) : at, names)
    if (isFailure(term)) return term
    value += sign === '-' ? -term.value : term.value
    written = terms === 0 && !signs ? term.written : 0
    const behind = skipBlanks(line, term.end)
    // Blanks belong to a sum only if it goes on.
    if (line[behind] !== '+' && line[behind] !== '-') return { value, end: term.end, written }
    at = behind
  }
}

function parseTerm(line: string, at: number, names: Names): NumberRead | Failure {
  const digits = matchAt(numberText, line, at)
  if (digits !== undefined) return parseNumber(line, at, digits)
  const name = matchAt(symbolText, line, at)
  if (name !== undefined) {
    const value = names.symbol?.(name)
    if (value === undefined) return { message: `unknown symbol ${name}`, column: at }
    return { value, end: at + name.length, written: 0 }
  }
  if (line[at] === '.') return { value: names.pc, end: at + 1, written: 0 }
  if (line[at] === "'" && line[at + 2] === "'") {
    return { value: BigInt(line.charCodeAt(at + 1)), end: at + 3, written: 0 }
  }
  return { message: 'expected a number', column: at }
}

function parseNumber(line: string, at: number, text: string): NumberRead | Failure {
  const end = at + text.length
  if (isWord(line[end]) || text.length > MAX_DIGITS) return { message: 'not a number', column: at }
  const plain = text.replaceAll('_', '').replace(/^\$/, '0x').replace(/^%/, '0b')
  // `$0012` is a number of 16 bits: there the digits say how wide the operand is.
  const written = /^\$0./.test(text) ? 4 * (plain.length - 2) : 0
  if (/^0[xb]$/i.test(plain)) return { message: 'not a number', column: at }
  return { value: BigInt(plain), end, written }
}

/** The text that a sticky expression matches at a place. */
export function matchAt(pattern: RegExp, line: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(line)?.[0]
}
