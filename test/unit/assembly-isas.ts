/**
 * Two small machines as IR, written by hand for the tests of assembly: `word` has 32-bit words with 16-bit short forms, scattered immediates,
 * choices, letters, named numbers; `byte` is a byte stream whose modes differ in their operands' width.
 */

import * as ir from '../../generator/ir/build.ts'
import type { Expr } from '../../generator/ir/expr.ts'
import { invert } from '../../generator/ir/invert.ts'
import type {
  AsmHole,
  AsmPart,
  Field,
  HolePrint,
  Instruction,
  Isa,
  Pseudo,
  Register,
  Syntax,
} from '../../generator/ir/isa.ts'

// ---- pieces

/** "rd:7:5 imm:20:12" — name, place, width; "imm:25:7@5" has bits from 5 up. Repeated names are pieces of one field. */
function fieldsOf(text: string): Field[] {
  const fields = new Map<string, { at: number; low: number; width: number }[]>()
  for (const piece of text.split(' ').filter((p) => p !== '')) {
    const [, name = '', at, width, low = '0'] = /^(\w+):(\d+):(\d+)(?:@(\d+))?$/.exec(piece) ?? []
    fields.set(name, [...(fields.get(name) ?? []), { at: Number(at), width: Number(width), low: Number(low) }])
  }
  return [...fields].map(([name, pieces]) => ({ name, pieces, width: Math.max(...pieces.map((p) => p.low + p.width)) }))
}

function hole(name: string, print: HolePrint, value: Expr): AsmHole {
  const solve = invert(value, ir.hole('hole', value.width)).map((s) => ({ field: s.field, value: s.value }))
  return { kind: 'hole', name, print, value, solve }
}
const text = (t: string): AsmPart => ({ kind: 'text', text: t })
const parts = (...all: readonly (string | AsmPart)[]): AsmPart[] =>
  all.map((p) => (typeof p === 'string' ? text(p) : p))
const syntax = (mnemonic: readonly AsmPart[], operands: readonly AsmPart[]): Syntax => ({
  alias: false,
  mnemonic,
  operands,
  fixed: {},
  condition: ir.bit(true),
})
/** Prints when the fields have the values. */
function alias(
  instruction: Instruction,
  mnemonic: string,
  operands: readonly AsmPart[],
  fixed: Record<string, bigint>,
): Syntax {
  const condition = Object.entries(fixed).reduce<Expr>((all, [name, value]) => {
    const width = instruction.fields.find((f) => f.name === name)?.width ?? 0
    return ir.and(all, ir.compare('eq', ir.field(name, width), ir.constant(width, value)))
  }, ir.bit(true))
  return { alias: true, mnemonic: parts(mnemonic), operands, fixed, condition }
}

interface Shape {
  readonly id: string
  readonly length: number
  readonly value: bigint
  readonly fields: string
  readonly mnemonic?: readonly AsmPart[]
  readonly operands: readonly AsmPart[]
  readonly when?: Expr
  readonly unmasked?: bigint
}
function instruction({ id, length, value, fields: layout, mnemonic, operands, when, unmasked }: Shape): Instruction {
  const fields = fieldsOf(layout)
  let mask = (1n << BigInt(8 * length)) - 1n
  for (const { pieces } of fields) for (const p of pieces) mask &= ~(((1n << BigInt(p.width)) - 1n) << BigInt(p.at))
  return {
    id,
    family: id,
    doc: [],
    source: { file: 'test.isa', line: 1 },
    encoding: { length, mask: mask & ~(unmasked ?? 0n), value, drawing: [] },
    fields,
    when: when ?? ir.bit(true),
    syntaxes: [syntax(mnemonic ?? parts(id.replace('_', '.')), operands)],
    semantics: { kind: 'body', body: { locals: [], statements: [] } },
  }
}
const withAliases = (
  i: Instruction,
  ...aliases: (readonly [string, readonly AsmPart[], Record<string, bigint>])[]
): Instruction => ({
  ...i,
  syntaxes: [...i.syntaxes, ...aliases.map(([m, o, f]) => alias(i, m, o, f))],
})
const standsFor = (i: Instruction, target: string, fields: Record<string, Expr>): Instruction => ({
  ...i,
  semantics: { kind: 'delegate', target, fields },
})

