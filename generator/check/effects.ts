/**
 * What the order of an instruction's effects makes doubtful. E0603: a store that stays although a later part of the instruction traps or faults
 * (precise.ts delays what it can; the rest is listed). W0805: a register that is read after an operand was written which may be the same.
 */

import * as ir from '../ir/build.ts'
import { evaluateExpr } from '../ir/evaluate.ts'
import type { Expr } from '../ir/expr.ts'
import { expressions } from '../ir/facts.ts'
import type { Memory } from '../ir/isa.ts'
import { legalize } from '../ir/legalize.ts'
import { makePrecise } from '../ir/precise.ts'
import { propagate } from '../ir/propagate.ts'
import type { Body, Stmt } from '../ir/stmt.ts'
import { isDecodeTime } from '../ir/time.ts'
import { fieldsOf } from './assembly.ts'
import type { Draft } from './instructions.ts'
import { type MachineScope, report } from './scope.ts'
import { emptyEnv } from './state.ts'

export function checkEffects(scope: MachineScope, drafts: readonly Draft[], memories: readonly Memory[]): void {
  for (const draft of drafts) {
    if (!draft.body) continue
    if (!draft.commits && mayStayBehind(draft.body, memories)) reportImprecise(scope, draft, draft.body, memories)
    reportOverwritten(scope, draft, draft.body)
  }
}

function reportImprecise(scope: MachineScope, draft: Draft, body: Body, memories: readonly Memory[]): void {
  const { registers, endian } = scope
  const [store] = makePrecise(
    { registers, memories },
    legalize({ registers, memories, endian }, propagate(body)),
  ).imprecise
  if (!store) return
  report(
    emptyEnv(scope, draft.where),
    'E0603',
    draft.span,
    `a store to ${store.memory} is followed by something that may trap or fault`,
    {
      notes: ['a trap leaves registers as they were before the instruction, but what is stored stays'],
      help: 'do what may trap first; or say `commit` behind the store, if the instruction may be done again from its start',
    },
  )
}

/** A store, and behind it on some path something that may fault or trap: cheap to see, and rare. */
function mayStayBehind(body: Body, memories: readonly Memory[]): boolean {
  const faulting = new Set(memories.filter((m) => m.faults).map((m) => m.name))
  const mayFault = (e: Expr): boolean => (e.kind === 'load' && faulting.has(e.memory)) || ir.children(e).some(mayFault)
  let found = false
  const visit = (statements: readonly Stmt[], before: boolean): boolean => {
    let stored = before
    for (const s of statements) {
      if (stored && (s.kind === 'trap' || expressions(s).some(mayFault))) found = true
      if (s.kind === 'store') {
        if (stored && faulting.has(s.memory)) found = true
        stored = true
      } else if (s.kind === 'if') {
        const [then, otherwise] = [visit(s.then, stored), visit(s.otherwise, stored)]
        stored = then || otherwise
      }
    }
    return stored
  }
  visit(body.statements, false)
  return found
}

/** One of a file, named by fields of the instruction. */
interface Cell {
  readonly register: string
  readonly index: Expr
}

function reportOverwritten(scope: MachineScope, draft: Draft, body: Body): void {
  const reported = new Set<string>()
  const compareWith = (written: readonly Cell[], read: Cell): void => {
    for (const cell of written) {
      if (cell.register !== read.register || ir.sameExpr(cell.index, read.index)) continue
      const over = encodedFields(cell.index)
      const names = encodedFields(read.index).join(', ')
      const key = `${over.join(' ')} before ${names}`
      const witness = reported.has(key) ? undefined : aliased(scope, draft, cell, read)
      if (witness === undefined) continue
      reported.add(key)
      const equal = [...new Set([...over, ...encodedFields(read.index)])].join(' = ')
      report(emptyEnv(scope, draft.where), 'W0805', draft.span, `${names} is read after it may have been overwritten`, {
        notes: [`${equal} = ${witness}: ${names} was already overwritten`],
        help: 'read it before, into a `let`',
      })
    }
  }
  /** A write of a part of a register reads the rest of it: that is no source. */
  const check = (e: Expr, written: readonly Cell[], target?: Cell): void => {
    const isRest = e.kind === 'read' && e.index && e.register === target?.register && ir.sameExpr(e.index, target.index)
    if (e.kind === 'read' && e.index && namesFields(e.index) && !isRest)
      compareWith(written, { register: e.register, index: e.index })
    for (const child of ir.children(e)) check(child, written, target)
  }
  const walk = (statements: readonly Stmt[], before: readonly Cell[]): readonly Cell[] => {
    let written = before
    for (const s of statements) {
      const target = s.kind === 'write' && s.index ? { register: s.register, index: s.index } : undefined
      if (written.length > 0) for (const e of expressions(s)) check(e, written, target)
      if (s.kind === 'jump' || s.kind === 'trap') return []
      if (s.kind === 'if') written = [...new Set([...walk(s.then, written), ...walk(s.otherwise, written)])]
      else if (s.kind === 'write' && s.index && namesFields(s.index)) {
        written = [...written, { register: s.register, index: s.index }]
      }
    }
    return written
  }
  walk(body.statements, [])
}

const encodedFields = (e: Expr): string[] => fieldsOf(e).filter((name) => !name.startsWith('@'))
/** A register that the spec itself names (a stack pointer) may be written before others are read: that is said on purpose. */
function namesFields(index: Expr): boolean {
  return encodedFields(index).length > 0 && isDecodeTime(index)
}

const TRIED = 32n
/** A value that, given to all fields, makes both the same register. */
function aliased(scope: MachineScope, draft: Draft, a: Cell, b: Cell): bigint | undefined {
  const hardwired = scope.registers.find((r) => r.name === a.register)?.hardwired
  for (let n = 1n; n < TRIED; n++) {
    const fields = new Proxy<Record<string, bigint>>({}, { get: (_, name) => (String(name).startsWith('@') ? 0n : n) })
    const index = evaluateExpr(a.index, { fields })
    if (index !== evaluateExpr(b.index, { fields }) || Number(index) === hardwired?.index) continue
    if (evaluateExpr(draft.when, { fields }) === 1n) return n
  }
  return undefined
}
