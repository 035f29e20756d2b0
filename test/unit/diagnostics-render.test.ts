import { describe, expect, test } from 'vitest'
import { render, renderJson, toJson } from '../../generator/diagnostics/render.ts'
import { type Details, Session } from '../../generator/diagnostics/session.ts'
import type { Span } from '../../generator/syntax/ast.ts'

const file = 'cpu.isa'
const text = `insn op_imm {
  rows name f3 value {
    addi  000  rs1 + imm
  }
}
operand imm(n) : b12 = n
`
const other = 'reg X[32] : b64\n'
const sources = new Map([
  [file, text],
  ['state.isa', other],
])

/** The place of a piece of text. */
function at(found: string, source = text, name = file): Span {
  const start = source.indexOf(found)
  return { file: name, start, end: start + found.length }
}

function reported(span: Span, message: string, details: Details = {}): Session {
  const session = new Session()
  session.report('E0301', span, message, details)
  return session
}

describe('text', () => {
  test('labels, context, help and further rows', () => {
    const session = reported(at('+'), '+ has 64 and 12 bits', {
      context: ['insn op_imm', 'row addi', 'when XLEN = 64'],
      labels: [
        { span: at('rs1'), text: 'this is 64 bits' },
        { span: { ...at('imm\n'), end: at('imm\n').start + 3 }, text: 'this is 12 bits' },
      ],
      help: 'sx(imm)',
    })
    session.report('E0301', at('+'), '+ has 64 and 12 bits')
    expect(render(session.diagnostics, sources)).toBe(
      [
        'error[E0301]: + has 64 and 12 bits',
        ' --> cpu.isa:3:20, insn op_imm, row addi, when XLEN = 64',
        '  |',
        '3 |     addi  000  rs1 + imm',
        '  |                --- ^ --- this is 12 bits',
        '  |                |',
        '  |                this is 64 bits',
        '  = help: sx(imm)',
        '  = and 1 more row',
        '',
        '',
      ].join('\n'),
    )
  })

  test('labels in other lines and other files, notes', () => {
    const session = reported(at('op_imm'), 'a family', {
      labels: [
        { span: at('imm(n)'), text: 'made here' },
        { span: at('X', other, 'state.isa'), text: 'the registers' },
      ],
      notes: ['one', 'two\nlines'],
    })
    expect(render(session.diagnostics, sources)).toBe(
      [
        'error[E0301]: a family',
        ' --> cpu.isa:1:6',
        '  |',
        '1 | insn op_imm {',
        '  |      ^^^^^^',
        '...',
        '6 | operand imm(n) : b12 = n',
        '  |         ------ made here',
        ' ::: state.isa:1:5',
        '  |',
        '1 | reg X[32] : b64',
        '  |     - the registers',
        '  = note: one',
        '  = note: two',
        '          lines',
        '',
        '',
      ].join('\n'),
    )
  })

  test('a label at the place itself, a span over lines, and one at the end of the text', () => {
    const whole = at(text.slice(0, text.indexOf('}\n}')))
    const drawn = render(reported(whole, 'long', { labels: [{ span: whole, text: 'all this' }] }).diagnostics, sources)
    expect(drawn).toContain('1 | insn op_imm {\n  | ^^^^^^^^^^^^^ all this\n')
    const end = { file, start: text.length, end: text.length }
    expect(render(reported(end, 'ends').diagnostics, sources)).toContain('--> cpu.isa:7:1\n  |\n7 |\n  | ^\n')
  })

  test('a file whose text is not known', () => {
    expect(render(reported({ file: 'gone.isa', start: 5, end: 6 }, 'lost').diagnostics, sources)).toBe(
      'error[E0301]: lost\n --> gone.isa\n\n',
    )
  })

  test('colours change nothing but colours', () => {
    const { diagnostics } = reported(at('+'), 'x', { labels: [{ span: at('rs1'), text: 'y' }], help: 'z' })
    const coloured = render(diagnostics, sources, { color: true })
    expect(coloured).toContain('\x1b[1;31merror[E0301]\x1b[0m')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape codes are what is taken away
    expect(coloured.replace(/\x1b\[[\d;]*m/g, '')).toBe(render(diagnostics, sources))
  })

  test('by file and place', () => {
    const session = new Session()
    session.report('E0201', at('imm(n)'), 'second')
    session.report('W0801', at('op_imm'), 'first')
    const text = render(session.diagnostics, sources)
    expect(text.indexOf('warning[W0801]: first')).toBeLessThan(text.indexOf('error[E0201]: second'))
    expect(render([], sources)).toBe('')
  })
})

test('JSON has all fields always', () => {
  const { diagnostics } = reported(at('+'), 'x', { labels: [{ span: at('X', other, 'state.isa'), text: 'y' }] })
  const json = {
    code: 'E0301',
    severity: 'error',
    message: 'x',
    file,
    line: 3,
    column: 20,
    endLine: 3,
    endColumn: 21,
    context: [],
    labels: [{ file: 'state.isa', line: 1, column: 5, endLine: 1, endColumn: 6, text: 'y' }],
    notes: [],
    help: null,
    more: 0,
  }
  expect(toJson(diagnostics, sources)).toEqual([json])
  expect(JSON.parse(renderJson(diagnostics, sources))).toEqual(json)
})
