/**
 * What regions take for granted where they are entered in the middle (jit/signedness.ts): registers that hold sign-extended 32 bits. Code tests it, and leaves for the interpreter
 * where it does not hold; what was found otherwise is not taken for granted there again. In: exits at entries; out: registers to be taken as they come.
 */

import type { EntryPoint } from './jit/region-compiler.ts'

export class EntryFacts {
  readonly #words: Int32Array
  /** By the low half of a guest address: words of registers. */
  readonly #wide = new Map<number, Set<number>>()

  constructor(words: Int32Array) {
    this.#words = words
  }

  /** A region was left at one of its entries, with registers as they are now. Gives whether that is for what it takes for granted. */
  left({ lo, narrow }: EntryPoint): boolean {
    const odd = narrow.filter((word) => this.#words[word]! >> 31 !== this.#words[word + 1])
    if (odd.length === 0) return false
    const known = this.#wide.get(lo)
    if (known) for (const word of odd) known.add(word)
    else this.#wide.set(lo, new Set(odd))
    return true
  }

  wideAt(lo: number): ReadonlySet<number> | undefined {
    return this.#wide.get(lo)
  }
}
