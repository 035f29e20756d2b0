/**
 * Reference evaluator of the IR: BigInt, one case a node, nothing clever. It is the meaning that expr.ts and stmt.ts state in
 * words, independent of every emitter; the spec's own tests are worked out with it, and the emitters are tested against it.
 *
 * In: an expression and what it may refer to. Out: its value. Bodies are run by execute.ts.
 */

import type { BinaryOp, Carry, CompareOp, Expr, UnaryOp } from './expr.ts'

/** What an expression may refer to. Asking for what is absent is an EvaluationError. */
export interface Environment {
  readonly fields?: Readonly<Record<string, bigint>> | undefined
  /** By slot number. */
  readonly slots?: readonly bigint[] | undefined
  readonly holes?: Readonly<Record<string, bigint>> | undefined
  readonly pc?: bigint | undefined
  readonly next?: bigint | undefined
  /** By local id. */
  readonly locals?: ReadonlyMap<number, bigint> | undefined
  /** `index` is undefined for a single register. */
  readonly readRegister?: ((register: string, index: bigint | undefined) => bigint) | undefined
  /** `width` in bits. */
  readonly load?: ((memory: string, address: bigint, width: number) => bigint) | undefined
}

/** The expression means nothing here: something it refers to is absent, or it divides by zero. */
export class EvaluationError extends Error {}

export function evaluateExpr(expr: Expr, env: Environment): bigint {
  switch (expr.kind) {
    case 'const':
      return expr.value
    case 'undef':
      return 0n
    case 'field':
      return unsigned(expr.width, known(env.fields?.[expr.name], `field ${expr.name}`))
    case 'slot':
      return unsigned(expr.width, known(env.slots?.[expr.slot], `slot ${expr.slot}`))
    case 'hole':
      return unsigned(expr.width, known(env.holes?.[expr.name], `hole ${expr.name}`))
    case 'pc':
      return unsigned(expr.width, known(env.pc, 'pc'))
    case 'next':
      return unsigned(expr.width, known(env.next, 'next'))
    case 'local':
      return known(env.locals?.get(expr.id), `local ${expr.id}`)
    case 'read': {
      const read = known(env.readRegister, `register ${expr.register}`)
      return read(expr.register, expr.index && evaluateExpr(expr.index, env))
    }
    case 'load':
      return known(env.load, `memory ${expr.memory}`)(expr.memory, evaluateExpr(expr.address, env), expr.width)
    case 'unary':
      return unaryValue(expr.op, expr.width, evaluateExpr(expr.a, env))
    case 'binary':
      return binaryValue(expr.op, expr.width, evaluateExpr(expr.a, env), evaluateExpr(expr.b, env), expr.b.width)
    case 'compare':
      return truth(compareValues(expr.op, expr.a.width, evaluateExpr(expr.a, env), evaluateExpr(expr.b, env)))
    case 'extend': {
      const a = evaluateExpr(expr.a, env)
      return unsigned(expr.width, expr.signed ? signed(expr.a.width, a) : a)
    }
    case 'slice':
      return unsigned(expr.width, evaluateExpr(expr.a, env) >> BigInt(expr.low))
    case 'concat':
      return expr.parts.reduce((value, part) => (value << BigInt(part.width)) | evaluateExpr(part, env), 0n)
    case 'select':
      return evaluateExpr(evaluateExpr(expr.cond, env) === 0n ? expr.otherwise : expr.then, env)
    case 'carry': {
      const c = expr.c ? evaluateExpr(expr.c, env) : 0n
      return truth(carryOf(expr, evaluateExpr(expr.a, env), evaluateExpr(expr.b, env), c))
    }
  }
}

/** The value modulo 2^width. */
export function unsigned(width: number, value: bigint): bigint {
  return BigInt.asUintN(width, value)
}

/** The same bits read as two's complement. */
export function signed(width: number, value: bigint): bigint {
  return BigInt.asIntN(width, value)
}

export function unaryValue(op: UnaryOp, width: number, a: bigint): bigint {
  switch (op) {
    case 'not':
      return unsigned(width, ~a)
    case 'neg':
      return unsigned(width, -a)
    case 'popcount':
      return unsigned(width, BigInt(a.toString(2).replaceAll('0', '').length))
    case 'clz':
      return unsigned(width, BigInt(a === 0n ? width : width - a.toString(2).length))
    case 'ctz':
      return unsigned(width, BigInt(a === 0n ? width : a.toString(2).length - 1 - a.toString(2).lastIndexOf('1')))
  }
}

/** a and b are unsigned; `amountWidth` is b's width, which differs from `width` for shifts only. */
export function binaryValue(op: BinaryOp, width: number, a: bigint, b: bigint, amountWidth: number): bigint {
  switch (op) {
    case 'add':
      return unsigned(width, a + b)
    case 'sub':
      return unsigned(width, a - b)
    case 'mul':
      return unsigned(width, a * b)
    case 'udiv':
      return a / divisor(b)
    case 'urem':
      return a % divisor(b)
    case 'sdiv':
      return unsigned(width, signed(width, a) / divisor(signed(width, b)))
    case 'srem':
      return unsigned(width, signed(width, a) % divisor(signed(width, b)))
    case 'and':
      return a & b
    case 'or':
      return a | b
    case 'xor':
      return a ^ b
    case 'shl':
      return unsigned(width, a << shiftAmount(width, b, amountWidth))
    case 'lshr':
      return a >> shiftAmount(width, b, amountWidth)
    case 'ashr':
      return unsigned(width, signed(width, a) >> shiftAmount(width, b, amountWidth))
    case 'mulhu':
      return unsigned(width, (a * b) >> BigInt(width))
    case 'mulhs':
      return unsigned(width, (signed(width, a) * signed(width, b)) >> BigInt(width))
    case 'mulhsu':
      return unsigned(width, (signed(width, a) * b) >> BigInt(width))
  }
}

export function compareValues(op: CompareOp, width: number, a: bigint, b: bigint): boolean {
  switch (op) {
    case 'eq':
      return a === b
    case 'ne':
      return a !== b
    case 'ult':
      return a < b
    case 'ule':
      return a <= b
    case 'slt':
      return signed(width, a) < signed(width, b)
    case 'sle':
      return signed(width, a) <= signed(width, b)
  }
}

/** Whether the exact result leaves the range of the operands' width. */
export function carryOf(shape: Pick<Carry, 'op' | 'signed' | 'a'>, a: bigint, b: bigint, c: bigint): boolean {
  const { width } = shape.a
  const [x, y] = shape.signed ? [signed(width, a), signed(width, b)] : [a, b]
  const exact = shape.op === 'add' ? x + y + c : x - y - c
  return exact !== (shape.signed ? signed(width, exact) : unsigned(width, exact))
}

/** A shift by the width or more equals one by the width: everything is shifted out. */
function shiftAmount(width: number, amount: bigint, amountWidth: number): bigint {
  const exact = unsigned(amountWidth, amount)
  return exact < BigInt(width) ? exact : BigInt(width)
}

function divisor(b: bigint): bigint {
  if (b === 0n) throw new EvaluationError('division by zero')
  return b
}

function truth(value: boolean): bigint {
  return value ? 1n : 0n
}

function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new EvaluationError(`${what} has no value here`)
  return value
}
