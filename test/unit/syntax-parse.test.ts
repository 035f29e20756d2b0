import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { codes } from '../../generator/diagnostics/codes.ts'
import { Session } from '../../generator/diagnostics/session.ts'
import type { Cell, Expr, Item, Span, SpecFile } from '../../generator/syntax/ast.ts'
import { parseCell, parseExpr, parseSpec } from '../../generator/syntax/parse.ts'
import { random } from './random.ts'
import { withoutSpans } from './syntax-trees.ts'

const folder = join(import.meta.dirname, '../specs/samples')
const samples = readdirSync(folder).map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') }))

function parse(text: string): { spec: SpecFile; codes: string[] } {
  const session = new Session()
  const spec = parseSpec('test.isa', text, session)
  return { spec, codes: session.diagnostics.map(({ code }) => code) }
}

function parsedExpr(text: string): Expr {
  const session = new Session()
  const expr = parseExpr('test.isa', text, session)
  expect(session.diagnostics, text).toEqual([])
  return expr as Expr
}

function cell(text: string): Cell {
  return { text, span: { file: 'test.isa', start: 100, end: 100 + text.length } }
}

describe('samples', () => {
  test.each(samples)('$file', ({ file, text }) => {
    const session = new Session()
    const spec = parseSpec(file, text, session)
    expect(session.diagnostics).toEqual([])
    // As many items as lines that start one.
    expect(spec.items.length).toBe(text.split('\n').filter((line) => /^[^\s}/]/.test(line)).length)
    for (const item of spec.items) checkSpans(item, text)
  })
})

/** Spans hold neither blanks nor comments at their ends, and lie inside each other; an expression's span is its text. */
function checkSpans(node: object, text: string, outer?: Span): void {
  const span = 'span' in node ? (node.span as Span) : undefined
  if (span && outer) expect(span.start >= outer.start && span.end <= outer.end).toBe(true)
  const own = span && text.slice(span.start, span.end)
  if (own !== undefined) expect(own).toBe(own.trim())
  if (own !== undefined && 'kind' in node && node.kind === 'binary') {
    expect(withoutSpans(parsedExpr(own))).toEqual(withoutSpans(node))
  }
  for (const [key, value] of Object.entries(node)) {
    if (key !== 'span' && typeof value === 'object' && value !== null) checkSpans(value, text, span ?? outer)
  }
}

test('an item with a mistake is left out, the others stand', () => {
  const { spec, codes } = parse('unit 8\nreg A b8\n\nfn f( { }\nreg B : b8\n')
  expect(codes).toEqual(['E0101', 'E0107'])
  expect(spec.items.map((item) => item.kind)).toEqual(['unit', 'reg'])
})

test('doc comments belong to what follows them directly', () => {
  const { spec } = parse(
    '\uFEFF//! A file.\n//!\n//! More.\r\n\n/// One\n/// two.\nunit 8\n/// lost\n\nendian little // x\n',
  )
  expect(spec.doc).toEqual(['A file.', '', 'More.'])
  expect(spec.items.map((item: Item) => item.doc)).toEqual([['One', 'two.'], []])
})

test('precedence', () => {
  const same = (flat: string, grouped: string): void => {
    expect(withoutSpans(parsedExpr(flat)), flat).toEqual(withoutSpans(parsedExpr(grouped)))
  }
  same('a or b and c == d | e ^ f & g << h', 'a or (b and (c == (d | (e ^ (f & (g << h))))))')
  same('a - b - c * d /s e', '(a - b) - ((c * d) /s e)')
  same('not P.Z and x', '(not (P.Z)) and x')
  same('-a * ~b[0]', '(-a) * (~(b[0]))')
  same('0..n - 1', '0..(n - 1)')
  same('A & m == 0', '(A & m) == 0')
  same('a == b or c <s d', '(a == b) or (c <s d)')
  same('- - a', '-(-a)')
  expect(parsedExpr('-1')).toMatchObject({ kind: 'unary', op: '-', operand: { kind: 'number', value: 1n } })
  expect(parsedExpr('0b1x0')).toMatchObject({ kind: 'number', pattern: '1x0' })
  expect(parsedExpr('0xFF_FF')).toMatchObject({ kind: 'number', value: 0xffffn, text: '0xFF_FF' })
})

