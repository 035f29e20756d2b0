/**
 * The store of pre-decoded blocks: address of code → block, guest page → blocks, and their memory in the slab. A page that holds code of a block carries
 * PAGE_CODE, so whoever writes there comes to `invalidate`, which removes exactly the blocks whose bytes are written; in pages where that happens often they are
 * shelved, and come back when the same bytes do. Memory of removed blocks is freed later (`sweep`), because the interpreter may stand in the middle of one.
 */

import { BLOCK_BYTES, BLOCK_COUNT, BLOCK_HEAT, type GuestIsa } from './abi.ts'
import { createBlockDecoder, guestAddress, MAX_BLOCK, type Undecodable } from './decode-block.ts'
import { EXEC, type GuestMemory } from './memory.ts'
import { Shelf } from './shelf.ts'
import type { SlabAllocator } from './slab.ts'

/** Bytes of slab memory that are kept for blocks that are surely needed. */
const AHEAD_RESERVE = 1 << 20

export interface Block {
  /** What it is known by: codeAddress of the first instruction. */
  readonly address: number
  /** Guest address of the first instruction. */
  readonly pc: number
  /** Word of the header in linear memory. */
  readonly header: number
  /** Instructions, and guest bytes that they cover. */
  readonly count: number
  readonly bytes: number
  /** False once it was removed. Its memory may be gone, unless it is shelved: overwritten, and kept for when it is written again. */
  alive: boolean
  shelved: boolean
  /** It has used up its heat at least once. */
  hot: boolean
}

/** A guest page that has, or had, code: blocks that lie in it, and for each granule how many do. */
interface CodePage {
  readonly blocks: Set<Block>
  readonly counts: Uint16Array
  /** How often code in it was overwritten. */
  rewrites: number
  /** The same, less the blocks that came back. */
  lost: number
}

/** Code in a page that was overwritten so often is kept on the shelf each time from then on. */
const RESTLESS = 3
/** Losses for each doubling of what a new block of the page has to run before it is compiled, and most doublings. */
const LOSSES_PER_DOUBLING = 8
const MOST_DOUBLINGS = 12

export class BlockStore {
  /** Called for each block that is removed, before its memory is freed. Set by the engine. */
  onRemove: (block: Block) => void = () => {}
  /** Called for each block that is overwritten and shelved, and again when it is back. */
  onShelve: (block: Block) => void = () => {}
  onReturn: (block: Block) => void = () => {}
  decoded = 0
  invalidated = 0
  returned = 0

