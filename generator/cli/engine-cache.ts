/**
 * Engines for specs that were never built: compiles and emits in memory, takes the types off, and keeps the result in a folder of the user's under the digest of all that went in. In: a spec file. Out: the loaded module.
 */

import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { GuestIsa } from '../../runtime/abi.ts'
import { CommandError } from './command.ts'
import { compileSpecs } from './compile-specs.ts'
import { isaOf } from './load-isa.ts'
import { findSpecFiles, mayCompose, type SpecFiles } from './spec-files.ts'
import { stripTypes } from './strip-types.ts'
import type { Terminal } from './terminal.ts'

/** Engines that are kept; the ones used longest ago go first. */
const KEPT = 24

export async function loadFromSpec(spec: string, wanted: string | undefined, terminal: Terminal): Promise<GuestIsa> {
  const found = findSpecFiles([spec])
  const name = chooseIsa(found, wanted, spec)
  const cache = userFolder('engines')
  const engine = join(cache, digest(found, name))
  if (!existsSync(engine)) await build(found, name, engine, terminal)
  const now = new Date()
  utimesSync(engine, now, now)
  return isaOf(await import(pathToFileURL(join(engine, name, 'index.js')).href))
}

function chooseIsa({ isas, files }: SpecFiles, wanted: string | undefined, spec: string): string {
  if (wanted !== undefined) {
    if (!isas.includes(wanted) && !files.some((file) => mayCompose(file, wanted)))
      throw new CommandError(`${spec} has no isa '${wanted}'${isas.length ? `; it has ${isas.join(', ')}` : ''}`)
    return wanted
  }
  const [only, ...more] = isas
  if (only === undefined) throw new CommandError(`${spec} has no isa, only parts`)
  if (more.length > 0) throw new CommandError(`${spec} has ${isas.join(', ')}: say which with --isa`)
  return only
}

async function build(found: SpecFiles, name: string, engine: string, terminal: Terminal): Promise<void> {
  terminal.progress(`compiling ${name}`)
  const isas = await compileSpecs(found, terminal, name)
  const { emitIsa, unsupported } = await import('../emit/index.ts')
  const reason = isas.map(unsupported).find((one) => one !== undefined)
  if (reason !== undefined) throw new CommandError(reason)
  const files = new Map([['package.json', '{ "type": "module" }\n']])
  for (const isa of isas) {
    for (const { path, text } of await emitIsa(isa)) {
      if (!path.endsWith('.ts')) continue
      files.set(
        path.replace(/\.ts$/, '.js'),
        (await stripTypes(text)).replace(/(['"])(isagen\/[\w/]+)\1/g, (_, __, name: string) =>
          JSON.stringify(import.meta.resolve(name)),
        ),
      )
    }
  }
  writeFolder(engine, files)
  prune(dirname(engine))
  terminal.progress('')
}

/** The folder appears whole or not at all: another process may be doing the same. */
function writeFolder(folder: string, files: ReadonlyMap<string, string>): void {
  const draft = `${folder}.${randomBytes(6).toString('hex')}`
  for (const [path, text] of files) {
    const target = join(draft, path)
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, text)
  }
  try {
    renameSync(draft, folder)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    if (!existsSync(folder)) throw error
  }
}

function prune(cache: string): void {
  const engines = readdirSync(cache).map((name) => ({ path: join(cache, name), used: lastUse(join(cache, name)) }))
  engines.sort((a, b) => b.used - a.used)
  for (const { path } of engines.slice(KEPT)) rmSync(path, { recursive: true, force: true })
}
function lastUse(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

/** Of the texts, and of this package's code, so that a new generator makes new engines. */
function digest(found: SpecFiles, name: string): string {
  const hash = createHash('sha256').update(JSON.stringify([name, found.files.map(({ file, text }) => [file, text])]))
  hash.update(packageState(['generator', 'runtime']))
  return hash.digest('hex').slice(0, 40)
}

/** Which files of this package's code there are, and since when, as text. */
export function packageState(folders: readonly string[]): string {
  const code = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
  const files = folders.flatMap((folder) => filesUnder(join(code, folder)))
  return [code, ...files]
    .map((path) => {
      const { size, mtimeMs } = statSync(path)
      return path === code ? path : `${path} ${size} ${mtimeMs}`
    })
    .join('\n')
}
function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesUnder(path)
    return /\.(?:js|ts|ohm)$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [path] : []
  })
}

/** A folder of the user's own: what lies in it will be run. ISAGEN_CACHE names another. */
export function userFolder(part: 'engines' | 'translations'): string {
  const { ISAGEN_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env
  const usual =
    process.platform === 'win32'
      ? join(LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'isagen', 'cache')
      : process.platform === 'darwin'
        ? join(homedir(), 'Library', 'Caches', 'isagen')
        : join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'isagen')
  const user = process.getuid?.() ?? 'user'
  const candidates = ISAGEN_CACHE ? [ISAGEN_CACHE] : [usual, join(tmpdir(), `isagen-${user}`)]
  for (const folder of candidates) {
    try {
      mkdirSync(join(folder, part), { recursive: true, mode: 0o700 })
      if (ISAGEN_CACHE || isOwn(folder)) return join(folder, part)
    } catch {
      // Not writable: the next one.
    }
  }
  throw new CommandError(
    `no folder to keep ${part} in: ${candidates.join(' and ')} cannot be used; ISAGEN_CACHE names another`,
  )
}

/** Nobody else could have put code there. */
function isOwn(folder: string): boolean {
  if (!process.getuid) return true
  const { uid, mode } = statSync(folder)
  return uid === process.getuid() && (mode & 0o022) === 0
}
