/** Arithmetic on bit vectors held as bigints, 0 ≤ v < 2^width: the one definition of what the IR's operators compute. */

import type { BinaryOp, CompareOp, FloatOp, UnaryOp, Width } from './expr.ts'

const masks = Array.from({ length: 257 }, (_, width) => (1n << BigInt(width)) - 1n)
export function mask(width: Width): bigint {
  const known = masks[width]
  if (known !== undefined) return known
  return (1n << BigInt(width)) - 1n
}
/** The value modulo 2^width. */
export function truncate(value: bigint, width: Width): bigint {
  return BigInt.asUintN(width, value)
}
/** The value read as a two's complement number. */
export function signed(value: bigint, width: Width): bigint {
  return BigInt.asIntN(width, value)
}
export function sliceBits(value: bigint, low: number, width: Width): bigint {
  return (value >> BigInt(low)) & mask(width)
}

export function unaryBits(op: UnaryOp, width: Width, a: bigint): bigint {
  switch (op) {
    case 'not':
      return ~a & mask(width)
    case 'neg':
      return truncate(-a, width)
    case 'popcount':
      return BigInt([...a.toString(2)].filter((digit) => digit === '1').length)
    case 'clz':
      return BigInt(width - (a === 0n ? 0 : a.toString(2).length))
    case 'ctz':
      return BigInt(a === 0n ? width : (a & -a).toString(2).length - 1)
  }
}

/** Division by zero gives 0 here; the IR promises that no path asks for it. `bWidth` matters for shift amounts only. */
export function binaryBits(op: BinaryOp, width: Width, a: bigint, b: bigint): bigint {
  const sa = signed(a, width)
  const sb = signed(b, width)
  switch (op) {
    case 'add':
      return truncate(a + b, width)
    case 'sub':
      return truncate(a - b, width)
    case 'mul':
      return truncate(a * b, width)
    case 'udiv':
      return b === 0n ? 0n : a / b
    case 'sdiv':
      return sb === 0n ? 0n : truncate(sa / sb, width)
    case 'urem':
      return b === 0n ? 0n : a % b
    case 'srem':
      return sb === 0n ? 0n : truncate(sa % sb, width)
    case 'and':
      return a & b
    case 'or':
      return a | b
    case 'xor':
      return a ^ b
    case 'shl':
      return b >= BigInt(width) ? 0n : truncate(a << b, width)
    case 'lshr':
      return b >= BigInt(width) ? 0n : a >> b
    case 'ashr':
      return truncate(sa >> (b >= BigInt(width) ? BigInt(width) : b), width)
    case 'mulhu':
      return (a * b) >> BigInt(width)
    case 'mulhs':
      return truncate((sa * sb) >> BigInt(width), width)
    case 'mulhsu':
      return truncate((sa * b) >> BigInt(width), width)
  }
}

export function compareBits(op: CompareOp, width: Width, a: bigint, b: bigint): boolean {
  switch (op) {
    case 'eq':
      return a === b
    case 'ne':
      return a !== b
    case 'ult':
      return a < b
    case 'ule':
      return a <= b
    case 'slt':
      return signed(a, width) < signed(b, width)
    case 'sle':
      return signed(a, width) <= signed(b, width)
  }
}

/** Whether a ± b ± c leaves the range of its width. */
export function carryBits(
  op: 'add' | 'sub',
  isSigned: boolean,
  width: Width,
  a: bigint,
  b: bigint,
  c: bigint,
): boolean {
  const x = isSigned ? signed(a, width) : a
  const y = isSigned ? signed(b, width) : b
  const exact = op === 'add' ? x + y + c : x - y - c
  return isSigned ? exact !== signed(truncate(exact, width), width) : exact !== truncate(exact, width)
}

/** `widths`: those of the operands. A result that does not fit an integer is 0. */
export function floatBits(op: FloatOp['op'], width: Width, args: readonly bigint[], widths: readonly Width[]): bigint {
  const number = (i: number): number => numberOf(args[i] as bigint, widths[i] as Width)
  switch (op) {
    case 'add':
      return bitsOfNumber(number(0) + number(1), width)
    case 'sub':
      return bitsOfNumber(number(0) - number(1), width)
    case 'mul':
      return bitsOfNumber(number(0) * number(1), width)
    case 'div':
      return bitsOfNumber(number(0) / number(1), width)
    case 'sqrt':
      return bitsOfNumber(Math.sqrt(number(0)), width)
    case 'mul_add':
      return bitsOfNumber(Number.NaN, width)
    case 'convert':
      return bitsOfNumber(number(0), width)
    case 'from_int': {
      const i = signed(args[0] as bigint, widths[0] as Width)
      return width === 32 ? bitsOfNumber(singleOfInteger(i), 32) : bitsOfNumber(Number(i), 64)
    }
    case 'to_int': {
      const x = Math.trunc(number(0))
      return Math.abs(x) < 2 ** (width - 1) ? truncate(BigInt(x), width) : 0n
    }
  }
}
/** The nearest single: by way of a double, whose last place is made odd where ones are lost, so that nothing is rounded twice. */
function singleOfInteger(i: bigint): number {
  const magnitude = i < 0n ? -i : i
  const lost = BigInt(Math.max(0, magnitude.toString(2).length - 53))
  const kept = (magnitude >> lost) << lost
  const odd = kept === magnitude ? kept : kept | (1n << lost)
  return Math.fround(Number(i < 0n ? -odd : odd))
}

const cell = new DataView(new ArrayBuffer(8))
function numberOf(bits: bigint, width: Width): number {
  if (width === 64) {
    cell.setBigUint64(0, bits)
    return cell.getFloat64(0)
  }
  cell.setUint32(0, Number(bits))
  return cell.getFloat32(0)
}
/** Sums, products, quotients and roots of singles are rounded once to double and then to single with the same result (Figueroa, 1995). */
function bitsOfNumber(x: number, width: Width): bigint {
  if (width === 64) {
    cell.setFloat64(0, x)
    return cell.getBigUint64(0)
  }
  cell.setFloat32(0, x)
  return BigInt(cell.getUint32(0))
}
