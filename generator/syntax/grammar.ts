/**
 * The grammar of isa.ohm, built on first use: commands that parse nothing do not pay for it.
 * The file stands beside this module in the sources and in dist/ (scripts/build.mjs copies it).
 */

import { readFileSync } from 'node:fs'
import { type Grammar, grammar } from 'ohm-js'

let built: Grammar | undefined

export function isaGrammar(): Grammar {
  built ??= grammar(readFileSync(new URL('./isa.ohm', import.meta.url), 'utf8'))
  return built
}