const common = {
  title: '',
  parts: [],
  params: {},
  sources: [],
  endian: 'little',
  context: [],
  prefixes: [],
  views: [],
  memories: [],
  traps: [],
  functions: [],
  reserved: [],
  events: [],
  tests: [],
  vectors: [],
  fuses: [],
} as const

// ---- word: 32-bit words and short forms

const XLEN = 64
const names =
  'zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6'.split(' ')
const X: Register = {
  name: 'X',
  width: XLEN,
  count: 32,
  names,
  also: Object.fromEntries([...names.map((_, i) => [`x${i}`, i] as const), ['fp', 8] as const]),
  reset: 0n,
  context: false,
  hidden: false,
}
const f = ir.field
const c = ir.constant
const registerHole = (name: string, value: Expr = f(name, 5)): AsmHole =>
  hole(name, { kind: 'register', register: 'X' }, value)
const [rd, rs1, rs2] = ['rd', 'rs1', 'rs2'].map((name) => registerHole(name)) as [AsmHole, AsmHole, AsmHole]
const short = (name: string): Expr => ir.binary('add', ir.extend(false, 5, f(name, 3)), c(5, 8))
const sx = (e: Expr): Expr => ir.extend(true, XLEN, e)
const signedHole = (e: Expr): AsmHole => hole('imm', { kind: 'number', signed: true, style: 'decimal' }, sx(e))
const imm12 = signedHole(f('imm', 12))
const pcHole = (e: Expr): AsmHole => hole('pc + imm', { kind: 'label' }, ir.binary('add', ir.pc(XLEN), sx(e)))
const upper = hole('imm', { kind: 'number', signed: false, style: 'hex' }, ir.slice(f('imm', 32), 12, 20))
const letters = (name: string): AsmHole => hole(name, { kind: 'letters', letters: 'iorw' }, f(name, 4))
const csr = hole('csr', { kind: 'named', names: { fflags: 1n, mstatus: 0x300n, cycle: 0xc00n } }, f('csr', 12))
const order: AsmPart = {
  kind: 'choice',
  choices: (
    [
      [0n, 0n, ''],
      [1n, 0n, '.aq'],
      [0n, 1n, '.rl'],
      [1n, 1n, '.aqrl'],
    ] as const
  ).map(([aq, rl, spelling]) => ({
    when: ir.and(ir.compare('eq', f('aq', 1), c(1, aq)), ir.compare('eq', f('rl', 1), c(1, rl))),
    fixed: { aq, rl },
    parts: parts(spelling),
  })),
}
const J = 'rd:7:5 imm:31:1@20 imm:21:10@1 imm:20:1@11 imm:12:8@12'
const B = 'rs1:15:5 rs2:20:5 imm:31:1@12 imm:25:6@5 imm:8:4@1 imm:7:1@11'
const zero = (width: number): Expr => c(width, 0)

