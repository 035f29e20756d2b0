/**
 * MIPS I against llvm-mc, in both byte orders: what instructions with random fields are called, and how these texts are assembled. What LLVM spells
 * otherwise is rewritten here; what it does not know is listed.
 */

import { describe, expect, test } from 'vitest'
import { loadGuest, loadIr } from '../oracles/isas.ts'
import { llvmAssemble, llvmDisassemble } from '../oracles/llvm-mc.ts'
import { oracle } from '../oracles/oracle.ts'
import { random as createRandom } from '../unit/random.ts'

const seed = Number(process.env.ISAGEN_SEED ?? 1)
/** Of each instruction. */
const words = 60
const registerNames =
  'zero at v0 v1 a0 a1 a2 a3 t0 t1 t2 t3 t4 t5 t6 t7 s0 s1 s2 s3 s4 s5 s6 s7 t8 t9 k0 k1 gp sp fp ra'
const registers = new Map(registerNames.split(' ').map((name, i) => [`$${name}`, `$${i}`]))

/** rfe of MIPS I is in no machine of LLVM, coprocessors by their bare opcode are nowhere, and jalr without a link it takes for another jr. */
const unknown = /^(?:rfe|cop[123]|jalr \$zero)\b/
/** Ours → LLVM's, which numbers most registers, says an unused operand of `div`, and has aliases for or and sub, but not `li`. */
const spellings: readonly (readonly [RegExp, string | ((...groups: string[]) => string)])[] = [
  [/\$\w+/g, (name) => registers.get(name) ?? name],
  [/^(m[ft]c0 .*)/, '$1, 0'],
  [/^break (\d+)$/, (_, code) => [Number(code) >> 10, Number(code) & 1023].join(', ').replace(/^/, 'break ')],
  [/^(break .*), 0$/, '$1'],
  [/^(divu? )/, '$1$0, '],
  [/^li (\$\d+), (.*)/, 'addiu $1, $0, $2'],
  [/^sub (\$\d+), \$0, (\$\d+)$/, 'neg $1, $2'],
  [/^or (\$\d+), (\$\d+), \$0$/, 'move $1, $2'],
]
const byNumber = (text: string): string => text.replace(/\$\w+/g, (name) => registers.get(name) ?? name)
const asLlvm = (text: string): string =>
  spellings.reduce((line, [pattern, to]) => line.replace(pattern, to as string), text)
/** For its assembler, which counts branches from the slot (its disassembler from the branch), and has or for `move`. */
const forLlvm = (text: string): string =>
  asLlvm(text.replace(/^move (.*)/, 'addu $1, $zero')).replace(
    /^(b(?!reak).*?)(-?\d+)$/,
    (_, before, to) => `${before}${Number(to) - 4}`,
  )

describe.skipIf(oracle('llvm-mc') === undefined).each([
  ['r3000', 'mipsel'],
  ['r3000eb', 'mips'],
])('%s', (name, triple) => {
  const target = { triple, features: '', cpu: 'mips1' }

  test(`${words} words of each instruction, seed ${seed}`, async () => {
    const guest = await loadGuest(name)
    const disassemble = await guest.disassembler()
    const assemble = await guest.assembler()
    const random = createRandom(seed)
    const made = loadIr(name).instructions.flatMap(({ encoding, fields }) =>
      Array.from({ length: words }, () => {
        let word = encoding.value
        for (const { pieces } of fields) {
          for (const { at, width } of pieces) word |= BigInt(random.below(2 ** width)) << BigInt(at)
        }
        const bytes = Uint8Array.from({ length: 4 }, (_, i) => Number((word >> BigInt(8 * i)) & 0xffn))
        return { bytes, text: disassemble(bytes, 0, 0n, { labels: 'relative' })?.text ?? '' }
      }),
    )
    const known = made.filter(({ text }) => !unknown.test(text))
    const theirs = await llvmDisassemble(
      target,
      known.map(({ bytes }) => bytes),
      true,
    )
    const texts = known.map(({ text }, i) => ({ ours: asLlvm(text), theirs: byNumber(theirs[i] ?? 'none') }))
    expect(texts.filter(({ ours, theirs }) => ours !== theirs)).toEqual([])

    const encoded = await llvmAssemble(
      target,
      known.map(({ text }) => `.set noreorder; .set noat; ${forLlvm(text)}`),
    )
    const encodings = known.map(({ text }, i) => {
      const result = assemble(text, 0n)
      return { text, ours: result.ok ? [...result.bytes] : result.message, theirs: [...(encoded[i] ?? [])] }
    })
    expect(encodings.filter(({ ours, theirs }) => String(ours) !== String(theirs))).toEqual([])
    expect(known.length).toBeGreaterThan(words * 55)
  })
})
