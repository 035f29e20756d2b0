/** Arithmetic that the functions of a generated table use, on unsigned bigints of known widths. */

/** The value modulo 2^width. */
export const wrap = (value: bigint, width: number): bigint => BigInt.asUintN(width, value)
/** As a two's complement number. */
export const signed = (value: bigint, width: number): bigint => BigInt.asIntN(width, value)
/** Sign extension of `from` bits to `to` bits. */
export const sx = (value: bigint, from: number, to: number): bigint => BigInt.asUintN(to, BigInt.asIntN(from, value))
/** Bits low … low + width − 1. */
export const bits = (value: bigint, low: number, width: number): bigint => BigInt.asUintN(width, value >> BigInt(low))
/** A truth value as one bit. */
export const bit = (condition: boolean): bigint => (condition ? 1n : 0n)

/** Shifts by the width or more give 0, or the sign. */
export const shl = (value: bigint, by: bigint, width: number): bigint =>
  by >= BigInt(width) ? 0n : BigInt.asUintN(width, value << by)
export const lshr = (value: bigint, by: bigint, width: number): bigint => (by >= BigInt(width) ? 0n : value >> by)
export const ashr = (value: bigint, by: bigint, width: number): bigint =>
  BigInt.asUintN(width, BigInt.asIntN(width, value) >> (by >= BigInt(width) ? BigInt(width) : by))

/** Division gives 0 for a divisor of 0, which specs exclude. */
export const udiv = (a: bigint, b: bigint): bigint => (b === 0n ? 0n : a / b)
export const urem = (a: bigint, b: bigint): bigint => (b === 0n ? 0n : a % b)
export const sdiv = (a: bigint, b: bigint, width: number): bigint =>
  wrap(udiv(signed(a, width), signed(b, width)), width)
export const srem = (a: bigint, b: bigint, width: number): bigint =>
  wrap(urem(signed(a, width), signed(b, width)), width)

export function popcount(value: bigint): bigint {
  let count = 0n
  for (let rest = value; rest !== 0n; rest &= rest - 1n) count++
  return count
}
/** Leading and trailing zeros; the width for 0. */
export const clz = (value: bigint, width: number): bigint =>
  BigInt(value === 0n ? width : width - value.toString(2).length)
export const ctz = (value: bigint, width: number): bigint =>
  BigInt(value === 0n ? width : (value & -value).toString(2).length - 1)
