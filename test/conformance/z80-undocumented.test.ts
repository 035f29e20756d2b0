/**
 * The Z80's whole decode space, undocumented opcodes too, beside z80dasm, which names them all: its text of our bytes, rewritten where its style differs, must assemble to what our own text
 * assembles to.
 */

import { describe, expect, test } from 'vitest'
import { loadGuest } from '../oracles/isas.ts'
import { opcodeTexts, seed, z80Plan } from '../oracles/opcode-texts.ts'
import { oracle } from '../oracles/oracle.ts'
import { z80Texts } from '../oracles/z80dasm.ts'

/** Its → ours, in this order. */
const spellings: readonly (readonly [RegExp, string])[] = [
  // What is tested goes nowhere, whatever it says (the vectors of the Z80 agree).
  [/^(bit .*) & .*$/, '$1'],
  // What is shifted goes to a register, too.
  [/^(.*) & ld (\w),.*$/, '$1, $2'],
  [/\b0?([\da-f]+)h\b/g, '0x$1'],
  [/^sli /, 'sll '],
  [/\$/, '.'],
]
/** Bytes that it takes for data: prefixes that change nothing, and what does nothing behind ED. */
const unknown = /^defb/

describe.skipIf(oracle('z80dasm') === undefined)('z80 beside z80dasm', () => {
  test(`its texts of the whole decode space, seed ${seed}`, async () => {
    const guest = await loadGuest('z80')
    const assemble = await guest.assembler()
    const all = await opcodeTexts(guest, z80Plan, 0n)
    const theirs = await z80Texts(all.map(({ bytes }) => bytes))
    const hex = (text: string, pc: bigint): string => {
      const result = assemble(text, pc)
      return result.ok ? Buffer.from(result.bytes).toString('hex') : result.message
    }
    let known = 0
    const wrong = all.flatMap(({ text, bytes }, i) => {
      const their = theirs[i]
      if (their === undefined || unknown.test(their)) return []
      known++
      const ours = spellings.reduce((line, [pattern, to]) => line.replace(pattern, to), their)
      const [one, other] = [hex(text, 0n), hex(ours, 0n)]
      return one === other ? [] : [`${Buffer.from(bytes).toString('hex')}: ${text}: ${one}; ${their}: ${other}`]
    })
    expect(wrong).toEqual([])
    expect(known).toBeGreaterThan(4000)
  })
})
