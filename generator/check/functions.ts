/**
 * Which functions of the spec stay functions. Most are put in where they are called, so that what the caller knows folds into them; a large
 * one that only computes is elaborated once for each set of widths (IsaFunction), and called; so is one that does something else on hosts that round a product and a sum once.
 *
 * In: a function with the widths and numbers that a call binds. Out: the function to call, or undefined: put it in.
 */

import { Session } from '../diagnostics/session.ts'
import { children, local } from '../ir/build.ts'
import type { Expr, Width } from '../ir/expr.ts'
import { expressions } from '../ir/facts.ts'
import { fuses } from '../ir/fusing.ts'
import type { IsaFunction } from '../ir/isa.ts'
import type { Stmt } from '../ir/stmt.ts'
import { bodyResult } from './calls.ts'
import { Code } from './code.ts'
import type { Env, ItemOf } from './scope.ts'
import { bitsType } from './types.ts'
import { type BoxList, bitsOf, type Value } from './value.ts'

export interface SharedFunction {
  readonly function: IsaFunction
  /** Places in the argument list of those that are passed; the others were numbers, and are part of the body. */
  readonly passed: readonly number[]
  /** Its result is a tuple even if it has one item. */
  readonly isTuple: boolean
  /** Named parts of a result that is no tuple. */
  readonly box: BoxList | undefined
}

/** Expressions and statements of a function that is worth a call. */
const LARGE = 64
/** Hosts' values hold so many bits. */
const MAX_WIDTH = 64

/** `widths`: what the parameters' types bind. `values`: the arguments. `inside` gives the environment of a body. */
export function sharedFunction(
  env: Env,
  item: ItemOf<'fn'>,
  widths: ReadonlyMap<string, bigint>,
  values: readonly Value[],
): SharedFunction | undefined {
  const { functions } = env.machine
  const key = keyOf(item, widths, values)
  if (key === undefined) return undefined
  const known = functions.get(key)
  if (known !== undefined) return known === 'inline' ? undefined : known
  // Tried apart: what cannot be said for arguments of any value is put in, where it is reported if it is wrong for those given.
  const session = new Session()
  const made = elaborate({ ...env, machine: { ...env.machine, session } }, item, widths, values)
  functions.set(key, made && session.errors === 0 ? made : 'inline')
  if (!made || session.errors > 0) return undefined
  for (const d of session.diagnostics) env.machine.session.report(d.code, d.span, d.message, d)
  return made
}

/** What distinguishes one elaboration from another; undefined when an argument is neither bits nor a number. */
function keyOf(item: ItemOf<'fn'>, widths: ReadonlyMap<string, bigint>, values: readonly Value[]): string | undefined {
  if (!item.type) return undefined
  const parts = [item.name.text]
  for (const [i, param] of item.params.entries()) {
    const value = values[i]
    if (param.type) continue
    if (value?.kind !== 'int') return undefined
    parts.push(`${value.value}`)
  }
  return [...parts, ...[...widths].map(([name, width]) => `${name}=${width}`)].join(' ')
}

function elaborate(
  env: Env,
  item: ItemOf<'fn'>,
  widths: ReadonlyMap<string, bigint>,
  values: readonly Value[],
): SharedFunction | undefined {
  const code = new Code()
  const locals = new Map<string, Value>()
  const name = item.name.text
  const inside: Env = {
    machine: env.machine,
    widths,
    locals,
    code,
    where: [`fn ${name}`],
    calls: [...env.calls, name],
    placed: new Map(),
  }
  const params: number[] = []
  const passed: number[] = []
  for (const [i, param] of item.params.entries()) {
    if (!param.type) {
      locals.set(param.name.text, values[i] as Value)
      continue
    }
    const type = bitsType(inside, param.type)
    if (!type || type.width > MAX_WIDTH) return undefined
    const made = code.newLocal(param.name.text, type.width, false)
    params.push(made.id)
    passed.push(i)
    locals.set(param.name.text, bitsOf(local(made.id, type.width), type.box))
  }
  const result = bodyResult(inside, item)
  const results = resultsOf(result)
  if (!results || code.ended || code.commits || results.some((e) => e.width > MAX_WIDTH)) return undefined
  code.emit({ kind: 'return', values: results })
  const body = code.body()
  if (!body.statements.every(isPure) || results.some((e) => code.mayBeUndefined(e))) return undefined
  if (sizeOf(body.statements) < LARGE && !fuses(body)) return undefined
  const id = uniqueName(env, [name, ...widths.values()].join('_'))
  return {
    function: { name: id, doc: item.doc, params, results: results.map((e): Width => e.width), body },
    passed,
    isTuple: result.kind === 'tuple',
    box: result.kind === 'bits' ? result.box : undefined,
  }
}

function resultsOf(result: Value): readonly Expr[] | undefined {
  const values = result.kind === 'tuple' ? result.items : [result]
  const exprs = values.flatMap((v) => (v.kind === 'bits' ? [v.expr] : []))
  return exprs.length > 0 && exprs.length === values.length ? exprs : undefined
}

function uniqueName(env: Env, name: string): string {
  const taken = new Set([...env.machine.functions.values()].map((f) => (f === 'inline' ? '' : f.function.name)))
  let unique = name
  for (let n = 2; taken.has(unique); n++) unique = `${name}_v${n}`
  return unique
}

function isPure(s: Stmt): boolean {
  if (s.kind === 'if') return computes(s.cond) && [...s.then, ...s.otherwise].every(isPure)
  return (s.kind === 'set' || s.kind === 'call' || s.kind === 'return') && expressions(s).every(computes)
}
function computes(e: Expr): boolean {
  switch (e.kind) {
    case 'read':
    case 'load':
    case 'field':
    case 'hole':
    case 'slot':
    case 'pc':
    case 'next':
    case 'undef':
      return false
    default:
      return children(e).every(computes)
  }
}

function sizeOf(statements: readonly Stmt[]): number {
  const nodes = (e: Expr): number => children(e).reduce((sum, child) => sum + nodes(child), 1)
  return statements.reduce((sum, s) => {
    const inner = s.kind === 'if' ? sizeOf(s.then) + sizeOf(s.otherwise) : 0
    return expressions(s).reduce((all, e) => all + nodes(e), sum + inner + 1)
  }, 0)
}

/** Those that are called, directly or by others, callees first. */
export function calledFunctions(
  all: ReadonlyMap<string, SharedFunction | 'inline'>,
  bodies: readonly (readonly Stmt[])[],
): IsaFunction[] {
  const called = new Set<string>()
  const visit = (statements: readonly Stmt[]): void => {
    for (const s of statements) {
      if (s.kind === 'if') {
        visit(s.then)
        visit(s.otherwise)
      } else if (s.kind === 'call') called.add(s.function)
    }
  }
  bodies.forEach(visit)
  // Each was finished before those that call it.
  const made = [...all.values()].flatMap((f) => (f === 'inline' ? [] : [f.function]))
  for (const f of [...made].reverse()) if (called.has(f.name)) visit(f.body.statements)
  return made.filter((f) => called.has(f.name))
}
