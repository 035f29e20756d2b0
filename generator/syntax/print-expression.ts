/**
 * Canonical text of expressions, statements, templates and encodings. Everything is written on one line where it fits;
 * else blocks and match arms stand one a line. Parentheses are written only where the grammar needs them, and where
 * E0106 asks for them.
 */

import type { Block, Enc, EncAtom, Expr, MatchArm, Range, Stmt, Template, Type } from './ast.ts'
import { COMPARISON, precedence, RANGE, SHIFT, SUM } from './precedence.ts'

/** Columns of a line. */
export const LINE_WIDTH = 120

// ---- on one line

export function exprText(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return expr.text
    case 'name':
      return expr.name
    case 'text':
      return `'${expr.value}'`
    case 'undef':
      return 'undef'
    case 'template':
      return templateText(expr.template)
    case 'unary':
      return `${expr.op}${expr.op === 'not' ? ' ' : ''}${operandText(expr.operand, expr.operand.kind === 'binary')}`
    case 'binary': {
      const left = operandText(expr.left, needsParentheses(expr, expr.left, false))
      const right = operandText(expr.right, needsParentheses(expr, expr.right, true))
      return expr.op === '..' ? `${left}..${right}` : `${left} ${expr.op} ${right}`
    }
    case 'member':
      return `${objectText(expr.object)}.${expr.name.text}`
    case 'index': {
      const low = expr.low ? `:${indexText(expr.low)}` : ''
      return `${objectText(expr.object)}[${indexText(expr.index)}${low}]`
    }
    case 'call':
      return `${objectText(expr.callee)}(${listText(expr.args)})`
    case 'tuple':
      return `(${listText(expr.items)})`
    case 'if':
      return `if ${exprText(expr.cond)} ${blockText(expr.then)}${elseText(expr.otherwise, blockText, exprText)}`
    case 'match': {
      const arms = expr.arms.map((arm) => armText(arm, bodyText))
      return `match ${exprText(expr.subject)} { ${arms.join('; ')} }`
    }
  }
}

/** `r[N-1:0]`: a bound of two words stands close. */
function indexText(expr: Expr): string {
  const sum = expr.kind === 'binary' && (expr.op === '+' || expr.op === '-')
  return sum && isWord(expr.left) && isWord(expr.right) ? exprText(expr).replaceAll(' ', '') : exprText(expr)
}

function isWord({ kind }: Expr): boolean {
  return kind === 'name' || kind === 'number'
}

export function listText(items: readonly Expr[]): string {
  return items.map(exprText).join(', ')
}

function needsParentheses(outer: Expr & { readonly kind: 'binary' }, inner: Expr, right: boolean): boolean {
  if (inner.kind !== 'binary') return false
  const [above, below] = [precedence[outer.op], precedence[inner.op]]
  if (above === SHIFT && below === SUM) return true
  if (above === below) return right || above === COMPARISON || above === RANGE
  return below < above
}

/** What ends in a block reads better in parentheses when more follows. */
function operandText(expr: Expr, parentheses: boolean): string {
  const text = exprText(expr)
  return parentheses || expr.kind === 'if' || expr.kind === 'match' ? `(${text})` : text
}

function objectText(expr: Expr): string {
  return operandText(expr, expr.kind === 'binary' || expr.kind === 'unary')
}

export function blockText(block: Block): string {
  return block.statements.length === 0 ? '{ }' : `{ ${block.statements.map(stmtText).join('; ')} }`
}

function stmtText(stmt: Stmt): string {
  const [head, tail] = stmtParts(stmt)
  if (tail === undefined) return head
  return 'statements' in tail ? `${head}${blockText(tail)}` : `${head}${exprText(tail)}`
}

/** A statement as a head that stays on one line, and the expression or block that ends it. */
function stmtParts(stmt: Stmt): readonly [string, (Expr | Block)?] {
  switch (stmt.kind) {
    case 'let':
      return [letHead(stmt), stmt.value]
    case 'var':
      return [`var ${stmt.name.text}${typedText(stmt.type)} = `, stmt.value]
    case 'for':
      return [`for ${stmt.name.text} in ${exprText(stmt.range)} `, stmt.body]
    case 'jump':
    case 'call':
    case 'return':
    case 'cycles':
      return [`${stmt.kind} `, stmt.value]
    case 'trap':
      return [`trap ${stmt.name.text}${stmt.args.length > 0 ? `(${listText(stmt.args)})` : ''}`]
    case 'commit':
    case 'fence':
    case 'wait':
    case 'execute':
      return [stmt.kind]
    case 'atomic':
      return ['atomic ', stmt.body]
    case 'assign':
      return [`${exprText(stmt.target)} = `, stmt.value]
    case 'value':
      return ['', stmt.value]
  }
}

