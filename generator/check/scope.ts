/**
 * Names. `MachineScope` holds what is visible everywhere in one machine; `Env` is what an expression sees at its place: globals, an
 * instruction's fields, columns and lets, and locals. Functions see globals and their parameters only.
 */

import { suggest } from '../diagnostics/closest.ts'
import type { Code as DiagnosticCode } from '../diagnostics/codes.ts'
import type { Details, Session } from '../diagnostics/session.ts'
import type { Width } from '../ir/expr.ts'
import type { Register, TrapKind } from '../ir/isa.ts'
import type { Expr as AstExpr, Cell, Item, OperandItem, Span } from '../syntax/ast.ts'
import type { AccessRules } from './access.ts'
import type { Code } from './code.ts'
import type { SharedFunction } from './functions.ts'
import type { BoundOperand, Placed } from './operands.ts'
import type { BoxList, Place, Value } from './value.ts'

export type ItemOf<K extends Item['kind']> = Item & { kind: K }

/** What a name of the whole machine stands for. */
export type Global =
  | { readonly kind: 'int'; readonly value: bigint; readonly span: Span }
  | { readonly kind: 'let'; readonly item: ItemOf<'let'>; readonly span: Span }
  | {
      readonly kind: 'register'
      readonly width: Width
      readonly count?: number
      readonly box?: BoxList
      readonly access: AccessRules
      readonly span: Span
    }
  | { readonly kind: 'view'; readonly item: ItemOf<'view'>; readonly span: Span }
  | { readonly kind: 'space'; readonly item: ItemOf<'space'>; readonly span: Span }
  | { readonly kind: 'memory'; readonly addressWidth: Width; readonly span: Span }
  | { readonly kind: 'context'; readonly width: Width; readonly span: Span }
  | { readonly kind: 'trap'; readonly trap: TrapKind; readonly span: Span }
  | { readonly kind: 'fn'; readonly item: ItemOf<'fn'>; readonly span: Span }
  | { readonly kind: 'operand'; readonly item: OperandItem & Item; readonly span: Span }
  | { readonly kind: 'type'; readonly box: BoxList; readonly span: Span }
  /** Declared, but wrongly, which is reported already. */
  | { readonly kind: 'wrong'; readonly span: Span }

export interface MachineScope {
  readonly session: Session
  readonly name: string
  readonly parts: readonly string[]
  readonly globals: Map<string, Global>
  readonly params: ReadonlyMap<string, bigint>
  /** Shown with every diagnostic: "when XLEN = 32". */
  readonly context: readonly string[]
  readonly unit: number
  readonly endian: 'little' | 'big'
  readonly digits: 'bits' | 'hex' | 'octal'
  /** Longest instruction in bytes, where the spec says so. */
  readonly maxLength: number | undefined
  readonly pcWidth: Width
  readonly registers: Register[]
  readonly traps: TrapKind[]
  /** Registers placed in a space: "csr" → number → place. */
  readonly spaces: Map<string, Map<bigint, { readonly name: string; readonly place: Place }>>
  /** Other spellings of registers that tests may use: "a0" → X[10]. */
  readonly spellings: Map<string, { readonly register: string; readonly index: number }>
  readonly mnemonics: Set<string>
  /** Names that were looked up, for "never used". */
  readonly used: Set<string>
  readonly reservation: { needed: boolean }
  /** By name and widths, in the order in which they were finished; 'inline': to be put in where it is called. */
  readonly functions: Map<string, SharedFunction | 'inline'>
}

/** For `writes(…)`: what the instruction is known to write, and which names its own code asked about. */
export interface Writes {
  readonly known: ReadonlySet<string>
  readonly asked: Set<string>
}

