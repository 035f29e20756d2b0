/**
 * Operators: both sides keep their width and must agree; integers take the width of what they meet, or compute among themselves. `and` and `or`
 * are lazy; `is` asks for an alternative.
 */

import { counted } from '../diagnostics/counted.ts'
import * as ir from '../ir/build.ts'
import type { BinaryOp, CompareOp, Expr, Width } from '../ir/expr.ts'
import { isDecodeTime } from '../ir/time.ts'
import type { Expr as Ast, Span } from '../syntax/ast.ts'
import { condition, fits, generationInt, sized, value, valuesInOrder, widthOf } from './expressions.ts'
import { type Env, report, unknownName } from './scope.ts'
import { bitsOf, error, integer, type Value } from './value.ts'

export function unaryValue(env: Env, e: Ast & { kind: 'unary' }, want?: Width): Value {
  if (e.op === 'not') return bitsOf(ir.not(condition(env, e.operand)))
  const operand = value(env, e.operand, want)
  const name = e.op === '-' ? 'neg' : 'not'
  if (operand.kind === 'int') return integer(e.op === '-' ? -operand.value : ~operand.value)
  if (operand.kind === 'open') return { ...operand, at: (width) => ir.unary(name, operand.at(width)) }
  if (operand.kind === 'undef' || operand.kind === 'error') return operand
  return bitsOf(ir.unary(name, sized(env, operand, e.operand.span)))
}

const arithmetic: Readonly<Record<string, BinaryOp>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '/': 'udiv',
  '%': 'urem',
  '/s': 'sdiv',
  '%s': 'srem',
  '<<': 'shl',
  '>>': 'lshr',
  '>>s': 'ashr',
  '&': 'and',
  '|': 'or',
  '^': 'xor',
}
/** Operator → IR comparison, and whether the operands change places. */
const comparisons: Readonly<Record<string, readonly [CompareOp, boolean]>> = {
  '==': ['eq', false],
  '!=': ['ne', false],
  '<': ['ult', false],
  '<=': ['ule', false],
  '>': ['ult', true],
  '>=': ['ule', true],
  '<s': ['slt', false],
  '<=s': ['sle', false],
  '>s': ['slt', true],
  '>=s': ['sle', true],
}

export function binaryValue(env: Env, e: Ast & { kind: 'binary' }, want?: Width): Value {
  const { op } = e
  if (op === 'and' || op === 'or') return logical(env, e)
  if (op === '..') return range(env, e)
  if (op === 'is') return isAlternative(env, e)
  const compares = comparisons[op]
  const [left = error, right = error] = valuesInOrder(env, [e.left, e.right], compares ? undefined : want)
  if (left.kind === 'error' || right.kind === 'error') return error
  if (left.kind === 'undef' || right.kind === 'undef') return compares ? error : { kind: 'undef' }
  if (compares) return comparison(env, e, compares, left, right)
  const name = arithmetic[op]
  if (!name) return error
  if (name === 'shl' || name === 'lshr' || name === 'ashr') return shift(env, e, name, left, right)
  if (left.kind === 'int' && right.kind === 'int') return intArithmetic(env, e, name, left.value, right.value)
  const divides = name === 'udiv' || name === 'sdiv' || name === 'urem' || name === 'srem'
  const at = (width: Width): Expr => {
    const a = sized(env, left, e.left.span, width)
    const b = sized(env, right, e.right.span, width)
    if (divides && !env.code.isNonZero(b)) {
      report(env, 'E0311', e.right.span, `the divisor may be zero`, {
        help: 'exclude it on the path: if b == 0 { … } else { a / b }',
      })
    }
    return ir.binary(name, a, b)
  }
  const width = commonWidth(env, e, left, right)
  if (width === 'error') return error
  if (width !== undefined) return bitsOf(at(width))
  return { kind: 'open', at, why: `the ${op}` }
}

function commonWidth(env: Env, e: Ast & { kind: 'binary' }, left: Value, right: Value): Width | undefined | 'error' {
  const a = widthOf(env, left)
  const b = widthOf(env, right)
  if (a !== undefined && b !== undefined && a !== b) {
    const narrow = a < b ? 'left' : 'right'
    report(env, 'E0301', e.span, `${e.op} has ${a} and ${counted(b, 'bit')}`, {
      labels: [
        { span: e.left.span, text: `this is ${counted(a, 'bit')}` },
        { span: e.right.span, text: `this is ${counted(b, 'bit')}` },
      ],
      help: `extend the ${narrow} side: sx(…) or zx(…)`,
    })
    return 'error'
  }
  return a ?? b
}

const INTEGER_WIDTH = 64

