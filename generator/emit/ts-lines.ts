/**
 * The lines of one generated function while they are made: what was written, which names are free, which helpers were used.
 */

import type { HelperName } from './ts-arithmetic.ts'
import { type Code, call, clean, cleanWord, code, type Word } from './ts-code.ts'
import { isAtom, type Value, word, words } from './ts-value.ts'

/** Lines of code in the making, names that are free, and helpers used so far. Shared by all that writes one function. */
export class Lines {
  readonly helpers: Set<HelperName>
  readonly #taken: Set<string>
  #lines: string[] = []
  /** Called as a nested block begins and ends: what was bound inside is gone outside. */
  readonly #scopes: { enter: () => void; leave: () => void } | undefined

  constructor(helpers: Set<HelperName>, taken: Iterable<string>, scopes?: { enter: () => void; leave: () => void }) {
    this.helpers = helpers
    this.#taken = new Set(taken)
    this.#scopes = scopes
  }
  /** Binds a value to names, so that its text may stand more than once. */
  name(v: Value, hint: string): Value {
    if (v.kind === 'big') return v
    if (v.kind === 'word') return word(this.nameWord(v, hint))
    return words(this.nameWord(v.lo, `${hint}Lo`), this.nameWord(v.hi, `${hint}Hi`))
  }
  nameWord(w: Word, hint: string): Word {
    const done = clean(w)
    if (isAtom(done)) return done
    const name = this.fresh(hint)
    this.push(`const ${name} = ${done.text}`)
    return cleanWord(code(name), w.width)
  }
  /** A call of a helper, which the file then carries. */
  help(name: HelperName, ...args: readonly Word[]): Code {
    this.helpers.add(name)
    return call(name, ...args.map(clean))
  }
  push(...lines: string[]): void {
    this.#lines.push(...lines)
  }
  get lines(): readonly string[] {
    return this.#lines
  }
  /** A name that is not taken: the hint, or the hint with a number. */
  fresh(hint: string): string {
    const base = /^[A-Za-z_$]/.test(hint) ? hint.replace(/\W/g, '_') : `v${hint.replace(/\W/g, '_')}`
    let name = base
    for (let n = 2; this.#taken.has(name); n++) name = `${base}${n}`
    this.#taken.add(name)
    return name
  }
  /** What `body` pushes, apart. */
  nested<T>(body: () => T): { readonly lines: readonly string[]; readonly result: T } {
    const outer = this.#lines
    this.#lines = []
    this.#scopes?.enter()
    try {
      const result = body()
      return { lines: this.#lines, result }
    } finally {
      this.#lines = outer
      this.#scopes?.leave()
    }
  }
  pushIf(cond: Code, then: readonly string[], otherwise: readonly string[]): void {
    this.push(`if (${cond.text}) {`, ...then.map((l) => `  ${l}`))
    if (otherwise.length > 0) this.push('} else {', ...otherwise.map((l) => `  ${l}`))
    this.push('}')
  }
}
