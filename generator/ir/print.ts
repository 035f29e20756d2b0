/**
 * Prints IR as text for readers: `isagen explain`, filetests, the templates' comments, debugging. Close to the spec's
 * own notation; the width of a value is said where it does not follow from its operands. Nothing parses this text.
 */

import type { BinaryOp, CompareOp, Expr, FloatOp, UnaryOp } from './expr.ts'
import type { AsmPart, Instruction, Syntax } from './isa.ts'
import type { Body, Local, Stmt } from './stmt.ts'

/** Names for locals; without one a local is `%id`. */
export type LocalNames = ReadonlyMap<number, string>

const binaryText: Readonly<Partial<Record<BinaryOp, string>>> = {
  add: '+',
  sub: '-',
  mul: '*',
  udiv: '/',
  sdiv: '/s',
  urem: '%',
  srem: '%s',
  and: '&',
  or: '|',
  xor: '^',
  shl: '<<',
  lshr: '>>',
  ashr: '>>s',
}
const compareText: Readonly<Record<CompareOp, string>> = {
  eq: '==',
  ne: '!=',
  ult: '<',
  ule: '<=',
  slt: '<s',
  sle: '<=s',
}
const unaryText: Readonly<Partial<Record<UnaryOp, string>>> = { not: '~', neg: '-' }

export function printExpr(expr: Expr, names: LocalNames = new Map()): string {
  const show = (e: Expr): string => printExpr(e, names)
  /** In brackets when it is an operation with an operator. */
  const operand = (e: Expr): string => (isInfix(e) ? `(${show(e)})` : show(e))
  switch (expr.kind) {
    case 'const':
      return printConstant(expr.value, expr.width)
    case 'undef':
      return `undef:${expr.width}`
    case 'field':
    case 'hole':
      return expr.name
    case 'slot':
      return `slot${expr.slot}:${expr.width}`
    case 'pc':
    case 'next':
      return expr.kind
    case 'local':
      return names.get(expr.id) ?? `%${expr.id}`
    case 'read':
      return expr.index ? `${expr.register}[${show(expr.index)}]` : expr.register
    case 'load':
      return `${expr.memory}${expr.width}[${show(expr.address)}]`
    case 'unary': {
      const text = unaryText[expr.op]
      return text ? `${text}${operand(expr.a)}` : `${expr.op}(${show(expr.a)})`
    }
    case 'binary': {
      const text = binaryText[expr.op]
      if (!text) return `${expr.op}(${show(expr.a)}, ${show(expr.b)})`
      // An added constant of the upper half is a subtraction to readers.
      if (
        expr.op === 'add' &&
        expr.b.kind === 'const' &&
        expr.b.value >> BigInt(expr.width - 1) === 1n &&
        expr.width > 1
      ) {
        return `${operand(expr.a)} - ${printConstant((1n << BigInt(expr.width)) - expr.b.value, expr.width)}`
      }
      return `${operand(expr.a)} ${text} ${operand(expr.b)}`
    }
    case 'compare':
      return `${operand(expr.a)} ${compareText[expr.op]} ${operand(expr.b)}`
    case 'extend':
      return `${expr.signed ? 'sx' : 'zx'}(${show(expr.a)}, ${expr.width})`
    case 'slice': {
      const high = expr.low + expr.width - 1
      return `${operand(expr.a)}[${high === expr.low ? high : `${high}:${expr.low}`}]`
    }
    case 'concat':
      return `cat(${expr.parts.map(show).join(', ')})`
    case 'select':
      return `if ${show(expr.cond)} { ${show(expr.then)} } else { ${show(expr.otherwise)} }`
    case 'float':
      return `float_${expr.op}(${expr.args.map(show).join(', ')}${changesFormat(expr) ? `, ${expr.width}` : ''})`
    case 'carry': {
      const sign = expr.op === 'add' ? '+' : '-'
      const c = expr.c ? ` ${sign} ${operand(expr.c)}` : ''
      return `${expr.signed ? 'overflow' : 'carry'}(${operand(expr.a)} ${sign} ${operand(expr.b)}${c})`
    }
  }
}

const changesFormat = ({ op }: FloatOp): boolean => op === 'convert' || op === 'from_int' || op === 'to_int'

