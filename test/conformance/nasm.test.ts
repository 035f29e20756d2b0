/**
 * The 8086 beside nasm and ndisasm: every opcode with every mode and register of its ModRM byte, displacements and immediates at their ends and random, behind every prefix. Our texts
 * must be the same bytes for nasm, up to the forms it prefers; ndisasm's texts of our bytes must be the same bytes for our assembler. What they spell otherwise is rewritten here.
 */

import { describe, expect, test } from 'vitest'
import { loadGuest } from '../oracles/isas.ts'
import { ndisasm } from '../oracles/ndisasm.ts'
import { type OpcodePlan, opcodeTexts, seed } from '../oracles/opcode-texts.ts'
import { oracle } from '../oracles/oracle.ts'
import { ADDRESS, assembleLines, nasm } from '../oracles/small-assemblers.ts'
import type { Random } from '../unit/random.ts'

/** Each mod with each reg, and one of the eight rm in turn; with both lengths of address without registers. Behind prefixes, some of them. */
function modrmFillings(random: Random, prefix: readonly number[]): number[][] {
  const tail = (k: number): number[] => {
    const byte = [0x00, 0x01, 0x7f, 0x80, 0xff][k % 8]
    return [0, 0, 0, 0].map(() => byte ?? random.below(256))
  }
  const start = random.below(8)
  const modrm = Array.from({ length: 32 }, (_, k) => [
    (k >> 3) * 64 + (k & 7) * 8 + ((start + k + (k >> 3)) & 7),
    ...tail(k),
  ])
  const fixed = [0, 1].map((k) => [random.below(8) * 8 + 6, ...tail(start + k)])
  return prefix.length === 0 ? [...modrm, ...fixed] : Array.from({ length: 4 }, () => random.pick([...modrm, ...fixed]))
}
const plan: OpcodePlan = {
  prefixes: [[], [0x26], [0x2e], [0x36], [0x3e], [0xf0], [0xf2], [0xf3], [0x26, 0xf3], [0xf0, 0x2e]],
  fillings: modrmFillings,
}

/** It has no name for them: undocumented, and instructions of a coprocessor by their number. */
const unknown = /\b(?:setmo|esc)\b/
/** Prefixes where the manual has them: elsewhere nasm refuses some, and ndisasm takes some for what later processors made of them. */
const usual =
  /^(?:rep(?:ne)? (?:\ws )?(?:movs|cmps|stos|lods|scas)|lock (?:add|or|adc|sbb|and|sub|xor|xchg|inc|dec|not|neg) (?:byte|word) |(?!rep|lock))/
/** A branch behind a prefix that changes nothing reaches a byte further: written without, it does not. */
const tooFar = / 0x(?:282|8082)$/
const isUsual = (text: string): boolean => !unknown.test(text) && !tooFar.test(text) && usual.test(text)
/** A distance, of 20 bits. */
const fromHere = (digits: string): string => {
  const by = Number.parseInt(digits, 16) - ADDRESS
  return `$ + ${by < 2 ** 19 ? (by < -(2 ** 19) ? by + 2 ** 20 : by) : by - 2 ** 20}`
}
const forNasm = (text: string): string =>
  text.replace(/\b((?:j\w+|loop\w*|call) )0x(\w+)$/, (_, head: string, digits: string) => head + fromHere(digits))
