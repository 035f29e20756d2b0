/**
 * Operands: view + encoding + spelling. A bound operand is one whose fields are known expressions over the instruction's fields.
 * On each path an operand's lets, address and cycles are worked out once, where it is first named.
 */

import { counted } from '../diagnostics/counted.ts'
import * as ir from '../ir/build.ts'
import type { Expr, Width } from '../ir/expr.ts'
import type { Expr as Ast, Cell, Item, OperandItem, Span } from '../syntax/ast.ts'
import type { Code } from './code.ts'
import { bits, condition, sized, value, widthOf } from './expressions.ts'
import { choicePlace } from './places.ts'
import { type JoinedRow, joinTables } from './rows.ts'
import { type Env, type FormScope, report } from './scope.ts'
import { addCycles, block } from './statements.ts'
import { bitsType } from './types.ts'
import { bitsOf, error, type Value } from './value.ts'

export interface BoundOperand {
  /** As the instruction calls it. */
  readonly name: string
  readonly item: OperandItem & Item
  readonly span: Span
  /** N of an operand with a width parameter. */
  readonly widths: ReadonlyMap<string, bigint>
  /** The width was said where it stands: `rm[64]`. */
  readonly widthGiven: boolean
  /** The operand's fields (and its slot) as expressions over the instruction's fields. */
  readonly fields: ReadonlyMap<string, Expr>
  /** Operands that it names as parts. */
  readonly parts: ReadonlyMap<string, BoundOperand>
  /** Of `one of`: what the encoding chose. */
  readonly chosen?: BoundOperand
  /** The row, where rows have encodings of their own. */
  readonly row?: JoinedRow
}
/** What an operand has become on a path. */
export interface Placed {
  readonly lets: ReadonlyMap<string, Value>
  readonly value?: Value
}

/** What an operand's own clauses see: its fields, the columns of a row, its lets. */
export function operandEnv(
  env: Env,
  op: BoundOperand,
  row?: JoinedRow,
  lets: ReadonlyMap<string, Value> = new Map(),
): Env {
  const used = row ?? op.row
  const locals = new Map<string, Value>()
  for (const [name, e] of op.fields) locals.set(name, fieldIn(env, used, name, e))
  for (const [name, v] of lets) locals.set(name, v)
  return {
    machine: env.machine,
    form: operandForm(op, used),
    operand: op,
    writes: env.writes,
    widths: op.widths,
    locals,
    code: env.code,
    where: [...env.where, `operand ${op.name}`],
    calls: env.calls,
    placed: env.placed,
  }
}

const forms = new WeakMap<BoundOperand, Map<JoinedRow | undefined, FormScope>>()
/** The same for one operand and row every time. */
function operandForm(op: BoundOperand, row: JoinedRow | undefined): FormScope {
  const known = forms.get(op) ?? new Map<JoinedRow | undefined, FormScope>()
  forms.set(op, known)
  const before = known.get(row)
  if (before) return before
  const form: FormScope = {
    fields: new Map(),
    fixed: new Map(),
    columns: new Map([...(row?.cells ?? [])].filter(([name]) => !op.fields.has(name) && !op.widths.has(name))),
    lets: new Map(),
    operands: new Map(op.parts),
    widths: new Map(op.widths),
    expanding: new Set(),
  }
  known.set(row, form)
  return form
}

/** In a row that selects by a field, the field is the row's number. */
function fieldIn(env: Env, row: JoinedRow | undefined, name: string, e: Expr): Value {
  const cell = row?.cells.get(name)
  const digits = cell && digitsValue(cell.text, env.machine.digits === 'hex' ? 16 : 2)
  return bitsOf(digits === undefined ? e : ir.constant(e.width, digits))
}
/** The place or value that the operand stands for. */
export function operandValue(env: Env, op: BoundOperand, span: Span): Value {
  if (op.chosen) return operandValue(env, op.chosen, span)
  const before = env.placed.get(op)
  if (before?.value) return before.value
  const lets = operandLets(env, op)
  const isCounted = countCycles(env, op, lets)
  const v = typed(operandEnv(env, op, undefined, lets), op, elaborate(env, op, lets, span), span)
  env.placed.set(op, v.kind === 'place' || isCounted ? { lets, value: v } : { lets })
  return v
}

