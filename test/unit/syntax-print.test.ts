import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Session } from '../../generator/diagnostics/session.ts'
import type { SpecFile } from '../../generator/syntax/ast.ts'
import { parseExpr, parseSpec } from '../../generator/syntax/parse.ts'
import { printSpec } from '../../generator/syntax/print.ts'
import { exprText } from '../../generator/syntax/print-expression.ts'
import { withoutSpans } from './syntax-trees.ts'

const root = join(import.meta.dirname, '../..')
const specs = ['test/specs/samples', 'isa'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .map((path) => join(folder, String(path)))
    .filter((path) => path.endsWith('.isa')),
)

function parse(file: string, text: string): SpecFile {
  const session = new Session()
  const spec = parseSpec(file, text, session)
  expect(session.diagnostics).toEqual([])
  return spec
}

describe('a spec printed and parsed again is the same', () => {
  test.each(specs)('%s', (path) => {
    const spec = parse(path, readFileSync(join(root, path), 'utf8'))
    const text = printSpec(spec)
    const again = parse(path, text)
    expect(withoutSpans(again.items)).toEqual(withoutSpans(spec.items))
    expect(again.doc).toEqual(spec.doc)
    expect(printSpec(again)).toBe(text)
  })
})

test('parentheses stand where they are needed', () => {
  const texts = [
    'a + b * c',
    '(a + b) * c',
    'a - (b - c)',
    'a - b - c',
    '(a + b) << 1',
    'a << (b - 1)',
    'a | b ^ c & d',
    'a & b == 0',
    'not a and b or c == d',
    'not (a and b)',
    '(a == b) == c',
    '-(a + b)[3:0]',
    '(-a).x',
    '~a[i].b(c, d)[7:W-1]',
    '(if a { b } else { c }) + 1',
    'f(if a { b } else if c { d } else { e; f }, (g, h))',
    'match a { 0, 1 when b => c; else => { x = 1; y } }',
    "letters(n, 'iorw')",
    'rd is memory',
    'sx(rs1) >>s 1 <s 0b1xx',
    'undef',
  ]
  for (const text of texts) {
    const session = new Session()
    const expr = parseExpr('test', text, session)
    expect(session.diagnostics, text).toEqual([])
    expect(expr && exprText(expr)).toBe(text)
  }
})

test('rows are tables, short clauses stand on one line, long blocks on several', () => {
  const text = `insn x { enc 1 2; asm "{a}" }
insn op { enc 00 m; rows name op m { lda A9 imm; ldx A2 imm; ora 00000009 immediate when P.D; eor 1 x; and { A =
 1 } 2 } }
fn long(a : b8) { first_function(a, a); second_function(a, a); if a == 0 { third_function(a) } else { fourth_function(a) }; fifth(a) }
fn add(a : b8, b : b8) : b8 { a + b }
`
  expect(printSpec(parse('x', text))).toBe(`insn x { enc 1 2; asm "{a}" }

insn op {
  enc 00 m
  rows name op m {
    lda A9       imm
    ldx A2       imm
    ora 00000009 immediate when P.D
    eor 1        x
    and { A =
 1 } 2
  }
}

fn long(a : b8) {
  first_function(a, a)
  second_function(a, a)
  if a == 0 { third_function(a) } else { fourth_function(a) }
  fifth(a)
}

fn add(a : b8, b : b8) : b8 { a + b }
`)
})
