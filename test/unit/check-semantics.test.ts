/** What bodies become: order of evaluation, widths, columns and functions put in, surroundings, and what is decided early. */

import { describe, expect, test } from 'vitest'
import { bodyOf, errors, instruction, machine } from './check-machine.ts'

const head = `isa small "Small"
unit 8
reg R[8] : b8
reg A, B : b8
reg W : b16
reg P : b8 { bits N Z C _:5 }
reg pc : b16
mem M : b16
trap illegal
operand r, s (n:3) = R[n]
operand imm(n:8) : b8 = n
`
const body = (statements: string, more = ''): string[] =>
  bodyOf(machine(`${head}${more}insn t { enc 01 (00 r s) imm; asm "{r}, {s}, {imm}"; exec { ${statements} } }\n`), 't')
const wrong = (statements: string, more = ''): string[] =>
  errors(`${head}${more}insn t { enc 01 (00 r s) imm; asm "{r}, {s}, {imm}"; exec { ${statements} } }\n`)

describe('order', () => {
  test('a left operand is read before what the right one does', () => {
    expect(body('A = A + next_of()', 'fn next_of() : b8 { A = 7; A }\n')).toEqual(['left = A', 'A = 7', 'A = left + A'])
  })
  test('an argument keeps its value while the function writes', () => {
    expect(body('B = keep(A)', 'fn keep(v : b8) : b8 { A = 0; v }\n')).toEqual(['v = A', 'A = 0', 'B = v'])
  })
  test('so are earlier arguments and parts, and operands that nothing has read yet', () => {
    const spoil = 'fn spoil() : b8 { R[1] = 0; A = 0; 1 }\nfn two(a : b8, b : b8) : b8 { a - b }\n'
    expect(body('B = two(A, spoil())', spoil)).toEqual(['left = A', 'R[1] = 0', 'A = 0', 'B = left - 1'])
    expect(body('W = cat(A, spoil())', spoil)).toEqual(['left = A', 'R[1] = 0', 'A = 0', 'W = cat(left, 1)'])
    expect(body('B = r + spoil()', spoil)).toEqual(['left = R[r]', 'R[1] = 0', 'A = 0', 'B = left + 1'])
    expect(body('W = sx(A) + zx(spoil())', spoil)).toEqual(['left = sx(A, 16)', 'R[1] = 0', 'A = 0', 'W = left + 1'])
  })
  test('`and` looks at the right side only when the left one holds', () => {
    expect(body('if P.Z and pop() { B = 1 }', 'fn pop() : b1 { A = A - 1; A == 0 }\n')).toEqual([
      'if P.Z {',
      '  A = A - 1',
      '  and = A == 0',
      '} else {',
      '  and = 0',
      '}',
      'if and {',
      '  B = 1',
      '}',
    ])
  })
  test('an operand’s address is found where it is first named', () => {
    const memory = 'operand at(n:3) : b8 = M8[zx(R[n])]\n'
    const isa = machine(
      `${head}${memory}insn t { enc 02 (00000 at); asm "{at.n}"; exec { let v = at; A = 9; at = v + 1 } }\n`,
    )
    expect(bodyOf(isa, 't')).toEqual(['address = zx(R[at], 16)', 'v = M8[address]', 'A = 9', 'M8[address] = v + 1'])
  })
  test('a register of named bits: all parts of a new value are found before one changes', () => {
    expect(body('P = cat(P.Z, P.N, P[5:0])')).toEqual(['N = P.Z', 'Z = P.N', 'P.N = N', 'P.Z = Z'])
  })
})

describe('widths', () => {
  test('operators keep them, and both sides must agree', () => {
    expect(wrong('W = A + W')).toEqual(['E0301 + has 8 and 16 bits'])
    expect(wrong('W = A')).toEqual(['E0302 W has 16 bits, but the value has 8'])
  })
  test('sx and zx take theirs from where they go', () => {
    expect(body('W = sx(A) + W')).toEqual(['W = sx(A, 16) + W'])
    expect(wrong('let x = sx(A)')).toEqual([])
    expect(wrong('let x = sx(A); if x == x { A = 1 }')).toEqual(['E0303 nothing says how wide the two sides of == are'])
  })
  test('a number takes the width that it meets, and must fit', () => {
    expect(body('A = A & -2')).toEqual(['A = A & 0xfe'])
    expect(wrong('A = A + 256')).toEqual(['E0304 256 does not fit 8 bits'])
    // A field that is compared with a larger number is compared as a number.
    expect(body('if imm < 300 { A = 1 }')).toEqual(['if zx(imm, 10) < 0x12c {', '  A = 1', '}'])
  })
  test('a function takes widths from its arguments', () => {
    const high = 'fn high(p : b[N]) : b1 { p[N-1] }\n'
    expect(body('P.N = high(A); P.Z = high(W)', high)).toEqual(['p%0 = A', 'P.N = p%0[7]', 'p%1 = W', 'P.Z = p%1[15]'])
  })
})