function isInfix(e: Expr): boolean {
  if (e.kind === 'binary') return binaryText[e.op] !== undefined
  return e.kind === 'compare' || e.kind === 'select'
}

/** Small numbers in decimal, others in hex. */
function printConstant(value: bigint, width: number): string {
  return value < 10n || (value < 256n && width > 16) ? String(value) : `0x${value.toString(16)}`
}

/** One line a statement, without line ends; arms of an `if` are indented by two blanks. */
export function printStmt(stmt: Stmt, names: LocalNames = new Map()): string[] {
  const show = (e: Expr): string => printExpr(e, names)
  switch (stmt.kind) {
    case 'set':
      return [`${names.get(stmt.local) ?? `%${stmt.local}`} = ${show(stmt.value)}`]
    case 'write':
      return [`${stmt.register}${stmt.index ? `[${show(stmt.index)}]` : ''} = ${show(stmt.value)}`]
    case 'store':
      return [`${stmt.memory}${stmt.value.width}[${show(stmt.address)}] = ${show(stmt.value)}`]
    case 'if': {
      const arm = (statements: readonly Stmt[]): string[] =>
        statements.flatMap((s) => printStmt(s, names)).map((line) => `  ${line}`)
      const then = [`if ${show(stmt.cond)} {`, ...arm(stmt.then)]
      return stmt.otherwise.length === 0 ? [...then, '}'] : [...then, '} else {', ...arm(stmt.otherwise), '}']
    }
    case 'jump':
      return [`${stmt.hint} ${show(stmt.target)}`]
    case 'trap':
      return [stmt.args.length === 0 ? `trap ${stmt.trap}` : `trap ${stmt.trap}(${stmt.args.map(show).join(', ')})`]
    case 'effect':
      return [stmt.effect]
    case 'call': {
      const results = stmt.results.map((id) => names.get(id) ?? `%${id}`)
      const to = results.length === 1 ? results[0] : `(${results.join(', ')})`
      return [`${to} = ${stmt.function}(${stmt.args.map(show).join(', ')})`]
    }
    case 'return':
      return [stmt.values.length === 1 ? stmt.values.map(show).join() : `(${stmt.values.map(show).join(', ')})`]
  }
}

/** Lines of a body; locals go by their names in the spec, with their number where several have one name. */
export function printBody(body: Body): string[] {
  const names = localNames(body.locals)
  return body.statements.flatMap((stmt) => printStmt(stmt, names))
}

export function localNames(locals: readonly Local[]): LocalNames {
  const count = new Map<string, number>()
  for (const { name } of locals) count.set(name, (count.get(name) ?? 0) + 1)
  return new Map(locals.map(({ id, name }) => [id, count.get(name) === 1 ? name : `${name}%${id}`]))
}

/** A way to write an instruction, with its holes by name: "lda #{n}". */
export function printSyntax({ mnemonic, operands }: Syntax): string {
  return `${printAsm(mnemonic)} ${printAsm(operands)}`.trim()
}
function printAsm(parts: readonly AsmPart[]): string {
  const text = (part: AsmPart): string => {
    if (part.kind === 'text') return part.text
    if (part.kind === 'hole') return `{${part.name}}`
    return part.choices.map((choice) => printAsm(choice.parts)).join('|')
  }
  return parts.map(text).join('')
}

/** The whole instruction: encoding, condition and semantics. */
export function printInstruction(instruction: Instruction): string {
  const { encoding, semantics } = instruction
  const drawing = encoding.drawing.map((bits) => bits.text).join(' ')
  const lines = [`insn ${instruction.id}`, `  enc ${drawing}`]
  if (!(instruction.when.kind === 'const' && instruction.when.value === 1n))
    lines.push(`  when ${printExpr(instruction.when)}`)
  if (semantics.kind === 'delegate') {
    const fields = Object.entries(semantics.fields).map(([name, value]) => `${name} = ${printExpr(value)}`)
    lines.push(`  is ${semantics.target} { ${fields.join('; ')} }`)
  } else {
    lines.push('  exec {', ...printBody(semantics.body).map((line) => `    ${line}`), '  }')
  }
  return lines.join('\n')
}