  readonly #memory: GuestMemory
  readonly #words: Int32Array
  readonly #slab: SlabAllocator
  readonly #decoder
  readonly #limit: number
  readonly #keeps: boolean
  readonly #hasContext: boolean
  readonly #blocks = new Map<number, Block>()
  readonly #pages = new Map<number, CodePage>()
  readonly #shelf = new Shelf((block) => {
    block.shelved = false
    this.#removed.push(block)
    this.onRemove(block)
  })
  /** Room for the largest block: decoded here, then copied to as much memory as it needs. */
  readonly #draft: number
  readonly #removed: Block[] = []
  #hasRestless = false
  /** Distances between addresses count modulo this + 1. */
  readonly #addressMask: number

  /** `keeps`: code that is overwritten again and again is shelved rather than removed. */
  constructor(
    isa: GuestIsa,
    memory: GuestMemory,
    words: Int32Array,
    slab: SlabAllocator,
    limit: number = MAX_BLOCK,
    keeps = true,
  ) {
    this.#keeps = keeps
    this.#hasContext = isa.context !== undefined
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

  get(address: number): Block | undefined {
    return this.#blocks.get(address)
  }

  /** Blocks in the order they were made. */
  all(): Iterable<Block> {
    return this.#blocks.values()
  }

  /** Decodes the block at an address of code, which the store does not have yet. It starts with the heat given, unless it was here before. */
  add(address: number, heat: number): Block | Undecodable {
    const pc = guestAddress(address)
    const known = this.#shelf.take(address, (bytes) => this.#lies(pc, bytes))
    if (known) return this.#bringBack(known)
    const count = this.#decoder.decode(address, this.#limit, this.#draft)
    if (typeof count !== 'number') return count
    const size = this.#decoder.size(count)
    const header = this.#allocate(size)
    this.#words.copyWithin(header, this.#draft, this.#draft + size)
    this.#words[header + BLOCK_HEAT] = heat
    const block: Block = {
      address,
      pc,
      header,
      count,
      bytes: this.#words[header + BLOCK_BYTES]!,
      alive: true,
      shelved: false,
      hot: false,
    }
    this.#blocks.set(address, block)
    this.decoded++
    this.#cover(block, 1)
    return block
  }

  #bringBack(block: Block): Block {
    block.alive = true
    block.shelved = false
    this.#blocks.set(block.address, block)
    this.#cover(block, 1)
    for (const page of this.#pagesOf(block)) page.lost = Math.max(page.lost - 1, 0)
    this.returned++
    this.onReturn(block)
    return block
  }

  /** These bytes lie at pc, and may be executed. */
  #lies(pc: number, bytes: Uint8Array): boolean {
    const memory = this.#memory
    if (this.#addressMask === 0xffffffff && memory.firstForbidden(pc, bytes.length, EXEC) !== undefined) return false
    const now = memory.bytes
    for (let at = 0; at < bytes.length; at++) if (now[((pc + at) & this.#addressMask) >>> 0] !== bytes[at]) return false
    return true
  }

  /** Code there is overwritten again and again. */
  isRestless(block: Block): boolean {
    return this.#hasRestless && this.#pagesOf(block).some(({ rewrites }) => rewrites > RESTLESS)
  }

  /** log2 of how much more than others a block at pc should run before it is compiled: 0 where code stays, or comes back. */
  patience(pc: number): number {
    const lost = this.#pages.get(pc >>> this.#memory.pageShift)?.lost ?? 0
    return Math.min(Math.floor(lost / LOSSES_PER_DOUBLING), MOST_DOUBLINGS)
  }

  /** Decodes a block that has not been reached yet, unless memory is short or it cannot be decoded. */
  addAhead(address: number): Block | undefined {
    const isOutside = address > 0xffffffff && !this.#hasContext
    if (isOutside || this.#slab.available < AHEAD_RESERVE) return undefined
    const block = this.add(address, 0)
    return 'kind' in block ? undefined : block
  }

  /**
   * Decodes at most `count` instructions from an address of code into the draft, for one use: gives the header's word. Only the next decoding
   * overwrites it; it is in no index, so code that is overwritten while it runs is noticed only where blocks of the store cover it too.
   */
  addTemporary(address: number, count: number): { readonly header: number; readonly count: number } | Undecodable {
    const decoded = this.#decoder.decode(address, Math.min(count, MAX_BLOCK), this.#draft)
    if (typeof decoded !== 'number') return decoded
    this.#words[this.#draft + BLOCK_HEAT] = 0x7fffffff
    return { header: this.#draft, count: this.#words[this.#draft + BLOCK_COUNT]! }
  }

  /** The blocks that cover any of these bytes, perhaps twice. */
  covering(address: number, length: number): Block[] {
    const found: Block[] = []
    for (const page of this.#pagesFrom(address, length))
      for (const block of page.blocks) if (this.#covers(block, address, length)) found.push(block)
    return found
  }

  /** Removes the blocks that cover any of these bytes. Gives whether there are some. */
  invalidate(address: number, length: number): boolean {
    let isAny = false
    for (const code of this.#pagesFrom(address, length)) {
      let isHit = false
      for (const block of code.blocks) {
        if (!this.#covers(block, address, length)) continue
        isHit = true
        this.invalidated++
        if (this.#keeps && code.rewrites > RESTLESS) this.#shelve(block)
        else this.remove(block)
      }
      if (!isHit) continue
      code.rewrites++
      this.#hasRestless ||= code.rewrites > RESTLESS
      code.lost++
      isAny = true
    }
    return isAny
  }

  /** Its bytes are still what they were. */
  #shelve(block: Block): void {
    const { bytes } = this.#memory
    this.#takeOut(block)
    block.shelved = true
    const copy = new Uint8Array(block.bytes)
    for (let at = 0; at < copy.length; at++) copy[at] = bytes[((block.pc + at) & this.#addressMask) >>> 0]!
    this.onShelve(block)
    this.#shelf.put(block, copy)
  }

  remove(block: Block): void {
    if (!block.alive) return
    this.#takeOut(block)
    this.#removed.push(block)
    this.onRemove(block)
  }

  #takeOut(block: Block): void {
    block.alive = false
    this.#blocks.delete(block.address)
    this.#cover(block, -1)
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
    this.#shelf.clear()
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

  /** Counts a block in (1) or out (−1) in the pages and granules that it has bytes in. */
  #cover(block: Block, change: 1 | -1): void {
    const { granuleShift, pageShift, pageSize } = this.#memory
    const granuleBytes = 1 << granuleShift
    for (let at = block.pc - (block.pc % granuleBytes); at < block.pc + block.bytes; at += granuleBytes) {
      const address = (at & this.#addressMask) >>> 0
      const number = address >>> pageShift
      let page = this.#pages.get(number)
      if (!page) {
        page = { blocks: new Set(), counts: new Uint16Array(pageSize / granuleBytes), rewrites: 0, lost: 0 }
        this.#pages.set(number, page)
      }
      if (change > 0) page.blocks.add(block)
      else page.blocks.delete(block)
      const granule = (address % pageSize) / granuleBytes
      page.counts[granule]! += change
      if (page.counts[granule] === (change > 0 ? 1 : 0)) this.#memory.setCode(address, change > 0)
    }
  }

  #pagesFrom(address: number, length: number): CodePage[] {
    const shift = this.#memory.pageShift
    const last = (address + length - 1) >>> shift
    const found: CodePage[] = []
    for (let page = address >>> shift; page <= last; page++) {
      const code = this.#pages.get(page)
      if (code) found.push(code)
    }
    return found
  }

  #covers(block: Block, address: number, length: number): boolean {
    return this.#distance(block.pc, address) < block.bytes || this.#distance(address, block.pc) < length
  }

  /** One or two. */
  #pagesOf({ pc, bytes }: Block): CodePage[] {
    const { pageShift } = this.#memory
    const first = pc >>> pageShift
    const last = ((pc + bytes - 1) & this.#addressMask) >>> pageShift
    return [...new Set([first, last])].flatMap((page) => this.#pages.get(page) ?? [])
  }

  #distance(from: number, to: number): number {
    return ((to - from) & this.#addressMask) >>> 0
  }
}
