/**
 * Blocks of code that was overwritten, with the bytes they were decoded from: guests that write code again and again write much of it as it was before. A block goes
 * back to work only when the very bytes lie there again. Bounded; what does not fit any more is handed back, oldest first.
 */

import type { Block } from './blocks.ts'

interface Shelved {
  readonly block: Block
  readonly bytes: Uint8Array
}

/** Blocks in all, and for one address. */
const CAPACITY = 4096
const VERSIONS = 8

export class Shelf {
  readonly #at = new Map<number, Shelved[]>()
  readonly #onDrop: (block: Block) => void
  #size = 0

  /** `onDrop` gets blocks that are not kept any longer. */
  constructor(onDrop: (block: Block) => void) {
    this.#onDrop = onDrop
  }

  put(block: Block, bytes: Uint8Array): void {
    const versions = this.#at.get(block.address) ?? []
    // Anew at the end: the order of the map is that of use.
    this.#at.delete(block.address)
    this.#at.set(block.address, versions)
    versions.push({ block, bytes })
    this.#size++
    if (versions.length > VERSIONS) this.#drop(versions)
    while (this.#size > CAPACITY) {
      for (const [pc, oldest] of this.#at) {
        this.#drop(oldest)
        if (oldest.length === 0) this.#at.delete(pc)
        break
      }
    }
  }

  /** The block at an address of code that was decoded from the bytes which lie there now; it leaves the shelf. */
  take(pc: number, isNow: (bytes: Uint8Array) => boolean): Block | undefined {
    const versions = this.#at.get(pc)
    const index = versions?.findIndex(({ bytes }) => isNow(bytes)) ?? -1
    if (!versions || index < 0) return undefined
    const [found] = versions.splice(index, 1)
    this.#size--
    if (versions.length === 0) this.#at.delete(pc)
    return found?.block
  }

  clear(): void {
    for (const versions of this.#at.values()) while (versions.length > 0) this.#drop(versions)
    this.#at.clear()
  }

  #drop(versions: Shelved[]): void {
    const oldest = versions.shift()
    if (!oldest) return
    this.#size--
    this.#onDrop(oldest.block)
  }
}
