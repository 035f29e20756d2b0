/**
 * Expressions of the target-neutral semantic IR: pure values of an exact bit width.
 *
 * Every node has a `width` in bits (1…128 and more); a value is the unsigned number 0 ≤ v < 2^width. Names of the
 * spec are gone: functions, operands, views and `let` columns have been put in by check/. Constructors that
 * fold constants are in build.ts. Nothing here has an effect; a division by zero or a load may only be reached on
 * paths where it is defined (`select` evaluates just the arm that is chosen).
 */

export type Width = number

export type Expr =
  | Const
  | FieldRef
  | SlotRef
  | HoleRef
  | PcRef
  | LocalRef
  | ReadRegister
  | Load
  | Unary
  | Binary
  | Compare
  | Extend
  | Slice
  | Concat
  | Select
  | Carry
  | FloatOp
  | Undef

export interface Const {
  readonly kind: 'const'
  readonly width: Width
  readonly value: bigint
}
/** A field of the encoding; known at decode time. */
export interface FieldRef {
  readonly kind: 'field'
  readonly width: Width
  readonly name: string
}
/** A decode-time value that slots.ts moved into the pre-decoded record; 1…32 bits. */
export interface SlotRef {
  readonly kind: 'slot'
  readonly width: Width
  readonly slot: number
}
/** In the inverse of an assembly hole: the value that the programmer wrote there. `name` says which hole (pseudo-instructions). */
export interface HoleRef {
  readonly kind: 'hole'
  readonly width: Width
  readonly name: string
}
/** `pc` is this instruction's address, `next` that of the following one; known at translation time. */
export interface PcRef {
  readonly kind: 'pc' | 'next'
  readonly width: Width
}
export interface LocalRef {
  readonly kind: 'local'
  readonly width: Width
  readonly id: number
}
/** `index` is absent for a single register. A decode-time index names one cell, a run-time index any of the file. */
export interface ReadRegister {
  readonly kind: 'read'
  readonly width: Width
  readonly register: string
  readonly index?: Expr
}
/** Little- or big-endian as the isa says; width is 8, 16, 32, 64 or 128. May fault unless the memory cannot (Memory.faults). */
export interface Load {
  readonly kind: 'load'
  readonly width: Width
  readonly memory: string
  readonly address: Expr
}
export type UnaryOp = 'not' | 'neg' | 'popcount' | 'clz' | 'ctz'
export interface Unary {
  readonly kind: 'unary'
  readonly op: UnaryOp
  readonly width: Width
  readonly a: Expr
}
/**
 * Arithmetic modulo 2^width; a, b and the result have the same width, except that a shift's amount b may have any. A
 * shift by the width or more gives 0, or the sign for ashr. Division: b is not 0 here; sdiv of the least number by −1 wraps.
 * mulhu, mulhs, mulhsu give the upper half of the double-width product (a signed, b unsigned for mulhsu).
 */
export type BinaryOp =
  | 'add'
  | 'sub'
  | 'mul'
  | 'udiv'
  | 'sdiv'
  | 'urem'
  | 'srem'
  | 'and'
  | 'or'
  | 'xor'
  | 'shl'
  | 'lshr'
  | 'ashr'
  | 'mulhu'
  | 'mulhs'
  | 'mulhsu'
export interface Binary {
  readonly kind: 'binary'
  readonly op: BinaryOp
  readonly width: Width
  readonly a: Expr
  readonly b: Expr
}
export type CompareOp = 'eq' | 'ne' | 'ult' | 'ule' | 'slt' | 'sle'
/** width is 1; a and b agree in theirs. */
export interface Compare {
  readonly kind: 'compare'
  readonly op: CompareOp
  readonly width: 1
  readonly a: Expr
  readonly b: Expr
}
export interface Extend {
  readonly kind: 'extend'
  readonly signed: boolean
  readonly width: Width
  readonly a: Expr
}
/** Bits low … low + width − 1 of a. */
export interface Slice {
  readonly kind: 'slice'
  readonly width: Width
  readonly low: number
  readonly a: Expr
}
/** Most significant part first. */
export interface Concat {
  readonly kind: 'concat'
  readonly width: Width
  readonly parts: readonly Expr[]
}
/** Only the chosen arm is evaluated. */
export interface Select {
  readonly kind: 'select'
  readonly width: Width
  readonly cond: Expr
  readonly then: Expr
  readonly otherwise: Expr
}
/**
 * Whether a + b + c (or a − b − c) leaves the range of its width: unsigned (carry, borrow) or signed (overflow).
 * c is 1 bit wide, or absent.
 */
export interface Carry {
  readonly kind: 'carry'
  readonly op: 'add' | 'sub'
  readonly signed: boolean
  readonly width: 1
  readonly a: Expr
  readonly b: Expr
  readonly c?: Expr
}
/**
 * What every host does alike with binary32 and binary64 (IEEE 754-2019): round to the nearest, ties to even, and tell no exceptions. A result that is
 * a NaN may be any NaN. Operands and result have 32 or 64 bits; `convert`: from one to the other format; `from_int`: of a signed integer; `to_int`: toward
 * zero, to a signed integer that has room for it (else the result may be anything). `mul_add`, a * b + c rounded once, is what only some hosts have: else it is a NaN (fusing.ts).
 */
export interface FloatOp {
  readonly kind: 'float'
  readonly op: 'add' | 'sub' | 'mul' | 'div' | 'sqrt' | 'mul_add' | 'convert' | 'from_int' | 'to_int'
  readonly width: Width
  readonly args: readonly Expr[]
}
/** Any value: engines use 0, comparisons with oracles mask it. */
export interface Undef {
  readonly kind: 'undef'
  readonly width: Width
}