/** An operand that no path so far has asked for its value still takes its time. */
export function countUnnamed(env: Env, op: BoundOperand): void {
  if (op.chosen) countUnnamed(env, op.chosen)
  else if (env.placed.get(op)?.value === undefined && hasCycles(op)) countCycles(env, op, operandLets(env, op))
}

const hasCycles = (op: BoundOperand): boolean => op.item.clauses.some((c) => c.kind === 'cycles')

/** Whether the operand has cycles: they are added. */
function countCycles(env: Env, op: BoundOperand, lets: ReadonlyMap<string, Value>): boolean {
  const cost = op.item.clauses.find((c) => c.kind === 'cycles')
  if (cost?.kind !== 'cycles') return false
  const inside = operandEnv(env, op, undefined, lets)
  addCycles(inside, value(inside, cost.value), cost.span)
  return true
}

/** The operand's `let` clauses, worked out once. */
export function operandLets(env: Env, op: BoundOperand, row?: JoinedRow): ReadonlyMap<string, Value> {
  const before = row ? undefined : env.placed.get(op)
  if (before) return before.lets
  const lets = new Map<string, Value>()
  for (const clause of op.item.clauses) {
    if (clause.kind !== 'let') continue
    const inside = operandEnv(env, op, row, lets)
    const v = value(inside, clause.value)
    const [name] = clause.names
    if (!name) continue
    lets.set(
      name.text,
      v.kind === 'bits'
        ? bitsOf(env.code.capture(v.expr, name.text), v.box)
        : v.kind === 'place'
          ? bitsOf(env.code.capture(v.place.read(env.code), name.text))
          : v,
    )
  }
  if (!row) env.placed.set(op, { lets })
  return lets
}

function typed(env: Env, op: BoundOperand, v: Value, span: Span): Value {
  if (!op.item.type || v.kind === 'error') return v
  const type = bitsType(env, op.item.type)
  if (!type) return error
  if (v.kind === 'place') {
    if (v.place.width === type.width) return v
    report(
      env,
      'E0302',
      op.item.span,
      `operand ${op.name} has ${counted(type.width, 'bit')}, but its place has ${v.place.width}`,
    )
    return error
  }
  return bitsOf(sized(env, v, op.item.is?.kind === 'value' ? op.item.is.value.span : span, type.width), type.box)
}

function elaborate(env: Env, op: BoundOperand, lets: ReadonlyMap<string, Value>, span: Span): Value {
  const { item } = op
  const plain = operandEnv(env, op, undefined, lets)
  if (item.is?.kind === 'value') return value(plain, item.is.value)
  const custom = customPlace(env, op, lets)
  if (custom) return custom
  const clause = item.clauses.find((c) => c.kind === 'value')
  const ofRow = (row: JoinedRow | undefined): Value => {
    const inside = operandEnv(env, op, row, lets)
    if (clause?.kind === 'value') return value(inside, clause.value)
    const cell = row?.cells.get('value')
    if (cell) return value(inside, { kind: 'name', name: 'value', span })
    report(env, 'E0209', span, `operand ${op.name} has no value: it only prints`)
    return error
  }
  if (op.row) return ofRow(op.row)
  const rows = operandRows(env, op, lets)
  if (rows.length === 0) return ofRow(undefined)
  return chooseRow(
    env,
    rows.map(({ row, cond }) => ({ cond, value: ofRow(row) })),
    span,
  )
}

function customPlace(env: Env, op: BoundOperand, lets: ReadonlyMap<string, Value>): Value | undefined {
  const readClause = op.item.clauses.find((c) => c.kind === 'read')
  const writeClause = op.item.clauses.find((c) => c.kind === 'write')
  if (readClause?.kind !== 'read') return undefined
  const type = op.item.type && bitsType(operandEnv(env, op, undefined, lets), op.item.type)
  if (!type) {
    report(env, 'E0204', op.item.span, `operand ${op.name} needs a type, since it has read`, {
      help: `operand ${op.name} … : b32`,
    })
    return error
  }
  const inside = (code: Code): Env => operandEnv({ ...env, code }, op, undefined, lets)
  return {
    kind: 'place',
    place: {
      name: op.name,
      width: type.width,
      roots: [op.name],
      read: (code) =>
        sized(inside(code), block(inside(code), readClause.body, type.width), readClause.span, type.width),
      ...(writeClause?.kind === 'write'
        ? {
            write: (code: Code, v: Expr) => {
              const at = inside(code)
              at.locals.set(writeClause.param.text, bitsOf(code.capture(v, writeClause.param.text)))
              block(at, writeClause.body)
            },
          }
        : {}),
    },
  }
}

