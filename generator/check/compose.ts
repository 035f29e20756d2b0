/**
 * Composition: from the items of all files to one list of items for each `isa`, with its parameters settled.
 * A part's items follow its `part` line, an isa's its `isa` line; variants start from their base and override.
 */

import { suggest } from '../diagnostics/closest.ts'
import type { Session } from '../diagnostics/session.ts'
import type { Clause, Item, Name, Span, SpecFile } from '../syntax/ast.ts'
import { checkFamily, type Family, familyOf } from './families.ts'
import { type Composition, type Problem, readIsaString } from './isa-string.ts'

/** One machine to check: all its items in order, before names are looked at. */
export interface Machine {
  readonly name: string
  readonly title: string
  readonly span: Span
  readonly parts: readonly string[]
  readonly settings: readonly (Item & { kind: 'isa' })['settings'][number][]
  readonly items: readonly PartItem[]
  readonly files: readonly SpecFile[]
}
/** `wide`: it stands in an isa, so an `on step` there surrounds every instruction. */
export type PartItem = Item & { readonly part: string; readonly wide: boolean }

type Head = Item & { kind: 'isa' | 'part' | 'family' }
interface Group<H extends Head = Head> {
  readonly head: H
  readonly items: Item[]
  readonly file: SpecFile
}
type IsaHead = Head & { kind: 'isa' }

/** Every machine that an `isa` item declares. */
export function composeMachines(files: readonly SpecFile[], session: Session): Machine[] {
  const groups = groupItems(files, session)
  checkFamilies(groups, session)
  return [...groups.values()].flatMap((g) => (isHead(g, 'isa') ? compose(g, groups, session) : []))
}

/** The machine of this name: an `isa` item's, or one that a family reads the name as. None: why not, unless the specs have errors. */
export function composeMachine(
  files: readonly SpecFile[],
  name: string,
  session: Session,
): Machine | Problem | undefined {
  const groups = groupItems(files, session)
  const families = checkFamilies(groups, session)
  const declared = groups.get(name)
  if (declared && isHead(declared, 'isa')) return compose(declared, groups, session)[0]
  if (session.errors > 0) return undefined
  for (const family of families) {
    const found = readIsaString(family, name)
    if (!found) continue
    return 'problem' in found ? found : compose(groupOf(family, name, found, groups), groups, session)[0]
  }
  return { problem: `there is no isa ${name}` }
}

function isHead<K extends Head['kind']>(group: Group, kind: K): group is Group<Head & { kind: K }> {
  return group.head.kind === kind
}

/** As if the family's file said: isa NAME "TITLE NAME" = PART + PART with PARAM = VALUE. What parts require comes with them. */
function groupOf(
  { head, file }: Family,
  name: string,
  { sum, settings }: Composition,
  groups: ReadonlyMap<string, Group>,
): Group<IsaHead> {
  const parts = new Map<string, Name>()
  const add = (part: Name): void => {
    if (parts.has(part.text)) return
    for (const item of groups.get(part.text)?.items ?? []) if (item.kind === 'requires') item.names.forEach(add)
    parts.set(part.text, part)
  }
  sum.forEach(add)
  const { span, doc } = head
  const title = `${head.title} ${name}`.trim()
  return {
    head: {
      kind: 'isa',
      name: { text: name, span: head.name.span },
      title,
      sum: [...parts.values()],
      settings,
      span,
      doc,
      override: false,
    },
    items: [],
    file,
  }
}

function checkFamilies(groups: ReadonlyMap<string, Group>, session: Session): Family[] {
  const known = [...groups.values()].flatMap((g) => (isHead(g, 'family') ? [] : [g.head.name.text]))
  return [...groups.values()].flatMap((g) => {
    if (!isHead(g, 'family')) return []
    const family = familyOf(g.head, g.items, g.file)
    checkFamily(family, known, session)
    return [family]
  })
}

function groupItems(files: readonly SpecFile[], session: Session): Map<string, Group> {
  const groups = new Map<string, Group>()
  for (const file of files) {
    let current: Group | undefined
    for (const item of file.items) {
      if (item.kind === 'isa' || item.kind === 'part' || item.kind === 'family') {
        const before = groups.get(item.name.text)
        if (before) {
          session.report('E0202', item.name.span, `${item.name.text} is declared twice`, {
            labels: [{ span: before.head.name.span, text: 'first here' }],
          })
        }
        current = { head: item, items: [], file }
        groups.set(item.name.text, current)
      } else if (current) {
        const isChoice = item.kind === 'base' || item.kind === 'option'
        if (isChoice === isHead(current, 'family')) current.items.push(item)
        else if (isChoice) {
          session.report('E0204', item.span, `${item.kind} ${item.name.text} stands behind no family`, {
            help: 'family NAME "TITLE" separator "_"',
          })
        } else session.report('E0203', item.span, `${item.kind} does not belong in a family`)
      } else {
        session.report('E0204', item.span, 'an item stands before the first isa, part or family', {
          help: 'start the file with: isa NAME "title", or: part NAME "title"',
        })
      }
    }
  }
  return groups
}

