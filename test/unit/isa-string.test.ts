/** What texts that name machines mean: the parts they bring, in the family's order, or what is said of a wrong one. */

import { describe, expect, test } from 'vitest'
import { compile } from '../../generator/compile.ts'
import { loadIr } from '../oracles/isas.ts'

const toy = `
part core
unit 8
param W in 8, 16
reg A : b[W]
reg pc : b8
mem M : b8
insn nop { enc 00; exec { } }
part inc
requires core
insn inc { enc 01; exec { A = A + 1 } }
part dec
requires inc
insn dec { enc 02; exec { A = A - 1 } }
part swap
requires core
insn swap { enc 03; exec { A = ~A } }
family toy "Toy" separator "-" version "p"
base toy8 1.0 = core with W = 8
base toy16 = core with W = 16
base toy16g = toy16 + i + deck
option i 2.1 = inc
option deck 1.0 beside i = dec
option x beside deck = swap
option x3 1.0 = swap
`

/** The parts that the text's machine has, or what is wrong. */
function partsOf(name: string): string {
  const { session, isas, problem } = compile([{ file: 'toy.isa', text: toy }], { isa: name })
  expect(session.diagnostics).toEqual([])
  const [isa] = isas
  if (isa) expect(isa).toMatchObject({ name, title: `Toy ${name}` })
  return problem ?? `${isa?.parts.filter((part) => part !== name).join(' ')}, W ${isa?.params.W}`
}

describe('a machine', () => {
  test.each([
    ['toy8', 'core, W 8'],
    ['Toy8I', 'core inc, W 8'],
    ['toy8-i', 'core inc, W 8'],
    ['toy16-deck-i', 'core inc dec, W 16'],
    ['toy16g', 'core inc dec, W 16'],
    ['toy16gx', 'core inc dec swap, W 16'],
    ['toy81p0-i2-deck1p0', 'core inc dec, W 8'],
    ['toy8i2p0deck', 'core inc dec, W 8'],
    // An option whose name ends in digits is itself, not a version of a shorter one.
    ['toy8-x3', 'core swap, W 8'],
    ['toy8-x31p0', 'core swap, W 8'],
  ])('%s is %s', (name, parts) => expect(partsOf(name)).toBe(parts))
})

describe('no machine', () => {
  test.each([
    ['toy9', 'there is no isa toy9'],
    ['toy8-dek', 'toy8-dek: Toy has no option dek here; did you mean deck?'],
    ['toy8-i-q', 'toy8-i-q: Toy has no option q here; there are i, deck, x, x3'],
    ['toy8-i2p0-i', 'toy8-i2p0-i: i is said twice'],
    ['toy8-i3p0', 'toy8-i3p0: i is here in version 2p1, not 3p0'],
    ['toy8-i2p2', 'toy8-i2p2: i is here in version 2p1, not 2p2'],
    ['toy161p0', 'toy161p0: toy16 has no version'],
    ['toy8-deck', 'toy8-deck: deck is here only together with i'],
  ])('%s', (name, problem) => expect(partsOf(name)).toBe(problem))
})

test('texts of RISC-V', () => {
  const gc = loadIr('rv64gc').parts.filter((part) => part !== 'rv64gc')
  const parts = (name: string) => loadIr(name).parts.filter((part) => part !== name)
  expect(parts('rv64imafdc_zicsr_zifencei').sort()).toEqual([...gc].sort())
  expect(parts('rv64i2p1_m2p0_a2p1_f2p2_d2p2_c2p0_zicsr2p0_zifencei2p0').sort()).toEqual([...gc].sort())
  expect(parts('rv32imcb')).toEqual(['rv_i', 'rv_m', 'rv_c', 'rv_zba', 'rv_zbb', 'rv_zbs'])
  expect(() => loadIr('rv64gc_zbz')).toThrow('rv64gc_zbz: RISC-V has no option zbz here; did you mean zba?')
})