const addi = withAliases(
  instruction({
    id: 'addi',
    length: 4,
    value: 0x13n,
    fields: 'rd:7:5 rs1:15:5 imm:20:12',
    operands: parts(rd, ', ', rs1, ', ', imm12),
  }),
  ['nop', [], { rd: 0n, rs1: 0n, imm: 0n }],
  ['li', parts(rd, ', ', imm12), { rs1: 0n }],
  ['mv', parts(rd, ', ', rs1), { imm: 0n }],
)
const jal = withAliases(
  instruction({ id: 'jal', length: 4, value: 0x6fn, fields: J, operands: parts(rd, ', ', pcHole(f('imm', 21))) }),
  ['j', parts(pcHole(f('imm', 21))), { rd: 0n }],
)
const jalr = withAliases(
  instruction({
    id: 'jalr',
    length: 4,
    value: 0x67n,
    fields: 'rd:7:5 rs1:15:5 imm:20:12',
    operands: parts(rd, ', ', imm12, '(', rs1, ')'),
  }),
  ['ret', [], { rd: 0n, rs1: 1n, imm: 0n }],
)
const beq = withAliases(
  instruction({
    id: 'beq',
    length: 4,
    value: 0x63n,
    fields: B,
    operands: parts(rs1, ', ', rs2, ', ', pcHole(f('imm', 13))),
  }),
  ['beqz', parts(rs1, ', ', pcHole(f('imm', 13))), { rs2: 0n }],
)
const cj = 'imm:12:1@11 imm:11:1@4 imm:9:2@8 imm:8:1@10 imm:7:1@6 imm:6:1@7 imm:3:3@1 imm:2:1@5'
const cImm = 'imm:12:1@5 imm:2:5'
const notZero = (e: Expr): Expr => ir.compare('ne', e, zero(e.width))

const pseudoText = (t: string) => ({ kind: 'text', text: t }) as const
const param = (name: string, number = false) => ({ kind: 'param', name, number }) as const
const use = (name: string) => ({ kind: 'param', name }) as const
const value = (e: Expr) => ({ kind: 'value', value: e }) as const
const n = ir.hole('n', XLEN)
const hi = (e: Expr): Expr => ir.slice(ir.binary('add', e, c(XLEN, 0x800)), 12, 20)
const lo = (e: Expr): Expr => sx(ir.slice(e, 0, 12))
const distance = ir.binary('sub', ir.hole('to', XLEN), ir.pc(XLEN))
const fits32 = ir.compare('eq', n, sx(ir.slice(n, 0, 32)))
const pseudos: Pseudo[] = [
  {
    mnemonic: 'li',
    operands: [param('rd'), pseudoText(', '), param('n', true)],
    arms: [
      { when: ir.compare('eq', n, lo(n)), lines: [[pseudoText('addi '), use('rd'), pseudoText(', x0, '), use('n')]] },
      {
        when: fits32,
        lines: [
          [pseudoText('lui '), use('rd'), pseudoText(', '), value(hi(n))],
          [pseudoText('addi '), use('rd'), pseudoText(', '), use('rd'), pseudoText(', '), value(lo(n))],
        ],
      },
      {
        lines: [
          [
            pseudoText('li '),
            use('rd'),
            pseudoText(', '),
            value(ir.binary('ashr', ir.binary('sub', n, lo(n)), c(8, 12))),
          ],
          [pseudoText('slli '), use('rd'), pseudoText(', '), use('rd'), pseudoText(', 12')],
          [pseudoText('addi '), use('rd'), pseudoText(', '), use('rd'), pseudoText(', '), value(lo(n))],
        ],
      },
    ],
  },
  {
    mnemonic: 'call',
    operands: [param('to', true)],
    arms: [
      {
        lines: [
          [pseudoText('auipc ra, '), value(hi(distance))],
          [pseudoText('jalr ra, '), value(lo(distance)), pseudoText('(ra)')],
        ],
      },
    ],
  },
  {
    mnemonic: 'beq.swapped',
    operands: [param('a'), pseudoText(', '), param('b'), pseudoText(', '), param('to')],
    arms: [{ lines: [[pseudoText('beq '), use('b'), pseudoText(', '), use('a'), pseudoText(', '), use('to')]] }],
  },
  { mnemonic: 'loop', operands: [], arms: [{ lines: [[pseudoText('loop')]] }] },
]