/** One value of several rows, chosen at decode time; the last row is what remains. */
function chooseRow(env: Env, rows: readonly { readonly cond: Expr; readonly value: Value }[], span: Span): Value {
  const [first, ...rest] = rows
  if (!first) return error
  if (rest.length === 0 || (first.cond.kind === 'const' && first.cond.value === 1n)) return first.value
  const other = chooseRow(env, rest, span)
  if (first.value.kind === 'error' || other.kind === 'error') return error
  if (first.value.kind === 'place' && other.kind === 'place' && first.value.place.width === other.place.width) {
    return { kind: 'place', place: choicePlace(first.cond, first.value.place, other.place) }
  }
  const width = widthOf(env, first.value) ?? widthOf(env, other)
  const at = (w: Width): Expr => ir.select(first.cond, sized(env, first.value, span, w), sized(env, other, span, w))
  return width === undefined ? { kind: 'open', at, why: 'this operand' } : bitsOf(at(width))
}

/** Rows that may hold, with the decode-time condition of each: columns named as a field, width or context select. */
export function operandRows(
  env: Env,
  op: BoundOperand,
  lets: ReadonlyMap<string, Value> = new Map(),
): { row: JoinedRow; cond: Expr }[] {
  const tables = op.item.clauses.filter((c) => c.kind === 'rows')
  if (tables.length === 0) return []
  return joinTables(op.item.clauses, op.item.span).flatMap((row) => {
    let cond: Expr = ir.bit(true)
    for (const [column, cell] of row.cells) {
      const selected = selects(env, op, column, cell)
      if (selected) cond = ir.and(cond, selected)
    }
    const inside = operandEnv(env, op, row, lets)
    for (const when of row.when) cond = ir.and(cond, condition(inside, when))
    return cond.kind === 'const' && cond.value === 0n ? [] : [{ row, cond }]
  })
}

function selects(env: Env, op: BoundOperand, column: string, cell: Cell): Expr | undefined {
  const field = op.fields.get(column)
  if (field) {
    const digits = digitsValue(cell.text, env.machine.digits === 'hex' ? 16 : 2)
    if (digits !== undefined) return ir.compare('eq', field, ir.constant(field.width, digits))
    report(env, 'E0407', cell.span, `${cell.text} is not a number of ${counted(field.width, 'bit')}`)
    return ir.bit(false)
  }
  const width = op.widths.get(column)
  if (width !== undefined) return ir.bit(cell.text === String(width))
  return undefined
}
function digitsValue(text: string, base: 2 | 16): bigint | undefined {
  if (base === 2) return /^[01]+$/.test(text) ? BigInt(`0b${text}`) : undefined
  return /^[0-9A-F]+$/.test(text) ? BigInt(`0x${text}`) : undefined
}

/** When the operand's fields mean something at all: its `when`s, and some row holds. Decode time. */
export function operandCondition(env: Env, op: BoundOperand): Expr {
  let cond: Expr = ir.bit(true)
  if (op.chosen) cond = operandCondition(env, op.chosen)
  for (const part of op.parts.values()) cond = ir.and(cond, operandCondition(env, part))
  const whens = op.item.clauses.flatMap((c) => (c.kind === 'when' ? [c.value] : []))
  whens.push(...(op.row?.when ?? []))
  const tables = !op.row && !op.chosen && op.item.clauses.some((c) => c.kind === 'rows')
  if (whens.length === 0 && !tables) return cond
  const lets = operandLets(env, op)
  const inside = operandEnv(env, op, undefined, lets)
  for (const when of whens) cond = ir.and(cond, condition(inside, when))
  const rows = tables ? operandRows(env, op, lets) : []
  const select = rows.length > 0 && rows.every(({ row }) => [...row.cells.keys()].some((c) => op.fields.has(c)))
  if (!select || coversAll(rows, op)) return cond
  const some = rows.map((row) => row.cond).reduce((a, b) => ir.or(a, b))
  return ir.and(cond, some)
}
/** True when unconditional rows list every value of one field. */
function coversAll(rows: readonly { row: JoinedRow }[], op: BoundOperand): boolean {
  for (const [name, e] of op.fields) {
    const seen = new Set(rows.filter(({ row }) => row.when.length === 0).map(({ row }) => row.cells.get(name)?.text))
    seen.delete(undefined)
    if (seen.size === 2 ** e.width) return true
  }
  const names = [...op.fields.keys()].filter((n) => rows[0]?.row.cells.has(n))
  const total = names.reduce((bitsTotal, n) => bitsTotal + (op.fields.get(n)?.width ?? 0), 0)
  return (
    new Set(
      rows
        .filter(({ row }) => row.when.length === 0)
        .map(({ row }) => names.map((n) => row.cells.get(n)?.text).join(' ')),
    ).size ===
    2 ** total
  )
}

