/** Derived facts: what bodies read and write on all or some paths, and how control leaves them. */

import { describe, expect, it } from 'vitest'
import * as build from '../../generator/ir/build.ts'
import type { Expr } from '../../generator/ir/expr.ts'
import { type BodyFacts, bodyFacts, type Place } from '../../generator/ir/facts.ts'
import { printExpr } from '../../generator/ir/print.ts'
import { repeatable } from '../../generator/ir/repeatable.ts'
import type { Body, Stmt } from '../../generator/ir/stmt.ts'
import { handMadeIsa } from './hand-made-isa.ts'

const registers = [
  { name: 'A', width: 16 },
  { name: 'P.Z', width: 1 },
  { name: 'X', width: 16, count: 8 },
]
const isa = handMadeIsa({ registers, fields: [], addressWidth: 32 }, [])
const narrow = handMadeIsa({ registers, fields: [], addressWidth: 16 }, [])

const A = build.read('A', 16)
const Z = build.read('P.Z', 1)
const x = (index: Expr): Expr => build.read('X', 16, index)
const rd = build.field('rd', 3)
const write = (register: string, value: Expr, index?: Expr): Stmt =>
  index ? { kind: 'write', register, index, value } : { kind: 'write', register, value }
const jump = (target: Expr): Stmt => ({ kind: 'jump', hint: 'jump', target })
const when = (cond: Expr, then: Stmt[], otherwise: Stmt[] = []): Stmt => ({ kind: 'if', cond, then, otherwise })
const trap: Stmt = { kind: 'trap', trap: 'stop', args: [] }
const near = build.binary('add', build.pc(32), build.constant(32, 8))
const facts = (...statements: Stmt[]): BodyFacts => bodyFacts({ locals: [], statements }, isa)
const names = (places: readonly Place[]): string[] =>
  places.map(({ register, index }) => (index ? `${register}[${printExpr(index)}]` : register))

describe('bodyFacts', () => {
  it('tells sure from possible writes, and reads of the state before from reads of what was just written', () => {
    const { reads, writes, maybeWrites } = facts(
      write('A', x(rd)),
      write('P.Z', build.compare('eq', A, build.constant(16, 0))),
      when(Z, [write('X', A, rd)]),
      write('X', A, build.slice(A, 0, 3)),
    )
    expect(names(reads)).toEqual(['X[rd]'])
    expect(names(writes)).toEqual(['A', 'P.Z'])
    expect(names(maybeWrites)).toEqual(['X[rd]', 'X[A[2:0]]'])
  })

  it('counts a write on both arms as sure, and does not count paths that trap', () => {
    expect(names(facts(when(Z, [write('A', A)], [write('A', x(rd))])).writes)).toEqual(['A'])
    const guarded = facts(when(Z, [trap]), write('A', A))
    expect(names(guarded.writes)).toEqual(['A'])
    expect(guarded).toMatchObject({ traps: true, faults: false, flow: 'next', endsBlock: false })
    expect(names(facts(when(Z, [jump(near)]), write('A', A)).maybeWrites)).toEqual(['A'])
  })

  it.each<[string, Stmt[], BodyFacts['flow'], boolean]>([
    ['plain', [write('A', A)], 'next', false],
    ['jump', [when(Z, [trap]), jump(near)], 'jump', true],
    ['the same target by two ways', [when(Z, [jump(near)], [jump(near)])], 'jump', true],
    ['branch', [when(Z, [jump(near)])], 'branch', true],
    ['two targets', [when(Z, [jump(near)], [jump(build.next(32))])], 'branch', true],
    ['indirect', [jump(build.extend(false, 32, A))], 'indirect', true],
    ['trap', [trap], 'trap', true],
    ['fence', [{ kind: 'effect', effect: 'fence' }], 'next', false],
    ['forget', [{ kind: 'effect', effect: 'forgetCode' }], 'next', true],
  ])('flow: %s', (_, statements, flow, endsBlock) => {
    expect(facts(...statements)).toMatchObject({ flow, endsBlock })
  })

  it('knows a target that stands in a let', () => {
    const body: Body = {
      locals: [{ id: 0, name: 'to', width: 32, mutable: false }],
      statements: [{ kind: 'set', local: 0, value: near }, jump(build.local(0, 32))],
    }
    const { flow, targets } = bodyFacts(body, isa)
    expect(flow).toBe('jump')
    expect(targets.map((target) => printExpr(target))).toEqual(['pc + 8'])
  })

  it('tells memories that may fault from those that cannot', () => {
    const statements = [write('A', build.load('M', 16, build.extend(false, 32, A)))]
    expect(facts(...statements)).toMatchObject({ loads: true, stores: false, faults: true })
    expect(bodyFacts({ locals: [], statements }, narrow)).toMatchObject({ loads: true, faults: false })
  })
})

describe('repeatable', () => {
  const address = build.extend(false, 32, A)
  const store: Stmt = { kind: 'store', memory: 'M', address, value: A }
  const load = write('P.Z', build.compare('eq', build.load('M', 16, address), A))
  const done = (...statements: Stmt[]): readonly Stmt[] | undefined => {
    return repeatable(narrow, { locals: [], statements })?.statements
  }

  it('lets stores be done twice, but not when something was read or written before the second', () => {
    expect(done(store, store)).toEqual([store, store])
    expect(done(store, store, load)).toEqual([store, store, load])
    expect(done(load, store)).toBeUndefined()
    const set: Stmt = { kind: 'set', local: 0, value: build.load('M', 16, address) }
    expect(done(set, store)).toEqual([set, store])
    expect(done(set, store, store)).toBeUndefined()
    expect(done(when(Z, [write('A', A)], [store]), store)).toBeUndefined()
    expect(done(when(Z, [write('A', A), jump(near)], [store]), store)).toEqual([
      when(Z, [write('A', A), jump(near)], [store]),
      store,
    ])
  })

  it('leaves an arm undone in which that is not so', () => {
    const set: Stmt = { kind: 'set', local: 0, value: build.load('M', 16, address) }
    const undone: Stmt = { kind: 'trap', trap: 'undone', args: [] }
    expect(done(set, when(Z, [store, store], [store]))).toEqual([set, when(Z, [undone], [store])])
    expect(done(set, when(Z, [store, store], [store, store]))).toBeUndefined()
    expect(done(write('A', A), when(Z, [load, store], []))).toBeUndefined()
  })
})
