/**
 * The statements under construction while a body is elaborated: one Code a straight path, with branches for the arms of an `if`.
 * Facts are conditions known to hold on the path (they make divisions safe).
 */

import { children, compare, constant, local, not, sameExpr } from '../ir/build.ts'
import type { Expr, Width } from '../ir/expr.ts'
import type { Body, Local, Stmt } from '../ir/stmt.ts'
import { bindingTime } from '../ir/time.ts'

/** What all paths of one body share. */
interface Whole {
  readonly locals: Local[]
  /** Locals whose value may be undefined. */
  readonly undefined: Set<number>
  /** `commit` was said. */
  commits: boolean
}

export class Code {
  readonly statements: Stmt[] = []
  /** A jump or trap was reached: nothing may follow. */
  ended = false
  /** It ends for these parameters, this row or this call; for others it may go on. What follows it is no mistake then. */
  endsByChance = false
  readonly facts: Expr[]
  readonly #whole: Whole

  constructor(whole: Whole = { locals: [], undefined: new Set(), commits: false }, facts: readonly Expr[] = []) {
    this.#whole = whole
    this.facts = [...facts]
  }

  emit(statement: Stmt): void {
    this.statements.push(statement)
    if (statement.kind === 'jump' || statement.kind === 'trap') this.ended = true
  }

  /** Sets a local at the end of one of several paths that meet: what any of them leaves undefined is so behind them. */
  settle(local: number, value: Expr): void {
    this.emit({ kind: 'set', local, value })
    if (this.mayBeUndefined(value)) this.#whole.undefined.add(local)
  }

  /** Elaborates what a parameter, a row or a caller chose: if that ends the path, the text behind it is not dead for all. */
  chosen<T>(elaborate: () => T): T {
    const ended = this.ended
    const result = elaborate()
    if (this.ended && !ended) this.endsByChance = true
    return result
  }

  /** Whether `undef`, or a `let` of it, is part of the value. */
  mayBeUndefined(value: Expr): boolean {
    if (value.kind === 'undef') return true
    if (value.kind === 'local') return this.#whole.undefined.has(value.id)
    return children(value).some((child) => this.mayBeUndefined(child))
  }

  newLocal(name: string, width: Width, mutable: boolean): Local {
    const made: Local = { id: this.#whole.locals.length, name, width, mutable }
    this.#whole.locals.push(made)
    return made
  }

  /** Another local like that one. */
  copyLocal(id: number): number {
    const { name, width, mutable } = this.#whole.locals[id] as Local
    const made = this.newLocal(name, width, mutable)
    if (this.#whole.undefined.has(id)) this.#whole.undefined.add(made.id)
    return made.id
  }

  /**
   * The value as it is now, or as it was before a statement of this path: later writes do not change it. Values that cannot change are given back
   * as they are.
   */
  capture(value: Expr, name: string, before?: Stmt): Expr {
    if (value.kind === 'local' && !this.#whole.locals[value.id]?.mutable) return value
    if (bindingTime(value) !== 'run') return value
    const made = this.newLocal(name, value.width, false)
    const at = before ? this.statements.indexOf(before) : -1
    this.statements.splice(at < 0 ? this.statements.length : at, 0, { kind: 'set', local: made.id, value })
    if (this.mayBeUndefined(value)) this.#whole.undefined.add(made.id)
    return local(made.id, made.width)
  }

  /** A path that runs only when `condition` holds; put into this one by branchOn. */
  branch(condition?: Expr): Code {
    const facts = condition ? [...this.facts, ...conjuncts(condition)] : this.facts
    return new Code(this.#whole, facts)
  }

  /** Since that many statements, the first that may change what was read before. */
  firstChange(mark: number): Stmt | undefined {
    const fixed = (s: Stmt): boolean => s.kind === 'set' && !this.#whole.locals[s.local]?.mutable
    return this.statements.slice(mark).find((s) => !fixed(s))
  }

  branchOn(cond: Expr, then: Code, otherwise: Code): void {
    if (then.statements.length > 0 || otherwise.statements.length > 0) {
      this.statements.push({ kind: 'if', cond, then: then.statements, otherwise: otherwise.statements })
    }
    if (then.ended && otherwise.ended) {
      this.ended = true
      this.endsByChance = then.endsByChance || otherwise.endsByChance
    } else if (then.ended) this.facts.push(...conjuncts(not(cond)))
    else if (otherwise.ended) this.facts.push(...conjuncts(cond))
  }

  /** Whether the path excludes that the value is 0. */
  isNonZero(value: Expr): boolean {
    if (value.kind === 'const') return value.value !== 0n
    const wanted = compare('ne', value, constant(value.width, 0n))
    return this.facts.some((fact) => sameExpr(fact, wanted))
  }

  commit(): void {
    this.#whole.commits = true
  }
  get commits(): boolean {
    return this.#whole.commits
  }

  body(): Body {
    return { locals: this.#whole.locals, statements: this.statements }
  }
}

function conjuncts(condition: Expr): Expr[] {
  if (condition.kind === 'binary' && condition.op === 'and')
    return [...conjuncts(condition.a), ...conjuncts(condition.b)]
  if (
    condition.kind === 'unary' &&
    condition.op === 'not' &&
    condition.a.kind === 'binary' &&
    condition.a.op === 'or'
  ) {
    return [...conjuncts(not(condition.a.a)), ...conjuncts(not(condition.a.b))]
  }
  return [condition]
}
