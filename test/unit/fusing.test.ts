/** Functions of the library on hosts that round a product and a sum once: the same results, bit for bit and flag for flag, as without. */

import { expect, test } from 'vitest'
import { enableWasmFeatures } from '../../generator/host/index.ts'
import type { Library } from '../../runtime/abi.ts'
import { fuses } from '../../runtime/fusing.ts'
import { libraryExports } from '../../runtime/wasm-interpreter.ts'
import { loadGuest, loadIr } from '../oracles/isas.ts'
import { random } from './random.ts'

enableWasmFeatures()
const { library } = await loadGuest('rv64gc')
const { functions } = loadIr('rv64gc')

const f64 = { name: 'float_mul_add_64', width: 64, fraction: 52, bias: 1023 } as const
const f32 = { name: 'float_mul_add_32', width: 32, fraction: 23, bias: 127 } as const

test('a library comes in both forms', () => {
  expect(library?.fusing).toBeDefined()
  // Processors without fused multiply-add have nothing from it, and use the other form.
  if (!fuses()) console.log('this host rounds twice: there is nothing to compare')
})

test.each([f64, f32])('$name', ({ name, width, fraction, bias }) => {
  if (!library?.fusing || !fuses()) return
  const { fusing, ...plain } = library
  type MulAdd = (
    a: bigint | number,
    b: bigint | number,
    c: bigint | number,
    mode: number,
    raised: number,
  ) => readonly [unknown, number]
  const place = functionPlace(name)
  const one = libraryExports(plain as Library)[place] as MulAdd
  const other = libraryExports(library)[place] as MulAdd
  const r = random(width)
  const [special, ends] = [2 * bias + 1, 1n << BigInt(fraction)]
  const number = (near: number): bigint => {
    const kind = r.below(12)
    const exponent = kind === 0 ? 0 : kind === 1 ? special : Math.min(Math.max(near + r.below(9) - 4, 0), special)
    // Few bits make products and sums that are exact, or lie right between two numbers.
    const fractions = [r.bits(fraction), r.bits(fraction) & -(ends >> 3n), 0n, 1n, ends - 1n]
    const bits = (BigInt(exponent) << BigInt(fraction)) | (fractions[r.below(5)]! & (ends - 1n))
    return BigInt.asIntN(width, (BigInt(r.below(2)) << BigInt(width - 1)) | bits)
  }
  const argument = (bits: bigint): bigint | number => (width === 64 ? bits : Number(bits))
  for (let round = 0; round < 40_000; round++) {
    const ea = r.below(4) === 0 ? r.below(special) : bias + r.below(40) - 20
    const eb = r.below(4) === 0 ? r.below(special) : bias + r.below(40) - 20
    const apart = ea + eb - bias + r.below(2 * fraction) - fraction
    const [a, b, c] = [number(ea), number(eb), number(apart)].map(argument) as [bigint, bigint, bigint]
    const [mode, raised] = [r.below(4) === 0 ? r.below(5) : 0, r.below(32)]
    // Flags are raised on top of those that were.
    const outcome = ([value, flags]: readonly [unknown, number]): string => `${value} ${flags | raised}`
    const [expected, found] = [one, other].map((mulAdd) => outcome(mulAdd(a, b, c, mode, raised)))
    expect(found, `${a} ${b} ${c} ${mode} ${raised}`).toBe(expected)
  }
})

function functionPlace(name: string): string {
  const place = functions.findIndex((f) => f.name === name)
  expect(place).toBeGreaterThanOrEqual(0)
  return String(place)
}
