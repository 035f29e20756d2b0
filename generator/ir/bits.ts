/** Arithmetic on bit vectors held as bigints, 0 ≤ v < 2^width: the one definition of what the IR's operators compute. */

import type { BinaryOp, CompareOp, UnaryOp, Width } from './expr.ts'

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
