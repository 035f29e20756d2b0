/**
 * Derived facts of a body: what it reads and writes, whether it loads, stores or traps, how control leaves it. Nobody
 * annotates these by hand. Flags are registers of their own, so facts about flags are facts about registers.
 *
 * In: a body as check/ made it or lowered, and what it needs of the isa. Out: BodyFacts, for the metadata, the checks
 * and `isagen explain`.
 */

import { children, sameExpr } from './build.ts'
import type { Expr } from './expr.ts'
import type { Isa } from './isa.ts'
import { propagate } from './propagate.ts'
import type { Body, Effect, Stmt } from './stmt.ts'
import { bindingTime, isDecodeTime } from './time.ts'

/** One register. A run-time index means: any of the file. */
export interface Place {
  readonly register: string
  readonly index?: Expr
}
/** Paths that end in a trap do not count: a trapping instruction has written nothing and went nowhere. */
export interface BodyFacts {
  /** Registers whose value before the instruction matters on some path. */
  readonly reads: readonly Place[]
  /** Written on every path; the index is known at decode time. */
  readonly writes: readonly Place[]
  /** Written on some path, or at a run-time index. */
  readonly maybeWrites: readonly Place[]
  readonly loads: boolean
  readonly stores: boolean
  /** Has a trap statement. */
  readonly traps: boolean
  /** Has a load or store that may fault. */
  readonly faults: boolean
  readonly effects: readonly Effect['effect'][]
  /** The next instruction is not simply the following one, or may have to be decoded anew. */
  readonly endsBlock: boolean
  /**
   * jump: always to one address known at translation time; branch: to some such addresses, or the next; indirect: some
   * target is a run-time value; trap: always traps.
   */
  readonly flow: 'next' | 'branch' | 'jump' | 'indirect' | 'trap'
  /** Targets known at translation time, other than the next instruction. */
  readonly targets: readonly Expr[]
}

export function bodyFacts(body: Body, isa: Pick<Isa, 'registers' | 'memories'>): BodyFacts {
  const found: Found = {
    reads: [],
    writes: [],
    targets: [],
    effects: new Set(),
    loads: new Set(),
    stores: new Set(),
    traps: false,
    indirect: false,
  }
  // A jump's target that the spec put into a `let` is known early only once the `let` is gone.
  const end = walk(propagate(body).statements, [], found)
  const sure = end.kind === 'never' ? [] : end.written
  const mayFault = isa.memories.filter((memory) => memory.faults).map((memory) => memory.name)
  const flow = flowOf(end, found)
  return {
    reads: found.reads,
    writes: sure,
    maybeWrites: found.writes.filter((place) => !has(sure, place)),
    loads: found.loads.size > 0,
    stores: found.stores.size > 0,
    traps: found.traps,
    faults: mayFault.some((memory) => found.loads.has(memory) || found.stores.has(memory)),
    effects: [...found.effects],
    endsBlock: flow !== 'next' || [...found.effects].some((effect) => effect !== 'fence' && effect !== 'attend'),
    flow,
    targets: found.targets,
  }
}

export function samePlace(a: Place, b: Place): boolean {
  if (a.register !== b.register) return false
  return a.index === undefined || b.index === undefined ? a.index === b.index : sameExpr(a.index, b.index)
}

/** What was met anywhere in the body. */
interface Found {
  readonly reads: Place[]
  readonly writes: Place[]
  readonly targets: Expr[]
  readonly effects: Set<Effect['effect']>
  readonly loads: Set<string>
  readonly stores: Set<string>
  traps: boolean
  indirect: boolean
}
/**
 * How the paths of a list end: all trap (never), or with these places surely written; `next` is whether some fall
 * through, `jump` whether some jump.
 */
type End =
  | { readonly kind: 'never' }
  | { readonly kind: 'some'; readonly written: readonly Place[]; readonly next: boolean; readonly jump: boolean }

