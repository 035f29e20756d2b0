/**
 * The store of pre-decoded blocks: pc → block, guest page → blocks, and their memory in the slab. A page that holds code of a block carries
 * PAGE_CODE, so whoever writes there comes to `invalidate`, which removes exactly the blocks whose bytes are written. Memory of removed
 * blocks is freed later (`sweep`), because the interpreter may stand in the middle of one.
 */

import { BLOCK_BYTES, BLOCK_COUNT, BLOCK_HEAT, type GuestIsa } from './abi.ts'
import { createBlockDecoder, MAX_BLOCK, type Undecodable } from './decode-block.ts'
import type { GuestMemory } from './memory.ts'
import type { SlabAllocator } from './slab.ts'

/** Bytes of slab memory that are kept for blocks that are surely needed. */
const AHEAD_RESERVE = 1 << 20

export interface Block {
  /** Guest address of the first instruction. */
  readonly pc: number
  /** Word of the header in linear memory. */
  readonly header: number
  /** Instructions, and guest bytes that they cover. */
  readonly count: number
  readonly bytes: number
  /** False once it was removed: its memory may be gone. */
  alive: boolean
  /** It has used up its heat at least once. */
  hot: boolean
}

export class BlockStore {
  /** Called for each block that is removed, before its memory is freed. Set by the engine. */
  onRemove: (block: Block) => void = () => {}
  decoded = 0
  invalidated = 0

  readonly #memory: GuestMemory
  readonly #words: Int32Array
  readonly #slab: SlabAllocator
  readonly #decoder
  readonly #limit: number
  readonly #blocks = new Map<number, Block>()
  readonly #pages = new Map<number, Set<Block>>()
  /** Room for the largest block: decoded here, then copied to as much memory as it needs. */
  readonly #draft: number
  readonly #removed: Block[] = []
  /** Distances between addresses count modulo this + 1. */
  readonly #addressMask: number

  constructor(isa: GuestIsa, memory: GuestMemory, words: Int32Array, slab: SlabAllocator, limit: number = MAX_BLOCK) {
    this.#memory = memory
    this.#words = words
    this.#slab = slab
    this.#limit = limit
    this.#decoder = createBlockDecoder(isa, memory, words)
    this.#draft = slab.allocate(this.#decoder.size(MAX_BLOCK) * 4) >> 2
    this.#addressMask = isa.memory.faults ? 0xffffffff : memory.size - 1
  }

  get size(): number {
    return this.#blocks.size
  }

  get(pc: number): Block | undefined {
    return this.#blocks.get(pc)
  }

  /** Blocks in the order they were made. */
  all(): Iterable<Block> {
    return this.#blocks.values()
  }

  /** Decodes the block at pc, which the store does not have yet. It starts with the heat given. */
  add(pc: number, heat: number): Block | Undecodable {
    const count = this.#decoder.decode(pc, this.#limit, this.#draft)
    if (typeof count !== 'number') return count
    const size = this.#decoder.size(count)
    const header = this.#allocate(size)
    this.#words.copyWithin(header, this.#draft, this.#draft + size)
    this.#words[header + BLOCK_HEAT] = heat
    const block: Block = { pc, header, count, bytes: this.#words[header + BLOCK_BYTES]!, alive: true, hot: false }
    this.#blocks.set(pc, block)
    this.decoded++
    for (const page of this.#pagesOf(block)) {
      const blocks = this.#pages.get(page)
      if (blocks) blocks.add(block)
      else {
        this.#pages.set(page, new Set([block]))
        this.#memory.setCodePage(page, true)
      }
    }
    return block
  }

  /** Decodes a block that has not been reached yet, unless memory is short or it cannot be decoded. */
  addAhead(pc: number): Block | undefined {
    if (this.#slab.available < AHEAD_RESERVE) return undefined
    const block = this.add(pc, 0)
    return 'kind' in block ? undefined : block
  }

  /**
   * Decodes at most `count` instructions from pc into the draft, for one use: gives the header's word. Only the next decoding
   * overwrites it; it is in no index, so code that is overwritten while it runs is noticed only where blocks of the store cover it too.
   */
  addTemporary(pc: number, count: number): { readonly header: number; readonly count: number } | Undecodable {
    const decoded = this.#decoder.decode(pc, Math.min(count, MAX_BLOCK), this.#draft)
    if (typeof decoded !== 'number') return decoded
    this.#words[this.#draft + BLOCK_HEAT] = 0x7fffffff
    return { header: this.#draft, count: this.#words[this.#draft + BLOCK_COUNT]! }
  }

  /** Removes the blocks that cover any of these bytes. */
  invalidate(address: number, length: number): void {
    const shift = this.#memory.pageShift
    const last = (address + length - 1) >>> shift
    for (let page = address >>> shift; page <= last; page++) {
      const blocks = this.#pages.get(page)
      if (!blocks) continue
      for (const block of blocks) {
        const covers = this.#distance(block.pc, address) < block.bytes || this.#distance(address, block.pc) < length
        if (!covers) continue
        this.invalidated++
        this.remove(block)
      }
    }
  }

  remove(block: Block): void {
    if (!block.alive) return
    block.alive = false
    this.#blocks.delete(block.pc)
    for (const page of this.#pagesOf(block)) {
      const blocks = this.#pages.get(page)
      if (!blocks?.delete(block) || blocks.size > 0) continue
      this.#pages.delete(page)
      this.#memory.setCodePage(page, false)
    }
    this.#removed.push(block)
    this.onRemove(block)
  }

  /** Removes the block with this number in the order they were made, if there is one. */
  removeOne(number: number): void {
    for (const block of this.#blocks.values()) {
      if (number-- > 0) continue
      this.remove(block)
      return
    }
  }

  clear(): void {
    for (const block of this.#blocks.values()) this.remove(block)
  }

  /** Frees the memory of removed blocks. Only while no tier runs. */
  sweep(): void {
    for (const block of this.#removed) this.#slab.free(block.header * 4)
    this.#removed.length = 0
  }

  /** When the slab is full all blocks go: simple, rare, and what is in use is decoded again soon. */
  #allocate(words: number): number {
    let address = this.#slab.allocate(words * 4)
    if (address === 0) {
      this.clear()
      this.sweep()
      address = this.#slab.allocate(words * 4)
      if (address === 0) throw new Error(`no room for a block of ${words} words in the slab`)
    }
    return address >> 2
  }

  #pagesOf(block: Block): number[] {
    const { pageShift } = this.#memory
    const pages = []
    for (
      let at = block.pc - (block.pc % this.#memory.pageSize);
      at < block.pc + block.bytes;
      at += this.#memory.pageSize
    ) {
      pages.push((at & this.#addressMask) >>> pageShift)
    }
    return pages
  }

  #distance(from: number, to: number): number {
    return ((to - from) & this.#addressMask) >>> 0
  }
}
