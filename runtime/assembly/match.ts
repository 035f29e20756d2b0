/**
 * Matches a line against the parts of a syntax, with backtracking over choices: case does not matter, nor do blanks around separators.
 * In: parts and a line. Out: by `accept`, each way in which the parts match; it says whether to stop there. What did not fit is kept in
 * `Trouble`, deepest first, for the message.
 */

import {
  type Failure,
  isBlank,
  isFailure,
  isWord,
  matchAt,
  type Names,
  parseExpression,
  skipBlanks,
} from './expression.ts'
import type { AssemblyTable, ChoiceArm, Fields, Hole, Part } from './table.ts'

/** What a match has read so far. */
export interface Reading {
  readonly holes: readonly ReadHole[]
  /** Arms that were taken. */
  readonly arms: readonly ChoiceArm[]
}
export interface ReadHole {
  readonly hole: Hole
  /** As written: not yet of the hole's width. */
  readonly value: bigint
  readonly column: number
  readonly end: number
}

/** Keeps the failure that got furthest; one that was found with the whole line read beats all that were not. */
export class Trouble {
  #failure: Failure | (() => Failure) | undefined
  #depth = -1

  /** A place where the line does not go on as expected: of several at one place the first stands. */
  add(failure: Failure): void {
    if (failure.column <= this.#depth) return
    this.#depth = failure.column
    this.#failure = failure
  }
  /** The line was read, but has no encoding: the last one stands, which has the widest operands. Explained only when nothing else fits. */
  addComplete(explain: () => Failure): void {
    this.#depth = Number.POSITIVE_INFINITY
    this.#failure = explain
  }
  get failure(): Failure | undefined {
    return typeof this.#failure === 'function' ? this.#failure() : this.#failure
  }
}

export interface Matcher {
  readonly line: string
  readonly names: Names
  readonly table: Pick<AssemblyTable, 'hexPrefix'>
  readonly trouble: Trouble
}
export type Accept = (at: number, reading: Reading) => boolean

/** `tight`: no blanks but those of the text, as in a mnemonic. */
export function matchParts(
  m: Matcher,
  parts: readonly Part[],
  at: number,
  reading: Reading,
  tight: boolean,
  accept: Accept,
): boolean {
  const [part, ...rest] = parts
  if (part === undefined) return accept(at, reading)
  if (typeof part === 'string') {
    const end = matchText(m, part, at, tight)
    return end !== undefined && matchParts(m, rest, end, reading, tight, accept)
  }
  if ('arms' in part) {
    return part.arms.some((arm) =>
      matchParts(m, arm.parts, at, { ...reading, arms: [...reading.arms, arm] }, tight, (end, got) =>
        matchParts(m, rest, end, got, tight, accept),
      ),
    )
  }
  const column = tight ? at : skipBlanks(m.line, at)
  const read = readHole(m, part, column)
  if (isFailure(read)) {
    m.trouble.add(read)
    return false
  }
  const holes = [...reading.holes, { hole: part, value: read.value, column, end: read.end }]
  return matchParts(m, rest, read.end, { ...reading, holes }, tight, accept)
}

/** Where the line goes on behind the text, or undefined. */
export function matchText(m: Matcher, text: string, start: number, tight: boolean): number | undefined {
  const { line } = m
  let at = start
  let before: string | undefined
  for (const c of text) {
    if (isBlank(c)) {
      before = c
      continue
    }
    const joined = isWord(c) && isWord(before)
    const here = tight && !isBlank(before) ? at : joined ? at : skipBlanks(line, at)
    // "word ptr" in a template wants a blank in the line, too.
    const runsOn =
      before !== undefined && isBlank(before) && isWord(c) && here === at && at > start && isWord(line[at - 1])
    if (runsOn || line[here]?.toLowerCase() !== c.toLowerCase()) {
      m.trouble.add({ message: `expected ${text.trim()}`, column: here })
      return undefined
    }
    at = here + 1
    before = c
  }
  return at
}

interface Read {
  readonly value: bigint
  readonly end: number
}

function readHole(m: Matcher, hole: Hole, at: number): Read | Failure {
  const { print } = hole
  switch (print.kind) {
    case 'register': {
      const word = wordAt(m.line, at, (spelling) => print.file.index.has(spelling))
      const value = print.file.index.get(word.toLowerCase())
      if (value !== undefined) return { value, end: at + word.length }
      return { message: word === '' ? `expected a register (${hole.name})` : `unknown register ${word}`, column: at }
    }
    case 'named': {
      const word = wordAt(m.line, at, (spelling) => print.names.byName.has(spelling))
      const value = print.names.byName.get(word.toLowerCase())
      if (value !== undefined) return { value, end: at + word.length }
      // Where every number has a name, a number is something else.
      if (print.names.byNumber.size < 2 ** hole.width) return readNumber(m, hole, at)
      return { message: `expected one of ${[...print.names.byNumber.values()].join(', ')}`, column: at }
    }
    case 'number':
      if (print.style === 'plus' && m.line[at] !== '+' && m.line[at] !== '-') return { value: 0n, end: at }
      return readNumber(m, hole, at)
    case 'label':
      return readNumber(m, hole, at)
    case 'letters':
      return readLetters(m.line, at, print.letters)
  }
}

function readNumber(m: Matcher, hole: Hole, at: number): Read | Failure {
  const read = parseExpression(m.line, at, m.names)
  if (isFailure(read)) return read
  if (m.table.hexPrefix === '$' && read.written > hole.width) {
    return { message: `${m.line.slice(at, read.end)} has ${read.written} bits, not ${hole.width}`, column: at }
  }
  return read
}

/** Letters in any order, each once at most; or 0. */
function readLetters(line: string, at: number, letters: string): Read | Failure {
  const word = wordAt(line, at, () => true)
  if (word === '0') return { value: 0n, end: at + 1 }
  let value = 0n
  for (const letter of word.toLowerCase()) {
    const place = letters.toLowerCase().indexOf(letter)
    const bit = 1n << BigInt(Math.max(0, letters.length - 1 - place))
    if (place < 0 || (value & bit) !== 0n) return { message: `expected some of ${letters}, or 0`, column: at }
    value |= bit
  }
  return word === '' ? { message: `expected some of ${letters}, or 0`, column: at } : { value, end: at + word.length }
}

const wordText = /[\w.$]+/y
/** The word at a place; with the prime behind it (`af'`) if that is known. */
function wordAt(line: string, at: number, known: (spelling: string) => boolean): string {
  const word = matchAt(wordText, line, at) ?? ''
  return line[at + word.length] === "'" && known(`${word}'`.toLowerCase()) ? `${word}'` : word
}

/** What the arms and a syntax say without holes. */
export function fixedFields(fixed: Fields | undefined, arms: readonly ChoiceArm[]): Fields {
  return Object.assign({}, fixed, ...arms.map((arm) => arm.fixed))
}
