/**
 * One `insn` item to the instructions of its rows: tables joined, encodings laid out, conditions and semantics elaborated. Each row
 * and each form of its encoding is checked on its own; mistakes of a family are reported once by the session.
 */

import { suggest } from '../diagnostics/closest.ts'
import * as ir from '../ir/build.ts'
import type { Expr } from '../ir/expr.ts'
import type { Body, Stmt } from '../ir/stmt.ts'
import { isDecodeTime } from '../ir/time.ts'
import type { Expr as Ast, Block, Cell, Clause, Enc, Item, Span, Template } from '../syntax/ast.ts'
import { parseCell } from '../syntax/parse.ts'
import { type Layout, layOut } from './box-layout.ts'
import { Code } from './code.ts'
import { expandEncoding, type Form } from './encodings.ts'
import { condition, value } from './expressions.ts'
import { countUnnamed, operandCondition } from './operands.ts'
import { isReachable } from './overlap.ts'
import { type JoinedRow, joinTables, plainText } from './rows.ts'
import { type Env, type FormScope, type ItemOf, type MachineScope, report } from './scope.ts'
import { emptyEnv } from './state.ts'
import { addCycles, block, reportDropped } from './statements.ts'
import { excluded } from './static-when.ts'
import { type Around, surround } from './step.ts'

/** An instruction with what later passes (assembly, delegates) need of its surroundings. */
export interface Draft {
  readonly item: ItemOf<'insn'>
  readonly part: string
  readonly row: JoinedRow
  readonly form: FormScope
  readonly where: readonly string[]
  readonly layout: Layout
  readonly when: Expr
  readonly body: Body | undefined
  /** It says `commit`: what it did up to there may stay when it traps. */
  readonly commits: boolean
  /** `is "addi …"` */
  readonly delegate: Template | undefined
  readonly name: Template | string
  readonly asm: Template | undefined
  readonly operandNames: readonly string[]
  readonly span: Span
}

export function elaborateInsn(
  machine: MachineScope,
  item: Item & { kind: 'insn' } & { part: string },
  around: readonly Around[],
): Draft[] {
  const rows = joinTables(item.clauses, item.span)
  reportLonely(emptyEnv(machine, [`insn ${item.name.text}`]), item, rows)
  return rows.flatMap((row) => elaborateRow(machine, item, row, around))
}

/** A row of one table that agrees with none of another is in no instruction: a name was misspelt. */
function reportLonely(env: Env, item: ItemOf<'insn'>, rows: readonly JoinedRow[]): void {
  const joined = new Set(rows.flatMap((row) => row.sources))
  for (const table of item.clauses) {
    if (table.kind !== 'rows') continue
    for (const row of table.rows) {
      if (joined.has(row.span)) continue
      const others = item.clauses.flatMap((c) => (c.kind === 'rows' && c !== table ? [c] : []))
      const shared = table.columns.findIndex((c) => others.some((o) => o.columns.some((n) => n.text === c.text)))
      const word = row.cells[shared]?.text ?? ''
      const known = others.flatMap((o) => {
        const at = o.columns.findIndex((n) => n.text === table.columns[shared]?.text)
        return o.rows.flatMap((r) => r.cells[at]?.text ?? [])
      })
      report(env, 'E0211', row.span, `no row of the other table is for ${word}`, { help: suggest(word, known) })
    }
  }
}

function clauseOf<K extends Clause['kind']>(item: ItemOf<'insn'>, kind: K): (Clause & { kind: K }) | undefined {
  return item.clauses.find((c): c is Clause & { kind: K } => c.kind === kind)
}

function elaborateRow(
  machine: MachineScope,
  item: ItemOf<'insn'> & { part: string },
  row: JoinedRow,
  around: readonly Around[],
): Draft[] {
  const rowName = row.cells.get('name') ?? [...row.cells.values()][0]
  const where = [`insn ${item.name.text}`, ...(rowName && row.cells.size > 0 ? [`row ${plainText(rowName)}`] : [])]
  const lets = new Map(
    item.clauses.flatMap((c) =>
      c.kind === 'let' && c.names[0]
        ? [[c.names[0].text, { names: c.names.map((n) => n.text), value: c.value, span: c.span }] as const]
        : [],
    ),
  )
  const whens = [...item.clauses.flatMap((c) => (c.kind === 'when' ? [c.value] : [])), ...row.when]
  const start = startForm(row, lets)
  const env: Env = { ...emptyEnv(machine, where), form: start }
  if (excluded(env, whens)) return []
  const enc = encodingOf(env, item, row)
  if (!enc) return []
  const forms: FormStart[] = []
  for (const split of widthCases(env, start)) {
    const splitEnv: Env = { ...env, form: { ...start, widths: split.widths, operands: new Map() } }
    for (const form of expandEncoding(splitEnv, enc, row.cells)) {
      const layout = layOut(splitEnv, form, enc.span)
      if (layout) forms.push(startOf(splitEnv, item, form, layout, whens, split.when))
    }
  }
  // Forms that an operand's alternatives make, but the row's condition excludes, are not there.
  const reachable = forms.filter(({ layout, when }) => isReachable(layout.encoding, layout.fields, when))
  if (reachable.length === 0 && forms.length > 0) {
    const name = rowName ? plainText(rowName) : item.name.text
    report(env, 'E0402', spanOf(item, row), `no word is ${name}: its conditions exclude each other`)
  }
  return reachable.map((f) => elaborateForm(f, item, row, around, where))
}

