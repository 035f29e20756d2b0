/**
 * Families: how texts such as cpu32mf_simd name machines that no `isa` item declares. A family's bases and options stand behind its `family` line;
 * what they bring is checked here, what a text means is isa-string.ts.
 */

import { suggest } from '../diagnostics/closest.ts'
import type { Session } from '../diagnostics/session.ts'
import type { Item, Name, SpecFile } from '../syntax/ast.ts'

/** A base or an option, and what it brings when those beside it are there too. One name may have several. */
export type Choice = Item & { readonly kind: 'base' | 'option' }
export interface Family {
  readonly head: Item & { readonly kind: 'family' }
  readonly choices: readonly Choice[]
  /** What stands between options; those of one letter need nothing. */
  readonly separator?: string
  /** What stands between the two numbers of a version. */
  readonly version?: string
  readonly file: SpecFile
}

export function familyOf(head: Family['head'], items: readonly Item[], file: SpecFile): Family {
  const isChoice = (item: Item): item is Choice => item.kind === 'base' || item.kind === 'option'
  const spellings = Object.fromEntries(head.spellings.map(({ kind, text }) => [kind, text]))
  return { head, choices: items.filter(isChoice), ...spellings, file }
}

/** What a family's items must look like for its texts to be read: `known` are all parts and machines. */
export function checkFamily(family: Family, known: readonly string[], session: Session): void {
  const { choices, separator } = family
  const names = new Set(choices.map((choice) => choice.name.text))
  const before = new Map<string, Choice>()
  const versions = new Map<string, Choice>()
  for (const choice of choices) {
    const { name, beside, sum, version } = choice
    for (const part of sum) requireName(part, [...names, ...known], 'part, isa or option', session)
    for (const other of beside) requireName(other, names, 'base or option', session)
    const key = [name.text, ...beside.map((other) => other.text).sort()].join(' ')
    const first = before.get(key) ?? (version && versions.get(name.text))
    if (first) {
      session.report('E0202', name.span, `${name.text} is declared twice`, {
        labels: [{ span: first.name.span, text: 'first here' }],
        ...(before.has(key) ? {} : { help: 'its version is said once' }),
      })
    }
    before.set(key, choice)
    if (version) versions.set(name.text, choice)
    if (choice.kind === 'base' || name.text.length === 1) continue
    if (separator === undefined) {
      session.report('E0707', name.span, `nothing parts ${name.text} from other options`, {
        help: `family ${family.head.name.text} separator "_"`,
      })
    } else if (name.text.includes(separator)) {
      session.report('E0707', name.span, `${name.text} holds the separator \`${separator}\``)
    }
  }
}

function requireName({ text, span }: Name, known: Iterable<string>, what: string, session: Session): void {
  const names = [...known]
  if (names.includes(text)) return
  session.report('E0701', span, `there is no ${what} called ${text}`, { help: suggest(text, names) })
}
