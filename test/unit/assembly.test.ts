import { describe, expect, test } from 'vitest'
import type { Assemble, AssembleOptions } from '../../runtime/abi.ts'
import { assemblyEngine } from './assembly-engine.ts'
import { byte, word } from './assembly-isas.ts'
import { random } from './random.ts'

const w = assemblyEngine(word)
const b = assemblyEngine(byte)

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
function asm(assemble: Assemble, line: string, pc = 0n, options: AssembleOptions = {}): string {
  const result = assemble(line, pc, options)
  return result.ok ? hexOf(result.bytes) : `${result.column}: ${result.message}`
}
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const dis = (e: typeof w, hex: string, pc = 0n, options = {}): string | undefined =>
  e.disassemble(bytesOf(hex), 0, pc, options)?.text

describe('disassembler', () => {
  test('registers, signed numbers, aliases', () => {
    expect(dis(w, '13051500')).toBe('addi a0, a0, 1')
    expect(dis(w, '1385f5ff')).toBe('addi a0, a1, -1')
    expect(dis(w, '13000000')).toBe('nop')
    expect(dis(w, '13000000', 0n, { aliases: false })).toBe('addi zero, zero, 0')
    expect(dis(w, '13851500')).toBe('addi a0, a1, 1')
    expect(dis(w, '67800000')).toBe('ret')
    expect(dis(w, '23aec5fe')).toBe('sw a2, -4(a1)')
    expect(dis(w, '37050080')).toBe('lui a0, 0x80000')
  })
  test('short forms print as what they stand for', () => {
    expect(w.disassemble(bytesOf('0505'), 0, 0n)).toEqual({ text: 'addi a0, a0, 1', length: 2, id: 'c_addi' })
    expect(dis(w, '0505', 0n, { aliases: false })).toBe('c.addi a0, 1')
    expect(dis(w, '7d65')).toBe('lui a0, 0x1f')
    expect(dis(w, '7d75')).toBe('lui a0, 0xfffff')
    expect(dis(w, '05a0', 0x100n)).toBe('j 0x120')
    // Aliases of the short form itself come first.
    expect(dis(w, '01a0', 0x100n)).toBe('spin')
    expect(dis(w, '01a0', 0x100n, { aliases: false })).toBe('c.j 0x100')
    expect(dis(w, '0540')).toBe('hint 1')
  })
  test('labels: absolute, relative, by name', () => {
    expect(dis(w, '63080500', 0x1000n)).toBe('beqz a0, 0x1010')
    expect(dis(w, 'e30e05fe', 0x1000n, { labels: 'relative' })).toBe('beqz a0, -4')
    expect(dis(w, 'e30e05fe', 0n)).toBe('beqz a0, 0xfffffffffffffffc')
    const symbol = (a: bigint): string | undefined => (a === 0x1010n ? 'loop' : undefined)
    expect(dis(w, '63080500', 0x1000n, { symbol })).toBe('beqz a0, loop')
    expect(dis(b, 'd0fe', 0x200n)).toBe('bne $0200')
  })
  test('choices, letters, named numbers', () => {
    expect(dis(w, '2f25b606')).toBe('amoadd.w.aqrl a0, a1, (a2)')
    expect(dis(w, '2f25b604')).toBe('amoadd.w.aq a0, a1, (a2)')
    expect(dis(w, '0f00f00f')).toBe('fence iorw, iorw')
    expect(dis(w, '0f00f000')).toBe('fence 0, iorw')
    expect(dis(w, '73250030')).toBe('csrrs a0, mstatus, zero')
    expect(dis(w, '73255030')).toBe('csrrs a0, 773, zero')
  })
  test('numbers with $ are padded to their width; a displacement shows its sign', () => {
    expect(dis(b, 'ad1200')).toBe('lda $0012')
    expect(dis(b, 'a512')).toBe('lda $12')
    expect(dis(b, 'a900')).toBe('lda #$00')
    expect(dis(b, '3e05')).toBe('ldi a, [ix+5]')
    expect(dis(b, '3efb')).toBe('ldi a, [ix-5]')
    expect(dis(b, '3e00')).toBe('ldi a, [ix]')
    expect(dis(b, '3755')).toBe('rmb3 $55')
  })
  test('no instruction, or not all of it', () => {
    expect(dis(w, 'ffffffff')).toBeUndefined()
    expect(dis(w, '1305')).toBeUndefined()
    expect(dis(w, '')).toBeUndefined()
  })
})

