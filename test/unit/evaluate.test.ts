/**
 * The reference evaluator and executor: the meanings that expr.ts and stmt.ts state in words, on numbers worked out by
 * hand.
 */

import { describe, expect, it } from 'vitest'
import * as build from '../../generator/ir/build.ts'
import { EvaluationError, evaluateExpr } from '../../generator/ir/evaluate.ts'
import { createMachine, executeBody } from '../../generator/ir/execute.ts'
import type { BinaryOp, Expr, UnaryOp } from '../../generator/ir/expr.ts'
import { printBody, printExpr } from '../../generator/ir/print.ts'
import type { Body, Stmt } from '../../generator/ir/stmt.ts'
import { handMadeIsa } from './hand-made-isa.ts'

/** Locals 0 and 1 hold the operands, so that no constructor folds. */
const a = (width: number): Expr => build.local(0, width)
const b = (width: number): Expr => build.local(1, width)
const at = (e: Expr, ...values: readonly (bigint | number)[]): bigint =>
  evaluateExpr(e, { locals: new Map(values.map((value, id) => [id, BigInt(value)])) })

describe('evaluateExpr', () => {
  it.each<[BinaryOp, number, number | bigint, number | bigint, number | bigint]>([
    ['add', 8, 0xff, 2, 1],
    ['sub', 8, 1, 2, 0xff],
    ['mul', 8, 0x80, 2, 0],
    ['udiv', 8, 200, 7, 28],
    ['sdiv', 8, 0x80, 0xff, 0x80],
    ['sdiv', 8, 0xf9, 2, 0xfd],
    ['srem', 8, 0xf9, 2, 0xff],
    ['srem', 8, 0x80, 0xff, 0],
    ['shl', 8, 1, 8, 0],
    ['lshr', 8, 0x80, 200, 0],
    ['ashr', 8, 0x80, 200, 0xff],
    ['ashr', 8, 0x40, 3, 8],
    ['mulhu', 8, 0xff, 0xff, 0xfe],
    ['mulhs', 8, 0xff, 0xff, 0],
    ['mulhsu', 8, 0xff, 0xff, 0xff],
    ['mulhu', 64, (1n << 64n) - 1n, (1n << 64n) - 1n, (1n << 64n) - 2n],
  ])('%s of %i bits', (op, width, x, y, result) => {
    expect(at(build.binary(op, a(width), b(width)), x, y)).toBe(BigInt(result))
  })

  it.each<[UnaryOp, number, number, number]>([
    ['not', 4, 5, 10],
    ['neg', 4, 1, 15],
    ['popcount', 12, 0xf0f, 8],
    ['clz', 12, 1, 11],
    ['clz', 12, 0, 12],
    ['ctz', 12, 0, 12],
    ['ctz', 12, 8, 3],
  ])('%s of %i bits', (op, width, x, result) => {
    expect(at(build.unary(op, a(width)), x)).toBe(BigInt(result))
  })

  it('says whether a sum or difference leaves its range', () => {
    const c = build.local(2, 1)
    const carry = (op: 'add' | 'sub', signed: boolean): Expr => build.carry(op, signed, a(8), b(8), c)
    expect(at(carry('add', false), 0xff, 0, 1)).toBe(1n)
    expect(at(carry('add', false), 0xff, 0, 0)).toBe(0n)
    expect(at(carry('add', true), 0x7f, 0, 1)).toBe(1n)
    expect(at(carry('add', true), 0xff, 0, 1)).toBe(0n)
    expect(at(carry('sub', false), 5, 5, 1)).toBe(1n)
    expect(at(carry('sub', false), 5, 5, 0)).toBe(0n)
    expect(at(carry('sub', true), 0x80, 0, 1)).toBe(1n)
  })

  it('evaluates only the arm that is chosen, and reports what has no value', () => {
    const quotient = build.select(
      build.compare('eq', b(8), build.constant(8, 0)),
      build.constant(8, 0xff),
      build.binary('udiv', a(8), b(8)),
    )
    expect(at(quotient, 9, 0)).toBe(0xffn)
    expect(() => at(build.binary('udiv', a(8), b(8)), 9, 0)).toThrow(EvaluationError)
    expect(() => evaluateExpr(build.field('rd', 5), {})).toThrow('field rd has no value here')
  })

  it('cuts, joins and extends', () => {
    expect(at(build.slice(a(16), 4, 8), 0xabcd)).toBe(0xbcn)
    expect(at(build.concat([a(4), b(8)]), 0xa, 0x5c)).toBe(0xa5cn)
    expect(at(build.extend(true, 16, a(8)), 0x80)).toBe(0xff80n)
    expect(at(build.extend(false, 16, a(8)), 0x80)).toBe(0x80n)
  })
})

