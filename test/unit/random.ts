/** Seeded random numbers for tests: mulberry32. The same seed gives the same sequence on every machine. */

export interface Random {
  /** 0 ≤ n < limit. */
  below(limit: number): number
  /** `width` random bits; boundary values (0, 1, all ones, sign bit alone, greatest positive) come often. */
  bits(width: number): bigint
  pick<T>(choices: readonly T[]): T
  /** A seed for another generator. */
  seed(): number
}

export function random(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }
  const below = (limit: number): number => next() % limit
  const bits = (width: number): bigint => {
    const boundary = below(12)
    const sign = 1n << BigInt(width - 1)
    const ones = (1n << BigInt(width)) - 1n
    const special = [0n, 1n, ones, sign, sign - 1n][boundary]
    if (special !== undefined) return BigInt.asUintN(width, special)
    let value = 0n
    for (let have = 0; have < width; have += 32) value = (value << 32n) | BigInt(next())
    // Small numbers are as interesting as large ones.
    const keep = boundary < 8 ? 1 + below(width) : width
    return BigInt.asUintN(keep, value)
  }
  return { below, bits, pick: (choices) => choices[below(choices.length)]!, seed: next }
}
