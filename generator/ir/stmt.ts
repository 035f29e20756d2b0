/**
 * Statements of the semantic IR: what an instruction does, in order. A read sees the writes before it.
 * `jump` and `trap` end their path; a path that ends without one continues at `next`.
 */

import type { Expr, Width } from './expr.ts'

export type Stmt = SetLocal | WriteRegister | Store | If | Jump | Trap | Effect | Call | Return

/** Gives a local its value; one that is not `mutable` is set once. */
export interface SetLocal {
  readonly kind: 'set'
  readonly local: number
  readonly value: Expr
}
export interface WriteRegister {
  readonly kind: 'write'
  readonly register: string
  readonly index?: Expr
  readonly value: Expr
}
/** The width stored is the value's: 8, 16, 32, 64 or 128 bits. */
export interface Store {
  readonly kind: 'store'
  readonly memory: string
  readonly address: Expr
  readonly value: Expr
}
export interface If {
  readonly kind: 'if'
  readonly cond: Expr
  readonly then: readonly Stmt[]
  readonly otherwise: readonly Stmt[]
}
/** `hint` says what a return-address predictor may learn. */
export interface Jump {
  readonly kind: 'jump'
  readonly hint: 'jump' | 'call' | 'return'
  readonly target: Expr
}
/** Leaves the instruction undone: precise.ts sees to it that nothing was written before. */
export interface Trap {
  readonly kind: 'trap'
  readonly trap: string
  readonly args: readonly Expr[]
}
/**
 * fence: order of memory accesses; forgetCode: instructions must be fetched anew; wait: nothing to do until an interrupt; attend (ir/attend.ts): leave before the
 * instruction while an interrupt is raised and masked.
 */
export interface Effect {
  readonly kind: 'effect'
  readonly effect: 'fence' | 'forgetCode' | 'forgetTlb' | 'wait' | 'attend'
}

/** Sets locals, none of them `mutable`, to the results of a function of the isa (isa.ts). */
export interface Call {
  readonly kind: 'call'
  readonly function: string
  readonly args: readonly Expr[]
  readonly results: readonly number[]
}
/** The last statement of a function's body, and nowhere else: its results. */
export interface Return {
  readonly kind: 'return'
  readonly values: readonly Expr[]
}

export interface Local {
  readonly id: number
  /** As in the spec, for readers of generated code; not unique. */
  readonly name: string
  readonly width: Width
  readonly mutable: boolean
}
/** A piece of semantics: an instruction, an event, the writing side of a view. */
export interface Body {
  readonly locals: readonly Local[]
  readonly statements: readonly Stmt[]
}