describe('decided early', () => {
  test('a condition known when the spec is built leaves one arm', () => {
    expect(body('if SIZE == 8 { A = 1 } else { A = W }', 'param SIZE in 8, 16 = 8\n')).toEqual(['A = 1'])
  })
  test('columns are put in by name, and see the lets before them', () => {
    const isa = machine(
      `${head}insn t { enc op; exec { let v = A; A = new }; rows name op new { inc 03 v + 1; dec 04 v - 1 } }\n`,
    )
    expect(bodyOf(isa, 'inc')).toEqual(['v = A', 'A = v + 1'])
    expect(bodyOf(isa, 'dec')).toEqual(['v = A', 'A = v - 1'])
  })
  test('writes(M) asks what the instruction does', () => {
    const spec = `${head}fn cost() : b8 { if writes(M) { 2 } else { 1 } }
insn st { enc 05; exec { B = cost(); M8[W] = A } }
insn ld { enc 06; exec { B = cost(); A = M8[W] } }
`
    const isa = machine(spec)
    expect(bodyOf(isa, 'st')[0]).toBe('B = 2')
    expect(bodyOf(isa, 'ld')[0]).toBe('B = 1')
  })
})

describe('on step', () => {
  test('the first one is outermost; execute may stand in several arms', () => {
    const isa = machine(`${head}
on step { A = 1; execute; A = 2 }
on step { if P.C { execute } else { B = 0; execute } }
insn t { enc 07; exec { let v = W; W = v + 1 } }
`)
    expect(bodyOf(isa, 't')).toEqual([
      'A = 1',
      'if P.C {',
      '  v%0 = W',
      '  W = v%0 + 1',
      '} else {',
      '  B = 0',
      '  v%1 = W',
      '  W = v%1 + 1',
      '}',
      'A = 2',
    ])
  })
  test('a jump stays where it is when nothing follows', () => {
    const isa = machine(`${head}on step { A = 1; if not P.C { execute } }\ninsn t { enc 07; exec { jump W } }\n`)
    expect(bodyOf(isa, 't')).toEqual(['A = 1', 'if ~P.C {', '  jump W', '}'])
  })
  test('`when` that run time decides: else the instruction alone', () => {
    const isa = machine(`${head}on step when P.C { A = 1; execute }\ninsn t { enc 07; exec { B = 1 } }\n`)
    expect(bodyOf(isa, 't')).toEqual(['if P.C {', '  A = 1', '  B = 1', '} else {', '  B = 1', '}'])
  })
})

describe('assembly', () => {
  const isa = machine(`${head}
insn add { enc 10 (00 r s); asm "{r}, {s}"; exec { r = r + s } }
insn addi { enc 11 (00000 r) imm; asm "{r}, {imm}"; exec { r = r + imm } }
insn inc { enc 12 (00000 r); asm "{r}"; is "addi {r}, 1" }
insn twice { enc 13 (00000 r) (k:4 0000); asm "{r}, {k}"; is "addi {r}, {zx(k) << 1}" }
alias "clr {r}" = "addi {r}, 0"
alias "dbl R2" = "add R2, R2"
`)
  test('an alias fixes fields, and is printed where they are so', () => {
    const clr = instruction(isa, 'addi').syntaxes.find((s) => s.alias)
    expect(clr?.fixed).toEqual({ imm: 0n })
    expect(clr?.condition).toMatchObject({ op: 'eq', a: { name: 'imm' }, b: { value: 0n } })
    expect(instruction(isa, 'add').syntaxes.find((s) => s.alias)?.fixed).toEqual({ r: 2n, s: 2n })
  })
  test('a short form gives the fields of the instruction that it stands for', () => {
    expect(instruction(isa, 'inc').semantics).toMatchObject({
      kind: 'delegate',
      target: 'addi',
      fields: { r: { kind: 'field', name: 'r' }, imm: { kind: 'const', value: 1n } },
    })
    expect(instruction(isa, 'twice').semantics).toMatchObject({ fields: { imm: { kind: 'binary', op: 'shl' } } })
  })
  test('what cannot be inverted says how, with encode', () => {
    const odd = 'operand odd(n:2) : b8 = zx(n) * 2 + 1 { encode v { n = v[2:1] } }\n'
    const made = machine(`${head}${odd}insn t { enc 20 (000000 odd); asm "{odd}"; exec { A = odd } }\n`)
    const hole = instruction(made, 't').syntaxes[0]?.operands.find((p) => p.kind === 'hole')
    expect(hole).toMatchObject({ solve: [{ field: 'odd', value: { kind: 'slice', low: 1, width: 2 } }] })
  })
})
