/** Wasm templates against the reference evaluator: every operator at all widths, and statements of every kind. */

import { describe, expect, it } from 'vitest'
import { emitTemplates, emitTemplatesWat, templateText } from '../../generator/emit/templates.ts'
import { assembleWat } from '../../generator/emit/wabt.ts'
import * as build from '../../generator/ir/build.ts'
import type { Expr } from '../../generator/ir/expr.ts'
import { slotted } from '../../generator/ir/slots.ts'
import type { Stmt } from '../../generator/ir/stmt.ts'
import { type HandMade, handMadeIsa } from './hand-made-isa.ts'
import { random } from './random.ts'
import { randomExpr } from './random-expr.ts'
import { checkTemplates } from './template-harness.ts'

const widths = [1, 2, 3, 7, 8, 16, 31, 32, 33, 40, 63, 64]
/** Local i holds register r{i}, but the last ones are fields, pc and next. */
const locals = [1, 1, 3, 8, 8, 16, 31, 32, 32, 33, 48, 63, 64, 64, 1, 5, 12, 32, 64, 64]
const fieldsFrom = 14
const leaf = (id: number): Expr => {
  const width = locals[id]!
  if (id === locals.length - 1) return build.next(64)
  if (id === locals.length - 2) return build.pc(64)
  return id >= fieldsFrom ? build.field(`f${id}`, width) : build.read(`r${id}`, width)
}
const registers = [
  ...locals.slice(0, fieldsFrom).map((width, id) => ({ name: `r${id}`, width })),
  ...widths.map((width) => ({ name: `out${width}`, width })),
  { name: 'X', width: 64, count: 8, hardwired: { index: 0, value: 0n } },
  { name: 'V', width: 8, count: 16 },
  { name: 'F', width: 1 },
]
const fields = [
  ...locals.slice(fieldsFrom, -2).map((width, i) => ({ name: `f${i + fieldsFrom}`, width })),
  { name: 'rd', width: 3 },
  { name: 'rs', width: 3 },
]
const isaOf = (instructions: readonly HandMade[]) => handMadeIsa({ registers, fields, addressWidth: 64 }, instructions)

