/**
 * The lines of one generated function while they are made: what was written, which names are free, which helpers were used.
 */

import type { HelperName } from './ts-arithmetic.ts'
import type { Code } from './ts-code.ts'

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
