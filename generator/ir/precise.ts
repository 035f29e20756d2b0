/**
 * Makes traps precise: an instruction that traps has written nothing.
 *
 * In: a lowered body (accesses are what the machine does). Out: one that means the same, in which no register is
 * written before a *point*: a place where the path may still be left with the instruction undone. A write that stood
 * before a point is delayed: its value goes into a fresh local, the write itself behind the last point of its path;
 * reads in between see the local. Points are trap statements, loads and stores of memories that may fault, and every
 * other store too: compiled code leaves before a store to a page with translated code, and the interpreter then does
 * the instruction from its beginning.
 *
 * Stores are delayed past traps and faults only where that is plainly right: one store, and no load of that memory in
 * between. What is left is listed in `imprecise`. A body with nothing to delay is returned as it is.
 */

import { and, bit, children, compare, extend, local, mapExpr, not, select } from './build.ts'
import type { Expr } from './expr.ts'
import { expressions, samePlace } from './facts.ts'
import type { Isa } from './isa.ts'
import type { Body, Local, Stmt, Store, WriteRegister } from './stmt.ts'
import { bindingTime } from './time.ts'

export interface Precise {
  readonly body: Body
  /** Stores that may have happened when a later part of the instruction traps or faults. */
  readonly imprecise: readonly Store[]
}

export function makePrecise(isa: Pick<Isa, 'registers' | 'memories'>, body: Body): Precise {
  const pass = new PrecisePass(isa, body)
  const { statements } = pass.list(body.statements, [], false)
  if (!pass.changed) return { body, imprecise: pass.imprecise }
  return { body: { locals: pass.locals, statements }, imprecise: pass.imprecise }
}

/** A write that is still to come. `guard`: only if this holds (the write stood in one arm of an `if`). */
interface Pending {
  readonly stmt: WriteRegister | Store
  readonly guard?: Expr
}
/** `ended`: no path of the list goes on behind it. */
interface Result {
  readonly statements: readonly Stmt[]
  readonly pending: readonly Pending[]
  readonly ended: boolean
}

class PrecisePass {
  readonly locals: Local[]
  readonly imprecise: Store[] = []
  changed = false
  readonly #hardwired: ReadonlyMap<string, number>
  readonly #points = new WeakMap<Stmt, boolean>()
  readonly #faulting: ReadonlySet<string>
  #nextLocal: number

