/**
 * Elaborates expressions: resolves names, checks widths, and gives IR. Rules are in docs/language-reference.md, "Widths": operators keep
 * their operands' width, both must agree; integers and sx/zx take the width of where they go.
 */

import { counted } from '../diagnostics/counted.ts'
import { mask } from '../ir/bits.ts'
import * as ir from '../ir/build.ts'
import type { Expr, Width } from '../ir/expr.ts'
import type { Stmt } from '../ir/stmt.ts'
import type { Expr as Ast, Span } from '../syntax/ast.ts'
import { parseCell } from '../syntax/parse.ts'
import { ifValue, matchValue } from './branches.ts'
import { callValue } from './calls.ts'
import { indexValue } from './indexing.ts'
import { bindFreely, operandMember, operandValue } from './operands.ts'
import { binaryValue, unaryValue } from './operators.ts'
import { registerPlace, viewPlace } from './places.ts'
import { type Env, findLocal, report, unknownName } from './scope.ts'
import { block } from './statements.ts'
import { bitsOf, error, integer, type Place, type Value } from './value.ts'

/** Elaborates; the width wanted is only a hint for what has none of its own. */
export function value(env: Env, e: Ast, want?: Width): Value {
  switch (e.kind) {
    case 'number':
      if (e.pattern) report(env, 'E0209', e.span, 'a pattern with x stands only in match')
      return integer(e.value)
    case 'name':
      return nameValue(env, e.name, e.span, want)
    case 'text':
      return { kind: 'text', value: e.value }
    case 'undef':
      env.machine.used.add('undef')
      return { kind: 'undef' }
    case 'unary':
      return unaryValue(env, e, want)
    case 'binary':
      return binaryValue(env, e, want)
    case 'member':
      return memberValue(env, e)
    case 'index':
      return indexValue(env, e)
    case 'call':
      return callValue(env, e, want)
    case 'tuple':
      return { kind: 'tuple', items: valuesInOrder(env, e.items) }
    case 'if':
      return ifValue(env, e, want)
    case 'match':
      return matchValue(env, e, want)
    case 'template':
      report(env, 'E0209', e.span, 'a template is not a value here')
      return error
  }
}

/** Elaborates to an expression of known width; with `want`, of that width. Errors are reported and give a 0. */
export function bits(env: Env, e: Ast, want?: Width): Expr {
  return sized(env, value(env, e, want), e.span, want)
}

export function sized(env: Env, v: Value, span: Span, want?: Width): Expr {
  const wrong = ir.constant(want ?? 1, 0n)
  switch (v.kind) {
    case 'bits':
    case 'place':
    case 'operand': {
      const expr = v.kind === 'bits' ? v.expr : readPlace(env, v, span)
      if (!expr) return wrong
      if (want !== undefined && expr.width !== want) {
        reportWidth(env, span, expr.width, want)
        return wrong
      }
      return expr
    }
    case 'int':
      if (want === undefined) {
        report(env, 'E0303', span, `nothing says how wide ${v.value} is`, { help: `zx(${v.value}, 8) gives it 8 bits` })
        return wrong
      }
      if (!fits(v.value, want)) {
        report(env, 'E0304', span, `${v.value} does not fit ${counted(want, 'bit')}`, {
          notes: [`${counted(want, 'bit')} hold ${-(1n << BigInt(want - 1))} … ${mask(want)}`],
        })
      }
      return ir.constant(want, v.value)
    case 'open':
      if (want === undefined) {
        report(env, 'E0303', span, `nothing says how wide ${v.why} is`, {
          help: 'give a width: sx(a, 32) or zx(a, 32)',
        })
        return wrong
      }
      return v.at(want)
    case 'undef':
      if (want === undefined) report(env, 'E0303', span, 'nothing says how wide undef is')
      return ir.undef(want ?? 1)
    case 'error':
    case 'never':
      return wrong
    case 'void':
      report(env, 'E0309', span, 'this gives no value', { help: 'end the block or function with an expression' })
      return wrong
    case 'tuple':
      report(env, 'E0209', span, `a tuple of ${v.items.length} values stands where one value is wanted`, {
        help: 'let (a, b) = …',
      })
      return wrong
    case 'range':
    case 'text':
      report(env, 'E0209', span, `a ${v.kind} is not a value here`)
      return wrong
  }
}

function readPlace(env: Env, v: Value & { kind: 'place' | 'operand' }, span: Span): Expr | undefined {
  if (v.kind === 'place') return v.place.read(env.code)
  const inside = operandValue(env, v.operand, span)
  return inside.kind === 'bits' || inside.kind === 'place'
    ? inside.kind === 'bits'
      ? inside.expr
      : inside.place.read(env.code)
    : undefined
}

