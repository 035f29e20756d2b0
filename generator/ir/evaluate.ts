/**
 * Reference evaluator of expressions: BigInt, one case a node, nothing clever. It is the meaning that expr.ts states in
 * words, independent of every emitter; the spec's own tests are worked out with it, and the emitters are tested against
 * it.
 *
 * In: an expression and what it may refer to. Out: its value. Bodies are run by execute.ts.
 */

import { binaryBits, carryBits, compareBits, floatBits, signed, sliceBits, truncate, unaryBits } from './bits.ts'
import type { Binary, Expr } from './expr.ts'

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
  const value = (e: Expr): bigint => evaluateExpr(e, env)
  switch (expr.kind) {
    case 'const':
      return expr.value
    case 'undef':
      return 0n
    case 'field':
      return truncate(known(env.fields?.[expr.name], `field ${expr.name}`), expr.width)
    case 'slot':
      return truncate(known(env.slots?.[expr.slot], `slot ${expr.slot}`), expr.width)
    case 'hole':
      return truncate(known(env.holes?.[expr.name], `hole ${expr.name}`), expr.width)
    case 'pc':
      return truncate(known(env.pc, 'pc'), expr.width)
    case 'next':
      return truncate(known(env.next, 'next'), expr.width)
    case 'local':
      return known(env.locals?.get(expr.id), `local ${expr.id}`)
    case 'read': {
      const read = known(env.readRegister, `register ${expr.register}`)
      return read(expr.register, expr.index && value(expr.index))
    }
    case 'load':
      return known(env.load, `memory ${expr.memory}`)(expr.memory, value(expr.address), expr.width)
    case 'unary':
      return unaryBits(expr.op, expr.width, value(expr.a))
    case 'binary':
      return binaryBits(expr.op, expr.width, value(expr.a), operand(expr, value(expr.b)))
    case 'compare':
      return compareBits(expr.op, expr.a.width, value(expr.a), value(expr.b)) ? 1n : 0n
    case 'extend':
      return expr.signed ? truncate(signed(value(expr.a), expr.a.width), expr.width) : value(expr.a)
    case 'slice':
      return sliceBits(value(expr.a), expr.low, expr.width)
    case 'concat':
      return expr.parts.reduce((high, part) => (high << BigInt(part.width)) | value(part), 0n)
    case 'select':
      return value(expr.cond) === 0n ? value(expr.otherwise) : value(expr.then)
    case 'float':
      return floatBits(
        expr.op,
        expr.width,
        expr.args.map(value),
        expr.args.map((a) => a.width),
      )
    case 'carry': {
      const c = expr.c ? value(expr.c) : 0n
      return carryBits(expr.op, expr.signed, expr.a.width, value(expr.a), value(expr.b), c) ? 1n : 0n
    }
  }
}

/** b, unless it is a divisor of 0, which the IR promises not to happen. */
function operand({ op }: Binary, b: bigint): bigint {
  const divides = op === 'udiv' || op === 'sdiv' || op === 'urem' || op === 'srem'
  if (divides && b === 0n) throw new EvaluationError('division by zero')
  return b
}

function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new EvaluationError(`${what} has no value here`)
  return value
}
