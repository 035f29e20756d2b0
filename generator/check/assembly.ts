/**
 * Assembly templates to AsmParts: how each hole prints, and how what the programmer writes there gives the fields back. A hole's
 * expression is inverted symbolically (invert.ts).
 */

import * as ir from '../ir/build.ts'
import type { Expr } from '../ir/expr.ts'
import { invert } from '../ir/invert.ts'
import type { AsmHole, AsmPart, HolePrint } from '../ir/isa.ts'
import { bindingTime } from '../ir/time.ts'
import type { Expr as Ast, Span, Template } from '../syntax/ast.ts'
import { parseCell } from '../syntax/parse.ts'
import { encodeSolution } from './encode.ts'
import { sized, value } from './expressions.ts'
import { type BoundOperand, operandEnv, operandLets, operandRows, operandValue } from './operands.ts'
import { plainText } from './rows.ts'
import { type Env, findLocal, report } from './scope.ts'
import type { Label, Value } from './value.ts'

const styles: ReadonlySet<string> = new Set(['hex', 'plus', 'registers', 'decimal'])

/** `words`: in a mnemonic a column's cell is text, in an operand template it is an expression. */
export function asmParts(env: Env, template: Template, words = false): AsmPart[] {
  return template.parts.flatMap((part): AsmPart[] => {
    if (part.kind === 'text') return [{ kind: 'text', text: part.text }]
    if (part.style && !styles.has(part.style)) {
      report(env, 'E0208', part.span, `there is no style ${part.style}`, { help: 'hex, decimal, plus, registers' })
    }
    return holeParts(env, part.value, part.style, words)
  })
}

function holeParts(env: Env, e: Ast, style: string | undefined, words: boolean): AsmPart[] {
  if (e.kind === 'name') {
    const cell = env.form?.columns.get(e.name)
    if (cell && !findLocal(env, e.name)) {
      if (cell.text.startsWith('"')) {
        const inside = parseCell(cell, 'template', env.machine.session)
        return inside ? asmParts(env, inside, words) : []
      }
      const operand = env.form?.operands.get(cell.text)
      if (operand) return operandParts(env, operand, style, e.span)
      if (words && !env.form?.fixed.has(e.name)) return [{ kind: 'text', text: plainText(cell) }]
    }
  }
  if (e.kind === 'call' && e.callee.kind === 'name' && e.callee.name === 'letters') return lettersHole(env, e)
  const before = env.code.statements.length
  const v = value(env, e)
  if (v.kind === 'operand') return operandParts(env, v.operand, style, e.span)
  if (v.kind === 'error') return []
  if (v.kind === 'place' && v.place.label) return labelParts(v.place.label)
  const hole = valueHole(env, v, style, e)
  if (env.code.statements.length > before) report(env, 'E0602', e.span, 'what is printed must be known at decode time')
  return hole ? [hole] : []
}

/** An operand prints by its asm clause or rows, else as what it is. */
function operandParts(env: Env, op: BoundOperand, style: string | undefined, span: Span): AsmPart[] {
  if (op.chosen) return operandParts(env, op.chosen, style, span)
  const lets = operandLets(env, op)
  const inside = (row?: BoundOperand['row']): Env => {
    const made = operandEnv(env, op, row, row && row !== op.row ? operandLets(env, op, row) : lets)
    return op.widths.size === 0 && env.form
      ? { ...made, form: { ...(made.form as NonNullable<Env['form']>), widths: env.form.widths } }
      : made
  }
  const clause = op.item.clauses.find((c) => c.kind === 'asm')
  const rowCell = op.row?.cells.get('asm')
  const rows = op.row
    ? []
    : operandRows(env, op, lets).filter(({ row }) => row.cells.has('asm') || clause?.kind === 'asm')
  const short = rows.find(({ row }) => env.alias && row.cells.get('alias') === env.alias)?.row
  if (env.alias && short) {
    const template = parseCell(env.alias, 'template', env.machine.session)
    return template ? asmParts(inside(short), template) : []
  }
  if (rows.length > 0) {
    return [
      {
        kind: 'choice',
        choices: rows.map(({ row, cond }) => {
          const cell = row.cells.get('asm')
          const template = cell
            ? parseCell(cell, 'template', env.machine.session)
            : clause?.kind === 'asm'
              ? clause.template
              : undefined
          return { when: cond, fixed: fixedBy(cond), parts: template ? asmParts(inside(row), template) : [] }
        }),
      },
    ]
  }
  if (rowCell) {
    const template = parseCell(rowCell, 'template', env.machine.session)
    return template ? asmParts(inside(op.row), template) : []
  }
  if (clause?.kind === 'asm') {
    return asmParts(withOwnValue(env, op, inside(op.row), clause.template), clause.template)
  }
  const [only] = op.fields
  const v = operandValue(env, op, span)
  if (v.kind === 'error') return []
  if (v.kind === 'place' && v.place.label && !v.place.cell) return labelParts(v.place.label)
  const itself: Env = { ...env, operand: op }
  const hole = valueHole(itself, v, style, { kind: 'name', name: op.name, span })
  if (hole) return [hole]
  if (only) return [numberHole(itself, op.name, only[1], false, style, span)]
  return []
}
/** `{value}` in an operand's asm is the operand's value. */
function withOwnValue(env: Env, op: BoundOperand, inside: Env, template: Template): Env {
  const mentioned = template.parts.some((p) => p.kind === 'hole' && p.value.kind === 'name' && p.value.name === 'value')
  if (!mentioned || inside.form?.columns.has('value')) return inside
  return { ...inside, locals: new Map([...inside.locals, ['value', operandValue(env, op, template.span)]]) }
}

