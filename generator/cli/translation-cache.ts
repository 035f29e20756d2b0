/**
 * `isagen run --translation-cache`: takes what an earlier run of the same program compiled, and keeps what this one did. It is off unless asked for: the files are
 * large, and a run should leave nothing behind that nobody wanted.
 */

import { isAbsolute, resolve } from 'node:path'
import type { Engine } from 'isagen/runtime'
import { clearTranslations, translationFolder } from '../host/translation-folder.ts'
import { packageState, userFolder } from './engine-cache.ts'
import type { Terminal } from './terminal.ts'

/** As much of a program as tells it from others; its code is compared anyway, piece by piece. */
const HEAD = 1 << 16

/** What the option may say beside a folder (and `off`). `clear` removes the translations of all programs first. */
const CACHE_ON = 'on'
const CACHE_CLEAR = 'clear'

/** Loads; gives what to call when the program has ended. */
export function useTranslations(engine: Engine, program: Uint8Array, option: string, terminal: Terminal): () => void {
  if (engine.tier === 'interpreter') return () => {}
  const isUsual = option === CACHE_ON || option === CACHE_CLEAR
  const folder = isUsual ? userFolder('translations') : isAbsolute(option) ? option : resolve(option)
  if (option === CACHE_CLEAR) clearTranslations(folder)
  const head = program.subarray(0, HEAD)
  const parts = [head, String(program.length), engine.isa.name, engine.tier, packageState(['runtime'])]
  const store = translationFolder(folder, parts)
  const found = store.read()
  const problem = found && engine.loadTranslations(found)
  if (problem !== undefined) terminal.err(`isagen: translations in ${folder} are not used: ${problem}\n`)
  return () => {
    const made = engine.saveTranslations()
    const failure = made && store.write(made)
    if (failure !== undefined) terminal.err(`isagen: translations cannot be kept in ${folder}: ${failure}\n`)
  }
}