/** The fields and columns of one instruction form; shared by all expressions of that form. */
export interface FormScope {
  readonly fields: Map<string, { readonly width: Width }>
  /** Values that a row gives to a field: digits of a column that stands in the encoding. */
  readonly fixed: Map<string, { readonly width: Width; readonly value: bigint }>
  readonly columns: ReadonlyMap<string, Cell>
  readonly lets: Map<string, { readonly names: readonly string[]; readonly value: AstExpr; readonly span: Span }>
  readonly operands: Map<string, BoundOperand>
  /** Widths by name: N = 32. */
  readonly widths: Map<string, bigint>
  /** Columns that are being put in, against endless expansion. */
  readonly expanding: Set<string>
}

export interface Env {
  readonly machine: MachineScope
  readonly form?: FormScope | undefined
  /** The operand whose clauses these are. */
  readonly operand?: BoundOperand | undefined
  readonly writes?: Writes | undefined
  /** Widths bound by a function's parameters: N of b[N]. */
  readonly widths: ReadonlyMap<string, bigint>
  readonly locals: Map<string, Value>
  readonly outer?: Env | undefined
  readonly code: Code
  /** "insn op_imm, row addi" */
  readonly where: readonly string[]
  /** Functions being inlined, against recursion. */
  readonly calls: readonly string[]
  /** Puts the instruction itself in, for `execute` in `on step`. */
  readonly execute?: ((code: Code) => void) | undefined
  /** Addresses of operands already found on this path: binding → place. */
  readonly placed: Map<BoundOperand, Placed>
  /** Where an alias is spelled: the cell of an operand's row that is written instead of the row's `asm`. */
  readonly alias?: Cell | undefined
}

export function report(env: Env, code: DiagnosticCode, span: Span, message: string, details: Details = {}): void {
  env.machine.session.report(code, span, message, { ...details, context: [...env.where, ...env.machine.context] })
}

/** A scope inside: same instruction, new locals; `code` when a branch begins. */
export function inner(env: Env, code = env.code): Env {
  // Not a spread: this is the most frequent object of all.
  return {
    machine: env.machine,
    form: env.form,
    operand: env.operand,
    writes: env.writes,
    widths: env.widths,
    locals: new Map(),
    outer: env,
    code,
    where: env.where,
    calls: env.calls,
    execute: env.execute,
    placed: code === env.code ? env.placed : new Map(env.placed),
  }
}

export function findLocal(env: Env, name: string): Value | undefined {
  for (let at: Env | undefined = env; at; at = at.outer) {
    const found = at.locals.get(name)
    if (found) return found
  }
  return undefined
}

export function declareLocal(env: Env, name: string, span: Span, value: Value): void {
  if (findLocal(env, name)) report(env, 'E0202', span, `${name} is declared twice here`)
  else if (
    env.form?.fields.has(name) ||
    env.form?.columns.has(name) ||
    env.form?.lets.has(name) ||
    env.form?.operands.has(name)
  ) {
    report(env, 'E0205', span, `${name} hides a field, column or operand of this instruction`, {
      help: 'choose another name',
    })
  } else if (env.form && hidden(env, name, span)) {
    const global = env.machine.globals.get(name)
    report(env, 'E0205', span, `${name} hides a ${global?.kind} of that name`, {
      labels: global ? [{ span: global.span, text: 'declared here' }] : [],
      help: 'choose another name',
    })
  }
  env.locals.set(name, value)
}

/** Operands that the instruction does not have are not visible in it; a function need not know the names of all parts that it may meet. */
function hidden(env: Env, name: string, span: Span): boolean {
  const global = env.machine.globals.get(name)
  if (global === undefined || global.kind === 'operand') return false
  return env.calls.length === 0 || global.span.file === span.file
}

export function unknownName(env: Env, name: string, span: Span): void {
  const known = new Set([...env.machine.globals.keys(), ...env.widths.keys(), 'pc', 'next'])
  for (let at: Env | undefined = env; at; at = at.outer) for (const local of at.locals.keys()) known.add(local)
  if (env.form) {
    for (const map of [env.form.fields, env.form.columns, env.form.lets, env.form.operands, env.form.widths]) {
      for (const key of map.keys()) known.add(key)
    }
  }
  report(env, 'E0201', span, `there is no ${name}`, { help: suggest(name, known) })
}
