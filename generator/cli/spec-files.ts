/**
 * Finds the files that a spec needs. A spec names parts (`isa x = rv_i + rv_m`, `requires rv_i`), not files: a part or machine is
 * looked for in the files that were given, then in their folders, then in the `isa/` folder of the package. In: paths as the user gave them.
 * Out: the files that belong together, with their texts, ready for compile(); and the machines that the given files declare.
 */

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { CommandError } from './command.ts'
import { packageFolder } from './package-folder.ts'

export interface SourceText {
  /** As messages show it: from the current folder, or `isagen/isa/…` for a file of the package; forward slashes. */
  readonly file: string
  readonly path: string
  readonly text: string
}
export interface SpecFiles {
  readonly files: readonly Outline[]
  /** The `isa` items of the files that were asked for, in order. */
  readonly isas: readonly string[]
}

/** What one file declares and needs, read off the lines that start in column 0. */
export interface Outline extends SourceText {
  readonly declared: readonly {
    readonly kind: 'isa' | 'part'
    readonly name: string
    readonly needs: readonly string[]
  }[]
}

/** `paths` are spec files or folders (searched with all their folders). */
export function findSpecFiles(paths: readonly string[]): SpecFiles {
  const asked = paths.flatMap((path) => (isFolder(path) ? isaFilesUnder(path) : [path])).map((path) => outline(path))
  const nothing = paths.find((path) => isFolder(path) && isaFilesUnder(path).length === 0)
  if (nothing !== undefined) throw new CommandError(`there is no .isa file under ${nothing}`)

  const chosen = new Map(asked.map((one) => [one.path, one]))
  const nearby = new Map<string, Outline>()
  const declare = (one: Outline) => {
    for (const { name } of one.declared) if (!nearby.has(name)) nearby.set(name, one)
  }
  asked.forEach(declare)
  for (const folder of new Set(asked.map((one) => dirname(one.path)))) {
    for (const path of isaFilesIn(folder)) declare(outline(path))
  }
  let ofPackage: readonly Outline[] | undefined
  const declarer = (name: string): Outline | undefined => {
    const near = nearby.get(name)
    if (near) return near
    ofPackage ??= isaFilesUnder(packageSpecs).map((path) => outline(path))
    return ofPackage.find((one) => one.declared.some((item) => item.name === name))
  }
  // A name that nobody declares is left to the checker, which has the place and a suggestion.
  const queue = [...asked]
  for (let one = queue.shift(); one; one = queue.shift()) {
    for (const name of one.declared.flatMap((item) => item.needs)) {
      const found = declarer(name)
      if (!found || chosen.has(found.path)) continue
      chosen.set(found.path, found)
      queue.push(found)
    }
  }
  const isas = asked.flatMap((one) => one.declared.filter((item) => item.kind === 'isa').map((item) => item.name))
  return { files: [...chosen.values()], isas }
}

/** Beside dist/ when installed, beside generator/ in a clone. */
const packageSpecs = join(packageFolder, 'isa')

/** The file of the package that declares a bundled machine. */
export function findSpecOfIsa(name: string): string {
  const found = isaFilesUnder(packageSpecs).find((path) =>
    outline(path).declared.some((item) => item.kind === 'isa' && item.name === name),
  )
  if (found === undefined) throw new CommandError(`the spec of ${name} is not in the package`)
  return found
}

export function isaFilesUnder(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap((entry) => {
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : isaFilesUnder(join(folder, entry.name))
    return entry.name.endsWith('.isa') ? [join(folder, entry.name)] : []
  })
}

function isaFilesIn(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.isa'))
  return names.sort().map((name) => join(folder, name))
}

function outline(path: string): Outline {
  const absolute = resolve(path)
  const text = readFileSync(absolute, 'utf8').replace(/\r\n/g, '\n')
  const declared: { kind: 'isa' | 'part'; name: string; needs: string[] }[] = []
  const item =
    /^(?:(isa|part)[ \t]+([\w.']+)[ \t]*(?:"(?:[^"\\\n]|\\.)*")?[ \t]*(?:=\s*([\w.']+(?:[ \t]*\+\s*[\w.']+)*))?|requires[ \t]+([\w.', \t]+))/gm
  for (const [, kind, name = '', sum = '', requires = ''] of text.matchAll(item)) {
    const needs = sum
      .split('+')
      .concat(requires.split(','))
      .map((word) => word.trim())
      .filter((word) => word !== '')
    if (kind === 'isa' || kind === 'part') declared.push({ kind, name, needs })
    else declared.at(-1)?.needs.push(...needs)
  }
  return { file: shownPath(absolute), path: absolute, text, declared }
}

function shownPath(absolute: string): string {
  const here = relative(process.cwd(), absolute)
  const fromPackage = relative(packageSpecs, absolute)
  const shown = here.startsWith('..') && !fromPackage.startsWith('..') ? join('isagen', 'isa', fromPackage) : here
  return shown.split(sep).join('/')
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
