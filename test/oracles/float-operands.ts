/**
 * Operands for tests of floating-point arithmetic, as bit patterns of 32 or 64 bits: where rounding, cancellation, overflow, subnormals, NaNs and
 * the limits of integers meet more often than in random bits.
 */

import type { Random } from '../unit/random.ts'

export interface Format {
  readonly width: 32 | 64
  /** Bits of the fraction. */
  readonly fraction: number
}
export const single: Format = { width: 32, fraction: 23 }
export const double: Format = { width: 64, fraction: 52 }

/** Exponents where conversions change their ways. */
const integerEdges = [-2, -1, 0, 30, 31, 32, 62, 63, 64]
const singleEdges = [-150, -149, -127, -126, 127, 128]

/**
 * Three operands: the second is often near the first, or such that product or quotient is near the least normal number; the third often near minus
 * their product.
 */
export function operands(random: Random, format: Format): [bigint, bigint, bigint] {
  const a = operand(random, format)
  const b = second(random, format, a)
  const c = random.below(3) === 0 ? near(random, format, minusProduct(format, a, b)) : operand(random, format)
  return [a, b, c]
}

function second(random: Random, format: Format, a: bigint): bigint {
  const least = numberOf(format, 1n << BigInt(format.fraction))
  switch (random.below(8)) {
    case 0:
    case 1:
      return near(random, format, a)
    case 2:
      return closeTo(random, format, bitsOf(format, least / numberOf(format, a)))
    case 3:
      return closeTo(random, format, bitsOf(format, numberOf(format, a) / least))
    default:
      return operand(random, format)
  }
}

function operand(random: Random, format: Format): bigint {
  const { width, fraction } = format
  const sign = BigInt(random.below(2)) << BigInt(width - 1)
  const limit = (1 << (width - 1 - fraction)) - 1
  const bias = limit >> 1
  const pack = (exponent: number, significand: bigint): bigint =>
    sign | (BigInt(exponent) << BigInt(fraction)) | BigInt.asUintN(fraction, significand)
  const anyFraction = (): bigint => {
    const bits = BigInt.asUintN(fraction, (BigInt(random.seed()) << 32n) | BigInt(random.seed()))
    switch (random.below(4)) {
      case 0: // few places: exact results, ties
        return (bits >> BigInt(fraction - 6)) << BigInt(fraction - 6)
      case 1: // long runs of equal bits: carries
        return bits & 1n ? (1n << BigInt(random.below(fraction + 1))) - 1n : -(1n << BigInt(random.below(fraction)))
      default:
        return bits
    }
  }
  switch (random.below(12)) {
    case 0: // zero, infinity, least and greatest of each kind
      return pack(random.pick([0, 1, limit - 1, limit]), random.pick([0n, 1n, -1n, 1n << BigInt(fraction - 1)]))
    case 1: // NaNs
      return pack(limit, anyFraction())
    case 2: // subnormal numbers
      return pack(0, anyFraction() >> BigInt(random.below(fraction)))
    case 3: // where results become subnormal, or overflow
      return pack(
        random.pick([1 + random.below(60), limit - 1 - random.below(20), bias >> 1, bias + (bias >> 1)]),
        anyFraction(),
      )
    case 4: // about the limits of integers, and of singles
      return pack(bias + random.pick(width === 64 ? [...integerEdges, ...singleEdges] : integerEdges), anyFraction())
    case 5:
    case 6: // numbers of about one size
      return pack(bias - 4 + random.below(70), anyFraction())
    default:
      return pack(random.below(limit), anyFraction())
  }
}

/** The same number a few last places away, perhaps with the other sign, perhaps some binades away. */
function near(random: Random, format: Format, a: bigint): bigint {
  const scale = random.below(3) === 0 ? BigInt(random.below(130) - 65) << BigInt(format.fraction) : 0n
  return closeTo(random, format, a + scale)
}
/** A few last places away, perhaps with the other sign. */
function closeTo(random: Random, { width }: Format, a: bigint): bigint {
  const steps = BigInt(random.below(5) - 2)
  const sign = BigInt(random.below(2)) << BigInt(width - 1)
  return BigInt.asUintN(width, (a + steps) ^ sign)
}

function minusProduct(format: Format, a: bigint, b: bigint): bigint {
  return bitsOf(format, -(numberOf(format, a) * numberOf(format, b)))
}

const words = new DataView(new ArrayBuffer(8))

export function numberOf({ width }: Format, bits: bigint): number {
  words.setBigUint64(0, bits)
  return width === 64 ? words.getFloat64(0) : words.getFloat32(4)
}
/** The nearest float of the format; every NaN is the canonical one. */
export function bitsOf({ width }: Format, value: number): bigint {
  if (Number.isNaN(value)) return width === 64 ? 0x7ff8000000000000n : 0x7fc00000n
  if (width === 64) words.setFloat64(0, value)
  else words.setFloat32(4, value)
  return width === 64 ? words.getBigUint64(0) : BigInt(words.getUint32(4))
}
