/**
 * Seeded pseudo-random numbers for tests, so that a failure can be repeated from its seed. xoshiro128** of Blackman and Vigna, seeded by
 * splitmix32.
 */

export interface Random {
  /** 0 … 2^32 − 1. */
  u32(): number
  /** 0 … bound − 1. */
  below(bound: number): number
  /** An unsigned number of `bits` bits, with boundary values (0, 1, all ones, the sign bit, small, one bit) every other time. */
  value(bits: number): bigint
  pick<T>(items: readonly T[]): T
}

export function createRandom(seed: number): Random {
  let a = splitmix(seed)
  let b = splitmix(seed + 1)
  let c = splitmix(seed + 2)
  let d = splitmix(seed + 3)

  function u32(): number {
    const result = Math.imul(rotl(Math.imul(b, 5), 7), 9) >>> 0
    const t = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= t
    d = rotl(d, 11)
    return result
  }
  const below = (bound: number): number => Math.floor((u32() / 0x1_0000_0000) * bound)

  function value(bits: number): bigint {
    const width = BigInt(bits)
    const mask = (1n << width) - 1n
    switch (below(12)) {
      case 0:
        return 0n
      case 1:
        return mask
      case 2:
        return 1n << (width - 1n)
      case 3:
        return (1n << (width - 1n)) - 1n
      case 4:
        return BigInt(below(16)) & mask
      case 5:
        return -BigInt(below(16)) & mask
      case 6:
        return 1n << BigInt(below(bits))
      default: {
        let result = 0n
        for (let got = 0; got < bits; got += 32) result = (result << 32n) | BigInt(u32())
        return result & mask
      }
    }
  }

  function pick<T>(items: readonly T[]): T {
    const item = items[below(items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }
  return { u32, below, value, pick }
}

function rotl(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k))
}

function splitmix(seed: number): number {
  let z = (seed + 0x9e3779b9) | 0
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
  return z ^ (z >>> 15)
}