function labelParts(label: Label): AsmPart[] {
  if (label.kind === 'text') return [{ kind: 'text', text: label.text }]
  const arm = (when: Expr, of: Label) => ({ when, fixed: fixedBy(when), parts: labelParts(of) })
  return [{ kind: 'choice', choices: [arm(label.cond, label.then), arm(ir.not(label.cond), label.otherwise)] }]
}

/** Fields that a condition of equalities fixes. */
export function fixedBy(cond: Expr): Record<string, bigint> {
  const fixed: Record<string, bigint> = {}
  const visit = (e: Expr): void => {
    if (e.kind === 'binary' && e.op === 'and') {
      visit(e.a)
      visit(e.b)
    } else if (e.kind === 'compare' && e.op === 'eq' && e.a.kind === 'field' && e.b.kind === 'const')
      fixed[e.a.name] = e.b.value
    else if (e.kind === 'field' && e.width === 1) fixed[e.name] = 1n
    else if (e.kind === 'unary' && e.op === 'not' && e.a.kind === 'field') fixed[e.a.name] = 0n
  }
  visit(cond)
  return fixed
}

function valueHole(env: Env, v: Value, style: string | undefined, e: Ast): AsmHole | undefined {
  const name = textOf(e)
  if (v.kind === 'operand') return undefined
  if (v.kind === 'place') {
    const { cell } = v.place
    const names = v.place.names?.()
    const of = spaceOf(env, e)
    if (of) return makeHole(env, name, { kind: 'named', names: of.names }, of.index, e.span)
    if (names) {
      return makeHole(env, name, { kind: 'named', names: names.names }, names.index, e.span)
    }
    if (cell)
      return makeHole(
        env,
        name,
        { kind: 'register', register: cell.register },
        cell.index ?? ir.constant(1, 0n),
        e.span,
      )
  }
  if (v.kind === 'int') return numberHole(env, name, ir.constant(64, v.value), true, style, e.span)
  const expr = v.kind === 'open' ? v.at(env.machine.pcWidth >= 32 ? env.machine.pcWidth : 32) : sized(env, v, e.span)
  const time = bindingTime(expr)
  if (time === 'run') {
    report(env, 'E0602', e.span, `${name} is printed, but known only at run time`)
    return undefined
  }
  if (time === 'translate') return makeHole(env, name, { kind: 'label' }, expr, e.span)
  return numberHole(env, name, expr, isSigned(expr), style, e.span)
}
/** What was sign-extended prints signed. */
function isSigned(e: Expr): boolean {
  if (e.kind === 'extend') return e.signed
  if (e.kind === 'binary' && (e.op === 'add' || e.op === 'mul' || e.op === 'shl')) return isSigned(e.a) || isSigned(e.b)
  if (e.kind === 'select') return isSigned(e.then) || isSigned(e.otherwise)
  return false
}

function spaceOf(env: Env, e: Ast): { names: Record<string, bigint>; index: Expr } | undefined {
  if (e.kind !== 'index' || e.object.kind !== 'name') return undefined
  const global = env.machine.globals.get(e.object.name)
  if (global?.kind !== 'space') return undefined
  const names: Record<string, bigint> = {}
  for (const [number, { name }] of env.machine.spaces.get(e.object.name) ?? []) names[name] = number
  return { names, index: sized(env, value(env, e.index), e.index.span) }
}

