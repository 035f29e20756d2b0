/**
 * What a text such as cpu32mf_simd1.0 means: a base of a family, then options in any order, each perhaps with a version. In: the text and the family.
 * Out: the parts and settings of the machine, or what is wrong with the text, for a command line to print.
 */

import { suggest } from '../diagnostics/closest.ts'
import type { Name, Setting, Version } from '../syntax/ast.ts'
import type { Choice, Family } from './families.ts'

export interface Composition {
  readonly sum: readonly Name[]
  readonly settings: readonly Setting[]
}
export interface Problem {
  readonly problem: string
}

/** Undefined when the text begins with no base of the family. Letters may be large or small. */
export function readIsaString(family: Family, text: string): Composition | Problem | undefined {
  const base = longest(namesOf(family, 'base').filter((name) => text.toLowerCase().startsWith(name.toLowerCase())))
  if (base === undefined) return undefined
  const chosen = new Set<string>()
  for (const { name, version } of written(family, base, text)) {
    const problem = !family.choices.some((choice) => choice.name.text === name)
      ? unknown(family, name)
      : chosen.has(name)
        ? `${name} is said twice`
        : wrongVersion(family, name, version)
    if (problem !== undefined) return { problem: `${text}: ${problem}` }
    chosen.add(name)
  }
  const applied = closure(family, chosen)
  for (const name of chosen) {
    if (!applied.some((choice) => choice.name.text === name)) return { problem: `${text}: ${alone(family, name)}` }
  }
  const names = new Set(family.choices.map((choice) => choice.name.text))
  return {
    sum: applied.flatMap((choice) => choice.sum.filter((part) => !names.has(part.text))),
    settings: applied.flatMap((choice) => choice.settings),
  }
}

interface Written {
  /** As the family spells it, or what stands there and is no option. */
  readonly name: string
  /** Empty: none. */
  readonly version: string
}

/** The base and the options in their order. An option of several letters goes up to the next separator. */
function* written(family: Family, base: string, text: string): Generator<Written> {
  const number = `\\d+(?:${escaped(family.version ?? '.')}\\d+)?`
  const options = namesOf(family, 'option').sort((a, b) => b.length - a.length)
  const after = (end: string, name: string, stop: string): Written | undefined => {
    const [found, version = ''] = new RegExp(`^${escaped(name)}(${number})?${stop}`, 'i').exec(end) ?? []
    return found === undefined ? undefined : { name, version }
  }
  const first = (found: readonly (Written | undefined)[]): Written | undefined => found.find((one) => one !== undefined)
  const { version } = after(text, base, '') ?? { version: '' }
  yield { name: base, version }
  const rest = text.slice(base.length + version.length)
  for (const segment of family.separator === undefined ? [rest] : rest.split(family.separator)) {
    for (let end = segment; end !== ''; ) {
      const letters = options.filter((name) => name.length === 1)
      const found =
        first(options.map((name) => after(end, name, '$'))) ?? first(letters.map((name) => after(end, name, '')))
      const next = found ?? { name: end.replace(new RegExp(`(?<=.)${number}$`), ''), version: '' }
      yield next
      end = found ? end.slice(found.name.length + found.version.length) : ''
    }
  }
}

function unknown(family: Family, name: string): string {
  const options = namesOf(family, 'option')
  const meant = name.length > 1 ? suggest(name, options) : undefined
  return `${titleOf(family)} has no option ${name} here; ${meant ?? `there are ${options.join(', ')}`}`
}

/** Versions of a name are compatible upwards while the first number stays. */
function wrongVersion(family: Family, name: string, said: string): string | undefined {
  if (said === '') return undefined
  const known = family.choices.find((choice) => choice.name.text === name && choice.version)?.version
  if (!known) return `${name} has no version`
  const [major, minor = 0] = said.split(family.version ?? '.').map(Number)
  if (major === known.major && minor <= known.minor) return undefined
  return `${name} is here in version ${versionText(family, known)}, not ${said}`
}
function versionText({ version = '.' }: Family, { major, minor }: Version): string {
  return `${major}${version}${minor}`
}

/** The choices that apply, in the family's order, after all that they bring has been added to the names. */
function closure(family: Family, chosen: ReadonlySet<string>): Choice[] {
  const names = new Set(chosen)
  for (let before = -1; before < names.size; ) {
    before = names.size
    for (const choice of family.choices) if (applies(choice, names)) for (const part of choice.sum) names.add(part.text)
  }
  return family.choices.filter((choice) => applies(choice, names))
}
function applies({ name, beside }: Choice, names: ReadonlySet<string>): boolean {
  return names.has(name.text) && beside.every((other) => names.has(other.text))
}

function alone(family: Family, name: string): string {
  const ways = family.choices.filter((choice) => choice.name.text === name)
  const company = ways.map(({ beside }) => beside.map((other) => other.text).join(' and '))
  return `${name} is here only together with ${company.join(', or ')}`
}

function namesOf(family: Family, kind: Choice['kind']): string[] {
  return [...new Set(family.choices.flatMap((choice) => (choice.kind === kind ? [choice.name.text] : [])))]
}
function titleOf({ head }: Family): string {
  return head.title || head.name.text
}
function longest(names: readonly string[]): string | undefined {
  return [...names].sort((a, b) => b.length - a.length)[0]
}
function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
