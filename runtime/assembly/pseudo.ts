/** Pseudo-instructions: reads a line by a pattern, and gives the lines that it stands for. */

import { signed, wrap } from './bits.ts'
import { isFailure, isWord, matchAt, parseExpression, skipBlanks } from './expression.ts'
import { type Matcher, matchText } from './match.ts'
import type { Fields, Pseudo, PseudoPart } from './table.ts'

/** What stands for the params: words as they are written, numbers by value. */
interface Arguments {
  readonly words: Readonly<Record<string, string>>
  readonly numbers: Fields
  /** Numbers as text, for the lines. */
  readonly signs: Readonly<Record<string, bigint>>
}

/** undefined: the line is not this pseudo-instruction, or no arm fits; `m.trouble` says why. */
export function expandPseudo(m: Matcher, pseudo: Pseudo, at: number): readonly string[] | undefined {
  const args = readArguments(m, pseudo, at)
  if (args === undefined) return undefined
  const place = { pc: m.names.pc, next: m.names.pc }
  const arm = pseudo.arms.find(({ when }) => when === undefined || when(args.numbers, place))
  if (arm === undefined) {
    m.trouble.add({ message: `${pseudo.mnemonic} does not exist with these operands`, column: skipBlanks(m.line, at) })
    return undefined
  }
  const write = (part: PseudoPart): string => {
    if (typeof part === 'string') return part
    if ('param' in part) return args.words[part.param] ?? String(args.signs[part.param] ?? 0n)
    return String(signed(part.value(args.numbers, place), part.width))
  }
  return arm.lines.map((parts) => parts.map(write).join(''))
}

function readArguments(m: Matcher, { operands }: Pseudo, start: number): Arguments | undefined {
  const words: Record<string, string> = {}
  const numbers: Record<string, bigint> = {}
  const signs: Record<string, bigint> = {}
  let at = start
  for (const operand of operands) {
    if (typeof operand === 'string') {
      const end = matchText(m, operand, at, false)
      if (end === undefined) return undefined
      at = end
      continue
    }
    at = skipBlanks(m.line, at)
    if (operand.width === undefined) {
      const word = matchAt(/[\w.$]+'?/y, m.line, at)
      if (word === undefined) {
        m.trouble.add({ message: `expected ${operand.name}`, column: at })
        return undefined
      }
      words[operand.name] = word
      at += word.length
      continue
    }
    const read = parseExpression(m.line, at, m.names)
    if (isFailure(read)) {
      m.trouble.add(read)
      return undefined
    }
    const { width } = operand
    if (read.value < -(1n << BigInt(width - 1)) || read.value >= 1n << BigInt(width)) {
      const column = at
      m.trouble.addComplete(() => ({ message: `${read.value} does not fit ${width} bits`, column }))
      return undefined
    }
    numbers[operand.name] = wrap(read.value, width)
    signs[operand.name] = read.value
    at = read.end
  }
  at = skipBlanks(m.line, at)
  if (at === m.line.length) return { words, numbers, signs }
  m.trouble.add({
    message: `unexpected ${isWord(m.line[at]) ? matchAt(/[\w.$]+/y, m.line, at) : m.line[at]}`,
    column: at,
  })
  return undefined
}