/** `let x : b8 = `; clauses have it too. */
export function letHead({ names, tuple, type }: Omit<Stmt & { readonly kind: 'let' }, 'span'>): string {
  const list = names.map((name) => name.text).join(', ')
  return `let ${tuple ? `(${list})` : list}${typedText(type)} = `
}

function elseText(otherwise: Block | undefined, block: (block: Block) => string, expr: (expr: Expr) => string): string {
  if (!otherwise) return ''
  const [only, more] = otherwise.statements
  const chained = only?.kind === 'value' && only.value.kind === 'if' && !more
  return ` else ${chained ? expr(only.value) : block(otherwise)}`
}

function armText(arm: MatchArm, body: (block: Block, head: string) => string): string {
  const patterns = arm.patterns.length === 0 ? 'else' : listText(arm.patterns)
  const head = `${patterns}${whenText(arm.when)} => `
  return head + body(arm.body, head)
}

/** The body of an arm: a lone statement stands without braces. */
function bodyText(block: Block): string {
  const [only, more] = block.statements
  return only && !more ? stmtText(only) : blockText(block)
}

export function whenText(when: Expr | undefined): string {
  return when ? ` when ${exprText(when)}` : ''
}

export function typedText(type: Type | undefined): string {
  return type ? ` : ${typeText(type)}` : ''
}

export function typeText(type: Type): string {
  switch (type.kind) {
    case 'named':
      return type.name.text
    case 'tuple':
      return `(${type.items.map(typeText).join(', ')})`
    case 'bits': {
      const width = exprText(type.width)
      return /^\d+$/.test(width) ? `b${width}` : `b[${width}]`
    }
  }
}

export function templateText(template: Template): string {
  const parts = template.parts.map((part) => {
    if (part.kind === 'text') return part.text.replace(/["\\{]/g, '\\$&')
    return `{${exprText(part.value)}${part.style === undefined ? '' : `:${part.style}`}}`
  })
  return `"${parts.join('')}"`
}

export function stringText(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

export function encText(enc: Enc): string {
  return atomsText(enc.atoms)
}

function atomsText(atoms: readonly EncAtom[]): string {
  return atoms.map(atomText).join(' ')
}

function atomText(atom: EncAtom): string {
  switch (atom.kind) {
    case 'box':
      return `(${atomsText(atom.atoms)})`
    case 'slices':
      return `${atom.name}[${atom.ranges.map(rangeText).join('|')}]`
    case 'field': {
      const plain = atom.width.kind === 'number' || atom.width.kind === 'name'
      return `${atom.name}:${plain ? exprText(atom.width) : `(${exprText(atom.width)})`}`
    }
    case 'slot':
      return `/${atom.name}`
    case 'word':
      return atom.text
  }
}

function rangeText({ high, low }: Range): string {
  return low === undefined ? `${high}` : `${high}:${low}`
}

// ---- over several lines

/** `column` is where the text starts; lines after the first are indented by `indent` or more. */
export function exprLines(expr: Expr, indent: number, column: number): string {
  const flat = exprText(expr)
  if (column + flat.length <= LINE_WIDTH) return flat
  if (expr.kind === 'if') {
    const head = `if ${exprText(expr.cond)} `
    const otherwise = elseText(
      expr.otherwise,
      (block) => blockLines(block, indent),
      (chained) => exprLines(chained, indent, LINE_WIDTH),
    )
    return head + blockLines(expr.then, indent) + otherwise
  }
  if (expr.kind === 'match') {
    const pad = ' '.repeat(indent + 2)
    const arms = expr.arms.map((arm) => pad + armText(arm, (block, head) => bodyLines(block, indent + 2, head.length)))
    return `match ${exprText(expr.subject)} {\n${arms.join('\n')}\n${' '.repeat(indent)}}`
  }
  return flat
}

/** A block with a statement a line. */
export function blockLines(block: Block, indent: number): string {
  if (block.statements.length === 0) return '{ }'
  const lines = block.statements.map((stmt) => ' '.repeat(indent + 2) + stmtLines(stmt, indent + 2))
  return `{\n${lines.join('\n')}\n${' '.repeat(indent)}}`
}

/** A block on one line where it fits. */
export function fittingBlock(block: Block, indent: number, column: number): string {
  const flat = blockText(block)
  return column + flat.length <= LINE_WIDTH ? flat : blockLines(block, indent)
}

function stmtLines(stmt: Stmt, indent: number): string {
  const [head, tail] = stmtParts(stmt)
  if (tail === undefined) return head
  if ('statements' in tail) return head + fittingBlock(tail, indent, indent + head.length)
  return head + exprLines(tail, indent, indent + head.length)
}

function bodyLines(block: Block, indent: number, used: number): string {
  const flat = bodyText(block)
  return indent + used + flat.length <= LINE_WIDTH ? flat : blockLines(block, indent)
}