function comparison(
  env: Env,
  e: Ast & { kind: 'binary' },
  [op, swap]: readonly [CompareOp, boolean],
  left: Value,
  right: Value,
): Value {
  if (left.kind === 'int' && right.kind === 'int') {
    const [a, b] = swap ? [right.value, left.value] : [left.value, right.value]
    return bitsOf(ir.bit(op === 'eq' ? a === b : op === 'ne' ? a !== b : op === 'ult' || op === 'slt' ? a < b : a <= b))
  }
  let width = commonWidth(env, e, left, right)
  if (width === 'error') return error
  if (width === undefined) {
    // Integers chosen at decode time compare as integers.
    const [a, b] = [left, right].map((v) =>
      v.kind === 'open' ? v.at(INTEGER_WIDTH) : v.kind === 'int' ? ir.constant(INTEGER_WIDTH, v.value) : undefined,
    )
    if (a && b && isDecodeTime(a) && isDecodeTime(b)) return bitsOf(swap ? ir.compare(op, b, a) : ir.compare(op, a, b))
    report(env, 'E0303', e.span, `nothing says how wide the two sides of ${e.op} are`)
    return error
  }
  // A decode-time field meets an integer that is too large for it: the comparison is of integers.
  let widen = (x: Expr): Expr => x
  const number = left.kind === 'int' ? left.value : right.kind === 'int' ? right.value : undefined
  if (number !== undefined && !fits(number, width)) {
    const other = sized(env, left.kind === 'int' ? right : left, e.span)
    if (isDecodeTime(other)) {
      const wide = Math.max(width, (number < 0n ? -number : number).toString(2).length) + 1
      widen = (x) => (x.width < wide ? ir.extend(false, wide, x) : x)
      width = wide
    }
  }
  const side = (v: Value, span: Span): Expr =>
    widthOf(env, v) === undefined ? sized(env, v, span, width as Width) : widen(sized(env, v, span))
  const a = side(left, e.left.span)
  const b = side(right, e.right.span)
  return bitsOf(swap ? ir.compare(op, b, a) : ir.compare(op, a, b))
}

function shift(env: Env, e: Ast & { kind: 'binary' }, op: BinaryOp, left: Value, right: Value): Value {
  if (left.kind === 'int' && right.kind === 'int') return intArithmetic(env, e, op, left.value, right.value)
  const amount = (width: Width): Expr =>
    right.kind === 'int'
      ? ir.constant(Math.max(width, 8), right.value)
      : right.kind === 'open'
        ? right.at(width)
        : sized(env, right, e.right.span)
  if (left.kind === 'int' || left.kind === 'open') {
    return {
      kind: 'open',
      at: (width) => ir.binary(op, sized(env, left, e.left.span, width), amount(width)),
      why: `the ${e.op}`,
    }
  }
  const a = sized(env, left, e.left.span)
  return bitsOf(ir.binary(op, a, amount(a.width)))
}

function intArithmetic(env: Env, e: Ast & { kind: 'binary' }, op: BinaryOp, a: bigint, b: bigint): Value {
  switch (op) {
    case 'add':
      return integer(a + b)
    case 'sub':
      return integer(a - b)
    case 'mul':
      return integer(a * b)
    case 'shl':
      return integer(a << b)
    case 'lshr':
    case 'ashr':
      return integer(a >> b)
    case 'and':
      return integer(a & b)
    case 'or':
      return integer(a | b)
    case 'xor':
      return integer(a ^ b)
    default:
      if (b === 0n) {
        report(env, 'E0311', e.right.span, 'division by zero')
        return error
      }
      return integer(op === 'udiv' || op === 'sdiv' ? a / b : a % b)
  }
}

/** `and` and `or` look at the right side only when the left one does not decide. */
function logical(env: Env, e: Ast & { kind: 'binary' }): Value {
  const left = condition(env, e.left)
  if (left.kind === 'const' && (left.value === 1n) === (e.op === 'or')) return bitsOf(left)
  const right = env.code.branch(e.op === 'and' ? left : ir.not(left))
  const b = condition({ ...env, code: right }, e.right)
  if (right.statements.length === 0) return bitsOf(e.op === 'and' ? ir.and(left, b) : ir.or(left, b))
  const result = env.code.newLocal(e.op, 1, true)
  right.emit({ kind: 'set', local: result.id, value: b })
  const decided = env.code.branch()
  decided.emit({ kind: 'set', local: result.id, value: ir.bit(e.op === 'or') })
  if (e.op === 'and') env.code.branchOn(left, right, decided)
  else env.code.branchOn(left, decided, right)
  return bitsOf(ir.local(result.id, 1))
}

function range(env: Env, e: Ast & { kind: 'binary' }): Value {
  const low = generationInt(env, e.left)
  const high = generationInt(env, e.right)
  return low === undefined || high === undefined ? error : { kind: 'range', low, high }
}

/** `rm is memory`: which alternative of a `one of` operand the encoding chose. */
function isAlternative(env: Env, e: Ast & { kind: 'binary' }): Value {
  const operand = value(env, e.left)
  if (operand.kind !== 'operand' || e.right.kind !== 'name') {
    report(env, 'E0209', e.span, '`is` asks which alternative an operand is: rm is memory')
    return error
  }
  const { name } = e.right
  const chain: string[] = []
  for (let at: typeof operand.operand | undefined = operand.operand; at; at = at.chosen) chain.push(at.name)
  env.machine.used.add(name)
  if (!env.machine.globals.has(name)) unknownName(env, name, e.right.span)
  return bitsOf(ir.bit(chain.includes(name)))
}
