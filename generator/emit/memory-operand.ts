/**
 * Addresses that are a register plus something known when the instruction is translated, as most machines' loads and stores have. The template writer
 * gets them apart (TemplateWriter.loadAt): so it can test several accesses round one register at once, and put offsets into the access itself.
 *
 * In: a lowered, slotted body. Out: which of its locals are such addresses, and the two parts of an address.
 */

import { children, constant } from '../ir/build.ts'
import type { Expr, ReadRegister } from '../ir/expr.ts'
import { expressions } from '../ir/facts.ts'
import type { Body, Stmt } from '../ir/stmt.ts'
import { bindingTime } from '../ir/time.ts'

export interface MemoryOperand {
  readonly base: ReadRegister
  /** As wide as the base, known when translating. */
  readonly offset: Expr
}
export interface AddressLocals {
  /** What the local is set to. */
  readonly operands: ReadonlyMap<number, MemoryOperand>
  /** Those of them that are read for other ends, too, so that they have to be set. */
  readonly needed: ReadonlySet<number>
}

/** undefined for other addresses. */
export function memoryOperand(address: Expr, locals: AddressLocals): MemoryOperand | undefined {
  return address.kind === 'local' ? locals.operands.get(address.id) : parts(address)
}

function parts(address: Expr): MemoryOperand | undefined {
  if (address.kind === 'read') return { base: address, offset: constant(address.width, 0) }
  if (address.kind !== 'binary' || address.op !== 'add') return undefined
  for (const [base, offset] of [
    [address.a, address.b],
    [address.b, address.a],
  ] as const) {
    if (base.kind === 'read' && bindingTime(offset) !== 'run') return { base, offset }
  }
  return undefined
}

/** A local counts when nothing between its setting and its last use as an address writes the register. */
export function addressLocals(body: Body): AddressLocals {
  const mutable = new Set(body.locals.filter((local) => local.mutable).map(({ id }) => id))
  const operands = new Map<number, MemoryOperand>()
  const needed = new Set<number>()
  const lost = new Set<number>()
  const visit = (e: Expr): void => {
    if (e.kind === 'local') needed.add(e.id)
    else if (e.kind === 'load') useAddress(e.address)
    else children(e).forEach(visit)
  }
  const useAddress = (address: Expr): void => {
    if (address.kind !== 'local') visit(address)
    else if (lost.has(address.id) || !operands.has(address.id)) {
      operands.delete(address.id)
      needed.add(address.id)
    }
  }
  const walk = (statements: readonly Stmt[]): void => {
    for (const stmt of statements) {
      if (stmt.kind === 'store') {
        useAddress(stmt.address)
        visit(stmt.value)
      } else expressions(stmt).forEach(visit)
      const operand = stmt.kind === 'set' && !mutable.has(stmt.local) ? parts(stmt.value) : undefined
      if (stmt.kind === 'set' && operand) operands.set(stmt.local, operand)
      if (stmt.kind === 'write')
        for (const [id, { base }] of operands) if (base.register === stmt.register) lost.add(id)
      if (stmt.kind === 'if') {
        walk(stmt.then)
        walk(stmt.otherwise)
      }
    }
  }
  walk(body.statements)
  return { operands, needed }
}