describe('templates', () => {
  it.each([1, 2, 3])('compute random expressions as the evaluator does (seed %i)', async (seed) => {
    const rng = random(seed)
    const isa = isaOf(
      Array.from({ length: 300 }, (_, i) => {
        const width = rng.pick(widths)
        const made = randomExpr(rng, width, 1 + rng.below(4), { locals, widths })
        const value = build.mapExpr(made, (e) => (e.kind === 'local' ? leaf(e.id) : e))
        return { id: `op${i}`, statements: [{ kind: 'write', register: `out${width}`, value }] }
      }),
    )
    const coverage = await checkTemplates(isa, rng, { encodings: 3, states: 12 })
    // Instructions that mean the same are one handler.
    expect(coverage).toEqual({ next: slotted(isa).handlers.length * 3 * 12, jump: 0, trap: 0, interpreted: 0 })
  })

  it.each(['little', 'big'] as const)(
    'read and write memory at every size, signed and unsigned, %s-endian',
    async (endian) => {
      const address = build.binary('add', read('r12'), build.extend(true, 64, build.field('f15', 5)))
      const loads = [8, 16, 32, 64].flatMap((size) =>
        [size, 32, 40, 64].flatMap((width) => {
          const value = build.load('M', size, address)
          if (width < size) return []
          const extended = [true, false].map((signed) => build.extend(signed, width, value))
          return extended.map((e) =>
            width === 16 || width === 8 || width >= 31 ? write(`out${width}`, e) : write('out64', e),
          )
        }),
      )
      const stores = [8, 16, 32, 64].flatMap((size) => [
        store(address, build.slice(read('r13'), 0, size)),
        store(address, build.slice(build.binary('add', read('r13'), read('r12')), 0, size)),
        store(address, build.constant(size, -2n)),
        ...(size < 64 ? [store(address, build.slice(read('r13'), 3, size))] : []),
      ])
      const made = isaOf([...loads, ...stores].map((stmt, i) => ({ id: `m${i}`, statements: [stmt] })))
      const isa = { ...made, endian }
      const coverage = await checkTemplates(isa, random(5), { encodings: 3, states: 10 })
      expect(coverage).toMatchObject({ jump: 0, trap: 0, interpreted: 0 })
    },
  )

  it('take register files by decode-time and run-time index', async () => {
    const x = (index: Expr): Expr => build.read('X', 64, index)
    const rd = build.field('rd', 3)
    const rs = build.field('rs', 3)
    const low = build.slice(read('r3'), 0, 4)
    const bodies: Stmt[][] = [
      [write('X', build.binary('add', x(rd), x(rs)), rd)],
      [write('X', x(build.constant(3, 0)), rd), write('X', x(rd), build.constant(3, 2))],
      [write('X', read('r12'), rd), write('out64', x(rs)), write('out8', read('r4'))],
      [write('V', read('r3'), low), write('out8', build.read('V', 8, build.slice(read('r4'), 1, 4)))],
      [write('V', read('r3'), build.field('f14', 1)), write('out8', build.read('V', 8, low))],
    ]
    const isa = isaOf(bodies.map((statements, i) => ({ id: `x${i}`, statements })))
    const coverage = await checkTemplates(isa, random(6), { encodings: 20, states: 10 })
    expect(coverage).toMatchObject({ jump: 0, trap: 0, interpreted: 0 })
  })

  it('branch, jump and step, deciding early conditions while translating', async () => {
    const near = build.binary('add', build.pc(64), build.extend(true, 64, build.field('f16', 12)))
    const flag = build.read('F', 1)
    const early = build.field('f14', 1)
    const jump = (target: Expr): Stmt => ({ kind: 'jump', hint: 'jump', target })
    const trap: Stmt = { kind: 'trap', trap: 'stop', args: [] }
    const when = (cond: Expr, then: Stmt[], otherwise: Stmt[] = []): Stmt => ({ kind: 'if', cond, then, otherwise })
    const less = build.compare('slt', read('r12'), read('r13'))
    const bodies: Stmt[][] = [
      [when(less, [jump(near)])],
      [when(flag, [trap]), write('out64', read('r12')), jump(near)],
      [jump(build.binary('and', read('r12'), build.constant(64, -2n)))],
      [jump(build.select(less, near, build.next(64)))],
      [when(early, [write('F', build.bit(true)), jump(near)], [write('out64', build.next(64))])],
      [when(early, [when(flag, [trap], [write('F', early)])], [when(build.not(flag), [jump(read('r13'))])])],
      [write('out64', build.select(early, read('r12'), build.load('M', 64, read('r13'))))],
      [write('r12', build.binary('add', read('r12'), read('r13'))), when(flag, [trap]), jump(read('r12'))],
      [when(flag, [], [write('out1', flag)]), write('out8', build.extend(false, 8, flag))],
      [{ kind: 'effect', effect: 'fence' }, write('out1', build.bit(true))],
      [{ kind: 'effect', effect: 'forgetTlb' }],
      [{ kind: 'effect', effect: 'forgetCode' }, write('out1', build.bit(true))],
      [
        write('F', build.compare('eq', build.load('M', 8, read('r12')), build.constant(8, 0))),
        store(read('r13'), read('r4')),
      ],
      [trap],
    ]
    const isa = isaOf(bodies.map((statements, i) => ({ id: `b${i}`, statements })))
    const coverage = await checkTemplates(isa, random(7), { encodings: 12, states: 20 })
    expect(coverage.interpreted).toBe(12 * 20)
    expect(coverage.jump).toBeGreaterThan(500)
    expect(coverage.trap).toBeGreaterThan(300)
  })

  it('leave an instruction to the interpreter that could not be begun again', async () => {
    const swap: Stmt[] = [
      { kind: 'set', local: 0, value: build.load('M', 8, read('r12')) },
      store(read('r12'), read('r3')),
      store(read('r13'), build.local(0, 8)),
    ]
    const isa = isaOf([{ id: 'swap', locals: [{ id: 0, name: 'old', width: 8, mutable: false }], statements: swap }])
    expect(templateText(isa, 'swap').join(' ')).toContain('left to the interpreter')
    expect(await emitTemplates(isa)).toContain('w.step()')
  })

  it('are text that wabt assembles, the same each time', async () => {
    const isa = isaOf([{ id: 'inc', statements: [write('F', build.compare('eq', read('r4'), build.constant(8, 0)))] }])
    const text = emitTemplatesWat(isa)
    expect(text).toContain('(call $set32.F (i32.eqz (call $get32.r4)))')
    expect((await assembleWat('templates.wat', text)).length).toBeGreaterThan(8)
    expect(emitTemplatesWat({ ...isa })).toBe(text)
  })
})

function read(register: string): Expr {
  return build.read(register, registers.find(({ name }) => name === register)!.width)
}
function write(register: string, value: Expr, index?: Expr): Stmt {
  return index ? { kind: 'write', register, index, value } : { kind: 'write', register, value }
}
function store(address: Expr, value: Expr): Stmt {
  return { kind: 'store', memory: 'M', address, value }
}