const immediate6 = ir.extend(true, 12, f('imm', 6))
export const word: Isa = {
  ...common,
  name: 'word',
  unit: 16,
  hexPrefix: '0x',
  maxLength: 4,
  pcWidth: XLEN,
  registers: [X],
  pseudos,
  instructions: [
    instruction({
      id: 'lui',
      length: 4,
      value: 0x37n,
      fields: 'rd:7:5 imm:12:20@12',
      operands: parts(rd, ', ', upper),
    }),
    instruction({
      id: 'auipc',
      length: 4,
      value: 0x17n,
      fields: 'rd:7:5 imm:12:20@12',
      operands: parts(rd, ', ', upper),
    }),
    addi,
    instruction({
      id: 'slli',
      length: 4,
      value: 0x1013n,
      fields: 'rd:7:5 rs1:15:5 shamt:20:6',
      operands: parts(
        rd,
        ', ',
        rs1,
        ', ',
        hole('shamt', { kind: 'number', signed: false, style: 'decimal' }, f('shamt', 6)),
      ),
      when: ir.compare('ult', f('shamt', 6), c(6, 48)),
    }),
    instruction({
      id: 'add',
      length: 4,
      value: 0x33n,
      fields: 'rd:7:5 rs1:15:5 rs2:20:5',
      operands: parts(rd, ', ', rs1, ', ', rs2),
    }),
    jal,
    jalr,
    beq,
    instruction({
      id: 'sw',
      length: 4,
      value: 0x2023n,
      fields: 'rs1:15:5 rs2:20:5 imm:25:7@5 imm:7:5',
      operands: parts(rs2, ', ', imm12, '(', rs1, ')'),
    }),
    instruction({
      id: 'fence',
      length: 4,
      value: 0xfn,
      fields: 'fm:28:4 pred:24:4 succ:20:4',
      operands: parts(letters('pred'), ', ', letters('succ')),
      unmasked: 0xf8f80n,
    }),
    instruction({
      id: 'csrrs',
      length: 4,
      value: 0x2073n,
      fields: 'rd:7:5 rs1:15:5 csr:20:12',
      operands: parts(rd, ', ', csr, ', ', rs1),
    }),
    instruction({
      id: 'amoadd_w',
      length: 4,
      value: 0x202fn,
      fields: 'rd:7:5 rs1:15:5 rs2:20:5 aq:26:1 rl:25:1',
      mnemonic: parts('amo', 'add.w', order),
      operands: parts(rd, ', ', rs2, ', (', rs1, ')'),
    }),
    standsFor(
      instruction({
        id: 'c_addi',
        length: 2,
        value: 0x1n,
        fields: `rd:7:5 ${cImm}`,
        operands: parts(rd, ', ', signedHole(f('imm', 6))),
        when: notZero(f('rd', 5)),
      }),
      'addi',
      { rd: f('rd', 5), rs1: f('rd', 5), imm: immediate6 },
    ),
    standsFor(
      instruction({
        id: 'c_li',
        length: 2,
        value: 0x4001n,
        fields: `rd:7:5 ${cImm}`,
        operands: parts(rd, ', ', signedHole(f('imm', 6))),
      }),
      'addi',
      { rd: f('rd', 5), rs1: zero(5), imm: immediate6 },
    ),
    // The mnemonic says only some bits of its field.
    instruction({
      id: 'it',
      length: 2,
      value: 0xe001n,
      fields: 'mask:4:4',
      mnemonic: parts('it', {
        kind: 'choice',
        choices: [
          { when: ir.compare('eq', ir.slice(f('mask', 4), 0, 3), c(3, 0)), fixed: {}, parts: [] },
          { when: ir.compare('eq', ir.slice(f('mask', 4), 0, 2), c(2, 2)), fixed: {}, parts: parts('e') },
        ],
      }),
      operands: [],
      when: notZero(f('mask', 4)),
    }),
    // Inside c_li: what it would load into the zero register.
    instruction({
      id: 'hint',
      length: 2,
      value: 0x4001n,
      fields: cImm,
      operands: parts(signedHole(f('imm', 6))),
    }),
    standsFor(
      instruction({
        id: 'c_lui',
        length: 2,
        value: 0x6001n,
        fields: 'rd:7:5 imm:12:1@17 imm:2:5@12',
        operands: parts(
          rd,
          ', ',
          hole('imm', { kind: 'number', signed: false, style: 'hex' }, ir.slice(sx(f('imm', 18)), 12, 20)),
        ),
        when: notZero(f('imm', 18)),
      }),
      'lui',
      { rd: f('rd', 5), imm: ir.extend(true, 32, f('imm', 18)) },
    ),
    standsFor(
      withAliases(
        instruction({ id: 'c_j', length: 2, value: 0xa001n, fields: cj, operands: parts(pcHole(f('imm', 12))) }),
        ['spin', [], { imm: 0n }],
      ),
      'jal',
      { rd: zero(5), imm: ir.extend(true, 21, f('imm', 12)) },
    ),
    standsFor(
      instruction({
        id: 'c_sub',
        length: 2,
        value: 0x8c01n,
        fields: 'rd:7:3 rs2:2:3',
        operands: parts(registerHole("rd'", short('rd')), ', ', registerHole("rs2'", short('rs2'))),
      }),
      'add',
      { rd: short('rd'), rs1: short('rd'), rs2: short('rs2') },
    ),
  ],
}