function lettersHole(env: Env, e: Ast & { kind: 'call' }): AsmPart[] {
  const [of, letters] = e.args
  if (!of || letters?.kind !== 'text') {
    report(env, 'E0206', e.span, "letters takes a value and its letters: letters(n, 'iorw')")
    return []
  }
  const expr = sized(env, value(env, of), of.span)
  const hole = makeHole(env, textOf(of), { kind: 'letters', letters: letters.value }, expr, e.span)
  return hole ? [hole] : []
}

function numberHole(
  env: Env,
  name: string,
  expr: Expr,
  signed: boolean,
  style: string | undefined,
  span: Span,
): AsmHole {
  const print: HolePrint = {
    kind: 'number',
    signed: signed || style === 'plus',
    style: style === 'hex' || style === 'plus' ? style : 'decimal',
  }
  return makeHole(env, name, print, expr, span) as AsmHole
}

function makeHole(env: Env, name: string, print: HolePrint, expr: Expr, span: Span): AsmHole | undefined {
  const own = env.operand && encodeSolution(env, env.operand, name, expr.width)
  if (own) return { kind: 'hole', name, print, value: expr, solve: own }
  const inverted = invert(expr, ir.hole(name, expr.width))
  const fields = new Map<string, number>()
  collectFields(expr, fields)
  const missing = [...fields.keys()].filter((f) => !f.startsWith('@') && !inverted.some((s) => s.field === f))
  const [field] = missing
  if (field === undefined) return { kind: 'hole', name, print, value: expr, solve: inverted }
  const width = fields.get(field) as number
  const table = fields.size === 1 && width <= TABLE_BITS ? inverseTable(expr, field, width, name) : undefined
  if (table?.kind === 'value') return { kind: 'hole', name, print, value: expr, solve: [{ field, value: table.value }] }
  const called = fieldName(env, field)
  report(env, 'E0501', span, `${name} cannot be assembled back: its field ${called} does not follow from its value`, {
    ...(table ? { notes: [`${called} = ${table.first} and ${called} = ${table.second} give the same`] } : {}),
    help: 'say how, in the operand: encode v { field = … }',
  })
  return { kind: 'hole', name, print, value: expr, solve: inverted }
}

const TABLE_BITS = 8
/** A small field that inverting does not reach is found by comparing with what each of its values gives; or two that give the same. */
function inverseTable(expr: Expr, field: string, width: number, hole: string) {
  const seen = new Map<bigint, number>()
  let value: Expr = ir.constant(width, 0n)
  for (let n = (1 << width) - 1; n >= 0; n--) {
    const made = ir.mapExpr(expr, (e) => (e.kind === 'field' && e.name === field ? ir.constant(width, n) : e))
    if (made.kind !== 'const') return undefined
    const other = seen.get(made.value)
    if (other !== undefined) return { kind: 'ambiguous', first: n, second: other } as const
    seen.set(made.value, n)
    if (n > 0) value = ir.select(ir.compare('eq', ir.hole(hole, made.width), made), ir.constant(width, n), value)
  }
  return { kind: 'value', value } as const
}
function collectFields(e: Expr, into: Map<string, number>): void {
  if (e.kind === 'field') into.set(e.name, e.width)
  for (const child of ir.children(e)) collectFields(child, into)
}
/** An encoding's field as the spec calls it: the operand's own name for it. */
function fieldName(env: Env, field: string): string {
  for (const op of [...(env.operand ? [env.operand] : []), ...(env.form?.operands.values() ?? [])]) {
    for (const [name, e] of op.fields) if (e.kind === 'field' && e.name === field) return name
  }
  return field
}
export function fieldsOf(e: Expr): string[] {
  const fields = new Map<string, number>()
  collectFields(e, fields)
  return [...fields.keys()]
}

export function textOf(e: Ast): string {
  switch (e.kind) {
    case 'name':
      return e.name
    case 'member':
      return `${textOf(e.object)}.${e.name.text}`
    case 'index':
      return `${textOf(e.object)}[${textOf(e.index)}${e.low ? `:${textOf(e.low)}` : ''}]`
    case 'number':
      return e.text
    case 'binary':
      return `${textOf(e.left)} ${e.op} ${textOf(e.right)}`
    case 'call':
      return `${textOf(e.callee)}(${e.args.map(textOf).join(', ')})`
    default:
      return 'value'
  }
}
