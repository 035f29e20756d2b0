/**
 * Where guest functions start, as far as calls tell: those in compiled code, and, when the start of a hot function is looked for, those in code that was never hot,
 * such as the one call of a main function. Regions begin there, so that loops are seen from outside.
 */

import type { BlockStore } from './blocks.ts'

/** Addresses that the block with its header at this word calls. */
interface CallReader {
  calls(header: number): readonly number[]
}

/** Bytes before an address in which the start of its function is looked for. */
const FUNCTION_BYTES = 0x1000
/** Blocks that are read at a time. */
const PART = 256

export class FunctionStarts {
  readonly known = new Set<number>()
  readonly #blocks: BlockStore
  readonly #reader: CallReader
  /** Blocks that were read, in the order in which they were made. */
  #read = 0

  constructor(blocks: BlockStore, reader: CallReader) {
    this.#blocks = blocks
    this.#reader = reader
  }

  /** The nearest start before an address, or the address itself where none is near. */
  around(pc: number): number {
    const found = this.nearest(pc)
    if (found !== undefined) return found
    this.readMore()
    return this.nearest(pc) ?? pc
  }

  /** The same, of those that are known already. */
  nearest(pc: number): number | undefined {
    let best = -1
    for (const start of this.known) if (start <= pc && start > best) best = start
    return best >= 0 && pc - best < FUNCTION_BYTES ? best : undefined
  }

  /** Reads calls of blocks that were not read yet. Gives whether there were such blocks. */
  readMore(): boolean {
    const before = this.#read
    const end = this.#read + PART
    let number = 0
    for (const { header } of this.#blocks.all()) {
      if (number === end) break
      if (number++ < this.#read) continue
      for (const called of this.#reader.calls(header)) this.known.add(called)
    }
    this.#read = number
    return number > before
  }
}
