/** Warnings about what nothing uses: fields that decode to nothing, functions that nobody calls, locals that nothing reads, encodings without assembly. */

import { allExpressions } from '../ir/facts.ts'
import type { AsmPart } from '../ir/isa.ts'
import type { Block, Item, Name, Row, Stmt } from '../syntax/ast.ts'
import { fieldsOf } from './assembly.ts'
import type { Machine } from './compose.ts'
import { type MachineScope, report } from './scope.ts'
import { emptyEnv } from './state.ts'
import type { Named } from './syntaxes.ts'

/** Functions and operands that nothing has looked up so far. */
export function unusedNames(machine: Machine, scope: MachineScope): Set<string> {
  const declared = machine.items.flatMap((item) =>
    item.kind === 'fn' ? [item.name.text] : item.kind === 'operand' ? item.names.map((name) => name.text) : [],
  )
  return new Set(declared.filter((name) => !scope.used.has(name)))
}

export function reportUnused(
  machine: Machine,
  scope: MachineScope,
  all: readonly Named[],
  unused: ReadonlySet<string>,
): void {
  for (const named of all) reportFields(scope, named)
  // A part that only has functions and constants is a library, of which a machine takes what it needs.
  const parts = new Set(machine.items.flatMap((item) => (item.kind === 'fn' || item.kind === 'let' ? [] : [item.part])))
  for (const item of machine.items) {
    if (item.kind === 'fn' && parts.has(item.part) && unused.has(item.name.text)) {
      report(emptyEnv(scope), 'W0804', item.name.span, `nothing calls ${item.name.text}`)
    }
    reportLocals(scope, item)
  }
}

function reportFields(scope: MachineScope, { draft, syntax, id }: Named): void {
  const env = emptyEnv(scope, draft.where)
  const used = new Set([...fieldsInParts([...syntax.mnemonic, ...syntax.operands]), ...fieldsOf(draft.when)])
  for (const s of draft.body?.statements ?? []) {
    for (const e of allExpressions(s)) for (const f of fieldsOf(e)) used.add(f)
  }
  for (const field of draft.delegate ? [] : draft.layout.fields) {
    if (used.has(field.name)) continue
    report(env, 'W0801', draft.span, `field ${field.name} is neither printed nor used`, {
      help: `_:${field.width} leaves its bits free`,
    })
  }
  const fixed = syntax.operands.length === 0 && syntax.mnemonic.every((p) => p.kind === 'text')
  if (fixed && draft.layout.fields.length > 0) {
    report(env, 'W0806', draft.span, `${id} has fields but no asm`, { help: 'asm "{…}"' })
  }
}

function reportLocals(scope: MachineScope, item: Item): void {
  const text = 'clauses' in item ? item.clauses : 'body' in item ? item.body : undefined
  if (!text) return
  // Items are copied when machines are composed; their contents are not.
  const unused = unusedLocals.get(text) ?? findUnusedLocals(text)
  unusedLocals.set(text, unused)
  for (const { text, span } of unused) report(emptyEnv(scope), 'W0803', span, `${text} is never used`)
}
const unusedLocals = new WeakMap<object, readonly Name[]>()

/** `let` and `var` of blocks whose name stands nowhere else: read off the text, since rows use some of them each. */
function findUnusedLocals(tree: object): Name[] {
  const declared: Name[] = []
  const mentioned = new Set<string>()
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(visit)
    else if (isNode(node)) {
      if (node.kind === 'name' && typeof node.name === 'string') mentioned.add(node.name)
      declared.push(...(node.statements ?? []).flatMap(localNames))
      // What the text of a row's cell means depends on its column: each word may be a name.
      for (const cell of node.cells ?? []) for (const word of cell.text.match(/\w+'?/g) ?? []) mentioned.add(word)
      for (const [key, inside] of Object.entries(node)) if (key !== 'span') visit(inside)
    }
  }
  visit(tree)
  return declared.filter(({ text }) => !mentioned.has(text))
}
/** Of any node of the tree, what counts here: a name that is used, a block, a row. */
interface Node {
  readonly kind?: unknown
  readonly name?: unknown
  readonly statements?: Block['statements']
  readonly cells?: Row['cells']
}
const isNode = (node: unknown): node is Node => typeof node === 'object' && node !== null
function localNames(s: Stmt): readonly Name[] {
  // Of a tuple, one value may be all that is wanted.
  return s.kind === 'let' && !s.tuple ? s.names : s.kind === 'var' ? [s.name] : []
}

function fieldsInParts(parts: readonly AsmPart[]): string[] {
  return parts.flatMap((p): string[] => {
    switch (p.kind) {
      case 'text':
        return []
      case 'hole':
        return fieldsOf(p.value)
      case 'choice':
        return p.choices.flatMap((c) => [...fieldsOf(c.when), ...fieldsInParts(c.parts)])
    }
  })
}
