/**
 * Fits the text of one instruction ("addi {rd}, x0, {n}") to the assembly template of another, hole by hole: literals are parsed as
 * what the hole prints, holes are bound. Serves aliases and short encodings.
 */

import * as ir from '../ir/build.ts'
import type { Expr } from '../ir/expr.ts'
import type { AsmHole, AsmPart } from '../ir/isa.ts'
import type { Expr as Ast, Span, Template } from '../syntax/ast.ts'
import type { MachineScope } from './scope.ts'

export interface WrittenHole {
  readonly value: Ast
  readonly span: Span
}
export interface TemplateMatch {
  readonly bound: readonly { readonly hole: AsmHole; readonly written: WrittenHole }[]
  /** Fields fixed by literals and by the choice taken. */
  readonly fixed: Readonly<Record<string, bigint>>
}
type Token = string | WrittenHole

/** First word of a template, and what follows it. */
export function splitTemplate(template: Template): { mnemonic: string; rest: Token[] } {
  const tokens = template.parts.flatMap((p): Token[] =>
    p.kind === 'text' ? [...p.text] : [{ value: p.value, span: p.span }],
  )
  let mnemonic = ''
  let at = 0
  while (at < tokens.length && typeof tokens[at] === 'string' && tokens[at] !== ' ') mnemonic += tokens[at++]
  while (tokens[at] === ' ') at++
  return { mnemonic, rest: tokens.slice(at) }
}

export function matchTemplate(
  machine: MachineScope,
  parts: readonly AsmPart[],
  tokens: readonly Token[],
): TemplateMatch | undefined {
  return match(machine, parts, tokens, { bound: [], fixed: {} })
}

/** The fields that a mnemonic fixes which has choices ("amoadd.w{order}"); undefined when it cannot be this word. */
export function matchMnemonic(
  machine: MachineScope,
  parts: readonly AsmPart[],
  mnemonic: string,
): TemplateMatch['fixed'] | undefined {
  const [first] = parts
  if (first?.kind === 'text' && !mnemonic.startsWith(first.text)) return undefined
  return matchTemplate(machine, parts, [...mnemonic])?.fixed
}

function match(
  machine: MachineScope,
  parts: readonly AsmPart[],
  tokens: readonly Token[],
  sofar: TemplateMatch,
): TemplateMatch | undefined {
  const [part, ...rest] = parts
  if (!part) return tokens.length === 0 ? sofar : undefined
  switch (part.kind) {
    case 'text': {
      const text = [...part.text]
      if (text.some((c, i) => tokens[i] !== c)) return undefined
      return match(machine, rest, tokens.slice(text.length), sofar)
    }
    case 'choice':
      for (const choice of part.choices) {
        const found = match(machine, [...choice.parts, ...rest], tokens, {
          ...sofar,
          fixed: { ...sofar.fixed, ...choice.fixed },
        })
        if (found) return found
      }
      return undefined
    case 'hole': {
      const [first] = tokens
      if (first === undefined) return undefined
      if (typeof first !== 'string') {
        return match(machine, rest, tokens.slice(1), {
          ...sofar,
          bound: [...sofar.bound, { hole: part, written: first }],
        })
      }
      // A literal: as long as it can be, so that "10" is not read as 1.
      let end = 0
      while (end < tokens.length && typeof tokens[end] === 'string') end++
      for (; end > 0; end--) {
        const value = literal(machine, part, tokens.slice(0, end).join(''))
        if (value === undefined) continue
        const fixed = fieldsFor(part, value)
        const found =
          fixed && match(machine, rest, tokens.slice(end), { ...sofar, fixed: { ...sofar.fixed, ...fixed } })
        if (found) return found
      }
      return undefined
    }
  }
}

/** What the text means in a hole, as a value of the hole's width. */
export function literal(machine: MachineScope, hole: AsmHole, text: string): bigint | undefined {
  const { print } = hole
  switch (print.kind) {
    case 'register': {
      const spelled = machine.spellings.get(text)
      return spelled?.register === print.register ? BigInt(spelled.index) : undefined
    }
    case 'named':
      return Object.hasOwn(print.names, text) ? print.names[text] : numberLiteral(text)
    case 'letters': {
      const { letters } = print
      let value = 0n
      let last = -1
      for (const c of text) {
        const at = letters.indexOf(c)
        if (at <= last) return undefined
        last = at
        value |= 1n << BigInt(letters.length - 1 - at)
      }
      return value
    }
    case 'label':
      return undefined
    case 'number':
      return numberLiteral(text)
  }
}
function numberLiteral(text: string): bigint | undefined {
  const found = /^(-?)(\d+|0x[0-9a-fA-F]+|0b[01]+|\$[0-9a-fA-F]+)$/.exec(text)
  if (!found) return undefined
  const magnitude = BigInt((found[2] as string).replace('$', '0x'))
  return found[1] === '-' ? -magnitude : magnitude
}

/** The fields that give the hole this value; undefined when none do. */
export function fieldsFor(hole: AsmHole, value: bigint): Record<string, bigint> | undefined {
  const wanted = ir.constant(hole.value.width, value)
  const fixed: Record<string, bigint> = {}
  for (const { field, value: solved } of hole.solve) {
    const e = ir.mapExpr(solved, (n) => (n.kind === 'hole' ? wanted : n))
    if (e.kind !== 'const') return undefined
    fixed[field] = e.value
  }
  const back = withFields(hole.value, fixed)
  return back.kind === 'const' && back.value === wanted.value ? fixed : undefined
}

/** The expression with some fields known. */
export function withFields(e: Expr, fields: Readonly<Record<string, bigint>>): Expr {
  return ir.mapExpr(e, (n) =>
    n.kind === 'field' && fields[n.name] !== undefined ? ir.constant(n.width, fields[n.name] as bigint) : n,
  )
}