function compose(group: Group<IsaHead>, groups: Map<string, Group>, session: Session): Machine[] {
  const errors = session.errors
  const collected: Collected = { parts: [], items: [], files: [], settings: [] }
  collect(group, groups, collected, [], session)
  const names = new Set(collected.parts)
  for (const item of collected.items) {
    if (item.kind === 'requires') {
      for (const name of item.names) {
        if (!names.has(name.text)) {
          session.report('E0701', group.head.name.span, `${item.part} requires ${name.text}`, {
            labels: [{ span: name.span, text: 'required here' }],
            help: `isa ${group.head.name.text} = ${[...group.head.sum.map((part) => part.text), name.text].join(' + ')}`,
          })
        }
      }
    } else if (item.kind === 'conflicts') {
      for (const name of item.names) {
        if (names.has(name.text)) {
          session.report('E0702', group.head.name.span, `${item.part} and ${name.text} are in conflict`, {
            labels: [{ span: name.span, text: 'said here' }],
          })
        }
      }
    }
  }
  if (session.errors > errors) return []
  const items = applyOverrides(collected.items, session)
  return [
    {
      name: group.head.name.text,
      title: group.head.title,
      span: group.head.name.span,
      parts: collected.parts,
      settings: collected.settings,
      items,
      files: [...new Set(collected.files)],
    },
  ]
}

interface Collected {
  readonly parts: string[]
  readonly items: PartItem[]
  readonly files: SpecFile[]
  readonly settings: (Item & { kind: 'isa' })['settings'][number][]
}

function collect(
  group: Group,
  groups: Map<string, Group>,
  into: Collected,
  path: readonly string[],
  session: Session,
): void {
  const { head } = group
  const name = head.name.text
  if (into.parts.includes(name)) return
  if (head.kind === 'isa') {
    for (const part of head.sum) {
      const found = groups.get(part.text)
      if (!found || isHead(found, 'family')) reportMissing(part, groups, session)
      else if (path.includes(part.text)) session.report('E0210', part.span, `${part.text} is made of itself`)
      else collect(found, groups, into, [...path, name], session)
    }
    into.settings.push(...head.settings)
  }
  into.parts.push(name)
  into.files.push(group.file)
  into.items.push(...group.items.map((item) => ({ ...item, part: name, wide: head.kind === 'isa' })))
}

function reportMissing(part: Name, groups: Map<string, Group>, session: Session): void {
  session.report('E0701', part.span, `there is no part or isa called ${part.text}`, {
    help: suggest(
      part.text,
      [...groups.values()].flatMap((g) => (isHead(g, 'family') ? [] : [g.head.name.text])),
    ),
  })
}

/** `override` replaces what has the same kind and name; an insn keeps the clauses that are not given and gains rows. */
function applyOverrides(items: readonly PartItem[], session: Session): PartItem[] {
  const out: PartItem[] = []
  for (const item of items) {
    if (item.kind === 'remove') {
      for (const name of item.names) {
        const at = out.findIndex((o) => o.kind === 'insn' && o.name.text === name.text)
        if (at < 0) session.report('E0703', name.span, `remove names no insn: ${name.text}`)
        else out.splice(at, 1)
      }
      continue
    }
    if (!item.override) {
      out.push(item)
      continue
    }
    const key = keyOf(item)
    const at = out.findLastIndex((o) => keyOf(o) === key)
    const before = out[at]
    if (!key || !before) {
      session.report('E0703', item.span, 'override names nothing that exists before it', {
        help:
          key &&
          suggest(
            key.split(' ')[1] ?? '',
            out.map((o) => keyOf(o)?.split(' ')[1] ?? ''),
          ),
      })
      continue
    }
    if (item.kind === 'insn' && before.kind === 'insn') {
      // What the base promised of an instruction need not hold for the one that overrides it.
      const kept = before.clauses.filter((c) => c.kind !== 'test')
      out[at] = {
        ...before,
        part: item.part,
        doc: item.doc.length > 0 ? item.doc : before.doc,
        clauses: mergeClauses(kept, item.clauses),
      }
    } else out[at] = item
  }
  return out
}
function keyOf(item: Item): string | undefined {
  switch (item.kind) {
    case 'fn':
    case 'insn':
    case 'view':
    case 'mem':
    case 'space':
    case 'trap':
    case 'let':
    case 'type':
      return `${item.kind} ${item.name.text}`
    case 'reg':
    case 'operand':
      return `${item.kind} ${item.kind === 'reg' ? item.names[0]?.name.text : item.names[0]?.text}`
    case 'on':
      return `on ${item.event.text}`
    default:
      return undefined
  }
}
function mergeClauses(before: readonly Clause[], added: readonly Clause[]): Clause[] {
  const replaced = new Set<string>(added.filter((c) => c.kind !== 'rows' && c.kind !== 'test').map((c) => c.kind))
  const merged = before.filter((c) => c.kind === 'let' || !replaced.has(c.kind))
  for (const clause of added) {
    if (clause.kind !== 'rows') {
      merged.push(clause)
      continue
    }
    const columns = clause.columns.map((c) => c.text).join(' ')
    const at = merged.findIndex((c) => c.kind === 'rows' && c.columns.map((n) => n.text).join(' ') === columns)
    const same = merged[at]
    if (same?.kind === 'rows') merged[at] = { ...same, rows: mergeRows(clause, same) }
    else merged.push(clause)
  }
  return merged
}
type Rows = Clause & { kind: 'rows' }
/** A row with the same name and encoding replaces the one before. */
function mergeRows(added: Rows, before: Rows): Rows['rows'] {
  const keys = added.columns.flatMap((c, i) => (['name', 'enc', 'op'].includes(c.text) ? [i] : []))
  const key = (row: Rows['rows'][number]): string => keys.map((i) => row.cells[i]?.text).join(' ')
  const replaced = new Set(added.rows.map(key))
  return [...before.rows.filter((row) => !replaced.has(key(row))), ...added.rows]
}
