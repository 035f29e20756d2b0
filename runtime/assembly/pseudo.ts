/** Pseudo-instructions: reads a line by a pattern, and gives the lines that it stands for. */

import { signed, wrap } from './bits.ts'
import { isFailure, matchAt, parseExpression, skipBlanks } from './expression.ts'
import { type Matcher, matchText } from './match.ts'
import type { Fields, Pseudo, PseudoParam, PseudoPart } from './table.ts'

/** A line that a pseudo-instruction stands for, and which of its characters come from which column of the line that was written. */
export interface ExpandedLine {
  readonly text: string
  readonly origins: readonly { readonly start: number; readonly end: number; readonly column: number }[]
}

/** The column that was written for a column of an expanded line; undefined for what stands in the spec. */
export function writtenColumn({ origins }: ExpandedLine, column: number): number | undefined {
  const origin = origins.find(({ start, end }) => start <= column && column < end)
  return origin && origin.column + (column - origin.start)
}

/** What stands for a param: its text, and its value if it is a number. */
interface Argument {
  readonly text: string
  readonly column: number
  readonly value?: bigint
}

/** undefined: the line is not this pseudo-instruction, or no arm fits; `m.trouble` says why. */
export function expandPseudo(m: Matcher, pseudo: Pseudo, at: number): readonly ExpandedLine[] | undefined {
  const args = readArguments(m, pseudo, at)
  if (args === undefined) return undefined
  const numbers: Record<string, bigint> = {}
  for (const param of pseudo.operands) {
    if (typeof param !== 'string' && param.width !== undefined) {
      numbers[param.name] = wrap(args.get(param.name)?.value ?? 0n, param.width)
    }
  }
  const place = { pc: m.names.pc, next: m.names.pc }
  const arm = pseudo.arms.find(({ when }) => when === undefined || when(numbers, place))
  if (arm === undefined) {
    m.trouble.add({ message: `${pseudo.mnemonic} does not exist with these operands`, column: skipBlanks(m.line, at) })
    return undefined
  }
  return arm.lines.map((parts) => writeLine(parts, args, numbers, m.names.pc))
}

function writeLine(
  parts: readonly PseudoPart[],
  args: ReadonlyMap<string, Argument>,
  numbers: Fields,
  pc: bigint,
): ExpandedLine {
  let text = ''
  const origins: { start: number; end: number; column: number }[] = []
  for (const part of parts) {
    const start = text.length
    if (typeof part === 'string') text += part
    else if ('value' in part) text += String(signed(part.value(numbers, { pc, next: pc }), part.width))
    else {
      const argument = args.get(part.param)
      if (argument === undefined) continue
      text += argument.value === undefined ? argument.text : String(argument.value)
      origins.push({ start, end: text.length, column: argument.column })
    }
  }
  return { text, origins }
}

function readArguments(m: Matcher, { operands }: Pseudo, start: number): ReadonlyMap<string, Argument> | undefined {
  const args = new Map<string, Argument>()
  let at = start
  for (const [i, operand] of operands.entries()) {
    if (typeof operand === 'string') {
      const end = matchText(m, operand, at, false)
      if (end === undefined) return undefined
      at = end
      continue
    }
    const column = skipBlanks(m.line, at)
    const follows = operands[i + 1]
    const read =
      operand.width === undefined
        ? readText(m, operand, column, typeof follows === 'string' ? follows : '')
        : readNumber(m, operand.width, column)
    if (read === undefined) return undefined
    args.set(operand.name, { ...read, text: m.line.slice(column, read.end), column })
    at = read.end
  }
  at = skipBlanks(m.line, at)
  if (at === m.line.length) return args
  m.trouble.add({ message: `unexpected ${matchAt(/[\w.$]+|./y, m.line, at)}`, column: at })
  return undefined
}

/** A param that is put in as it was written, for it may be a sum: all up to a comma, or the separator that follows. */
function readText(m: Matcher, { name }: PseudoParam, at: number, separator: string): { end: number } | undefined {
  const marks = `,${separator.trim().charAt(0)}`
  let end = at
  while (end < m.line.length && !marks.includes(m.line.charAt(end))) end++
  end = at + m.line.slice(at, end).trimEnd().length
  if (end > at) return { end }
  m.trouble.add({ message: `expected ${name}`, column: at })
  return undefined
}

function readNumber(m: Matcher, width: number, at: number): { end: number; value: bigint } | undefined {
  const read = parseExpression(m.line, at, m.names)
  if (isFailure(read)) {
    m.trouble.add(read)
    return undefined
  }
  if (read.value >= -(1n << BigInt(width - 1)) && read.value < 1n << BigInt(width)) return read
  m.trouble.addComplete(() => ({ message: `${read.value} does not fit ${width} bits`, column: at }))
  return undefined
}
