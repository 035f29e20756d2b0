import { describe, expect, test } from 'vitest'
import { assembleProgram, type Program } from '../../runtime/assembly/program.ts'
import { assemblyEngine } from './assembly-engine.ts'
import { byte, word } from './assembly-isas.ts'
import { random } from './random.ts'

const w = assemblyEngine(word).assemble
const b = assemblyEngine(byte).assemble
const hexOf = ({ bytes, errors }: Program): string =>
  errors.length > 0
    ? errors.map((e) => `${e.line}:${e.column} ${e.message}`).join('; ')
    : Buffer.from(bytes).toString('hex')

describe('program', () => {
  test('labels before and behind, comments, several labels a line', () => {
    const source = `
      # a loop
      start: again:
        addi a0, a0, -1   // one less
        beqz a0, done     ; leave
        j again           # once more
      done:
        ret
    `
    const program = assembleProgram(w, source, { origin: 0x1000n })
    expect(hexOf(program)).toBe(['7d15', '63030500', 'edbf', '67800000'].join(''))
    expect(program.symbols.get('again')).toBe(0x1000n)
    expect(program.symbols.get('done')).toBe(0x1008n)
    expect(program.listing.map(({ line, length }) => [line, length])).toEqual([
      [4, 2],
      [5, 4],
      [6, 2],
      [8, 4],
    ])
  })
  test('an instruction grows when its label is far away, and what is behind it moves', () => {
    const near = assembleProgram(w, 'j end\n.zero 2044\nend: nop')
    expect(near.bytes.length).toBe(2 + 2044 + 4)
    const far = assembleProgram(w, 'j end\n.zero 2046\nend: nop')
    expect(far.bytes.length).toBe(4 + 2046 + 4)
    expect(far.symbols.get('end')).toBe(2050n)
  })
  test('data', () => {
    const source = `
      size = 3
      .equ next, size + 1
      .byte size, next, 0x10, 'A', -1, "hi"
      .half 0x1234
      .word 0x12345678, label
      .balign 8
      label: .dword -2
      .asciz "a\\n\\x41;"
    `
    const program = assembleProgram(w, source)
    const numbers = '7856341218000000'
    expect(hexOf(program)).toBe(`03041041ff68693412${numbers}${'00'.repeat(7)}feffffffffffffff610a413b00`)
  })
  test('16-bit machines: words of two bytes, a start address in the text', () => {
    const source = `
      * = $c000
      loop: lda table    ; below $100 once it is known, but not before
        bne loop
        jmp (vector)
      vector: .word loop, $ffff
      table = $20
    `
    const program = assembleProgram(b, source, { pcWidth: 16 })
    expect(program.origin).toBe(0xc000n)
    expect(hexOf(program)).toBe('ad2000d0fb6c08c000c0ffff')
    expect(hexOf(assembleProgram(b, '.org $200\nnop\n.org $204\nnop', { pcWidth: 16 }))).toBe('ea000000ea')
    expect(hexOf(assembleProgram(b, '.word $1234', { endian: 'big', pcWidth: 16 }))).toBe('1234')
  })
  test('errors say where', () => {
    const source =
      'nop\n  addi a0, a0, 5000\nl: nop\nl: nop\n.foo 1\n.byte 256\n.byte 1 2\n.ascii "x\n.org 0\nj nowhere\n x = \n'
    const { errors } = assembleProgram(w, source)
    expect(errors.map((e) => `${e.line}:${e.column} ${e.message}`)).toEqual([
      '2:15 immediate 5000 does not fit: -2048 … 2047',
      '4:0 l is defined twice',
      '5:0 unknown directive .foo',
      '6:6 256 does not fit 8 bits',
      '7:8 expected ,',
      '8:7 the string does not end',
      '9:5 cannot go back to a lower address',
      '10:2 unknown symbol nowhere',
      '11:4 expected a number',
    ])
  })
  test('garbage never throws', () => {
    const r = random(3)
    const pieces = [
      'a',
      ':',
      '=',
      '.org',
      '.byte',
      '.word',
      '.balign',
      '.zero',
      '.ascii',
      '"',
      "'",
      ',',
      ' ',
      '\n',
      '1',
      '*',
      '-',
      '$ff',
      'nop',
      'j',
      '#',
      ';',
      '\\',
      '0',
      '.equ',
    ]
    for (let i = 0; i < 2000; i++) {
      const source = Array.from({ length: r.below(30) }, () => r.pick(pieces)).join(r.below(2) ? ' ' : '')
      assembleProgram(i % 2 ? w : b, source, { pcWidth: i % 2 ? 64 : 16 })
    }
  })
})
