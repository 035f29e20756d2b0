/**
 * Every floating-point instruction of RISC-V, in every rounding mode, on operands that are hard: results and flags as under qemu-user; and sums,
 * products, quotients and roots as JavaScript has them. The guest, test/guests/float.c, folds the results of a chunk of operands into two words;
 * where they differ, the chunk runs again one case at a time.
 */

import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { execute, isagen } from '../oracles/command-line.ts'
import { bitsOf, double, type Format, numberOf, operands, single } from '../oracles/float-operands.ts'
import { oracle, projectRoot } from '../oracles/oracle.ts'
import { random as createRandom } from '../unit/random.ts'

const seed = Number(process.env.ISAGEN_SEED ?? 1)
const cases = Number(process.env.ISAGEN_FLOATS ?? 100_000)
const tiers = ['interpreter', 'wasm-interpreter', 'baseline'] as const
const modes = ['rne', 'rtz', 'rdn', 'rup', 'rmm'] as const
const IN_TURN = modes.length

const chunk = 250
/** A case: three doubles and three singles in their registers. */
const caseBytes = 48
/** What comes back of an instruction: result and flags, 64 bits each. */
const resultBytes = 16

type Engine = (args: readonly string[], input?: Uint8Array) => Promise<Uint8Array>

describe.each([64, 32] as const)('rv%sgc', (xlen) => {
  const guest = join(projectRoot, `test/guests/float.rv${xlen}.elf`)
  const qemu = oracle(`qemu-riscv${xlen}`)
  const underQemu: Engine = async (args, input) => (await execute(qemu ?? '', [guest, ...args], { input })).out
  // Chunks of rv32gc are fewer: the same functions with the other word size.
  const input = table(createRandom(seed), xlen === 64 ? cases : cases / 5)

  test.skipIf(!qemu).each(tiers)(`results and flags as under qemu-user, seed ${seed}: %s`, async (tier) => {
    const texts = await instructions(underQemu)
    const args = [`${chunk}`, '0', `${texts.length}`, `${IN_TURN}`]
    const ours = underIsagen(guest, tier)
    const [expected, actual] = await Promise.all([underQemu(args, input), ours(args, input)])
    expect(actual.length).toBe(expected.length)
    for (let at = 0; at < expected.length; at += resultBytes) {
      if (Buffer.compare(expected.subarray(at, at + resultBytes), actual.subarray(at, at + resultBytes)) === 0) continue
      const number = Math.floor(at / resultBytes / texts.length)
      const instruction = (at / resultBytes) % texts.length
      const part = input.subarray(number * chunk * caseBytes, (number + 1) * chunk * caseBytes)
      expect.fail(
        await firstDifference(underQemu, ours, part, instruction, number % modes.length, texts[instruction] ?? ''),
      )
    }
  })

  test.skipIf(xlen === 32)(`values as in JavaScript, seed ${seed}`, async () => {
    const ours = underIsagen(guest, 'baseline')
    const texts = await instructions(ours)
    for (const [suffix, format] of [
      ['d', double],
      ['s', single],
    ] as const) {
      const first = texts.findIndex((text) => text.startsWith(`fadd.${suffix} `))
      const results = await ours(['1', `${first}`, `${first + operations.length}`, '0'], input)
      const view = new DataView(results.buffer, results.byteOffset)
      for (let i = 0; i * caseBytes < input.length; i++) {
        operations.forEach(({ name, apply }, k) => {
          const [a = 0n, b = 0n] = registers(input, i, format)
          const wanted = boxed(format, bitsOf(format, apply(numberIn(format, a), numberIn(format, b))))
          const got = view.getBigUint64((i * operations.length + k) * resultBytes, true)
          if (got !== wanted)
            expect.fail(`${name}.${suffix} of ${hex(a)} and ${hex(b)}: ${hex(wanted)} wanted, ${hex(got)} here`)
        })
      }
    }
  })
})

/** In the guest's order. */
const operations: readonly { readonly name: string; apply(a: number, b: number): number }[] = [
  { name: 'fadd', apply: (a, b) => a + b },
  { name: 'fsub', apply: (a, b) => a - b },
  { name: 'fmul', apply: (a, b) => a * b },
  { name: 'fdiv', apply: (a, b) => a / b },
  { name: 'fsqrt', apply: (a) => Math.sqrt(a) },
]

function underIsagen(guest: string, tier: string): Engine {
  return async (args, input) => {
    const { status, out, err } = await isagen(['run', guest, '--tier', tier, '--', ...args], { input })
    if (status !== 0) throw new Error(`the guest ends with ${status} in tier ${tier}: ${err}`)
    return out
  }
}

/** "fadd.d fa0, fa1, fa2" … */
async function instructions(engine: Engine): Promise<string[]> {
  const text = Buffer.from(await engine(['list'])).toString()
  return text
    .trim()
    .split('\n')
    .map((line) => line.replace(' *', ''))
}

function table(random: ReturnType<typeof createRandom>, count: number): Uint8Array {
  const bytes = new Uint8Array(count * caseBytes)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < count; i++) {
    const singles = operands(random, single).map((bits) => (random.below(32) === 0 ? bits : boxed(single, bits)))
    ;[...operands(random, double), ...singles].forEach((bits, k) =>
      view.setBigUint64(i * caseBytes + k * 8, bits, true),
    )
  }
  return bytes
}
function registers(input: Uint8Array, number: number, { width }: Format): bigint[] {
  const view = new DataView(input.buffer, input.byteOffset + number * caseBytes + (width === 64 ? 0 : 24), 24)
  return [0, 8, 16].map((at) => view.getBigUint64(at, true))
}
/** A single in a register has ones above it; what has not is a NaN. */
function boxed({ width }: Format, bits: bigint): bigint {
  return width === 64 ? bits : 0xffffffff00000000n | bits
}
function numberIn(format: Format, register: bigint): number {
  return format.width === 32 && register >> 32n !== 0xffffffffn ? Number.NaN : numberOf(format, register)
}

async function firstDifference(
  theirs: Engine,
  ours: Engine,
  input: Uint8Array,
  instruction: number,
  mode: number,
  text: string,
): Promise<string> {
  const args = ['1', `${instruction}`, `${instruction + 1}`, `${mode}`]
  const [expected, actual] = await Promise.all([theirs(args, input), ours(args, input)])
  const word = (bytes: Uint8Array, at: number): bigint =>
    new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(at, true)
  for (let at = 0; at < expected.length; at += resultBytes) {
    const [value, flags] = [word(expected, at), word(expected, at + 8)]
    if (word(actual, at) === value && word(actual, at + 8) === flags) continue
    const given = [double, single].map((format) =>
      registers(input, at / resultBytes, format)
        .map(hex)
        .join(' '),
    )
    return `${text}, ${modes[mode]}, doubles ${given[0]}, singles ${given[1]}: ${hex(value)} flags ${flags} wanted, ${hex(word(actual, at))} flags ${word(actual, at + 8)} here`
  }
  return `${text}, ${modes[mode]}: differs in a chunk, but not case by case`
}

const hex = (bits: bigint): string => `0x${bits.toString(16)}`
