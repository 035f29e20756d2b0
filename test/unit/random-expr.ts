/** Random IR expressions over locals, every operator and odd widths: for tests that compare two meanings of one expression. */

import * as build from '../../generator/ir/build.ts'
import type { BinaryOp, CompareOp, Expr, UnaryOp } from '../../generator/ir/expr.ts'
import type { Random } from './random.ts'

const arithmetic: readonly BinaryOp[] = ['add', 'sub', 'mul', 'and', 'or', 'xor', 'mulhu', 'mulhs', 'mulhsu']
const shifts: readonly BinaryOp[] = ['shl', 'lshr', 'ashr']
const divisions: readonly BinaryOp[] = ['udiv', 'sdiv', 'urem', 'srem']
const unaries: readonly UnaryOp[] = ['not', 'neg', 'popcount', 'clz', 'ctz']
const compares: readonly CompareOp[] = ['eq', 'ne', 'ult', 'ule', 'slt', 'sle']

export interface RandomExprOptions {
  /** Widths of the locals, by id. */
  readonly locals: readonly number[]
  /** Widths that inner nodes take. */
  readonly widths: readonly number[]
}

export function randomExpr(r: Random, width: number, depth: number, options: RandomExprOptions): Expr {
  const sub = (w: number): Expr => randomExpr(r, w, depth - 1, options)
  const any = (): number => r.pick(options.widths)
  if (depth <= 0) return leaf(r, width, options)
  const choice = r.below(width === 1 ? 12 : 10)
  switch (choice) {
    case 0:
      return build.unary(r.pick(unaries), sub(width))
    case 1:
    case 2:
      return build.binary(r.pick(arithmetic), sub(width), sub(width))
    case 3: {
      const amount = r.below(2) === 0 ? build.constant(6, r.below(64)) : sub(Math.min(any(), 64))
      return build.binary(r.pick(shifts), sub(width), amount)
    }
    case 4: {
      const divisor = sub(width)
      const quotient = build.binary(r.pick(divisions), sub(width), divisor)
      return build.select(build.compare('ne', divisor, build.constant(width, 0)), quotient, sub(width))
    }
    case 5: {
      const narrower = options.widths.filter((w) => w < width)
      return narrower.length === 0
        ? leaf(r, width, options)
        : build.extend(r.below(2) === 0, width, sub(r.pick(narrower)))
    }
    case 6: {
      const wider = options.widths.filter((w) => w > width)
      if (wider.length === 0) return leaf(r, width, options)
      const from = sub(r.pick(wider))
      return build.slice(from, r.below(from.width - width + 1), width)
    }
    case 7: {
      if (width < 2) return leaf(r, width, options)
      const high = 1 + r.below(width - 1)
      return build.concat([sub(high), sub(width - high)])
    }
    case 8:
      return build.select(sub(1), sub(width), sub(width))
    case 9:
      return leaf(r, width, options)
    case 10: {
      const w = any()
      return build.compare(r.pick(compares), sub(w), sub(w))
    }
    default: {
      const w = any()
      const c = r.below(2) === 0 ? undefined : sub(1)
      return build.carry(r.pick(['add', 'sub'] as const), r.below(2) === 0, sub(w), sub(w), c)
    }
  }
}

function leaf(r: Random, width: number, { locals }: RandomExprOptions): Expr {
  const fitting = locals.flatMap((w, id) => (w === width ? [id] : []))
  if (fitting.length > 0 && r.below(5) > 0) return build.local(r.pick(fitting), width)
  const wider = locals.flatMap((w, id) => (w > width ? [id] : []))
  if (wider.length > 0 && r.below(4) > 0) {
    const id = r.pick(wider)
    const from = locals[id]!
    return build.slice(build.local(id, from), r.below(from - width + 1), width)
  }
  return build.constant(width, r.bits(width))
}
