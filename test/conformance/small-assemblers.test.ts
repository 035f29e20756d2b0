/**
 * What 8-bit instructions are called: the whole decode space of each machine disassembled, and these texts assembled by ca65 or z80asm to the same bytes as by isagen. What
 * they have no name for is listed.
 */

import { describe, expect, test } from 'vitest'
import { loadGuest } from '../oracles/isas.ts'
import { oracle } from '../oracles/oracle.ts'
import { ADDRESS, assembleSlots, ca65, type SmallAssembler, z80asm } from '../oracles/small-assemblers.ts'

interface Machine {
  readonly name: string
  readonly assembler: SmallAssembler
  /** What stands before the opcode. */
  readonly prefixes: readonly (readonly number[])[]
  /** Opcodes that are themselves prefixes. */
  readonly isPrefix: readonly number[]
  /** Texts that it has no name for. */
  readonly unknown: RegExp
  readonly least: number
}

const machines: readonly Machine[] = [
  {
    name: 'mos6502',
    assembler: ca65('6502'),
    prefixes: [[]],
    isPrefix: [],
    unknown: /^$/,
    least: 151,
  },
  {
    name: 'wdc65c02',
    assembler: ca65('65C02'),
    prefixes: [[]],
    isPrefix: [],
    // Opcodes that do nothing: it names one of them.
    unknown: /^nop(?:\d| )/,
    least: 210,
  },
  {
    name: 'z80',
    assembler: z80asm,
    prefixes: [[], [0xcb], [0xed], [0xdd], [0xfd], [0xdd, 0xcb, 5], [0xfd, 0xcb, 5]],
    isPrefix: [0xcb, 0xed, 0xdd, 0xfd],
    // Undocumented. It has no sll, says nothing of opcodes that do nothing, drops the copy of what was shifted, and takes h for l in
    // arithmetic with halves of index registers, though not where it loads these.
    unknown: /^nop |^sll |\bi[xy][hl]\b|^(?:r[lr]c?|s[lr]a|srl|res|set)\b.*\), \w$/,
    least: 690,
  },
]

describe.each(machines)('$name', ({ name, assembler, prefixes, isPrefix, unknown, least }) => {
  const isMissing = assembler.tools.some((tool) => oracle(tool) === undefined)
  test.skipIf(isMissing)('texts of the whole decode space', async () => {
    const guest = await loadGuest(name)
    const disassemble = await guest.disassembler()
    const assemble = await guest.assembler()
    const texts = new Set<string>()
    for (const prefix of prefixes) {
      for (let opcode = 0; opcode < 256; opcode++) {
        if (prefix.length < 2 && isPrefix.includes(opcode)) continue
        const bytes = [...prefix, opcode, ...(prefix.length === 3 ? [] : [0x34, 0x12, 0x56])]
        const found = disassemble(Uint8Array.from(bytes), 0, BigInt(ADDRESS))
        if (found && !unknown.test(found.text)) texts.add(found.text)
      }
    }
    const lines = [...texts]
    const slots = await assembleSlots(assembler, lines)
    const wrong = lines.filter((text, i) => {
      const result = assemble(text, BigInt(ADDRESS))
      const ours = result.ok ? [...result.bytes] : []
      const theirs = [...slots[i]!]
      return ours.length === 0 || theirs.some((byte, at) => byte !== (ours[at] ?? 0))
    })
    expect(wrong).toEqual([])
    expect(lines.length).toBeGreaterThanOrEqual(least)
  })
})
