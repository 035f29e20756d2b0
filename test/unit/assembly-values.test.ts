import { expect, test } from 'vitest'
import { conditionFunction, solveFunction, valueFunction } from '../../generator/emit/assembly-functions.ts'
import * as ir from '../../generator/ir/build.ts'
import { evaluateExpr } from '../../generator/ir/evaluate.ts'
import type { Expr } from '../../generator/ir/expr.ts'
import { invert, invertAll } from '../../generator/ir/invert.ts'
import * as bits from '../../runtime/assembly/bits.ts'
import { random } from './random.ts'
import { randomExpr } from './random-expr.ts'

const widths = [1, 5, 8, 12, 32, 64, 77]

function run<T>(text: string): T {
  return new Function(...Object.keys(bits), `return ${text}`)(...Object.values(bits)) as T
}
/** Locals become fields, as assembly has no locals. */
const overFields = (e: Expr): Expr => ir.mapExpr(e, (x) => (x.kind === 'local' ? ir.field(`f${x.id}`, x.width) : x))

test('emitted expressions mean what the reference evaluator says', () => {
  const r = random(5)
  for (let i = 0; i < 800; i++) {
    const width = r.pick(widths)
    const e = overFields(randomExpr(r, width, 4, { locals: widths, widths }))
    const imports = new Set<string>()
    const value = run<(fields: object, at: object) => bigint>(valueFunction(e, imports))
    const holds = width === 1 ? run<(fields: object, at: object) => boolean>(conditionFunction(e, imports)) : undefined
    for (let k = 0; k < 4; k++) {
      const fields = Object.fromEntries(widths.map((w, id) => [`f${id}`, r.bits(w)]))
      const expected = evaluateExpr(e, { fields })
      expect(value(fields, {})).toBe(expected)
      if (holds) expect(holds(fields, {})).toBe(expected === 1n)
    }
  }
})

test('functions read well, whatever fields are called', () => {
  const imports = new Set<string>()
  const imm = ir.field('imm', 12)
  const target = ir.binary('add', ir.pc(64), ir.extend(true, 64, imm))
  expect(valueFunction(target, imports)).toBe('({ imm = 0n }, at) => wrap(at.pc + sx(imm, 12, 64), 64)')
  expect(valueFunction(ir.constant(5, 3), imports)).toBe('() => 3n')
  expect(valueFunction(ir.next(16), imports)).toBe('(_, at) => at.next')
  const odd = ir.binary('or', ir.field("rd'", 5), ir.binary('and', ir.field('in', 5), ir.field('wrap', 5)))
  expect(valueFunction(odd, imports)).toBe(
    `({ "rd'": rd_ = 0n, in: in_ = 0n, wrap: wrap_ = 0n }) => rd_ | (in_ & wrap_)`,
  )
  expect(solveFunction(ir.slice(ir.hole('hole', 64), 0, 12), imports)).toBe('(read) => wrap(read, 12)')
  const equal = ir.and(
    ir.compare('eq', ir.field('a', 5), ir.constant(5, 1)),
    ir.compare('slt', imm, ir.constant(12, -1)),
  )
  expect(conditionFunction(equal, imports)).toBe('({ a = 0n, imm = 0n }) => a === 1n && signed(imm, 12) < -1n')
})

test('inverted expressions give the fields back', () => {
  const r = random(9)
  const a = ir.field('a', 12)
  const b = ir.field('b', 5)
  const sx = ir.extend(true, 64, a)
  const c = (width: number, value: number): Expr => ir.constant(width, value)
  const invertible: Expr[] = [
    a,
    sx,
    ir.binary('add', ir.pc(64), sx),
    ir.binary('add', ir.next(64), ir.binary('mul', sx, c(64, 4))),
    ir.binary('add', ir.pc(64), ir.binary('shl', sx, c(6, 12))),
    ir.binary('sub', c(12, 64), a),
    ir.concat([ir.slice(a, 4, 8), b, ir.slice(a, 0, 4)]),
    ir.concat([ir.slice(a, 11, 1), ir.unary('not', ir.slice(a, 0, 11)), c(3, 0)]),
    ir.unary('neg', a),
    ir.binary('xor', a, c(12, 0x555)),
    ir.concat([b, ir.unary('not', ir.binary('xor', ir.slice(a, 0, 5), b)), ir.slice(a, 5, 7)]),
    ir.binary('add', ir.extend(false, 6, b), c(6, 8)),
    ir.binary('or', ir.binary('shl', ir.extend(false, 20, a), c(5, 5)), ir.extend(false, 20, b)),
  ]
  for (const e of invertible) {
    const solutions = invert(e, ir.hole('v', e.width))
    for (let k = 0; k < 50; k++) {
      const fields = { a: r.bits(12), b: r.bits(5) }
      const place = { pc: r.bits(64), next: r.bits(64) }
      const v = evaluateExpr(e, { fields, ...place })
      for (const { field, value } of solutions) {
        expect(evaluateExpr(value, { holes: { v }, ...place })).toBe(fields[field as 'a' | 'b'])
      }
    }
  }
  expect(invert(ir.binary('mul', a, a), ir.hole('v', 12))).toEqual([])
  expect(invert(ir.slice(a, 3, 4), ir.hole('v', 4))).toHaveLength(1)
})

test('of several equations each gives the bits that are still missing', () => {
  const a = ir.field('a', 8)
  const solutions = invertAll([
    { expression: ir.slice(a, 4, 4), value: ir.hole('high', 4) },
    { expression: ir.slice(a, 0, 6), value: ir.hole('low', 6) },
  ])
  expect(solutions.map(({ value }) => evaluateExpr(value, { holes: { high: 0xan, low: 0x35n } }))).toEqual([0xa5n])
})
