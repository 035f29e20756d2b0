/**
 * What an expression of the spec stands for while it is elaborated into IR. An integer and an `open` value have no width of their
 * own: they take it from where they go. A place can be read and perhaps written; reading and writing may emit statements.
 */

import type { Expr, Width } from '../ir/expr.ts'
import type { Code } from './code.ts'
import type { BoundOperand } from './operands.ts'

export type Value =
  /** Known when the generator runs. */
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'bits'; readonly expr: Expr; readonly box?: BoxList }
  /** Any width: `sx(x)`, or an if with integer arms. `why` says what lacks a width, for messages. */
  | { readonly kind: 'open'; readonly at: (width: Width) => Expr; readonly why: string }
  | { readonly kind: 'place'; readonly place: Place }
  | { readonly kind: 'operand'; readonly operand: BoundOperand }
  | { readonly kind: 'tuple'; readonly items: readonly Value[] }
  | { readonly kind: 'range'; readonly low: bigint; readonly high: bigint }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'undef' }
  /** A statement, or a function without a result. */
  | { readonly kind: 'void' }
  /** The path ended: jump or trap. */
  | { readonly kind: 'never' }
  /** Already reported. */
  | { readonly kind: 'error' }

export interface Place {
  readonly width: Width
  /** For messages: "X[n]", "P.N". */
  readonly name: string
  readonly read: (code: Code) => Expr
  /** Absent: cannot be written. */
  readonly write?: (code: Code, value: Expr) => void
  /** Named parts. */
  readonly box?: BoxList
  /** Registers and memories that a write reaches, for `writes(…)`. */
  readonly roots: readonly string[]
  /** The one register that it is, for assembly: its number prints as its name. */
  readonly cell?: { readonly register: string; readonly index?: Expr }
  /** A view's own names by number, and its index; worked out only for assembly. */
  readonly names?: () => { readonly names: Readonly<Record<string, bigint>>; readonly index: Expr } | undefined
  /** What it prints as, where it is not a numbered register. */
  readonly label?: Label
  /** Place of a named part where parts are stored one by one. */
  readonly member?: (name: string) => Place | undefined
}

/** A name, or one of two as the decode-time condition says. */
export type Label =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'choice'; readonly cond: Expr; readonly then: Label; readonly otherwise: Label }

/** Named parts of a type, register or page-table entry, most significant first; constants have no name. */
export interface BoxList {
  readonly width: Width
  readonly parts: readonly {
    readonly name?: string
    readonly width: Width
    readonly low: number
    readonly value?: bigint
  }[]
}

export const integer = (value: bigint | number): Value => ({ kind: 'int', value: BigInt(value) })
export const bitsOf = (expr: Expr, box?: BoxList): Value => (box ? { kind: 'bits', expr, box } : { kind: 'bits', expr })
export const error: Value = { kind: 'error' }
export const nothing: Value = { kind: 'void' }
export const never: Value = { kind: 'never' }