// ---- byte: modes of different length

const hex = (name: string, width: number): AsmHole =>
  hole(name, { kind: 'number', signed: false, style: 'hex' }, f(name, width))
const target = hole('next + d', { kind: 'label' }, ir.binary('add', ir.next(16), ir.extend(true, 16, f('d', 8))))
const op = (
  id: string,
  value: bigint,
  operands: readonly AsmPart[],
  mnemonic = id.split('_')[0] ?? '',
): Instruction => {
  const width = operands.reduce((bits, p) => (p.kind === 'hole' ? (p.name === 'a' ? p.value.width : 8) : bits), 0)
  const name = operands.find((p) => p.kind === 'hole')?.name === 'a' ? 'a' : 'd'
  const layout = width === 0 ? '' : `${name}:8:${width}`
  return instruction({ id, length: 1 + width / 8, value, fields: layout, mnemonic: parts(mnemonic), operands })
}
export const byte: Isa = {
  ...common,
  name: 'byte',
  unit: 8,
  hexPrefix: '$',
  maxLength: 3,
  pcWidth: 16,
  registers: [],
  pseudos: [],
  instructions: [
    op('lda_imm', 0xa9n, parts('#', hex('a', 8))),
    op('lda_zp', 0xa5n, parts(hex('a', 8))),
    op('lda_zpx', 0xb5n, parts(hex('a', 8), ',X')),
    op('lda_abs', 0xadn, parts(hex('a', 16))),
    op('lda_absx', 0xbdn, parts(hex('a', 16), ',X')),
    op('lda_indx', 0xa1n, parts('(', hex('a', 8), ',X)')),
    op('lda_indy', 0xb1n, parts('(', hex('a', 8), '),Y')),
    op('asl_acc', 0x0an, parts('A')),
    op('asl_zp', 0x06n, parts(hex('a', 8))),
    op('jmp_abs', 0x4cn, parts(hex('a', 16))),
    op('jmp_ind', 0x6cn, parts('(', hex('a', 16), ')')),
    op('bne', 0xd0n, [target]),
    op('nop', 0xean, []),
    instruction({
      id: 'ldi',
      length: 2,
      value: 0x3en,
      fields: 'd:8:8',
      operands: parts(
        'a, [ix',
        hole('d', { kind: 'number', signed: true, style: 'plus' }, ir.extend(true, 16, f('d', 8))),
        ']',
      ),
    }),
    instruction({
      id: 'rmb',
      length: 2,
      value: 0x07n,
      fields: 'k:4:3 a:8:8',
      mnemonic: parts('rmb', hole('k', { kind: 'number', signed: false, style: 'decimal' }, f('k', 3))),
      operands: parts(hex('a', 8)),
    }),
  ],
}
