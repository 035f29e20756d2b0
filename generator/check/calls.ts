/** Calls: functions of the spec (put in where they are called, or called: functions.ts), operands applied to field values, and the built-in functions. */

import { counted } from '../diagnostics/counted.ts'
import * as ir from '../ir/build.ts'
import type { Expr, Width } from '../ir/expr.ts'
import { bindingTime } from '../ir/time.ts'
import type { Expr as Ast, Param, Type } from '../syntax/ast.ts'
import { builtins } from './builtins.ts'
import { sized, value, valuesInOrder, widthOf } from './expressions.ts'
import { type SharedFunction, sharedFunction } from './functions.ts'
import { applyOperand } from './operands.ts'
import { type Env, findLocal, type ItemOf, report, unknownName } from './scope.ts'
import { block } from './statements.ts'
import { type BitsType, bitsType } from './types.ts'
import { bitsOf, error, never, nothing, type Value } from './value.ts'

export function callValue(env: Env, e: Ast & { kind: 'call' }, want?: Width): Value {
  if (e.callee.kind !== 'name') {
    report(env, 'E0209', e.callee.span, 'only a function can be called')
    return error
  }
  const { name, span } = e.callee
  const global = env.machine.globals.get(name)
  if (global?.kind === 'fn') {
    env.machine.used.add(name)
    return applyFunction(env, global.item, e.args, e)
  }
  const operand = env.form?.operands.get(name)?.item ?? (global?.kind === 'operand' ? global.item : undefined)
  if (operand) {
    env.machine.used.add(name)
    return applyOperand(env, operand, name, e.args, e.span)
  }
  const builtin = builtins[name]
  if (builtin) {
    if (e.args.length < builtin.min || e.args.length > builtin.max) {
      const count =
        builtin.min === builtin.max ? counted(builtin.min, 'argument') : `${builtin.min} to ${builtin.max} arguments`
      report(env, 'E0206', e.span, `${name} takes ${count}, not ${e.args.length}`)
      return error
    }
    return builtin.call(env, e.args, e.span, want)
  }
  if (global?.kind === 'wrong') return error
  if (global || findLocal(env, name)) report(env, 'E0209', span, `${name} is not a function`)
  else
    unknownName(
      { ...env, machine: { ...env.machine, globals: new Map([...env.machine.globals, ...builtinNames]) } },
      name,
      span,
    )
  for (const arg of e.args) value(env, arg)
  return error
}
const builtinNames = Object.keys(builtins).map(
  (name) => [name, { kind: 'int', value: 0n, span: { file: '', start: 0, end: 0 } }] as const,
)

/** A call of the function, or its body with the parameters bound, in place of the call. */
function applyFunction(env: Env, item: ItemOf<'fn'>, args: readonly Ast[], call: Ast): Value {
  const name = item.name.text
  if (env.calls.includes(name)) {
    report(env, 'E0210', call.span, `${name} calls itself`, {
      labels: [{ span: item.name.span, text: 'declared here' }],
    })
    return error
  }
  if (args.length !== item.params.length) {
    report(env, 'E0206', call.span, `${name} takes ${counted(item.params.length, 'argument')}, not ${args.length}`, {
      labels: [{ span: item.name.span, text: 'declared here' }],
    })
    return error
  }
  const widths = new Map<string, bigint>()
  const locals = new Map<string, Value>()
  const inside: Env = {
    machine: env.machine,
    writes: env.writes,
    widths,
    locals,
    code: env.code,
    where: env.where,
    calls: [...env.calls, name],
    placed: new Map(),
  }
  // A parameter without a type stands for what is given, place and all.
  const given = valuesInOrder(env, args, undefined, (i) => item.params[i]?.type === undefined)
  const values = args.map((arg, i) => ({ arg, value: given[i] ?? error }))
  // Widths such as N of b[N] come from the arguments that have one.
  item.params.forEach((param, i) => {
    const generic = genericWidth(env, param.type)
    const has = values[i] && widthOf(env, values[i].value)
    if (generic && has !== undefined && !widths.has(generic)) widths.set(generic, BigInt(has))
  })
  const shared = sharedFunction(
    env,
    item,
    widths,
    values.map((v) => v.value),
  )
  if (shared) {
    const args = shared.passed.flatMap((i) => argument(env, inside, item.params[i] as Param, values[i] as Given) ?? [])
    if (args.length < shared.passed.length) return error
    // Of what is known before run time, the body may fold.
    const known = args.every((e) => bindingTime(e) !== 'run')
    if (!known && !args.some((e) => env.code.mayBeUndefined(e))) return callShared(env, shared, args)
  }
  item.params.forEach((param, i) => bindParam(env, inside, param, values[i] as Given))
  return bodyResult(inside, item)
}

