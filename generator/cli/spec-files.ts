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

/** What one file declares and needs, read off the lines that start in column 0. A family needs what its bases and options may bring. */
export interface Outline extends SourceText {
  readonly declared: readonly {
    readonly kind: 'isa' | 'part' | 'family'
    readonly name: string
    readonly needs: readonly string[]
  }[]
  /** Words that the names of machines may begin with which families of this file compose. */
  readonly bases: readonly string[]
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

/** The file of the package that declares this machine, or else the family that may compose it; undefined: none. */
export function specOfIsa(name: string): string | undefined {
  const files = isaFilesUnder(packageSpecs).map((path) => outline(path))
  const home = files.find(({ declared }) => declared.some((item) => item.kind === 'isa' && item.name === name))
  return (home ?? files.find((file) => mayCompose(file, name)))?.path
}

/** What names of machines begin with that families of the package compose. */
export function packageBases(): string[] {
  return isaFilesUnder(packageSpecs).flatMap((path) => outline(path).bases)
}

/** As `specOfIsa`, of a machine that is there. */
export function findSpecOfIsa(name: string): string {
  const found = specOfIsa(name)
  if (found === undefined) throw new CommandError(`the spec of ${name} is not in the package`)
  return found
}

/** Whether a family of the file knows the beginning of this name. What the rest means is known when the file is parsed. */
export function mayCompose({ bases }: Outline, name: string): boolean {
  return bases.some((base) => name.toLowerCase().startsWith(base.toLowerCase()))
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

/** Keyword and name; a title, version or `beside …`; then the sum. Or what a part requires. */
const headLine =
  /^(?:(isa|part|family|base|option)[ \t]+([\w.']+)[ \t]*(?:"(?:[^"\\\n]|\\.)*"|[\w.', \t]+)?[ \t]*(?:=\s*([\w.']+(?:[ \t]*\+\s*[\w.']+)*))?|requires[ \t]+([\w.', \t]+))/gm

function outline(path: string): Outline {
  const absolute = resolve(path)
  const text = readFileSync(absolute, 'utf8').replace(/\r\n/g, '\n')
  const declared: { kind: 'isa' | 'part' | 'family'; name: string; needs: string[] }[] = []
  const bases: string[] = []
  for (const [, kind = '', name = '', sum = '', requires = ''] of text.matchAll(headLine)) {
    const needs = sum
      .split('+')
      .concat(requires.split(','))
      .map((word) => word.trim())
      .filter((word) => word !== '')
    if (kind === 'isa' || kind === 'part' || kind === 'family') declared.push({ kind, name, needs })
    else declared.at(-1)?.needs.push(...needs)
    if (kind === 'base') bases.push(name)
  }
  return { file: shownPath(absolute), path: absolute, text, declared, bases }
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
