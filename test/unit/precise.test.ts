import { describe, expect, it } from 'vitest'
import { binary, bit, compare, constant, field, load, local, pc, read, select } from '../../generator/ir/build.ts'
import { createMachine, executeBody, type Machine, type MachineShape } from '../../generator/ir/execute.ts'
import type { Expr } from '../../generator/ir/expr.ts'
import { expressions } from '../../generator/ir/facts.ts'
import { makePrecise } from '../../generator/ir/precise.ts'
import { printBody } from '../../generator/ir/print.ts'
import type { Body, Local, Stmt } from '../../generator/ir/stmt.ts'
import { type Random, random } from './random.ts'

const register = { width: 32, names: [], also: {}, reset: 0n, context: false, hidden: false }
const isa: MachineShape = {
  registers: [
    { ...register, name: 'A' },
    { ...register, name: 'B' },
    { ...register, name: 'X', count: 4, hardwired: { index: 0, value: 0n } },
  ],
  functions: [],
  memories: [{ name: 'M', addressWidth: 32, faults: true }],
  endian: 'little',
}
const A = read('A', 32)
const x = (index: Expr): Expr => read('X', 32, index)
const write = (name: string, value: Expr, index?: Expr): Stmt =>
  index ? { kind: 'write', register: name, index, value } : { kind: 'write', register: name, value }
const trap: Stmt = { kind: 'trap', trap: 'stop', args: [] }
const body = (...statements: Stmt[]): Body => ({ locals: [], statements })

function loads(e: Expr): boolean {
  if (e.kind === 'load') return true
  return Object.values(e).some((part: unknown) =>
    Array.isArray(part)
      ? part.some((p) => loads(p as Expr))
      : typeof part === 'object' && part !== null && loads(part as Expr),
  )
}

/** Whether some path has a register write before a trap, a load or a store; `ended`: no path goes on. */
interface Seen {
  readonly bad: boolean
  readonly written: boolean
  readonly ended: boolean
}
function writesBeforePoint(statements: readonly Stmt[], written: boolean): Seen {
  for (const stmt of statements) {
    const point = expressions(stmt).some(loads) || stmt.kind === 'trap' || stmt.kind === 'store'
    if (written && point) return { bad: true, written, ended: true }
    if (stmt.kind === 'trap' || stmt.kind === 'jump') return { bad: false, written: false, ended: true }
    if (stmt.kind === 'write') written = true
    if (stmt.kind === 'if') {
      const arms = [writesBeforePoint(stmt.then, written), writesBeforePoint(stmt.otherwise, written)]
      if (arms.some((arm) => arm.bad)) return { bad: true, written, ended: true }
      if (arms.every((arm) => arm.ended)) return { bad: false, written: false, ended: true }
      written = arms.some((arm) => arm.written && !arm.ended)
    }
  }
  return { bad: false, written, ended: false }
}

describe('makePrecise', () => {
  it('returns a body unchanged when nothing may trap after a write', () => {
    const same = body({ kind: 'store', memory: 'M', address: A, value: A }, write('A', load('M', 32, A)))
    expect(makePrecise(isa, same).body).toBe(same)
    const trapFirst = body(
      { kind: 'if', cond: compare('eq', A, constant(32, 0)), then: [trap], otherwise: [] },
      write('A', A),
    )
    expect(makePrecise(isa, trapFirst).body).toBe(trapFirst)
  })

  it('delays a write behind a load and lets reads see it', () => {
    const { body: done } = makePrecise(
      isa,
      body(write('A', binary('add', A, constant(32, 1))), write('B', load('M', 32, A))),
    )
    expect(printBody(done)).toEqual(['pending_A = A + 1', 'B = M32[pending_A]', 'A = pending_A'])
  })

  it('compares indices that are only known when decoding', () => {
    const rd = field('rd', 2)
    const rs = field('rs', 2)
    const { body: done } = makePrecise(isa, body(write('X', A, rd), write('A', load('M', 32, x(rs)))))
    const text = printBody(done).join('\n')
    expect(text).toContain('rd == rs')
    expect(text).toContain('rs != 0')
  })

  it('keeps a jump target that is known at translation time', () => {
    const { body: done } = makePrecise(
      isa,
      body(
        write('A', pc(32)),
        { kind: 'if', cond: compare('eq', read('B', 32), constant(32, 0)), then: [trap], otherwise: [] },
        { kind: 'jump', hint: 'jump', target: binary('add', pc(32), constant(32, 8)) },
      ),
    )
    expect(done.statements.at(-1)).toMatchObject({ kind: 'jump', target: { kind: 'binary' } })
  })

  it('reports a store before a load that may fault', () => {
    const store: Stmt = { kind: 'store', memory: 'M', address: A, value: A }
    expect(makePrecise(isa, body(store, write('A', load('M', 32, A)))).imprecise).toHaveLength(1)
    const trapAfter = body(store, { kind: 'if', cond: compare('eq', A, constant(32, 0)), then: [trap], otherwise: [] })
    const delayed = makePrecise(isa, trapAfter)
    expect(delayed.imprecise).toHaveLength(0)
    expect(printBody(delayed.body).join(' ')).toMatch(/trap stop } else { .*M32/)
  })

  it('keeps the meaning of random bodies and writes nothing before a point', () => {
    const rng = random(1)
    for (let round = 0; round < 3000; round++) {
      const original = randomBody(rng)
      const { body: done } = makePrecise(isa, original)
      const text = `${printBody(original).join('\n')}\n=>\n${printBody(done).join('\n')}`
      expect(writesBeforePoint(done.statements, false).bad, text).toBe(false)
      for (let run = 0; run < 4; run++) {
        const fields = { rd: rng.bits(2), rs: rng.bits(2) }
        const state = rng.seed()
        const results = [original, done].map((candidate) => {
          const machine = randomMachine(random(state))
          const outcome = executeBody(candidate, { fields, pc: 0x100n, next: 0x104n }, machine)
          return { outcome, registers: machine.registers, memories: machine.memories }
        })
        expect(results[1], text).toEqual(results[0])
      }
    }
  })
})

