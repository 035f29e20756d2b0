/**
 * The grammar of isa.ohm, made on first use: commands that parse nothing do not pay for it. The build leaves Ohm's
 * compiled form beside this module (scripts/build.mjs), which loads ten times as fast as isa.ohm is compiled; in the
 * sources there is none, and isa.ohm is read.
 */

import { existsSync, readFileSync } from 'node:fs'
import * as ohm from 'ohm-js'

declare module 'ohm-js' {
  /** The inverse of Grammar.toRecipe; Ohm exports both without declaring them. */
  export function makeRecipe(recipe: unknown): Grammar
}

const source = new URL('./isa.ohm', import.meta.url)
const compiled = new URL('./isa.ohm.json', import.meta.url)

let built: ohm.Grammar | undefined

export function isaGrammar(): ohm.Grammar {
  built ??= existsSync(compiled)
    ? ohm.makeRecipe(JSON.parse(readFileSync(compiled, 'utf8')))
    : ohm.grammar(readFileSync(source, 'utf8'))
  return built
}