  constructor(isa: Pick<Isa, 'registers' | 'memories'>, body: Body) {
    this.locals = [...body.locals]
    this.#nextLocal = body.locals.reduce((most, { id }) => Math.max(most, id + 1), 0)
    this.#hardwired = new Map(
      isa.registers.flatMap(({ name, hardwired }) => (hardwired ? [[name, hardwired.index] as const] : [])),
    )
    this.#faulting = new Set(isa.memories.filter((memory) => memory.faults).map((memory) => memory.name))
  }

  /** `after`: a point follows on some path behind the list. */
  list(statements: readonly Stmt[], before: readonly Pending[], after: boolean): Result {
    const out: Stmt[] = []
    let pending = before
    for (const [i, original] of statements.entries()) {
      if (!this.#pointIn(statements, i, after)) pending = this.#flush(pending, out)
      const stmt = this.#seePending(original, pending)
      const later = this.#pointIn(statements, i + 1, after)
      switch (stmt.kind) {
        case 'trap':
          out.push(stmt)
          return { statements: out, pending: [], ended: true }
        case 'jump': {
          // Only a target that loads still has pending writes before it.
          const target = pending.length === 0 ? stmt.target : this.#keep('target', stmt.target, out)
          this.#flush(pending, out)
          out.push({ ...stmt, target })
          return { statements: out, pending: [], ended: true }
        }
        case 'if': {
          const merged = this.#branch(stmt, pending, later, out)
          if (merged.ended) return { statements: out, pending: [], ended: true }
          pending = merged.pending
          break
        }
        case 'write':
          if (later) pending = [...withoutLost(pending, before.length, stmt), { stmt: this.#delay(stmt, out) }]
          else if (pending.some((write) => write.stmt.kind === 'write' && write.stmt.register === stmt.register)) {
            // Its value holds the last point, and an earlier write that comes now may be to the same register.
            const value = this.#keep(pendingName(stmt.register), stmt.value, out)
            pending = this.#flush(pending, out)
            out.push({ ...stmt, value })
          } else {
            out.push(stmt)
            pending = this.#flush(pending, out)
          }
          break
        case 'store':
          if (later && this.#mayDelay(stmt, statements, i, pending, after)) {
            pending = [...pending, { stmt: this.#delay(stmt, out) }]
          } else {
            if (later && this.#trapsIn(statements, i + 1, after)) this.imprecise.push(stmt)
            out.push(stmt)
          }
          break
        default:
          out.push(stmt)
      }
    }
    if (!after) pending = this.#flush(pending, out)
    return { statements: out, pending, ended: false }
  }

  #branch(stmt: Stmt & { kind: 'if' }, pending: readonly Pending[], later: boolean, out: Stmt[]): Result {
    const then = this.list(stmt.then, pending, later)
    const otherwise = this.list(stmt.otherwise, pending, later)
    const put = (a: readonly Stmt[], b: readonly Stmt[]): void => {
      out.push({ ...stmt, then: a, otherwise: b })
    }
    if (then.ended || otherwise.ended || !later) {
      put(then.statements, otherwise.statements)
      const { pending: rest } = then.ended ? otherwise : then
      return { statements: out, pending: rest, ended: then.ended && otherwise.ended }
    }
    // Both arms go on to a point: what an arm adds to the pending writes is guarded by that arm having been taken.
    const added = [then, otherwise].map((arm) => arm.pending.slice(pending.length))
    if (added.every((writes) => writes.length === 0)) {
      put(then.statements, otherwise.statements)
      return { statements: out, pending, ended: false }
    }
    const taken = this.#keep('taken', stmt.cond, out)
    out.push({ ...stmt, cond: taken, then: then.statements, otherwise: otherwise.statements })
    const guarded = added.flatMap((writes, arm) => {
      const inArm = arm === 0 ? taken : not(taken)
      return writes.map((write) => ({ ...write, guard: write.guard ? both(inArm, write.guard) : inArm }))
    })
    return { statements: out, pending: [...pending, ...guarded], ended: false }
  }

  /** The same write with operands that do not change any more. */
  #delay<S extends WriteRegister | Store>(stmt: S, out: Stmt[]): S {
    this.changed = true
    const value = this.#keep(pendingName(stmt.kind === 'write' ? stmt.register : stmt.memory), stmt.value, out)
    if (stmt.kind === 'store') return { ...stmt, value, address: this.#keep('address', stmt.address, out) }
    return stmt.index ? { ...stmt, value, index: this.#keep('index', stmt.index, out) } : { ...stmt, value }
  }

  /** The expression if it means the same everywhere, else a fresh local that holds its value. */
  #keep(name: string, value: Expr, out: Stmt[]): Expr {
    if (bindingTime(value) !== 'run') return value
    if (value.kind === 'local' && !this.locals.some(({ id, mutable }) => id === value.id && mutable)) return value
    const id = this.#nextLocal++
    this.locals.push({ id, name, width: value.width, mutable: false })
    out.push({ kind: 'set', local: id, value })
    return local(id, value.width)
  }

  /** Does the pending writes, stores that may fault first. */
  #flush(pending: readonly Pending[], out: Stmt[]): readonly Pending[] {
    const isStore = ({ stmt }: Pending): boolean => stmt.kind === 'store'
    for (const { stmt, guard } of [...pending.filter(isStore), ...pending.filter((write) => !isStore(write))]) {
      out.push(guard ? { kind: 'if', cond: guard, then: [stmt], otherwise: [] } : stmt)
    }
    return []
  }

  /** The statement with its reads of registers that have pending writes. */
  #seePending(stmt: Stmt, pending: readonly Pending[]): Stmt {
    if (pending.length === 0) return stmt
    const see = (e: Expr): Expr => mapExpr(e, (node) => (node.kind === 'read' ? this.#read(node, pending) : node))
    switch (stmt.kind) {
      case 'set':
        return { ...stmt, value: see(stmt.value) }
      case 'write':
        return stmt.index
          ? { ...stmt, index: see(stmt.index), value: see(stmt.value) }
          : { ...stmt, value: see(stmt.value) }
      case 'store':
        return { ...stmt, address: see(stmt.address), value: see(stmt.value) }
      case 'if':
        return { ...stmt, cond: see(stmt.cond) }
      case 'jump':
        return { ...stmt, target: see(stmt.target) }
      case 'trap':
      case 'call':
        return { ...stmt, args: stmt.args.map(see) }
      case 'effect':
      case 'return':
        return stmt
    }
  }

  #read(node: Expr & { kind: 'read' }, pending: readonly Pending[]): Expr {
    let value: Expr = node
    for (const { stmt, guard } of pending) {
      if (stmt.kind !== 'write' || stmt.register !== node.register) continue
      let hit = samePlace(stmt, node) ? bit(true) : sameIndex(stmt.index, node.index)
      const hardwired = this.#hardwired.get(node.register)
      if (hardwired !== undefined) hit = and(hit, differs(node.index, hardwired))
      if (guard) hit = both(guard, hit)
      value = select(hit, stmt.value, value)
    }
    return value
  }

  /**
   * Whether one store can wait until nothing may trap any more: no load of its memory would see it, and it is alone.
   */
  #mayDelay(
    store: Store,
    statements: readonly Stmt[],
    i: number,
    pending: readonly Pending[],
    after: boolean,
  ): boolean {
    if (after || pending.some(({ stmt }) => stmt.kind === 'store')) return false
    if (!this.#trapsIn(statements, i + 1, after)) return false
    return !statements.slice(i + 1).some((stmt) => touches(stmt, store.memory))
  }

  /** Whether a path from statement i on comes to a point. */
  #pointIn(statements: readonly Stmt[], i: number, after: boolean): boolean {
    return this.#reaches(statements, i, after, () => true)
  }
  /** The same, not counting stores that cannot fault: a trap or a fault, which the guest would see. */
  #trapsIn(statements: readonly Stmt[], i: number, after: boolean): boolean {
    return this.#reaches(statements, i, after, (store) => this.#faulting.has(store.memory))
  }
  #reaches(statements: readonly Stmt[], i: number, after: boolean, counts: (store: Store) => boolean): boolean {
    const stmt = statements[i]
    if (!stmt) return after
    if (this.#isPoint(stmt)) return true
    if (stmt.kind === 'store' && counts(stmt)) return true
    if (stmt.kind === 'jump') return false
    const rest = this.#reaches(statements, i + 1, after, counts)
    if (stmt.kind !== 'if') return rest
    return this.#reaches(stmt.then, 0, rest, counts) || this.#reaches(stmt.otherwise, 0, rest, counts)
  }
  /** A trap, or an access that may fault. Each statement is looked at once: paths are asked about again and again. */
  #isPoint(stmt: Stmt): boolean {
    const known = this.#points.get(stmt)
    if (known !== undefined) return known
    const point = stmt.kind === 'trap' || expressions(stmt).some((e) => this.#mayFault(e))
    this.#points.set(stmt, point)
    return point
  }
  #mayFault(e: Expr): boolean {
    if (this.#faulting.size === 0) return false
    return (e.kind === 'load' && this.#faulting.has(e.memory)) || children(e).some((child) => this.#mayFault(child))
  }
}

const pendingName = (place: string): string => `pending_${place.replace(/\W/g, '_')}`

/** The second may look at locals that are set only where the first holds. */
function both(first: Expr, second: Expr): Expr {
  return select(first, second, bit(false))
}

/** The pending writes that matter still after `next`. Those up to `from` belong to the list around and stay. */
function withoutLost(pending: readonly Pending[], from: number, next: WriteRegister): readonly Pending[] {
  return pending.filter(({ stmt }, i) => i < from || stmt.kind === 'store' || !samePlace(stmt, next))
}

/** Whether two indices of one file are equal, at decode or run time. */
function sameIndex(a: Expr | undefined, b: Expr | undefined): Expr {
  if (!a || !b) return bit(!a && !b)
  const width = Math.max(a.width, b.width)
  return compare('eq', extend(false, width, a), extend(false, width, b))
}
function differs(index: Expr | undefined, hardwired: number): Expr {
  if (!index) return bit(hardwired !== 0)
  if (hardwired >= 2 ** index.width) return bit(true)
  return compare('ne', index, { kind: 'const', width: index.width, value: BigInt(hardwired) })
}

function touches(stmt: Stmt, memory: string): boolean {
  const loads = (e: Expr): boolean => (e.kind === 'load' && e.memory === memory) || children(e).some(loads)
  if (expressions(stmt).some(loads) || (stmt.kind === 'store' && stmt.memory === memory)) return true
  return stmt.kind === 'if' && [...stmt.then, ...stmt.otherwise].some((inner) => touches(inner, memory))
}