function randomMachine(rng: Random): Machine {
  const machine = createMachine(isa)
  for (const cells of machine.registers.values()) for (let i = 0; i < cells.length; i++) cells[i] = rng.bits(2)
  const x = machine.registers.get('X')
  if (x) x[0] = 0n
  const forbidden = rng.bits(3)
  return { ...machine, allows: (_, __, address) => address !== forbidden }
}

function randomBody(rng: Random): Body {
  const locals: Local[] = []
  const value = (depth: number, known: readonly Local[]): Expr => {
    const leaf = rng.below(6)
    if (depth === 0 || leaf < 3) {
      const some = known[rng.below(known.length + 4)]
      if (some) return local(some.id, some.width)
      return rng.pick([
        A,
        read('B', 32),
        x(field('rd', 2)),
        x(field('rs', 2)),
        x(constant(2, 1)),
        constant(32, rng.bits(2)),
      ])
    }
    if (leaf === 3)
      return load('M', 8, value(depth - 1, known)).width === 8 ? widen(load('M', 8, value(depth - 1, known))) : A
    if (leaf === 4) return select(truth(depth - 1, known), value(depth - 1, known), value(depth - 1, known))
    return binary(rng.pick(['add', 'sub', 'xor']), value(depth - 1, known), value(depth - 1, known))
  }
  const widen = (e: Expr): Expr => ({ kind: 'extend', signed: false, width: 32, a: e })
  const truth = (depth: number, known: readonly Local[]): Expr =>
    rng.below(8) === 0 ? bit(true) : compare(rng.pick(['eq', 'ult']), value(depth, known), value(depth, known))
  /** Stores only where makePrecise can put them: at most one, and last. */
  const list = (depth: number, length: number, known: readonly Local[]): Stmt[] => {
    const out: Stmt[] = []
    let here = known
    for (let i = 0; i < length; i++) {
      const kind = rng.below(8)
      if (kind < 4) out.push(randomWrite(value(2, here)))
      else if (kind === 4) {
        const id = locals.length
        const made: Local = { id, name: 'v', width: 32, mutable: false }
        locals.push(made)
        out.push({ kind: 'set', local: id, value: value(2, here) })
        here = [...here, made]
      } else if (kind === 5) out.push({ kind: 'if', cond: truth(1, here), then: [trap], otherwise: [] })
      else if (depth > 0) {
        const then = list(depth - 1, 1 + rng.below(2), here)
        out.push({ kind: 'if', cond: truth(1, here), then, otherwise: list(depth - 1, rng.below(3), here) })
      }
    }
    if (rng.below(6) === 0) out.push({ kind: 'jump', hint: 'jump', target: value(1, here) })
    return out
  }
  const randomWrite = (v: Expr): Stmt => {
    const index = rng.pick([field('rd', 2), field('rs', 2), constant(2, 1)])
    return rng.pick([write('A', v), write('B', v), write('X', v, index)])
  }
  const statements = list(2, 3, [])
  if (rng.below(2) === 0 && statements.at(-1)?.kind !== 'jump') {
    statements.push({ kind: 'store', memory: 'M', address: value(1, []), value: constant(8, rng.bits(8)) })
  }
  return { locals, statements }
}