const spanOf = (item: ItemOf<'insn'>, row: JoinedRow): Span => (row.cells.size > 0 ? row.span : item.name.span)

function startForm(row: JoinedRow, lets: FormScope['lets']): FormScope {
  return {
    fields: new Map(),
    fixed: new Map(),
    columns: row.cells,
    lets,
    operands: new Map(),
    widths: new Map(),
    expanding: new Set(),
  }
}

function encodingOf(env: Env, item: ItemOf<'insn'>, row: JoinedRow): Enc | undefined {
  const cell = row.cells.get('enc')
  if (cell) return parseCell(cell, 'enc', env.machine.session)
  const clause = clauseOf(item, 'enc')
  if (!clause) {
    report(env, 'E0204', item.name.span, `insn ${item.name.text} has no encoding`, { help: 'enc …' })
    return undefined
  }
  return clause.enc
}

interface WidthCase {
  readonly widths: Map<string, bigint>
  readonly when: Expr
}
/** The values of N (and other width columns) that the row gives. One known at decode time only makes a case of each value. */
function widthCases(env: Env, form: FormScope): WidthCase[] {
  let cases: WidthCase[] = [{ widths: new Map(), when: ir.bit(true) }]
  for (const name of widthNames(env.machine)) {
    const ast: Ast | undefined =
      form.columns.has(name) || form.lets.has(name)
        ? { kind: 'name', name, span: form.columns.get(name)?.span ?? (form.lets.get(name)?.span as Span) }
        : undefined
    if (!ast) continue
    cases = cases.flatMap((before) => {
      const v = value({ ...env, form: { ...form, widths: before.widths } }, ast)
      if (v.kind === 'int') return [{ ...before, widths: new Map([...before.widths, [name, v.value]]) }]
      const e = v.kind === 'open' ? v.at(16) : v.kind === 'bits' ? v.expr : undefined
      if (!e) return [before]
      return leaves(e, before.when).map(({ leaf, when }) => ({
        widths: new Map([...before.widths, [name, leaf]]),
        when,
      }))
    })
  }
  return cases
}
function widthNames(machine: MachineScope): Set<string> {
  const names = new Set<string>()
  for (const global of machine.globals.values()) {
    if (global.kind === 'operand' && global.item.width) names.add(global.item.width.text)
  }
  return names
}
function leaves(e: Expr, when: Expr): { leaf: bigint; when: Expr }[] {
  if (e.kind === 'const') return [{ leaf: e.value, when }]
  if (e.kind !== 'select') return []
  return [...leaves(e.then, ir.and(when, e.cond)), ...leaves(e.otherwise, ir.and(when, ir.not(e.cond)))]
}

/** A form with its fields and its condition, before its semantics are looked at. */
interface FormStart {
  readonly env: Env & { readonly form: FormScope }
  readonly form: Form
  readonly layout: Layout
  readonly when: Expr
}

function startOf(
  outer: Env,
  item: ItemOf<'insn'>,
  form: Form,
  layout: Layout,
  whens: readonly Ast[],
  splitWhen: Expr,
): FormStart {
  const scope: FormScope = {
    ...(outer.form as FormScope),
    fields: new Map(layout.fields.map((f) => [f.name, { width: f.width }])),
    fixed: new Map(form.fixed),
    operands: new Map(form.operands),
    expanding: new Set(),
  }
  const env = { ...outer, form: scope, code: new Code(), placed: new Map() }
  const early = (e: Expr, span: Span): Expr => {
    const asFields = contextAsFields(outer.machine, e)
    if (isDecodeTime(asFields)) return asFields
    report(outer, 'E0602', span, 'a `when` must be known at decode time', {
      help: 'registers that decoding depends on say so: reg … { context NAME }',
    })
    return ir.bit(true)
  }
  let when = early(splitWhen, item.name.span)
  for (const w of whens) when = ir.and(when, early(condition(env, w), w.span))
  // What was chosen of a `one of` is an operand too: its condition counts once.
  const chosen = new Set([...form.operands.values()].map((operand) => operand.chosen))
  for (const operand of form.operands.values()) {
    if (!chosen.has(operand)) when = ir.and(when, early(operandCondition(env, operand), item.name.span))
  }
  return { env, form, layout, when }
}

