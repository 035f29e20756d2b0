/**
 * Text to syntax tree, the first phase. parseSpec takes a whole file: split.ts cuts it into items, each is parsed on
 * its own with the grammar in isa.ohm, and an item that fails is reported (E01xx) and left out while the others stand.
 * parseCell takes one cell of a row, once the checker knows what its column is for. Neither throws for wrong text.
 */

import type { Session } from '../diagnostics/session.ts'
import type { ItemTree } from './actions/items.ts'
import type { Source } from './actions/source.ts'
import type { Block, Cell, Enc, Expr, Item, Span, SpecFile, Template } from './ast.ts'
import { type BracketFault, findBracketFault, MAX_NESTING } from './brackets.ts'
import { isaGrammar } from './grammar.ts'
import { deepestSpan, MAX_HEIGHT } from './height.ts'
import { explain, type Failure } from './hints.ts'
import { type ItemText, splitItems } from './split.ts'
import { buildTree } from './tree.ts'

/** What a cell or a text given on a command line can be parsed as. */
export type TextKind = 'enc' | 'expr' | 'block' | 'template' | 'place'

const startRules: Readonly<Record<TextKind, string>> = {
  enc: 'EncText',
  expr: 'ExprText',
  place: 'ExprText',
  block: 'Block',
  template: 'template',
}

/** What a cell must be in a column that is named as a clause. */
export const clauseColumns: Readonly<Record<string, TextKind>> = {
  name: 'template',
  enc: 'enc',
  asm: 'template',
  alias: 'template',
  is: 'template',
  exec: 'block',
  cycles: 'expr',
  value: 'expr',
}

/** The items of a file, without those that do not parse: they are reported. */
export function parseSpec(file: string, text: string, session: Session): SpecFile {
  const { doc, items, strays } = splitItems(text)
  for (const { start, end } of strays) {
    const help = text.slice(start, end)
    session.report('E0102', { file, start, end }, 'items start in column 0', { help })
  }
  const parsed = items.flatMap((item) => parseItem(file, text, item, session) ?? [])
  return { file, text, doc, items: parsed }
}

function parseItem(file: string, fileText: string, { start, end, doc }: ItemText, session: Session): Item | undefined {
  const text = fileText.slice(start, end)
  const tree = parseText<ItemTree>(text, 'Item', 'item', { file, base: start, session })
  return tree && { ...tree.declaration, span: { file, start, end }, doc, override: tree.override }
}

/**
 * A cell as its column wants it, or undefined after a report (E0104). `{ … }` round an encoding is left out; a bare
 * word is a template of that word; `-` is an empty encoding, block or template.
 */
export function parseCell(cell: Cell, as: 'enc', session: Session): Enc | undefined
export function parseCell(cell: Cell, as: 'block', session: Session): Block | undefined
export function parseCell(cell: Cell, as: 'template', session: Session): Template | undefined
export function parseCell(cell: Cell, as: 'expr' | 'place', session: Session): Expr | undefined
export function parseCell(cell: Cell, as: TextKind, session: Session): Enc | Block | Template | Expr | undefined {
  const { text, span } = cell
  if (text === '-') {
    if (as === 'enc') return { atoms: [], span }
    if (as === 'block') return { statements: [], span }
    if (as === 'template') return { kind: 'template', parts: [], span }
    session.report('E0104', span, 'this column needs a value in every row', { help: '0' })
    return undefined
  }
  if (as === 'template' && /^[^"\s]+$/.test(text)) return { kind: 'template', parts: [{ kind: 'text', text }], span }
  const known = parsedCells.get(cell)?.get(startRules[as])
  if (known) return known
  const source = { file: span.file, base: span.start, session }
  const tree = parseText<Enc | Block | Template | Expr>(text, startRules[as], as === 'place' ? 'expr' : as, source)
  if (tree) {
    const trees = parsedCells.get(cell) ?? new Map<string, Enc | Block | Template | Expr>()
    parsedCells.set(cell, trees.set(startRules[as], tree))
  }
  return tree
}

/**
 * A cell is asked for by every machine and every row that tables are joined to: its trees by start rule. Those that do
 * not parse are not kept, so that each session hears of them.
 */
const parsedCells = new WeakMap<Cell, Map<string, Enc | Block | Template | Expr>>()

/** An expression that stands alone, such as a command line gives. Spans are offsets in `text`. */
export function parseExpr(file: string, text: string, session: Session): Expr | undefined {
  return parseText(text, startRules.expr, 'expr', { file, base: 0, session })
}

/** `T` is what the start rule's action returns. */
function parseText<T extends object>(text: string, rule: string, as: Failure['as'], source: Source): T | undefined {
  const fault = findBracketFault(text)
  if (fault) {
    reportBracketFault(fault, text, source)
    return undefined
  }
  const match = isaGrammar().match(text, rule)
  if (match.failed()) {
    const hint = explain({ text, at: match.getRightmostFailurePosition(), as })
    const span = spanAt(source, hint.start, Math.min(hint.end, Math.max(text.length, hint.start + 1)))
    source.session.report(as === 'item' ? 'E0101' : 'E0104', span, hint.message, {
      ...(hint.help === undefined ? {} : { help: hint.help }),
      notes: hint.notes ?? [],
    })
    return undefined
  }
  const tree = buildTree<T>(match, source)
  const deep = deepestSpan(tree)
  if (deep) {
    source.session.report('E0105', deep, `this is nested more than ${MAX_HEIGHT} levels deep`, {
      help: 'name a part of it with `let`',
    })
    return undefined
  }
  return tree
}

function reportBracketFault(fault: BracketFault, text: string, source: Source): void {
  const { session } = source
  const span = spanAt(source, fault.at, fault.at + 1)
  const found = text[fault.at] ?? ''
  switch (fault.kind) {
    case 'deep':
      session.report('E0105', span, `brackets are nested more than ${MAX_NESTING} deep`, {
        help: 'name a part of it with `let`, or make it a function',
      })
      return
    case 'unclosed':
      session.report('E0107', span, `\`${found}\` is never closed`, {
        labels: [
          {
            span: spanAt(source, fault.end - 1, fault.end),
            text: found === '"' ? 'the line ends here' : 'the text ends here',
          },
        ],
        help: found === '(' ? ')' : found === '[' ? ']' : found === '{' ? '}' : found,
      })
      return
    case 'mismatch':
      session.report('E0107', span, `\`${text[fault.open] ?? ''}\` is closed by \`${found}\``, {
        labels: [{ span: spanAt(source, fault.open, fault.open + 1), text: 'opened here' }],
      })
      return
    case 'unopened':
      session.report('E0107', span, `\`${found}\` closes nothing`)
  }
}

function spanAt({ file, base }: Source, start: number, end: number): Span {
  return { file, start: base + start, end: base + end }
}
