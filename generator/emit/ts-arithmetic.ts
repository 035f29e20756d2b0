/**
 * Functions that generated TypeScript needs and JavaScript does not have: 64-bit products and quotients of int32 halves, bit counts, BigInts
 * from halves. An emitter names those that it used; a generated file carries just these, with what they need, before its own code.
 *
 * A function with a 64-bit result returns the low half and leaves the high half in the variable `high`.
 */

interface Helper {
  readonly needs: readonly string[]
  readonly text: string
}

const helpers = {
  high: { needs: [], text: `/** High half of the last 64-bit result of a function below. */\nlet high = 0` },
  float: {
    needs: ['high'],
    text: `// Words as numbers and back.
const double = new Float64Array(1)
const single = new Float32Array(double.buffer)
const floatWords = new Int32Array(double.buffer)`,
  },
  toDouble: {
    needs: ['float'],
    text: `function toDouble(lo: number, hi: number): number {
  floatWords[0] = lo
  floatWords[1] = hi
  return double[0]!
}`,
  },
  toSingle: {
    needs: ['float'],
    text: `function toSingle(bits: number): number {
  floatWords[0] = bits
  return single[0]!
}`,
  },
  doubleBits: {
    needs: ['float'],
    text: `function doubleBits(x: number): number {
  double[0] = x
  high = floatWords[1]!
  return floatWords[0]!
}`,
  },
  singleBits: {
    needs: ['float'],
    text: `function singleBits(x: number): number {
  single[0] = x
  return floatWords[0]!
}`,
  },
  integerHalves: {
    needs: ['high'],
    text: `/** Of a number below 2^63 in absolute value, without its fraction. */
function integerHalves(x: number): number {
  const whole = Math.trunc(x)
  high = Math.floor(whole / 0x100000000)
  return whole | 0
}`,
  },
  singleOfInteger: {
    needs: [],
    text: `/** The nearest single: by way of a double, whose last place is made odd where ones are lost, so that nothing is rounded twice. */
function singleOfInteger(lo: number, hi: number): number {
  if ((hi + 0x200000) >>> 22 === 0) return Math.fround(hi * 0x100000000 + (lo >>> 0))
  const odd = (lo & 0x7ff) === 0 ? lo : (lo & ~0x7ff) | 0x800
  return Math.fround(hi * 0x100000000 + (odd >>> 0))
}`,
  },
  ctz32: { needs: [], text: `const ctz32 = (x: number): number => (x === 0 ? 32 : 31 - Math.clz32(x & -x))` },
  popcount32: {
    needs: [],
    text: `function popcount32(x: number): number {
  x -= (x >>> 1) & 0x55555555
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333)
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}`,
  },
  mulhu32: {
    needs: [],
    text: `/** High half of the unsigned product of two 32-bit words, by 16-bit pieces. */
function mulhu32(a: number, b: number): number {
  const a0 = a & 0xffff
  const a1 = a >>> 16
  const b0 = b & 0xffff
  const b1 = b >>> 16
  const middle = Math.imul(a1, b0) + (Math.imul(a0, b0) >>> 16)
  const other = Math.imul(a0, b1) + (middle & 0xffff)
  return (Math.imul(a1, b1) + (middle >>> 16) + (other >>> 16)) | 0
}`,
  },
  mulhu64: {
    needs: ['high', 'mulhu32'],
    text: `/** High half of the unsigned product of two 64-bit values. */
function mulhu64(aLo: number, aHi: number, bLo: number, bHi: number): number {
  const one = (mulhu32(aLo, bLo) >>> 0) + (Math.imul(aLo, bHi) >>> 0)
  const two = one % 0x100000000 + (Math.imul(aHi, bLo) >>> 0)
  const carry = (one > 0xffffffff ? 1 : 0) + (two > 0xffffffff ? 1 : 0)
  const low = (mulhu32(aLo, bHi) >>> 0) + (mulhu32(aHi, bLo) >>> 0) + (Math.imul(aHi, bHi) >>> 0) + carry
  high = (mulhu32(aHi, bHi) + Math.floor(low / 0x100000000)) | 0
  return low | 0
}`,
  },
  mulhs64: {
    needs: ['mulhsu64'],
    text: `/** … of the signed product: a negative factor takes the other one off. */
function mulhs64(aLo: number, aHi: number, bLo: number, bHi: number): number {
  let lo = mulhsu64(aLo, aHi, bLo, bHi)
  if (bHi < 0) {
    high = (high - aHi - (lo >>> 0 < aLo >>> 0 ? 1 : 0)) | 0
    lo = (lo - aLo) | 0
  }
  return lo
}`,
  },
  mulhsu64: {
    needs: ['mulhu64'],
    text: `/** … of a signed and an unsigned factor. */
function mulhsu64(aLo: number, aHi: number, bLo: number, bHi: number): number {
  let lo = mulhu64(aLo, aHi, bLo, bHi)
  if (aHi < 0) {
    high = (high - bHi - (lo >>> 0 < bLo >>> 0 ? 1 : 0)) | 0
    lo = (lo - bLo) | 0
  }
  return lo
}`,
  },
  big: {
    needs: [],
    text: `const big = (lo: number, hi: number): bigint => (BigInt(hi >>> 0) << 32n) | BigInt(lo >>> 0)`,
  },
  bigSigned: {
    needs: [],
    text: `const bigSigned = (lo: number, hi: number): bigint => (BigInt(hi) << 32n) | BigInt(lo >>> 0)`,
  },
  halves: {
    needs: ['high'],
    text: `function halves(x: bigint): number {
  high = Number(BigInt.asIntN(32, x >> 32n))
  return Number(BigInt.asIntN(32, x))
}`,
  },
  exactHalves: {
    needs: ['high'],
    text: `/** Of a whole number below 2^53 in absolute value. */
function exactHalves(x: number): number {
  high = Math.floor(x / 0x100000000) | 0
  return x | 0
}`,
  },
  udiv64: {
    needs: ['big', 'halves', 'exactHalves'],
    text: `/** Both below 2^53: one division of doubles is exact after rounding down. */
function udiv64(aLo: number, aHi: number, bLo: number, bHi: number): number {
  if ((aHi | bHi) === 0) {
    high = 0
    return ((aLo >>> 0) / (bLo >>> 0)) | 0
  }
  if (aHi >>> 21 === 0 && bHi >>> 21 === 0) {
    return exactHalves(Math.floor((aHi * 0x100000000 + (aLo >>> 0)) / (bHi * 0x100000000 + (bLo >>> 0))))
  }
  return halves(big(aLo, aHi) / big(bLo, bHi))
}`,
  },
  urem64: {
    needs: ['big', 'halves', 'exactHalves'],
    text: `function urem64(aLo: number, aHi: number, bLo: number, bHi: number): number {
  if ((aHi | bHi) === 0) {
    high = 0
    return ((aLo >>> 0) % (bLo >>> 0)) | 0
  }
  if (aHi >>> 21 === 0 && bHi >>> 21 === 0) {
    return exactHalves((aHi * 0x100000000 + (aLo >>> 0)) % (bHi * 0x100000000 + (bLo >>> 0)))
  }
  return halves(big(aLo, aHi) % big(bLo, bHi))
}`,
  },
  sdiv64: {
    needs: ['bigSigned', 'halves', 'exactHalves'],
    text: `function sdiv64(aLo: number, aHi: number, bLo: number, bHi: number): number {
  if ((aHi | bHi) === 0) {
    high = 0
    return ((aLo >>> 0) / (bLo >>> 0)) | 0
  }
  if ((aHi + 0x100000) >>> 21 === 0 && (bHi + 0x100000) >>> 21 === 0) {
    return exactHalves(Math.trunc((aHi * 0x100000000 + (aLo >>> 0)) / (bHi * 0x100000000 + (bLo >>> 0))))
  }
  return halves(bigSigned(aLo, aHi) / bigSigned(bLo, bHi))
}`,
  },
  srem64: {
    needs: ['bigSigned', 'halves', 'exactHalves'],
    text: `function srem64(aLo: number, aHi: number, bLo: number, bHi: number): number {
  if ((aHi | bHi) === 0) {
    high = 0
    return ((aLo >>> 0) % (bLo >>> 0)) | 0
  }
  if ((aHi + 0x100000) >>> 21 === 0 && (bHi + 0x100000) >>> 21 === 0) {
    return exactHalves((aHi * 0x100000000 + (aLo >>> 0)) % (bHi * 0x100000000 + (bLo >>> 0)))
  }
  return halves(bigSigned(aLo, aHi) % bigSigned(bLo, bHi))
}`,
  },
  bigCount: {
    needs: [],
    text: `function bigCount(x: bigint): bigint {
  let count = 0n
  for (; x !== 0n; x &= x - 1n) count++
  return count
}`,
  },
  bigLength: {
    needs: [],
    text: `const bigLength = (x: bigint): bigint => (x === 0n ? 0n : BigInt(x.toString(2).length))`,
  },
} as const satisfies Record<string, Helper>

export type HelperName = keyof typeof helpers

/** Texts of the helpers named and of what they need, in the order of the table. */
export function helperTexts(used: ReadonlySet<HelperName>): readonly string[] {
  const wanted = new Set<string>()
  const want = (name: HelperName): void => {
    if (wanted.has(name)) return
    wanted.add(name)
    for (const need of (helpers[name] as Helper).needs) want(need as HelperName)
  }
  for (const name of used) want(name)
  return Object.entries(helpers).flatMap(([name, helper]) => (wanted.has(name) ? [helper.text] : []))
}