function elaborateForm(
  start: FormStart,
  item: ItemOf<'insn'> & { part: string },
  row: JoinedRow,
  around: readonly Around[],
  where: readonly string[],
): Draft {
  const { env, form, layout, when } = start
  const delegate = templateIn(env, item, row, 'is')
  const code = delegate ? undefined : elaborateBody(env, item, row, around)
  return {
    item,
    part: item.part,
    row,
    form: env.form,
    where,
    layout,
    when,
    body: code?.body(),
    commits: code?.commits ?? false,
    delegate,
    name: mnemonicOf(env, item, row),
    asm: templateIn(env, item, row, 'asm'),
    operandNames: [...form.operands.keys()],
    span: spanOf(item, row),
  }
}

/** Registers declared as decode context read as fields that no word holds. */
function contextAsFields(machine: MachineScope, e: Expr): Expr {
  return ir.mapExpr(e, (n) => {
    if (n.kind !== 'read' || n.index || !machine.registers.some((r) => r.name === n.register && r.context)) return n
    return ir.field(`@${n.register}`, n.width)
  })
}

function templateIn(env: Env, item: ItemOf<'insn'>, row: JoinedRow, kind: 'asm' | 'is'): Template | undefined {
  const cell = row.cells.get(kind)
  if (cell) return cell.text === '-' ? undefined : parseCell(cell, 'template', env.machine.session)
  if (kind === 'asm') return clauseOf(item, 'asm')?.template
  return clauseOf(item, 'is')?.templates[0]
}
function mnemonicOf(env: Env, item: ItemOf<'insn'>, row: JoinedRow): Template | string {
  const cell = row.cells.get('name')
  if (cell)
    return cell.text.startsWith('"') ? (parseCell(cell, 'template', env.machine.session) ?? plainText(cell)) : cell.text
  const clause = clauseOf(item, 'name')
  return clause ? clause.template : item.name.text
}

// ---- semantics

const MAX_ROUNDS = 4
/** What forms of a row were found to write, by the alternatives of their operands. */
const tried = new WeakMap<JoinedRow, Map<string, ReadonlySet<string>>>()
function alternativesOf(env: Env): string {
  const names: string[] = []
  for (const operand of env.form?.operands.values() ?? []) {
    for (let at: typeof operand | undefined = operand; at; at = at.chosen) names.push(at.name)
  }
  return names.join(' ')
}

function elaborateBody(
  env: Env,
  item: ItemOf<'insn'> & { part: string },
  row: JoinedRow,
  around: readonly Around[],
): Code {
  const exec = execOf(env, item, row)
  // writes(M) asks what the instruction does: a first round finds out, the next one answers. Forms of one row with the same alternatives write
  // the same places: what was found for the last one is tried first.
  const key = alternativesOf(env)
  let known: ReadonlySet<string> = tried.get(row)?.get(key) ?? new Set()
  for (let round = 0; ; round++) {
    const writes = { known, asked: new Set<string>() }
    const code = new Code()
    const form: FormScope = { ...(env.form as FormScope), operands: new Map(env.form?.operands) }
    const run = (at: Code): void => {
      const inside: Env = { ...env, form, writes, code: at, placed: new Map() }
      const cost = row.cells.get('cycles')
      const clause = clauseOf(item, 'cycles')
      if (cost) addCycles(inside, value(inside, { kind: 'name', name: 'cycles', span: cost.span }), cost.span)
      else if (clause) addCycles(inside, value(inside, clause.value), clause.span)
      if (exec) {
        block(inside, exec)
        const last = exec.statements.at(-1)
        if (last) reportDropped(inside, last)
      }
      if (!at.ended) for (const operand of form.operands.values()) countUnnamed(inside, operand)
    }
    const surroundings = around.filter((a) => a.wide || a.part === item.part)
    surround({ ...env, writes, code }, surroundings, run)
    const now = writtenBy(code.statements)
    const answered = [...writes.asked].every((name) => now.has(name) === known.has(name))
    if (answered || round === MAX_ROUNDS) {
      if (writes.asked.size > 0) tried.set(row, (tried.get(row) ?? new Map()).set(key, now))
      return code
    }
    known = now
  }
}
function execOf(env: Env, item: ItemOf<'insn'>, row: JoinedRow): Block | undefined {
  const cell: Cell | undefined = row.cells.get('exec')
  if (cell) return parseCell(cell, 'block', env.machine.session)
  const clause = clauseOf(item, 'exec')
  if (!clause)
    report(env, 'E0204', item.name.span, `insn ${item.name.text} says nothing about what it does`, {
      help: 'exec { … }',
    })
  return clause?.body
}

function writtenBy(statements: readonly Stmt[]): Set<string> {
  const names = new Set<string>()
  for (const s of statements) {
    if (s.kind === 'write') {
      names.add(s.register)
      names.add(s.register.split('.')[0] as string)
    } else if (s.kind === 'store') names.add(s.memory)
    else if (s.kind === 'if') for (const name of [...writtenBy(s.then), ...writtenBy(s.otherwise)]) names.add(name)
  }
  return names
}
