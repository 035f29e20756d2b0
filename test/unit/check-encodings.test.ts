/** Encodings: where bits stand in either byte order, in words and in byte streams, and the forms that operands' own encodings make. */

import { describe, expect, test } from 'vitest'
import { instruction, layoutOf, machine } from './check-machine.ts'

const words = (endian: string) => `isa words "Words"
unit 16
endian ${endian}
reg R[16] : b16
reg pc : b16
mem M : b16
operand rd (n:4) = R[n]
operand imm(n) : b16 = sx(n)
insn low  { enc 0001 rd k:8; asm "{rd}, {k}"; exec { rd = zx(k) } }
insn split { enc 0010 imm[3:1|8] imm[7:4] rd; asm "{rd}, {imm}"; exec { rd = imm } }
insn long { enc (0011 rd 00000001) (imm[15:0]); asm "{rd}, {imm}"; exec { rd = imm } }
`

test('a little-endian word reads as itself', () => {
  const isa = machine(words('little'))
  expect(layoutOf(isa, 'low')).toEqual({ length: 2, mask: 'f000', value: '1000', fields: ['rd 3:0@8', 'k 7:0@0'] })
  expect(layoutOf(isa, 'split').fields).toEqual(['imm 3:1@9 8:8@8 7:4@4', 'rd 3:0@0'])
})

test('a big-endian word has its high byte first: bit k of byte j is bit 8 j + k', () => {
  const isa = machine(words('big'))
  expect(layoutOf(isa, 'low')).toEqual({ length: 2, mask: 'f0', value: '10', fields: ['rd 3:0@0', 'k 7:0@8'] })
  // Each box is turned on its own: they are fetched in order.
  expect(layoutOf(isa, 'long')).toEqual({
    length: 4,
    mask: 'fff0',
    value: '130',
    fields: ['rd 3:0@0', 'imm 7:0@24 15:8@16'],
  })
})

describe('byte streams', () => {
  const isa = machine(`isa bytes "Bytes"
unit 8
reg R[8] : b8
reg A : b8
reg pc : b16
mem M : b16
operand r, r2 (n:3) = R[n]
operand near(d:8) : b16 = zx(d)
operand far(a:16) : b16 = a
/// Registers or memory, in a byte of their own; the other operand fills the slot.
operand rm /slot:3 : b8 = one of direct, indexed
operand direct /slot:3 : b8 { enc (11 slot m:3); value R[m]; asm "{R[m]}" }
operand indexed /slot:3 : b8 {
  rows mod disp at { 00 - zx(R[m]); 01 d:8 zx(R[m]) + sx(d) }
  enc (mod slot m:3) disp
  value M8[at]
  asm "[{R[m]}]"
  when m != 7
}
insn ld { enc op m; asm "{m}"; exec { A = M8[m] }; rows op m { 10 near; 20 far } }
insn add { enc 80 /r; asm "{r}, {rm}"; exec { r = r + rm } }
insn neg { enc 81 /3; asm "{rm}"; exec { rm = -rm } }
insn mov { enc (01 r r2); asm "{r}, {r2}"; exec { let v = r2; r = v } }
`)
  test('each byte or field is a box, in fetch order', () => {
    expect(layoutOf(isa, 'ld_near')).toMatchObject({ length: 2, mask: 'ff', value: '10', fields: ['near 7:0@8'] })
    expect(layoutOf(isa, 'ld_far')).toMatchObject({ length: 3, mask: 'ff', value: '20', fields: ['far 15:0@8'] })
    expect(layoutOf(isa, 'mov')).toMatchObject({ length: 1, mask: 'c0', value: '40', fields: ['r 2:0@3', 'r2 2:0@0'] })
  })
  test('an operand with encodings of its own gives a form each', () => {
    const forms = isa.instructions.filter((i) => i.id.startsWith('add'))
    expect(forms.map((i) => [i.encoding.length, i.encoding.value.toString(16)])).toEqual([
      [2, 'c080'],
      [2, '80'],
      [3, '4080'],
    ])
    expect(layoutOf(isa, forms[2]?.id as string).fields).toEqual(['r 2:0@11', 'indexed_m 2:0@8', 'indexed_d 7:0@16'])
  })
  test('/digit fills the slot with a constant', () => {
    const [direct] = isa.instructions.filter((i) => i.id.startsWith('neg'))
    expect(layoutOf(isa, direct?.id as string)).toMatchObject({ mask: 'f8ff', value: 'd881' })
  })
  test('the alternative’s condition is the instruction’s', () => {
    const [direct, indexed] = isa.instructions.filter((i) => i.id.startsWith('neg'))
    expect(direct?.when).toMatchObject({ kind: 'const', value: 1n })
    expect(indexed?.when).toMatchObject({ kind: 'compare', op: 'ne' })
  })
})

test('digits of an encoding: hex and octal where the isa says so', () => {
  const isa = machine(`isa hexes "Hexes"
unit 16
digits hex
reg V[16] : b8
reg pc : b16
mem M : b16
operand x, y (n:4) = V[n]
insn copy { enc 8 x y 0; asm "{x}, {y}"; exec { x = y } }
`)
  expect(layoutOf(isa, 'copy')).toMatchObject({ mask: 'f00f', value: '8000' })
  expect(instruction(isa, 'copy').encoding.drawing.map((d) => d.text)).toEqual(['1000', 'x', 'y', '0000'])
})
