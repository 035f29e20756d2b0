/**
 * One line of assembly → bytes, from an isa's table. All instructions with the mnemonic are tried; the shortest encoding wins, of equally
 * long ones the first in the isa. If none fits, pseudo-instructions with that mnemonic; they expand into lines, which may be pseudos again.
 */

import type { Assemble, Assembled, AssembleOptions } from '../abi.ts'
import { type Candidate, type Candidates, firstWord, indexCandidates } from './candidates.ts'
import { closest } from './closest.ts'
import type { Identify } from './disassemble.ts'
import { type Encoded, encodings, findShortForms, type ShortForms } from './encode.ts'
import { isWord, type Names, skipBlanks } from './expression.ts'
import { type Matcher, matchParts, Trouble } from './match.ts'
import { leadingWords } from './prefixes.ts'
import { type ExpandedLine, expandPseudo, writtenColumn } from './pseudo.ts'
import type { AssemblyTable, Prefix, Pseudo } from './table.ts'

/** Pseudo-instructions within pseudo-instructions. `li` of a 64-bit number needs a few. */
const MAX_DEPTH = 16
/** Longer lines are not assembly. */
const MAX_LINE = 10_000

interface Assembler {
  readonly table: AssemblyTable
  readonly candidates: Candidates
  readonly shortForms: ShortForms
  readonly pseudos: readonly Pseudo[]
}

/** `identify` is the decoder's; a table without short forms (InstructionSyntax.delegate) does without it. */
export function createAssembler(
  table: AssemblyTable,
  pseudos: readonly Pseudo[],
  identify: Identify = () => -1,
): Assemble {
  const assembler = { table, candidates: indexCandidates(table), shortForms: findShortForms(table, identify), pseudos }
  return (line, pc, options = {}) => assembleLine(assembler, line, BigInt.asUintN(table.pcWidth, pc), options, 0)
}

function assembleLine(a: Assembler, line: string, pc: bigint, options: AssembleOptions, depth: number): Assembled {
  const start = skipBlanks(line, 0)
  if (line.length > MAX_LINE) return { ok: false, message: 'the line is too long', column: 0 }
  const written = leadingWords(a.table, line, start)
  const word = firstWord(line.slice(written.at)).toLowerCase()
  if (word === '') return { ok: false, message: 'expected a mnemonic', column: start }
  const names: Names = { pc, symbol: options.symbol }
  const m: Matcher = { line, names, table: a.table, trouble: new Trouble() }

  const candidates = a.candidates.find(word)
  const found = candidates.flatMap((candidate) => assembleAs(a, m, candidate, written.at, written.prefixes))
  const best = shortest(found, options.atLeast ?? 0)
  if (best) return { ok: true, bytes: best.bytes }

  const pseudos = a.pseudos.filter(({ mnemonic }) => mnemonic.toLowerCase() === word)
  for (const pseudo of pseudos) {
    const lines = expandPseudo(m, pseudo, written.at + word.length)
    if (lines) return assembleLines(a, lines, pc, options, depth, start)
  }
  if (candidates.length + pseudos.length === 0)
    return unknownMnemonic(a, line.slice(written.at, written.at + word.length), written.at)
  const { message, column } = m.trouble.failure ?? { message: 'not an instruction', column: start }
  return { ok: false, message, column }
}

function assembleAs(
  a: Assembler,
  m: Matcher,
  { index, syntax, mnemonic, arms }: Candidate,
  start: number,
  prefixes: readonly Prefix[],
): Encoded[] {
  const found: Encoded[] = []
  matchParts(m, mnemonic, start, { holes: [], arms }, true, (end, named) => {
    // A longer word is another mnemonic.
    if (isWord(m.line[end]) && isWord(m.line[end - 1])) return false
    return matchParts(m, syntax.operands, end, named, false, (behind, reading) => {
      const rest = skipBlanks(m.line, behind)
      if (rest < m.line.length) {
        m.trouble.add({ message: `unexpected ${restOf(m.line, rest)}`, column: rest })
        return false
      }
      const result = encodings(a.table, a.shortForms, index, syntax, reading, m.names.pc, prefixes)
      if (typeof result === 'function') m.trouble.addComplete(result)
      else found.push(...result)
      return found.length > 0
    })
  })
  return found
}
function restOf(line: string, at: number): string {
  return /^[\w.$]+/.exec(line.slice(at, at + 40))?.[0] ?? line.charAt(at)
}

/** The shortest of `atLeast` bytes or more; if all are shorter, the longest. */
function shortest(found: readonly Encoded[], atLeast: number): Encoded | undefined {
  let best: Encoded | undefined
  for (const one of found) if (best === undefined || better(one, best, atLeast)) best = one
  return best
}
function better(one: Encoded, other: Encoded, atLeast: number): boolean {
  const [a, b] = [one.bytes.length, other.bytes.length]
  if (a === b) return one.index < other.index
  if (a < atLeast || b < atLeast) return a > b
  return a < b
}

/** The lines of a pseudo-instruction, one behind the other. */
function assembleLines(
  a: Assembler,
  lines: readonly ExpandedLine[],
  pc: bigint,
  options: AssembleOptions,
  depth: number,
  column: number,
): Assembled {
  if (depth >= MAX_DEPTH) return { ok: false, message: 'pseudo-instructions expand without end', column }
  let all = new Uint8Array()
  // With `atLeast`, the last lines grow: only how many bytes are missing is known, once the others have their size.
  const wanted = options.atLeast ?? 0
  for (const [i, line] of lines.entries()) {
    const atLeast = i === lines.length - 1 ? wanted - all.length : 0
    const result = assembleLine(a, line.text, pc + BigInt(all.length), { ...options, atLeast }, depth + 1)
    if (!result.ok) return { ...result, column: writtenColumn(line, result.column) ?? column }
    const joined = new Uint8Array(all.length + result.bytes.length)
    joined.set(all)
    joined.set(result.bytes, all.length)
    all = joined
  }
  return { ok: true, bytes: all }
}

function unknownMnemonic(a: Assembler, word: string, column: number): Assembled {
  const known = [...a.candidates.words(), ...a.pseudos.map(({ mnemonic }) => mnemonic)]
  const meant = closest(word.toLowerCase(), known)
  const hint = meant === undefined ? '' : `: did you mean ${meant}?`
  return { ok: false, message: `unknown mnemonic ${word}${hint}`, column }
}
