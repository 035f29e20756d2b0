/** Which functions of a spec stay functions, and what a call becomes. */

import { describe, expect, test } from 'vitest'
import type { Isa } from '../../generator/ir/isa.ts'
import { printBody } from '../../generator/ir/print.ts'
import { bodyOf, errors, machine } from './check-machine.ts'

const head = `isa small "Small"
unit 8
reg A, B : b8
reg W : b16
reg pc : b16
mem M : b16
operand imm(n:8) : b8 = n
`
/** A chain long enough to be worth a call. */
const long = (x: string, n = 20): string => Array.from({ length: n }, (_, i) => `(${x} * 3 ^ ${i + 1})`).join(' + ')
const withFunctions = (functions: string, statements: string): Isa =>
  machine(`${head}${functions}\ninsn t { enc 01 imm; asm "{imm}"; exec { ${statements} } }\n`)
const names = (isa: Isa): string[] => isa.functions.map(({ name }) => name)

describe('a large function that only computes', () => {
  const mix = `fn mix(x : b[N]) : b[N] { ${long('x')} }\n`
  test('is called, one for each width', () => {
    const isa = withFunctions(mix, 'A = mix(A); B = mix(B); W = mix(W)')
    expect(names(isa)).toEqual(['mix_8', 'mix_16'])
    expect(bodyOf(isa, 't')[0]).toBe('mix_8_0%0 = mix_8(A)')
    expect(printBody(isa.functions[0]!.body).at(-1)).toContain('x * 3')
  })
  test('is put in where all is known before run time', () => {
    expect(names(withFunctions(mix, 'A = mix(imm)'))).toEqual([])
  })
  test('gives several results', () => {
    const isa = withFunctions(
      `fn both(x : b8) : (b8, b16) { (${long('x')}, zx(x)) }\n`,
      'let (a, w) = both(A); A = a; W = w',
    )
    expect(bodyOf(isa, 't')).toEqual(['(both_0, both_1) = both(A)', 'A = both_0', 'W = both_1'])
  })
  test('has numbers as part of itself, and comes after those that it calls', () => {
    const isa = withFunctions(
      `${mix}fn twice(x : b8, n) : b8 { mix(x) + ${long('x')} + zx(n, 8) }\n`,
      'A = twice(A, 1) + twice(B, 2)',
    )
    expect(names(isa)).toEqual(['mix_8', 'twice', 'twice_v2'])
  })
})

describe('put in where it is called', () => {
  test.each([
    ['what is small', 'fn f(x : b8) : b8 { x + 1 }\n'],
    ['what reads registers', `fn f(x : b8) : b8 { ${long('x')} + B }\n`],
    ['what writes them', `fn f(x : b8) : b8 { B = x; ${long('x')} }\n`],
    ['what loads', `fn f(x : b8) : b8 { ${long('x')} + M8[zx(x)] }\n`],
  ])('%s', (_, text) => {
    expect(names(withFunctions(text, 'A = f(A)'))).toEqual([])
  })
  test('what is right only for what is given: a divisor that the caller knows', () => {
    const f = `fn f(x : b8, by : b8) : b8 { (${long('x')}) / by }\n`
    expect(names(withFunctions(f, 'A = f(A, 3)'))).toEqual([])
    expect(errors(`${head}${f}insn t { enc 01 imm; asm "{imm}"; exec { A = f(A, B) } }\n`).join()).toContain('E0')
  })
})