/** As a signed or unsigned number of that width. */
export function fits(value: bigint, width: Width): boolean {
  return value >= -(1n << BigInt(width - 1)) && value <= mask(width)
}

function reportWidth(env: Env, span: Span, has: Width, want: Width): void {
  report(env, 'E0302', span, `${want === 1 ? '1 bit is' : `${want} bits are`} wanted here, but this has ${has}`, {
    labels: [{ span, text: counted(has, 'bit') }],
    help: has < want ? `extend it: sx(…) or zx(…)` : `take a slice: (…)[${want - 1}:0]`,
  })
}

/** One bit. Integers 0 and 1 are fine: rows say flags so. */
export function condition(env: Env, e: Ast): Expr {
  return conditionOf(env, value(env, e, 1), e.span)
}
export function conditionOf(env: Env, v: Value, span: Span): Expr {
  const resolved = v.kind === 'operand' ? operandValue(env, v.operand, span) : v
  if (resolved.kind === 'int') {
    if (resolved.value !== 0n && resolved.value !== 1n)
      report(env, 'E0305', span, `a condition is 0 or 1, not ${resolved.value}`)
    return ir.bit(resolved.value !== 0n)
  }
  if (resolved.kind === 'undef') {
    report(env, 'E0312', span, 'an undefined value decides what happens')
    return ir.bit(false)
  }
  const expr = resolved.kind === 'open' ? resolved.at(1) : sized(env, resolved, span)
  if (expr.width !== 1) {
    report(env, 'E0305', span, `a condition is one bit, but this has ${expr.width}`, { help: 'compare it: … != 0' })
    return ir.bit(false)
  }
  if (env.code.mayBeUndefined(expr)) report(env, 'E0312', span, 'an undefined value decides what happens')
  return expr
}

/** A number known when the generator runs; undefined (and reported) when it is not. */
export function generationInt(env: Env, e: Ast): bigint | undefined {
  const v = value(env, e)
  if (v.kind === 'int') return v.value
  if (v.kind === 'bits' && v.expr.kind === 'const') return v.expr.value
  if (v.kind !== 'error') {
    report(env, 'E0307', e.span, 'this must be known when the spec is built', {
      help: 'use a number, a param, or a column of the row',
    })
  }
  return undefined
}

// ---- names

export function nameValue(env: Env, name: string, span: Span, want?: Width): Value {
  const { machine, form } = env
  const found = findLocal(env, name)
  if (found) return found
  const width = env.widths.get(name)
  if (width !== undefined) return integer(width)
  if (name === 'pc')
    return {
      kind: 'place',
      place: { name: 'pc', width: machine.pcWidth, roots: ['pc'], read: () => ir.pc(machine.pcWidth) },
    }
  if (name === 'next') return bitsOf(ir.next(machine.pcWidth))
  if (form) {
    const inForm = formValue(env, name, span, want)
    if (inForm) return inForm
  }
  const global = machine.globals.get(name)
  if (!global) {
    unknownName(env, name, span)
    return error
  }
  machine.used.add(name)
  switch (global.kind) {
    case 'int':
      return integer(global.value)
    case 'let':
      return value({ ...env, locals: new Map() }, global.item.value, want)
    case 'register':
      if (global.count !== undefined) {
        report(env, 'E0209', span, `${name} is a file of ${counted(global.count, 'register')}`, {
          help: `${name}[i] is one of them`,
        })
        return error
      }
      return { kind: 'place', place: registerPlace(machine, name, global) }
    case 'view':
      return viewPlace(env, global.item, [], span)
    case 'context':
      return { kind: 'place', place: contextPlace(name, global.width) }
    case 'operand': {
      const bound = form?.operands.get(name) ?? bindFreely(env, global.item, name, span)
      if (bound) return { kind: 'operand', operand: bound }
      report(env, 'E0406', span, `operand ${name} is not in the encoding of this instruction`, {
        labels: [{ span: global.span, text: 'declared here' }],
      })
      return error
    }
    case 'wrong':
      return error
    default:
      report(env, 'E0209', span, `${name} is a ${global.kind}, not a value`)
      return error
  }
}

/** Context is state of decoding: it reads as a decode-time field whose name no encoding can have. */
export function contextPlace(name: string, width: Width): Place {
  return { name, width, roots: [name], read: () => ir.field(`@${name}`, width), write: () => {} }
}

