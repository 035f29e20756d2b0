/**
 * Translations (runtime/translation-set.ts) of guest programs in a folder: a file for each program, engine and set of options. Files appear whole or not at all, so that
 * several processes may share the folder; the ones used longest ago go when all together get too large. Whoever can write into the folder can make guests go wrong, so
 * it should be the user's own.
 */

import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface TranslationFolder {
  /** undefined: there are none. */
  read(): Uint8Array | undefined
  /** Says what is wrong when they cannot be written. */
  write(bytes: Uint8Array): string | undefined
}

const SUFFIX = '.translations'
/** Of all files of a folder. */
const MOST_BYTES = 512 * 2 ** 20
/** A draft that is this old was left behind. */
const ABANDONED = 3_600_000

/** `parts`: what the translations belong to; the program's bytes above all. */
export function translationFolder(folder: string, parts: readonly (string | Uint8Array)[]): TranslationFolder {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length} `).update(part)
  const file = join(folder, `${hash.digest('hex').slice(0, 40)}${SUFFIX}`)
  return {
    read() {
      try {
        const bytes = readFileSync(file)
        const now = new Date()
        utimesSync(file, now, now)
        return bytes
      } catch {
        return undefined
      }
    },
    write(bytes) {
      const draft = `${file}.${randomBytes(6).toString('hex')}`
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 })
        writeFileSync(draft, bytes, { mode: 0o600 })
        renameSync(draft, file)
        prune(folder)
        return undefined
      } catch (error) {
        try {
          rmSync(draft, { force: true })
        } catch {
          // There is no such folder.
        }
        return error instanceof Error ? error.message : String(error)
      }
    },
  }
}

/** Removes all translations of a folder; gives how many there were. */
export function clearTranslations(folder: string): number {
  const files = filesOf(folder)
  for (const { path } of files) rmSync(path, { force: true })
  return files.length
}

function prune(folder: string): void {
  let total = 0
  for (const { path, bytes, used, isDraft } of filesOf(folder).sort((a, b) => b.used - a.used)) {
    total += bytes
    if (isDraft ? Date.now() - used > ABANDONED : total > MOST_BYTES) rmSync(path, { force: true })
  }
}

function filesOf(folder: string): { path: string; bytes: number; used: number; isDraft: boolean }[] {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch {
    return []
  }
  return names
    .filter((name) => /^[0-9a-f]{40}\.translations(?:\.[0-9a-f]{12})?$/.test(name))
    .flatMap((name) => {
      const path = join(folder, name)
      // Another process may have removed it by now.
      const found = statSync(path, { throwIfNoEntry: false })
      return found ? [{ path, bytes: found.size, used: found.mtimeMs, isDraft: !name.endsWith(SUFFIX) }] : []
    })
}
