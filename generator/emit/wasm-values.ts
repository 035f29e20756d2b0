/**
 * Instruction selection for values: an IR expression becomes Wasm that pushes it.
 *
 * A value of 1 … 32 bits is an i32, of 33 … 64 bits an i64. *Clean* means zero above the width. Operators whose low
 * bits depend on low bits alone (+ - * & | ^ <<) take and give values that are not clean, so masks appear only where
 * the upper bits matter. Signed operations on narrow values sign-extend first. What V8's optimiser does anyway (common
 * subexpressions, constant folding) is left to it.
 */

import { extend, slice } from '../ir/build.ts'
import type { Compare, Concat, Expr, Extend, FloatOp, Load, Select, Slice, Unary, Width } from '../ir/expr.ts'
import { bindingTime } from '../ir/time.ts'
import { type MemoryOperand, memoryOperand } from './memory-operand.ts'
import type { Address } from './template-holes.ts'
import { binaryValue } from './wasm-arithmetic.ts'
import { reversed } from './wasm-byte-order.ts'
import { bitsOf, typeOf, type WasmContext } from './wasm-context.ts'
import { readRegister, writersWord } from './wasm-state.ts'
import { constant, constantValue, getLocal, ifValue, op, size, type WasmType, type Wat } from './wat.ts'

export interface Value {
  readonly wat: Wat
  readonly clean: boolean
}
export const clean = (wat: Wat): Value => ({ wat, clean: true })

/** The value, zero above its width. */
export function cleanValue(context: WasmContext, e: Expr): Wat {
  const { wat, clean } = value(context, e)
  return clean ? wat : mask(wat, e.width)
}

/** The value in the low bits, anything above its width. */
export function looseValue(context: WasmContext, e: Expr): Wat {
  return value(context, e).wat
}

function mask(wat: Wat, width: number): Wat {
  const type = typeOf(width)
  if (width === bitsOf(type)) return wat
  const known = constantValue(wat)
  if (known !== undefined) return constant(type, BigInt.asUintN(width, known))
  return op(`${type}.and`, wat, constant(type, BigInt.asIntN(bitsOf(type), (1n << BigInt(width)) - 1n)))
}

export function value(context: WasmContext, e: Expr): Value {
  const type = typeOf(e.width)
  if (e.kind === 'const') return clean(constant(type, BigInt.asIntN(bitsOf(type), e.value)))
  if (bindingTime(e) !== 'run') return clean(context.holes.call({ kind: 'known', type, value: e }))
  switch (e.kind) {
    case 'undef':
      return clean(constant(type, 0))
    case 'local':
      return clean(getLocal(context.local(e.id)))
    case 'read':
      return clean(readRegister(context, e, ({ index }) => cleanAs(context, 'i32', index)))
    case 'load':
      return clean(loadValue(context, e, type, false))
    case 'unary':
      return unaryValue(context, e, type)
    case 'binary':
      return binaryValue(context, e, type)
    case 'compare':
      return clean(compareValue(context, e))
    case 'extend':
      return extendValue(context, e, type)
    case 'slice':
      return sliceValue(context, e)
    case 'concat':
      return concatValue(context, e, type)
    case 'select':
      return selectValue(context, e, type)
    case 'float':
      return clean(floatBits(context, e))
    default:
      throw new Error(`isagen internal: ${e.kind} in a lowered body`)
  }
}

/** The value, clean, as the type given: zero-extended, or its low 32 bits. */
export function cleanAs(context: WasmContext, type: WasmType, e: Expr): Wat {
  if (bindingTime(e) === 'run' || typeOf(e.width) === type) return to(type, e, cleanValue(context, e))
  return cleanValue(context, type === 'i32' ? slice(e, 0, 32) : extend(false, 64, e))
}

