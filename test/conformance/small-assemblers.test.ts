/**
 * What 8-bit instructions are called: the whole decode space of each machine, each opcode with boundary and random operands, disassembled, and these texts assembled by another
 * assembler to the same bytes as by isagen. What that spells otherwise is rewritten here; what it has no name for is listed.
 */

import { describe, expect, test } from 'vitest'
import { loadGuest } from '../oracles/isas.ts'
import { byteFillings, type OpcodePlan, opcodeTexts, seed, z80Plan } from '../oracles/opcode-texts.ts'
import { oracle } from '../oracles/oracle.ts'
import {
  ADDRESS,
  assembleLines,
  ca65,
  pasmo,
  type SmallAssembler,
  sdasgb,
  z80asm,
} from '../oracles/small-assemblers.ts'

type Spelling = readonly [RegExp, string | ((...groups: string[]) => string)]

interface Comparison {
  readonly machine: string
  readonly with: string
  readonly assembler: SmallAssembler
  readonly plan: OpcodePlan
  /** Of our texts, those that it has no name for; and of these, those that a comparison is about, if not all. */
  readonly unknown: RegExp
  readonly only?: RegExp
  /** Ours → its. */
  readonly spellings: readonly Spelling[]
  readonly least: number
}

const mos: OpcodePlan = { prefixes: [[]], fillings: byteFillings }
/** "$0182" → ". - 126": where it takes labels for something that its linker knows. */
const distance = (digits: string): string => {
  const by = Number.parseInt(digits, 16) - ADDRESS
  return by < 0 ? `. - ${-by}` : `. + ${by}`
}
/** pasmo has lines behind each other. */
const fromHere = (digits: string): string => distance(digits).replace('.', '$')

/** Else it takes the short form of an address below $0100. */
const longAddress: Spelling = [/^(\w+ )(?=\$00\w\w)/, '$1a:']

const comparisons: readonly Comparison[] = [
  {
    machine: 'mos6502',
    with: 'ca65',
    assembler: ca65('6502'),
    plan: mos,
    unknown: /^$/,
    spellings: [longAddress],
    least: 1100,
  },
  {
    machine: 'nmos6502_undocumented',
    with: 'ca65, 6502X',
    assembler: ca65('6502X'),
    plan: mos,
    // Of opcodes that do the same it names one; of those that stop the processor, too.
    unknown: /^(?:anc1|sbc1|nop\d)|^jam(?!0)/,
    spellings: [[/^jam0$/, 'jam'], [/^lxa /, 'lax '], longAddress],
    least: 1700,
  },
  {
    machine: 'wdc65c02',
    with: 'ca65',
    assembler: ca65('65C02'),
    plan: mos,
    // Opcodes that do nothing: it names one of them.
    unknown: /^nop(?:\d| )/,
    spellings: [longAddress],
    least: 1600,
  },
  {
    machine: 'z80',
    with: 'z80asm',
    assembler: z80asm,
    plan: z80Plan,
    // Undocumented. It has no sll, says nothing of opcodes that do nothing, drops the copy of what was shifted, and takes h for l in
    // arithmetic with halves of index registers, though not where it loads these. Others know all this: below. Behind a prefix that changes nothing
    // a branch reaches a byte further.
    unknown: /^nop |^sll |0x282$|\bi[xy][hl]\b|^(?:r[lr]c?|s[lr]a|srl|res|set)\b.*\), \w$/,
    // It has no index register without a displacement.
    spellings: [[/(?<!^jp )\((i[xy])\)/, '($1+0)']],
    least: 1900,
  },
  {
    machine: 'z80',
    with: 'pasmo',
    assembler: pasmo,
    plan: z80Plan,
    // It has none of these undocumented ones.
    unknown: /^nop |0x282$|^(?:r[lr]c?|s[lr][al]|srl|res|set)\b.*\), \w$|^in f, \(c\)|^out \(c\), 0$/,
    spellings: [[/^((?:jr|djnz) (?:\w+, )?)0x(\w+)$/, (_, head, digits) => `${head}${fromHere(digits ?? '')}`]],
    least: 1900,
  },
  {
    machine: 'sm83',
    with: 'sdasgb',
    assembler: sdasgb,
    plan: { prefixes: [[], [0xcb]], fillings: byteFillings },
    unknown: /^$/,
    spellings: [
      [/^ld hl, sp$/, 'ldhl sp, #0'],
      [/^ld hl, sp([+-]\d+)$/, 'ldhl sp, #$1'],
      [/^ld (.*)\(\$ff00\+c\)/, 'ldh $1(c)'],
      [/^jp hl$/, 'jp (hl)'],
      [/^(jr (?:\w+, )?)\$(\w+)$/, (_, head, digits) => `${head}${distance(digits ?? '')}`],
      [/\(\$ff00\+\$/, '($'],
      // Numbers stand behind # where they are values.
      [/^((?:ld|add|adc|sub|sbc|and|xor|or|cp) .*, )(?=[-$\d])/, '$1#'],
      [/\$/g, '0x'],
    ],
    least: 700,
  },
]

const hex = (bytes: Iterable<number>): string => Buffer.from([...bytes]).toString('hex')

describe.each(comparisons)('$machine beside $with', (comparison) => {
  const { machine, assembler, plan, unknown, only, spellings, least } = comparison
  const isMissing = assembler.tools.some((tool) => oracle(tool) === undefined)
  test.skipIf(isMissing)(`texts of the whole decode space, seed ${seed}`, async () => {
    const guest = await loadGuest(machine)
    const disassemble = await guest.disassembler()
    const assemble = await guest.assembler()
    const all = await opcodeTexts(guest, plan, BigInt(ADDRESS))
    const texts = all.map(({ text }) => text).filter((text) => !unknown.test(text) && (!only || only.test(text)))
    const lines = texts.map((text) =>
      spellings.reduce((line, [pattern, to]) => line.replace(pattern, to as string), text),
    )
    const slots = await assembleLines(assembler, lines)
    const wrong = texts.flatMap((text, i) => {
      const result = assemble(text, BigInt(ADDRESS))
      if (!result.ok) return [`${text}: ${result.message}`]
      const back = disassemble(result.bytes, 0, BigInt(ADDRESS))?.text
      if (back !== text) return [`${text}: back as ${back}`]
      const theirs = slots[i] ?? new Uint8Array()
      const ours = [...result.bytes, ...Array<number>(theirs.length).fill(0)].slice(0, theirs.length)
      return hex(ours) === hex(theirs) ? [] : [`${text}: ${hex(result.bytes)}, theirs ${hex(theirs)} of ${lines[i]}`]
    })
    expect(wrong).toEqual([])
    expect(lines.length).toBeGreaterThanOrEqual(least)
  })
})