/** The argument with the width that the parameter says; undefined when it is wrong (reported). */
function argument(env: Env, inside: Env, param: Param, given: Given): Expr | undefined {
  const type = param.type && bitsType(inside, param.type)
  return type && given.value.kind !== 'error' ? sized(env, given.value, given.arg.span, type.width) : undefined
}

function callShared(env: Env, shared: SharedFunction, args: readonly Expr[]): Value {
  const { name, results } = shared.function
  const locals = results.map((width, i) => env.code.newLocal(`${name}_${i}`, width, false))
  env.code.emit({ kind: 'call', function: name, args, results: locals.map(({ id }) => id) })
  const values = locals.map(({ id, width }) => bitsOf(ir.local(id, width), shared.isTuple ? undefined : shared.box))
  return shared.isTuple ? { kind: 'tuple', items: values } : (values[0] as Value)
}

/** What a function gives, once its parameters are bound in `inside`. */
export function bodyResult(inside: Env, item: ItemOf<'fn'>): Value {
  const name = item.name.text
  const result = item.type ? resultWidths(inside, item.type) : undefined
  const want = Array.isArray(result) ? undefined : result?.width
  const v = inside.code.chosen(() => block(inside, item.body, want))
  if (v.kind === 'never' || inside.code.ended) return never
  // Without a type it is a procedure, or computes a number: `fn exponent_bias(n) { (1 << (exponent_width(n) - 1)) - 1 }`.
  if (!item.type) return v.kind === 'error' || v.kind === 'int' ? v : nothing
  if (v.kind === 'error') return error
  if (v.kind === 'void') {
    report(inside, 'E0309', item.body.span, `${name} ends without a value`)
    return error
  }
  if (Array.isArray(result)) {
    if (v.kind !== 'tuple' || v.items.length !== result.length) {
      report(inside, 'E0309', item.body.span, `${name} gives ${counted(result.length, 'value')}`)
      return error
    }
    return { kind: 'tuple', items: v.items.map((part, i) => bitsOf(sized(inside, part, item.body.span, result[i]))) }
  }
  return result ? bitsOf(sized(inside, v, item.body.span, result.width), result.box) : error
}

/** N of b[N] when N is nothing that the machine declares. */
export function genericWidth(env: Env, type: Type | undefined): string | undefined {
  if (type?.kind !== 'bits' || type.width.kind !== 'name') return undefined
  const { name } = type.width
  const global = env.machine.globals.get(name)
  return global && global.kind !== 'operand' ? undefined : name
}

interface Given {
  readonly arg: Ast
  readonly value: Value
}

function bindParam(env: Env, inside: Env, param: Param, given: Given): void {
  const { text } = param.name
  if (!param.type) {
    inside.locals.set(text, given.value)
    return
  }
  const generic = genericWidth(env, param.type)
  if (generic && !inside.widths.has(generic)) {
    if (given.value.kind !== 'error') sized(env, given.value, given.arg.span)
    inside.locals.set(text, error)
    return
  }
  const type = bitsType(inside, param.type)
  if (!type) {
    inside.locals.set(text, error)
    return
  }
  if (given.value.kind === 'error') {
    inside.locals.set(text, error)
    return
  }
  // Small numbers stay numbers inside: a function may use them as widths and bounds.
  if (given.value.kind === 'int' && type.width >= given.value.value.toString(2).length) {
    inside.locals.set(text, bitsOf(ir.constant(type.width, given.value.value), type.box))
    return
  }
  const expr = sized(env, given.value, given.arg.span, type.width)
  inside.locals.set(text, bitsOf(env.code.capture(expr, text), type.box))
}

function resultWidths(inside: Env, type: Type): BitsType | Width[] | undefined {
  if (type.kind !== 'tuple') return bitsType(inside, type)
  return type.items.map((item) => bitsType(inside, item)?.width ?? 1)
}