describe('assembler', () => {
  test('the shortest encoding, or one of the length that is asked for', () => {
    expect(asm(w.assemble, 'addi a0, a0, 1')).toBe('0505')
    expect(asm(w.assemble, 'addi a0, a0, 1', 0n, { atLeast: 4 })).toBe('13051500')
    expect(asm(w.assemble, 'addi a0, a0, 32')).toBe('13050502')
    expect(asm(w.assemble, 'c.addi a0, 1', 0n, { atLeast: 4 })).toBe('0505')
    // The short form's bits belong to another instruction.
    expect(asm(w.assemble, 'addi zero, zero, 1')).toBe('13001000')
    expect(asm(w.assemble, 'li ra, 1')).toBe('8540')
    expect(asm(w.assemble, 'spin')).toBe('01a0')
    expect(asm(w.assemble, 'add s0, s0, s1')).toBe('058c')
    expect(asm(w.assemble, 'lui a0, 0xfffff')).toBe('7d75')
    expect(asm(w.assemble, 'lui a0, 0x20')).toBe('37050200')
    expect(asm(w.assemble, 'jal x0, .+2046', 0x1000n)).toBe('fdaf')
    expect(asm(w.assemble, 'jal x0, .+2048', 0x1000n)).toBe('6f001000')
    expect(asm(b.assemble, 'lda $12')).toBe('a512')
    expect(asm(b.assemble, 'lda 300')).toBe('ad2c01')
    expect(asm(b.assemble, 'lda $0012')).toBe('ad1200')
  })
  test('fields that only conditions say are searched', () => {
    expect(asm(w.assemble, 'it')).toBe('81e0')
    expect(asm(w.assemble, 'ite')).toBe('21e0')
    expect(dis(w, '21e0')).toBe('ite')
    expect(asm(w.assemble, 'itt')).toBe('0: unknown mnemonic itt: did you mean it?')
  })
  test('blanks and case do not matter', () => {
    expect(asm(w.assemble, '  ADDI  A0 ,x10,\t1 ')).toBe('0505')
    expect(asm(w.assemble, 'sw a2,-4 ( a1 )')).toBe('23aec5fe')
    expect(asm(b.assemble, 'LDA ( $10 ) , y')).toBe('b110')
    expect(asm(b.assemble, 'lda($10,X)')).toBe('a110')
    expect(asm(b.assemble, 'ASL a')).toBe('0a')
    expect(asm(b.assemble, 'ldi a, [ix + 5]')).toBe('3e05')
    expect(asm(b.assemble, 'ldi a, [ix]')).toBe('3e00')
    expect(asm(b.assemble, 'rmb3 $55')).toBe('3755')
    expect(asm(w.assemble, 'amoadd.w.aq a0, a1, (a2)')).toBe('2f25b604')
    expect(asm(w.assemble, 'fence wr, iorw')).toBe('0f00f003')
    expect(asm(w.assemble, 'csrrs a0, MSTATUS, zero')).toBe('73250030')
    expect(asm(w.assemble, 'csrrs a0, 0x305, zero')).toBe('73255030')
  })
  test('numbers and symbols', () => {
    const symbol = (name: string): bigint | undefined => ({ loop: 0x1010n, A: 0x20n, size: 5n })[name]
    const at = (line: string): string => asm(w.assemble, line, 0x1000n, { symbol, atLeast: 4 })
    for (const line of [
      'beqz a0, loop',
      'beqz a0, . + 16',
      'beq a0, zero, 0x1010',
      'beqz a0, loop+8-8',
      'beqz a0,4112',
    ]) {
      expect(at(line)).toBe('63080500')
    }
    for (const number of ['0b101', '5', '0x5', 'size', '8 - 3', '-3+8', "'\u0005'", '%101', '$05']) {
      expect(at(`addi a0, a1, ${number}`)).toBe('13855500')
    }
    expect(asm(b.assemble, 'asl A', 0n, { symbol })).toBe('0a')
    expect(asm(b.assemble, 'lda #<$1234')).toBe('a934')
    expect(asm(b.assemble, 'lda #>$1234')).toBe('a912')
    expect(asm(b.assemble, 'lda #-1')).toBe('a9ff')
    expect(asm(b.assemble, 'bne .', 0x200n)).toBe('d0fe')
  })
  test('pseudo-instructions', () => {
    expect(asm(w.assemble, 'li a0, 5')).toBe('1545')
    expect(asm(w.assemble, 'li a0, 4096')).toBe('05650505'.slice(0, 4) + asm(w.assemble, 'addi a0, a0, 0'))
    expect(asm(w.assemble, 'li a0, 0x12345678')).toBe('3755341213058567')
    expect(asm(w.assemble, 'li a0, -1')).toBe('7d55')
    expect(asm(w.assemble, 'li a0, 0xffffffffffffffff')).toBe('7d55')
    expect(asm(w.assemble, 'li a0, 0x123456789abcdef0').length).toBeGreaterThan(24)
    expect(asm(w.assemble, 'call 0x2000', 0x1000n)).toBe('97100000e7800000')
    expect(asm(w.assemble, 'call 0xff8', 0x1000n)).toBe('97000000e78080ff')
    expect(asm(w.assemble, 'beq.swapped a0, a1, . + 16 - 8')).toBe(asm(w.assemble, 'beq a1, a0, .+8'))
    expect(asm(w.assemble, 'beq.swapped a0, x99, . + 8')).toBe('16: unknown register x99')
    expect(asm(w.assemble, 'beq.swapped a0, a1, . + x')).toBe('24: unknown symbol x')
    expect(asm(w.assemble, 'beq.swapped a0, a1, a2, a3')).toBe('22: unexpected ,')
    expect(asm(w.assemble, 'beq.swapped a0, a1, ')).toBe('20: expected to')
    expect(asm(w.assemble, 'loop')).toBe('0: pseudo-instructions expand without end')
  })
  test('messages', () => {
    const at = (line: string): string => asm(w.assemble, line, 0x1000n)
    expect(at('addd a0, a1, a2')).toBe('0: unknown mnemonic addd: did you mean add?')
    expect(at('addi a0, a1, 4096')).toBe('13: immediate 4096 does not fit: -2048 … 2047')
    expect(at('addi a0, a1, -2049')).toBe('13: immediate -2049 does not fit: -2048 … 2047')
    expect(at('addi a0, x32, 0')).toBe('9: unknown register x32')
    expect(at('addi a0 a1, 0')).toBe('8: expected ,')
    expect(at('addi a0, a1, 1 2')).toBe('15: unexpected 2')
    expect(at('addi a0, a1')).toBe('11: expected ,')
    expect(at('addi a0, a1, foo')).toBe('13: unknown symbol foo')
    expect(at('addi a0, a1, 12q')).toBe('13: not a number')
    expect(at('slli a0, a1, 48')).toBe('13: immediate 48 does not fit: 0 … 47')
    expect(at('c.lui a0, 32')).toBe('10: immediate 32 does not fit: 1 … 31, 1048544 … 1048575')
    expect(at('beq a0, a1, .+4097')).toBe('12: target 0x2001 is out of reach: .-4096 … .+4094, in steps of 2')
    expect(at('beq a0, a1, .+5000')).toBe('12: target 0x2388 is out of reach: .-4096 … .+4094, in steps of 2')
    expect(at('c.sub a0, t0')).toBe('10: register t0 cannot stand here: s0, s1, a0, a1, a2, a3, a4, a5')
    expect(at('li a0, 0x10000000000000000')).toBe('7: 18446744073709551616 does not fit 64 bits')
    expect(asm(b.assemble, 'lda #300')).toBe('5: immediate 300 does not fit: 0 … 255')
    expect(asm(b.assemble, 'lda $12345')).toBe('4: immediate 74565 does not fit: 0 … 65535')
    expect(at('')).toBe('0: expected a mnemonic')
  })
})