function formValue(env: Env, name: string, span: Span, want?: Width): Value | undefined {
  const form = env.form
  if (!form) return undefined
  const width = form.widths.get(name)
  if (width !== undefined) return integer(width)
  const fixed = form.fixed.get(name)
  if (fixed) return bitsOf(ir.constant(fixed.width, fixed.value))
  const cell = form.columns.get(name)
  if (cell) {
    if (form.expanding.has(name)) {
      report(env, 'E0210', span, `column ${name} stands for itself`)
      return error
    }
    form.expanding.add(name)
    const result = cellValue(env, cell.text, cell, want)
    form.expanding.delete(name)
    return result
  }
  const named = form.lets.get(name)
  if (named) {
    form.lets.delete(name) // a let does not see itself
    const result = value(outermost(env), named.value, want)
    form.lets.set(name, named)
    return result
  }
  const operand = form.operands.get(name)
  if (operand) return { kind: 'operand', operand }
  const field = form.fields.get(name)
  if (field) return bitsOf(ir.field(name, field.width))
  return undefined
}

/** What a clause of the item sees: not the locals of the body that names it. */
function outermost(env: Env): Env {
  let root = env
  while (root.outer) root = root.outer
  const { outer: _, ...rest } = env
  return { ...rest, locals: new Map(root.locals) }
}

/** A cell that stands where a value or a piece of code is wanted. */
function cellValue(env: Env, text: string, cell: { readonly text: string; readonly span: Span }, want?: Width): Value {
  if (text.startsWith('{')) {
    const body = parseCell(cell, 'block', env.machine.session)
    return body ? env.code.chosen(() => block(env, body, want)) : error
  }
  const expr = parseCell(cell, 'expr', env.machine.session)
  return expr ? value(env, expr, want) : error
}

function memberValue(env: Env, e: Ast & { kind: 'member' }): Value {
  const object = value(env, e.object)
  if (object.kind === 'error') return error
  if (object.kind === 'operand') {
    const member = operandMember(env, object.operand, e.name.text)
    if (member) return member
  }
  const inside = object.kind === 'operand' ? operandValue(env, object.operand, e.span) : object
  if (inside.kind === 'place' && inside.place.member) {
    const place = inside.place.member(e.name.text)
    if (place) return { kind: 'place', place }
  }
  const box = inside.kind === 'place' ? inside.place.box : inside.kind === 'bits' ? inside.box : undefined
  const part = box?.parts.find((p) => p.name === e.name.text)
  if (!part || (inside.kind !== 'place' && inside.kind !== 'bits')) {
    const names = box?.parts.flatMap((p) => (p.name ? [p.name] : [])) ?? []
    report(env, 'E0201', e.name.span, `there is no part ${e.name.text} here`, {
      ...(names.length > 0 ? { notes: [`its parts: ${names.join(' ')}`] } : {}),
    })
    return error
  }
  if (inside.kind === 'bits') return bitsOf(ir.slice(inside.expr, part.low, part.width))
  return bitsOf(ir.slice(inside.place.read(env.code), part.low, part.width))
}

/** Width of a value that has one. */
export function widthOf(env: Env, v: Value): Width | undefined {
  switch (v.kind) {
    case 'bits':
      return v.expr.width
    case 'place':
      return v.place.width
    case 'operand': {
      const inside = operandValue(env, v.operand, v.operand.span)
      return inside.kind === 'operand' ? undefined : widthOf(env, inside)
    }
    default:
      return undefined
  }
}

/**
 * Several values from left to right: what a later one does (a function that writes) changes none before it. `byName` says which values stay the
 * places that they are.
 */
export function valuesInOrder(
  env: Env,
  asts: readonly Ast[],
  want?: Width,
  byName: (i: number) => boolean = () => false,
): Value[] {
  const { code } = env
  const values: Value[] = []
  for (const [i, e] of asts.entries()) {
    const mark = code.statements.length
    const v = value(env, e, want)
    const change = values.length > 0 ? code.firstChange(mark) : undefined
    if (change) {
      for (const [j, earlier] of values.entries()) if (!byName(j)) values[j] = heldBefore(env, earlier, change, e.span)
    }
    values[i] = v
  }
  return values
}

/** The value as it was before a statement. */
function heldBefore(env: Env, v: Value, statement: Stmt, span: Span): Value {
  const { code } = env
  switch (v.kind) {
    case 'bits':
      return bitsOf(code.capture(v.expr, 'left', statement), v.box)
    case 'place':
      return bitsOf(code.capture(v.place.read(code), 'left', statement), v.place.box)
    case 'operand':
      return heldBefore(env, operandValue(env, v.operand, span), statement, span)
    case 'open':
      return { ...v, at: (width) => code.capture(v.at(width), 'left', statement) }
    case 'tuple':
      return { kind: 'tuple', items: v.items.map((item) => heldBefore(env, item, statement, span)) }
    default:
      return v
  }
}