function walk(statements: readonly Stmt[], before: readonly Place[], found: Found): End {
  let written = before
  /** What is surely written on the paths that have jumped away already. */
  let jumped: readonly Place[] | undefined
  const ended = (here: readonly Place[]): readonly Place[] => (jumped ? intersect(jumped, here) : here)
  for (const stmt of statements) {
    for (const expr of expressions(stmt)) readsOf(expr, written, found)
    switch (stmt.kind) {
      case 'write': {
        const place: Place = stmt.index ? { register: stmt.register, index: stmt.index } : { register: stmt.register }
        add(found.writes, place)
        if ((!stmt.index || isDecodeTime(stmt.index)) && !has(written, place)) written = [...written, place]
        break
      }
      case 'store':
        found.stores.add(stmt.memory)
        break
      case 'effect':
        found.effects.add(stmt.effect)
        break
      case 'trap':
        found.traps = true
        return jumped ? { kind: 'some', written: jumped, next: false, jump: true } : { kind: 'never' }
      case 'jump':
        if (bindingTime(stmt.target) === 'run') found.indirect = true
        else if (!found.targets.some((target) => sameExpr(target, stmt.target))) found.targets.push(stmt.target)
        return { kind: 'some', written: ended(written), next: false, jump: true }
      case 'if': {
        const arms = [walk(stmt.then, written, found), walk(stmt.otherwise, written, found)]
        const live = arms.filter((arm) => arm.kind === 'some')
        for (const arm of live) if (!arm.next) jumped = ended(arm.written)
        const through = live.filter((arm) => arm.next)
        // An arm of which some paths jump and some go on counts for both, with what is written on all of them.
        for (const arm of through) if (arm.jump) jumped = ended(arm.written)
        const [first, ...others] = through
        if (!first) return jumped ? { kind: 'some', written: jumped, next: false, jump: true } : { kind: 'never' }
        written = others.reduce((all, arm) => intersect(all, arm.written), first.written)
        break
      }
      case 'set':
      case 'call':
      case 'return':
        break
    }
  }
  return { kind: 'some', written: ended(written), next: true, jump: jumped !== undefined }
}

function flowOf(end: End, found: Found): BodyFacts['flow'] {
  if (end.kind === 'never') return 'trap'
  if (found.indirect) return 'indirect'
  if (!end.jump) return 'next'
  return end.next || found.targets.length > 1 ? 'branch' : 'jump'
}

/** Expressions that the statement itself evaluates, in order; not those of nested statements. */
export function expressions(stmt: Stmt): readonly Expr[] {
  switch (stmt.kind) {
    case 'set':
      return [stmt.value]
    case 'write':
      return stmt.index ? [stmt.index, stmt.value] : [stmt.value]
    case 'store':
      return [stmt.address, stmt.value]
    case 'if':
      return [stmt.cond]
    case 'jump':
      return [stmt.target]
    case 'trap':
    case 'call':
      return stmt.args
    case 'return':
      return stmt.values
    case 'effect':
      return []
  }
}

/** Every expression that the statement holds, at any depth. */
export function allExpressions(stmt: Stmt): readonly Expr[] {
  const own = expressions(stmt)
  return stmt.kind === 'if' ? [...own, ...[...stmt.then, ...stmt.otherwise].flatMap(allExpressions)] : own
}

function readsOf(expr: Expr, written: readonly Place[], found: Found): void {
  if (expr.kind === 'read') {
    const place: Place = expr.index ? { register: expr.register, index: expr.index } : { register: expr.register }
    if (!has(written, place)) add(found.reads, place)
  }
  if (expr.kind === 'load') found.loads.add(expr.memory)
  for (const child of children(expr)) readsOf(child, written, found)
}

function has(places: readonly Place[], place: Place): boolean {
  return places.some((other) => samePlace(other, place))
}
function add(places: Place[], place: Place): void {
  if (!has(places, place)) places.push(place)
}
function intersect(a: readonly Place[], b: readonly Place[]): readonly Place[] {
  return a.filter((place) => has(b, place))
}