/** What `wat` pushes for `e` as another type: zero-extended (then it must be clean), or its low 32 bits. */
export function to(type: WasmType, e: Expr, wat: Wat): Wat {
  const from = typeOf(e.width)
  if (from === type) return wat
  const known = constantValue(wat)
  if (known !== undefined) return constant(type, type === 'i32' ? BigInt.asIntN(32, known) : BigInt.asUintN(32, known))
  return op(type === 'i32' ? 'i32.wrap_i64' : 'i64.extend_i32_u', wat)
}

/** i32 that is not 0 exactly if the one-bit value is 1. */
export function condition(context: WasmContext, e: Expr): Wat {
  if (bindingTime(e) === 'run') {
    if (e.kind === 'unary' && e.op === 'not') return op('i32.eqz', condition(context, e.a))
    if (e.kind === 'compare' && e.op === 'ne' && isZero(e.b) && e.a.width <= 32) return cleanValue(context, e.a)
    if (e.kind === 'slice' && e.low < 32 && e.a.width <= 64) {
      const bit = constant('i32', BigInt.asIntN(32, 1n << BigInt(e.low)))
      return op('i32.and', to('i32', e.a, looseValue(context, e.a)), bit)
    }
  }
  return cleanValue(context, e)
}

/** The value with its sign bit repeated up to the top of `type`, which is at least as large as the value's own. */
export function signedValue(context: WasmContext, e: Expr, type: WasmType): Wat {
  const own = typeOf(e.width)
  if (e.kind === 'const') return constant(type, BigInt.asIntN(e.width, e.value))
  if (e.kind === 'extend' && e.width > e.a.width) {
    return e.signed ? signedValue(context, e.a, type) : cleanAs(context, type, e.a)
  }
  if (bindingTime(e) !== 'run') {
    const extended: Expr = { kind: 'extend', signed: true, width: bitsOf(type), a: e }
    return cleanValue(context, e.width === bitsOf(type) ? e : extended)
  }
  if (e.kind === 'load' && e.width < bitsOf(type)) return loadValue(context, e, type, true)
  if (e.kind === 'slice' && type === 'i64' && e.low === 0 && e.width === 32 && e.a.width > 32) {
    return op('i64.extend32_s', looseValue(context, e.a))
  }
  if (e.kind === 'slice' && typeOf(e.a.width) === type && e.low + e.width === bitsOf(type)) {
    return op(`${type}.shr_s`, looseValue(context, e.a), constant(type, e.low))
  }
  const extended = extendSign(looseValue(context, e), e.width, own)
  return own === type ? extended : op('i64.extend_i32_s', extended)
}

function extendSign(wat: Wat, width: number, type: WasmType): Wat {
  const above = bitsOf(type) - width
  if (above === 0) return wat
  if (width === 8 || width === 16) return op(`${type}.extend${width}_s`, wat)
  return op(`${type}.shr_s`, op(`${type}.shl`, wat, constant(type, above)), constant(type, above))
}

function isZero(e: Expr): boolean {
  return e.kind === 'const' && e.value === 0n
}

function loadValue(context: WasmContext, e: Load, type: WasmType, signed: boolean): Wat {
  const { address, operands } = addressOf(context, e.address)
  const size = e.width / 8
  const load = (asSigned: boolean): Wat =>
    context.holes.call({ kind: 'load', type, address, size, signed: asSigned }, ...operands)
  if (context.endian === 'little' || size === 1) return load(signed)
  const turned = reversed(context, type, size, load(false))
  return signed ? extendSign(turned, e.width, type) : turned
}

/** How a load or store gets its address, and what is pushed for it. */
export function addressOf(context: WasmContext, e: Expr): { readonly address: Address; readonly operands: Wat[] } {
  const parts = inParts(context, memoryOperand(e, context.addresses))
  return parts ? { address: parts, operands: [] } : { address: context.addressType, operands: [cleanValue(context, e)] }
}

/** Whether a local of the IR has to be set: not where it is an address only, and always taken in its parts. */
export function isNeeded(context: WasmContext, id: number): boolean {
  const { operands, needed } = context.addresses
  return needed.has(id) || !inParts(context, operands.get(id))
}