describe('executeBody', () => {
  const isa = handMadeIsa(
    {
      registers: [
        { name: 'A', width: 32 },
        { name: 'X', width: 32, count: 4, hardwired: { index: 0, value: 0n } },
      ],
      fields: [{ name: 'rd', width: 2 }],
      addressWidth: 32,
    },
    [],
  )
  const body = (...statements: Stmt[]): Body => ({ locals: [], statements })
  const A = build.read('A', 32)
  const inputs = { fields: { rd: 0n }, pc: 0x100n, next: 0x104n }

  it('shows a read the writes before it, and drops writes to a hardwired register', () => {
    const machine = createMachine(isa)
    const rd = build.field('rd', 2)
    const statements: Stmt[] = [
      { kind: 'write', register: 'A', value: build.constant(32, 7) },
      { kind: 'write', register: 'X', index: rd, value: A },
      {
        kind: 'write',
        register: 'X',
        index: build.constant(2, 1),
        value: build.binary('add', A, build.read('X', 32, rd)),
      },
      { kind: 'store', memory: 'M', address: build.constant(32, 0xffffffff), value: build.constant(16, 0x1234) },
    ]
    expect(executeBody(body(...statements), inputs, machine)).toEqual({ kind: 'next', effects: [] })
    expect(machine.registers.get('X')).toEqual([0n, 7n, 0n, 0n])
    expect([...machine.memories.get('M')!]).toEqual([
      [0xffffffffn, 0x34],
      [0n, 0x12],
    ])
  })

  it('leaves the machine as it was when the instruction traps or faults', () => {
    const change: Stmt = { kind: 'write', register: 'A', value: build.constant(32, 7) }
    const trapped = createMachine(isa)
    const trap: Stmt = { kind: 'trap', trap: 'stop', args: [A] }
    expect(executeBody(body(change, trap), inputs, trapped)).toEqual({ kind: 'trap', trap: 'stop', args: [7n] })
    expect(trapped.registers.get('A')).toEqual([0n])
    const machine = { ...createMachine(isa), allows: () => false }
    const load: Stmt = { kind: 'write', register: 'A', value: build.load('M', 32, build.pc(32)) }
    expect(executeBody(body(change, load), inputs, machine)).toMatchObject({
      kind: 'fault',
      access: 'read',
      address: 0x100n,
    })
    expect(machine.registers.get('A')).toEqual([0n])
  })
})

describe('printing', () => {
  it('writes the notation of specs', () => {
    const sum = build.binary(
      'add',
      build.read('X', 64, build.field('rs1', 5)),
      build.extend(true, 64, build.field('imm', 12)),
    )
    expect(printExpr(build.load('M', 32, sum))).toBe('M32[X[rs1] + sx(imm, 64)]')
    expect(printExpr(build.binary('add', a(8), build.constant(8, 0xff)))).toBe('%0 - 1')
    expect(printExpr(build.carry('sub', true, a(8), b(8)))).toBe('overflow(%0 - %1)')
    const branch: Stmt = {
      kind: 'if',
      cond: build.compare('slt', a(8), b(8)),
      then: [{ kind: 'jump', hint: 'call', target: build.next(16) }],
      otherwise: [],
    }
    expect(printBody({ locals: [], statements: [branch] })).toEqual(['if %0 <s %1 {', '  call next', '}'])
  })
})