/** Here it takes another of several encodings as long: with the accumulator, the other order of what is exchanged, and of prefixes. Its bytes must be called the same by us. */
const otherForm = /^(?:\ws )?(?:mov (?:a[lx], \w+ \[|.*\], a[lx]$)|xchg |\w+ ax, -?0x\w+$|lock .*\[\ws:|rep)/
const plain = (text: string): string =>
  text
    .replace(/\b(?:byte|word) /g, '')
    .replace(/, -0x(\w+)$/, (_, digits: string) => `, 0x${(0x10000 - Number.parseInt(digits, 16)).toString(16)}`)
/** Exchanged operands in one order. */
const swapped = (text: string): string =>
  text.replace(
    /(xchg) (.*), ?(.*)/,
    (_, name: string, one: string, other: string) => `${name} ${[one, other].sort().join(', ')}`,
  )

/** Branches stay in their segment from here. */
const MIDDLE = 0x8000
const conditions: Readonly<Record<string, string>> = {
  c: 'b',
  nc: 'ae',
  z: 'e',
  nz: 'ne',
  ng: 'le',
  nl: 'ge',
  na: 'be',
  pe: 'p',
  po: 'np',
}
/** ndisasm's text with our sizes, our names of conditions, and the prefix of a segment behind that of repetition. */
const forUs = (text: string, ours: string): string => {
  const size = /(?:byte|word) (?=\[)/.exec(ours)?.[0] ?? ''
  return text
    .replace(/(?:byte |word )?\[/, `${size}[`)
    .replace(/byte \+?(-?0x)/, '$1')
    .replace(/\b(xchg) (?!ax,\w+$)(\w+),(.*)$/, '$1 $3, $2')
    .replace(/\brepe /, 'rep ')
    .replace(/^(\ws) (repn?e?) /, '$2 $1 ')
    .replace(/^jmp short /, 'jmp ')
    .replace(/^wait nop$/, 'wait')
    .replace(/^j(\w+) /, (_, cc: string) => `j${conditions[cc] ?? cc} `)
}

const hex = (bytes: Iterable<number>): string => Buffer.from([...bytes]).toString('hex')

describe.skipIf(oracle('nasm') === undefined || oracle('ndisasm') === undefined)('i8086', () => {
  test(`our texts for nasm, seed ${seed}`, async () => {
    const guest = await loadGuest('i8086')
    const assemble = await guest.assembler()
    const disassemble = await guest.disassembler()
    const all = await opcodeTexts(guest, plan, BigInt(ADDRESS))
    const known = all.map(({ text }) => text).filter(isUsual)
    const slots = await assembleLines(nasm, known.map(forNasm))
    const wrong = known.flatMap((text, i) => {
      const result = assemble(text, BigInt(ADDRESS))
      if (!result.ok) return [`${text}: ${result.message}`]
      const back = disassemble(result.bytes, 0, BigInt(ADDRESS))?.text
      if (back === undefined || plain(back) !== plain(text)) return [`${text}: back as ${back}`]
      const theirs = slots[i] ?? new Uint8Array()
      const their = disassemble(theirs, 0, BigInt(ADDRESS))
      const theirText = their ? plain(swapped(their.text)) : ''
      const same =
        hex(result.bytes) === hex(theirs.slice(0, result.bytes.length)) ||
        (otherForm.test(text) && theirText === plain(swapped(text)))
      return same ? [] : [`${text}: ${hex(result.bytes)}, theirs ${hex(theirs.slice(0, their?.length))}`]
    })
    expect(wrong).toEqual([])
    expect(known.length).toBeGreaterThan(7000)
  })

  test(`ndisasm's texts for us, seed ${seed}`, async () => {
    const guest = await loadGuest('i8086')
    const assemble = await guest.assembler()
    const texts = (await opcodeTexts(guest, plan, BigInt(MIDDLE))).map(({ text }) => text).filter(isUsual)
    const code = texts.map((text) => {
      const result = assemble(text, BigInt(MIDDLE))
      return result.ok ? Uint8Array.from(result.bytes) : new Uint8Array()
    })
    const listed = await ndisasm(code, MIDDLE)
    // It takes the one for the prefix that it is on later processors, and names ax first, which has a shorter form.
    const wrong = texts.flatMap((text, i) => {
      if (text === 'pop cs' || /^xchg \w\w, ax$/.test(text)) return []
      const line = forUs(listed[i] ?? '', text)
      const result = assemble(line, BigInt(MIDDLE))
      const [ours, theirs] = [hex(code[i] ?? []), result.ok ? hex(result.bytes) : result.message]
      return ours === theirs ? [] : [`${text}: ${ours}; ${listed[i]}, ${line}: ${theirs}`]
    })
    expect(wrong).toEqual([])
    expect(texts.length).toBeGreaterThan(7000)
  })
})