function inParts(context: WasmContext, operand: MemoryOperand | undefined): Exclude<Address, WasmType> | undefined {
  if (!context.holes.splitsAddresses) return undefined
  const base = operand && context.isFullAddress(operand.base.width) ? writersWord(context, operand.base) : undefined
  return operand && base && { base, offset: operand.offset }
}

function unaryValue(context: WasmContext, e: Unary, type: WasmType): Value {
  const above = bitsOf(type) - e.width
  const exact = above === 0
  switch (e.op) {
    case 'not':
      if (e.width === 1) return clean(op('i32.eqz', condition(context, e.a)))
      return { wat: op(`${type}.xor`, looseValue(context, e.a), constant(type, -1)), clean: exact }
    case 'neg':
      return { wat: op(`${type}.sub`, constant(type, 0), looseValue(context, e.a)), clean: exact }
    case 'popcount':
      return { wat: op(`${type}.popcnt`, cleanValue(context, e.a)), clean: true }
    case 'clz': {
      const count = op(`${type}.clz`, cleanValue(context, e.a))
      return { wat: exact ? count : op(`${type}.sub`, count, constant(type, above)), clean: true }
    }
    case 'ctz': {
      // A bit just above the width stops the count there.
      const stop = constant(type, exact ? 0 : BigInt.asIntN(bitsOf(type), 1n << BigInt(e.width)))
      const a = looseValue(context, e.a)
      return { wat: op(`${type}.ctz`, exact ? a : op(`${type}.or`, a, stop)), clean: true }
    }
  }
}

function compareValue(context: WasmContext, e: Compare): Wat {
  const type = typeOf(e.a.width)
  if (e.op === 'eq' && isZero(e.b)) return op(`${type}.eqz`, cleanValue(context, e.a))
  const isSigned = e.op === 'slt' || e.op === 'sle'
  const operand = (x: Expr): Wat => (isSigned ? signedValue(context, x, type) : cleanValue(context, x))
  const name = { eq: 'eq', ne: 'ne', ult: 'lt_u', ule: 'le_u', slt: 'lt_s', sle: 'le_s' }[e.op]
  return op(`${type}.${name}`, operand(e.a), operand(e.b))
}

function extendValue(context: WasmContext, e: Extend, type: WasmType): Value {
  if (e.signed) return { wat: signedValue(context, e.a, type), clean: e.width === bitsOf(type) }
  if (e.a.kind === 'load') return clean(loadValue(context, e.a, type, false))
  // A piece of an i64 that becomes an i64 again need not pass through i32.
  if (type === 'i64' && e.a.kind === 'slice' && e.a.width < 32 && e.a.a.width > 32) {
    const { wat, clean: done } = shiftedDown(context, e.a)
    const bits = constant(type, (1n << BigInt(e.a.width)) - 1n)
    return clean(done ? wat : op('i64.and', wat, bits))
  }
  return clean(cleanAs(context, type, e.a))
}

/** The slice's bits at the bottom, in the type of what is sliced. */
function shiftedDown(context: WasmContext, e: Slice): Value {
  const type = typeOf(e.a.width)
  const a = value(context, e.a)
  const wat = e.low === 0 ? a.wat : op(`${type}.shr_u`, a.wat, constant(type, e.low))
  const top = e.low + e.width
  return { wat, clean: top === bitsOf(type) || (a.clean && top === e.a.width) }
}

function sliceValue(context: WasmContext, e: Slice): Value {
  const { wat, clean } = shiftedDown(context, e)
  return typeOf(e.width) === typeOf(e.a.width)
    ? { wat, clean }
    : { wat: op('i32.wrap_i64', wat), clean: clean || e.width === 32 }
}