describe('round trip', () => {
  const cases = [
    { name: 'word', engine: w, isa: word },
    { name: 'byte', engine: b, isa: byte },
  ]
  test.each(cases)('$name: what is disassembled assembles to the same bytes', ({ engine, isa }) => {
    const r = random(7)
    const bytes = new Uint8Array(4)
    let seen = 0
    for (let i = 0; i < 6000; i++) {
      const word = r.bits(32)
      for (let j = 0; j < 4; j++) bytes[j] = Number((word >> BigInt(8 * j)) & 0xffn)
      // Words at random are seldom instructions: give every other one constant bits.
      const { encoding } = r.pick(isa.instructions)
      for (let j = 0; j < encoding.length; j++) {
        const mask = Number((encoding.mask >> BigInt(8 * j)) & 0xffn)
        bytes[j] = ((bytes[j] ?? 0) & ~mask) | Number((encoding.value >> BigInt(8 * j)) & 0xffn)
      }
      const pc = r.bits(isa.pcWidth) & ~1n
      for (const aliases of [false, true]) {
        const found = engine.disassemble(bytes, 0, pc, { aliases })
        if (found === undefined) continue
        seen++
        const again = engine.assemble(found.text, pc, { atLeast: found.length })
        if (!again.ok) throw new Error(`${found.text}: ${again.message}`)
        expect(again.bytes.length, found.text).toBe(found.length)
        const back = engine.disassemble(again.bytes, 0, pc, { aliases })
        expect(back?.text).toBe(found.text)
        // Bits that are not printed, as fm of a fence, are lost.
        if (!aliases && !['fence', 'it'].includes(found.id))
          expect(hexOf(again.bytes)).toBe(hexOf(bytes.slice(0, found.length)))
      }
    }
    expect(seen).toBeGreaterThan(5000)
  })
  test('garbage never throws', () => {
    const r = random(11)
    const pieces = [
      'add',
      'addi',
      'lda',
      'li',
      'jmp',
      'a0',
      'x99',
      ',',
      ' ',
      '(',
      ')',
      '#',
      '$',
      '0x',
      '0b',
      '%',
      '-',
      '+',
      '.',
      "'",
      '"',
      ':',
    ]
    const more = [
      '99999999999999999999999',
      '5',
      '_',
      'constructor',
      '__proto__',
      'toString',
      '\u{1f600}',
      '\t',
      '<',
      '>',
      'amoadd.w.aq',
      'fence',
      'é',
    ]
    for (let i = 0; i < 5000; i++) {
      const line = Array.from({ length: r.below(12) }, () => r.pick([...pieces, ...more])).join(r.below(2) ? ' ' : '')
      for (const { assemble } of [w, b]) {
        const result = assemble(line, r.bits(64))
        if (!result.ok) expect(result.column).toBeLessThanOrEqual(line.length)
      }
    }
    expect(w.assemble(`addi a0, a0, ${'9'.repeat(9000)}`, 0n).ok).toBe(false)
  })
})