/** `rd.n`, `rm.ea`: a field, a let or a column of the operand. */
export function operandMember(env: Env, op: BoundOperand, name: string): Value | undefined {
  const field = op.fields.get(name)
  if (field) return bitsOf(field)
  const found = operandLets(env, op).get(name)
  if (found) return found
  if (op.row?.cells.has(name))
    return value(operandEnv(env, op, op.row, operandLets(env, op)), { kind: 'name', name, span: op.span })
  return op.chosen ? operandMember(env, op.chosen, name) : undefined
}

/** An operand without fields needs no place in the encoding: `acc`, `ptr`. */
export function bindFreely(env: Env, item: OperandItem & Item, name: string, span: Span): BoundOperand | undefined {
  if (item.fields.length > 0 || item.slot || item.is?.kind === 'oneOf') return undefined
  if (item.clauses.some((c) => c.kind === 'enc' || (c.kind === 'rows' && c.columns.some((n) => n.text === 'enc'))))
    return undefined
  env.machine.used.add(name)
  const bound = bind(env, item, name, span, new Map(), new Map())
  env.form?.operands.set(name, bound)
  return bound
}

/** N comes from the instruction's N unless it is given. */
export function bind(
  env: Env,
  item: OperandItem & Item,
  name: string,
  span: Span,
  fields: ReadonlyMap<string, Expr>,
  parts: ReadonlyMap<string, BoundOperand>,
  width?: bigint,
): BoundOperand {
  const parameter = item.width?.text
  const widths = new Map<string, bigint>()
  const inherited =
    parameter === undefined ? undefined : (width ?? env.form?.widths.get(parameter) ?? env.widths.get(parameter))
  if (parameter !== undefined && inherited !== undefined) widths.set(parameter, inherited)
  return { name, item, span, widths, widthGiven: width !== undefined, fields, parts }
}

const rebound = new WeakMap<BoundOperand, Map<bigint, BoundOperand>>()
/** The same operand with another width: `rm[64]`. */
export function rebindWidth(op: BoundOperand, width: bigint): BoundOperand {
  const known = rebound.get(op) ?? new Map<bigint, BoundOperand>()
  rebound.set(op, known)
  const before = known.get(width)
  if (before) return before
  const parameter = op.item.width?.text
  const made: BoundOperand = {
    ...op,
    widths: parameter ? new Map([...op.widths, [parameter, width]]) : op.widths,
    widthGiven: true,
    ...(op.chosen ? { chosen: rebindWidth(op.chosen, width) } : {}),
  }
  known.set(width, made)
  return made
}

/** `cond(block[7:4])`: an operand with its fields given as values. */
export function applyOperand(
  env: Env,
  item: OperandItem & Item,
  name: string,
  args: readonly Ast[],
  span: Span,
): Value {
  if (args.length !== item.fields.length) {
    report(env, 'E0206', span, `operand ${name} has ${counted(item.fields.length, 'field')}, not ${args.length}`)
    return error
  }
  const fields = new Map<string, Expr>()
  item.fields.forEach((f, i) => {
    const arg = args[i] as Ast
    fields.set(f.name.text, env.code.capture(bits(env, arg, f.width), f.name.text))
  })
  return { kind: 'operand', operand: bind(env, item, name, span, fields, new Map()) }
}