function concatValue(context: WasmContext, e: Concat, type: WasmType): Value {
  const top = e.parts[0]
  let at = e.width
  let joined: Wat | undefined
  let isClean = e.width === bitsOf(type)
  for (const part of e.parts) {
    at -= part.width
    const bits = part === top ? value(context, part) : clean(cleanValue(context, part))
    if (part === top && bits.clean) isClean = true
    if (isZero(part)) continue
    const placed = shiftedUp(type, to(type, part, bits.wat), at)
    joined = joined ? op(`${type}.or`, joined, placed) : placed
  }
  return { wat: joined ?? constant(type, 0), clean: isClean }
}

function shiftedUp(type: WasmType, wat: Wat, by: number): Wat {
  const known = constantValue(wat)
  if (known !== undefined) return constant(type, BigInt.asIntN(bitsOf(type), known << BigInt(by)))
  return by === 0 ? wat : op(`${type}.shl`, wat, constant(type, by))
}

/** Bits of a float operation's result. */
function floatBits(context: WasmContext, e: FloatOp): Wat {
  const number = floatValue(context, e)
  return e.op === 'to_int' ? number : op(`${typeOf(e.width)}.reinterpret_f${e.width}`, number)
}
/** A value of Wasm's own types f32 and f64; of to_int the integer. */
function floatValue(context: WasmContext, e: Expr): Wat {
  const type = `f${e.width}`
  if (e.kind !== 'float') return op(`${type}.reinterpret_${typeOf(e.width)}`, cleanValue(context, e))
  const [a, b] = e.args as readonly [Expr, Expr?]
  switch (e.op) {
    case 'sqrt':
      return op(`${type}.sqrt`, floatValue(context, a))
    case 'mul_add':
      return fused(
        e.width,
        e.args.map((arg) => floatValue(context, arg)),
      )
    case 'convert':
      if (a.width === e.width) return floatValue(context, a)
      return op(e.width === 64 ? 'f64.promote_f32' : 'f32.demote_f64', floatValue(context, a))
    case 'from_int':
      return op(`${type}.convert_${typeOf(a.width)}_s`, cleanValue(context, a))
    case 'to_int':
      return op(`${typeOf(e.width)}.trunc_sat_f${a.width}_s`, floatValue(context, a))
    default:
      return op(`${type}.${e.op}`, floatValue(context, a), floatValue(context, b ?? a))
  }
}

/** In a lane of a vector: WebAssembly has it there alone (Relaxed SIMD), and only on some hosts rounded once. */
function fused(width: Width, operands: readonly Wat[]): Wat {
  const shape = width === 64 ? 'f64x2' : 'f32x4'
  return op(`${shape}.extract_lane 0`, op(`${shape}.relaxed_madd`, ...operands.map((wat) => op(`${shape}.splat`, wat))))
}

/** Above this many instructions an arm is better skipped than computed for nothing. */
const SELECT_LIMIT = 8

function selectValue(context: WasmContext, e: Select, type: WasmType): Value {
  const then = value(context, e.then)
  const otherwise = value(context, e.otherwise)
  const isClean = then.clean && otherwise.clean
  if (bindingTime(e.cond) !== 'run') {
    const decided = context.holes.call({ kind: 'when', cond: e.cond })
    return { wat: ifValue(type, decided, then.wat, otherwise.wat), clean: isClean }
  }
  const cond = condition(context, e.cond)
  const bothAlways = [then, otherwise].every((arm) => isHarmless(arm.wat) && size(arm.wat) <= SELECT_LIMIT)
  const wat = bothAlways ? op('select', then.wat, otherwise.wat, cond) : ifValue(type, cond, then.wat, otherwise.wat)
  return { wat, clean: isClean }
}

/** May be computed where it is not needed: it cannot fault, divide by zero, or set a local that the other arm needs. */
function isHarmless(wat: Wat): boolean {
  if (wat.kind === 'if') return false
  return !/load|div|rem|local\.tee/.test(wat.text) && wat.operands.every(isHarmless)
}