test('cells are parsed as what their column is for', () => {
  const session = new Session()
  const enc = parseCell(cell('{(00 k 001) /reg imm[5|3:2] d:8}'), 'enc', session)
  expect(enc?.atoms.map(({ kind }) => kind)).toEqual(['box', 'slot', 'slices', 'field'])
  expect(enc?.atoms[1]?.span).toMatchObject({ start: 112, end: 116 })
  expect(parseCell(cell('A9'), 'enc', session)?.atoms).toMatchObject([{ kind: 'word', text: 'A9' }])
  expect(parseCell(cell('{ A = m; nz(A) }'), 'block', session)?.statements.length).toBe(2)
  expect(parseCell(cell('rs1 + imm'), 'expr', session)).toMatchObject({
    kind: 'binary',
    span: { start: 100, end: 109 },
  })
  expect(parseCell(cell('rm[64]'), 'place', session)).toMatchObject({ kind: 'index' })
  expect(parseCell(cell('lr.w'), 'template', session)?.parts).toEqual([{ kind: 'text', text: 'lr.w' }])
  expect(parseCell(cell('"b\\{{cc:hex}"'), 'template', session)?.parts).toMatchObject([
    { kind: 'text', text: 'b{' },
    { kind: 'hole', value: { kind: 'name', name: 'cc' }, style: 'hex' },
  ])
  expect(parseCell(cell('-'), 'enc', session)?.atoms).toEqual([])
  expect(parseCell(cell('-'), 'block', session)?.statements).toEqual([])
  expect(session.diagnostics).toEqual([])
  expect(parseCell(cell('-'), 'expr', session)).toBeUndefined()
  expect(parseCell(cell('{ a'), 'block', session)).toBeUndefined()
  expect(session.diagnostics.map(({ code }) => code)).toEqual(['E0104', 'E0107'])
})

test('nesting is bounded, with an error and no stack overflow', () => {
  const many = (open: string, middle: string, close = ''): string => open.repeat(2000) + middle + close.repeat(2000)
  for (const text of [
    many('(', '1', ')'),
    many('f(', '1', ')'),
    many('a[', '1', ']'),
    many('if a { ', '1', ' } else { 1 }'),
    many('match a { 0 => ', '1', ' }'),
    many('-', '1'),
    many('a + ', '1'),
    many('a.', 'b'),
    many('if a { 1 } else ', '{ 2 }'),
  ]) {
    expect(parse(`let x = ${text}`).codes, text.slice(0, 20)).toEqual(['E0105'])
  }
  expect(parse(`insn x { enc ${'('.repeat(2000)}1${')'.repeat(2000)} }`).codes).toEqual(['E0105'])
  expect(parse(`alias "${'{'.repeat(2000)}a${'}'.repeat(2000)}" = "b"`).codes).toEqual(['E0105'])
  // What is allowed goes through with room to spare.
  expect(parse(`let x = ${'('.repeat(60)}1${')'.repeat(60)}`).codes).toEqual([])
  expect(parse(`fn f() { ${'if a { '.repeat(60)}1${' }'.repeat(60)} }`).codes).toEqual([])
})

test('every syntax code has a filetest', () => {
  const tests = join(import.meta.dirname, '../filetests/parse')
  const texts = readdirSync(tests).map((file) => readFileSync(join(tests, file), 'utf8'))
  const missing = Object.keys(codes).filter(
    (code) => /^E01/.test(code) && !texts.some((text) => text.includes(`[${code}]`)),
  )
  expect(missing).toEqual([])
})

test('text that was damaged at random gives diagnostics, never an exception', () => {
  const { below, pick } = random(20240411)
  const pieces = [
    '{',
    '}',
    '(',
    ')',
    '[',
    ']',
    '"',
    "'",
    ' ',
    '\n',
    ';',
    ':',
    '=',
    '=>',
    '-',
    '+',
    '<s',
    'when',
    'rows',
    '0x',
    '//',
    'é',
    '\0',
    '\\',
  ]
  const texts = samples.flatMap(({ text }) => splitAt(text))
  for (let i = 0; i < 2000; i++) {
    let text = pick(texts)
    for (let edits = 1 + below(4); edits > 0; edits--) {
      const at = below(text.length + 1)
      const cut = below(2) === 0 ? 0 : 1 + below(6)
      const put = below(3) === 0 ? '' : pick(pieces)
      text = text.slice(0, at) + put + text.slice(at + cut)
    }
    const session = new Session()
    let spec: SpecFile
    try {
      spec = parseSpec('damaged.isa', text, session)
    } catch (error) {
      throw new Error(`case ${i} threw for:\n${text}`, { cause: error })
    }
    for (const { span, message } of session.diagnostics) {
      expect(span.start >= 0 && span.start <= span.end && span.end <= text.length + 1, message).toBe(true)
      expect(message).not.toBe('')
    }
    for (const item of spec.items) expect(item.span.end).toBeLessThanOrEqual(text.length)
  }
})

/** Pieces of a few items each, so that 2,000 cases are quick. */
function splitAt(text: string): string[] {
  return text.split(/\n(?=(?:insn|fn|operand|reg|alias|test) )/)
}
