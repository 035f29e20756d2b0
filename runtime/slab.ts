/**
 * Slab allocator over an arena of linear memory: the engine's own records (pre-decoded blocks above all) live there, where interpreter and
 * compiled code can reach them. Small objects come from pages of one size class each, free objects are linked through their own first word,
 * empty pages go back to the page level (slab-pages.ts) and may serve any class again. Addresses are byte offsets in linear memory; 0 is none.
 *
 * After J. Bonwick, "The Slab Allocator" (USENIX Summer 1994), with descriptors outside of the pages.
 */

import {
  DESCRIPTOR_WORDS,
  LIST_NEXT,
  LIST_PREVIOUS,
  OWNER,
  PAGE_FREE,
  PAGE_INNER,
  PAGE_TAG,
  PageRuns,
  RUN_LENGTH,
  SLAB_PAGE,
} from './slab-pages.ts'
import type { SlabStats } from './stats.ts'

/** Sizes grow by a quarter of the power of two below at most, so rounding wastes less than a fifth. All are multiples of 16. */
const SIZES = [
  16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048,
  2560, 3072, 4096,
]
const LARGEST = 4096

/** Owner words of a page's descriptor: first free object, free objects never used so far (cut off from the page's end), objects in use. */
const FREE_LIST = OWNER
const UNCUT = OWNER + 1
const IN_USE = OWNER + 2
/** Tag of runs that hold one large object. Other tags are numbers of classes. */
const LARGE = 0x7fffffff

/** What debug mode writes into freed objects (but for their first word), to see writes after free. */
const POISON = 0xdddddddd | 0

/** A misuse of the allocator, found in debug mode. */
export class SlabError extends Error {
  override readonly name = 'SlabError'
}

/** Objects of one size with pages of their own, so that records of one type lie close together. */
export interface ObjectCache {
  readonly name: string
  /** Bytes, after rounding to a multiple of 16. */
  readonly size: number
  /** 0 when the arena is full. */
  allocate(): number
  free(address: number): void
  /** Objects in use. */
  readonly count: number
}

interface SizeClass {
  readonly size: number
  readonly perPage: number
  /** Pages with free objects, linked; the first one serves. Descriptor word, 0 is none. */
  partial: number
  objects: number
}

export interface SlabOptions {
  /** Catch double frees, foreign pointers and writes after free, each with a SlabError. Default false. */
  readonly debug?: boolean
}

export class SlabAllocator {
  readonly #words: Int32Array
  readonly #pages: PageRuns
  readonly #classes: SizeClass[] = SIZES.map(sizeClass)
  /** Class of a size, by (size + 15) >> 4. */
  readonly #classOf = new Uint8Array((LARGEST >> 4) + 1)
  /** Debug mode: a byte for each 16 bytes, 1 where a live object starts. */
  readonly #live: Uint8Array | undefined
  #largePages = 0
  #largeObjects = 0
  #frees = 0

  /** The arena is bytes start … end − 1 of linear memory, which `words` is a view of. */
  constructor(words: Int32Array, start: number, end: number, options: SlabOptions = {}) {
    this.#words = words
    this.#pages = new PageRuns(words, start, end)
    for (let units = 1, index = 0; units < this.#classOf.length; units++) {
      if (units * 16 > SIZES[index]!) index++
      this.#classOf[units] = index
    }
    if (options.debug) this.#live = new Uint8Array((this.#pages.count * SLAB_PAGE) >> 4)
  }

  /** Address of `size` bytes (at least 1) on a 16-byte boundary, not cleared; 0 when there is no room. */
  allocate(size: number): number {
    if (size > LARGEST) return this.#allocateLarge(size)
    return this.#allocateFrom(this.#classOf[(size + 15) >> 4]!)
  }

  /** Takes back what `allocate` or an object cache gave. */
  free(address: number): void {
    if (this.#live) this.#checkFree(address)
    const words = this.#words
    const page = this.#pages.pageOf(address)
    const descriptor = this.#pages.descriptor(page)
    const tag = words[descriptor + PAGE_TAG]!
    this.#frees++
    if (tag === LARGE) {
      this.#largePages -= words[descriptor + RUN_LENGTH]!
      this.#largeObjects--
      this.#pages.give(page)
      return
    }
    const sized = this.#classes[tag]!
    const first = words[descriptor + FREE_LIST]!
    words[address >> 2] = first
    words[descriptor + FREE_LIST] = address
    const inUse = --words[descriptor + IN_USE]!
    sized.objects--
    if (inUse === sized.perPage - 1) this.#link(sized, descriptor)
    else if (inUse === 0 && (words[descriptor + LIST_NEXT] !== 0 || words[descriptor + LIST_PREVIOUS] !== 0)) {
      // The last page of a class stays, so that one object allocated and freed over and over does not move pages.
      this.#unlink(sized, descriptor)
      this.#pages.give(page)
    }
  }

  /** A class of its own for records of `size` bytes. */
  cache(name: string, size: number): ObjectCache {
    if (size < 1 || size > LARGEST)
      throw new RangeError(`object cache ${name}: ${size} is not within 1 … ${LARGEST} bytes`)
    const sized = sizeClass(Math.ceil(size / 16) * 16)
    const index = this.#classes.push(sized) - 1
    return {
      name,
      size: sized.size,
      allocate: () => this.#allocateFrom(index),
      free: (address) => this.free(address),
      get count() {
        return sized.objects
      },
    }
  }

  /** Gives back the empty pages that classes keep in reserve. Happens by itself when the arena is full. */
  trim(): void {
    for (const sized of this.#classes) {
      for (let at = sized.partial; at !== 0; ) {
        const next = this.#words[at + LIST_NEXT]!
        if (this.#words[at + IN_USE] === 0) {
          this.#unlink(sized, at)
          this.#pages.give((at - this.#pages.descriptors) / DESCRIPTOR_WORDS)
        }
        at = next
      }
    }
  }

  /** Bytes of pages that no object has a share in. */
  get available(): number {
    return (this.#pages.count - this.#pages.used) * SLAB_PAGE
  }

  stats(): SlabStats {
    let allocated = this.#largePages * SLAB_PAGE
    let objects = this.#largeObjects
    for (const sized of this.#classes) {
      allocated += sized.objects * sized.size
      objects += sized.objects
    }
    return {
      capacity: this.#pages.count * SLAB_PAGE,
      allocated,
      reserved: this.#pages.used * SLAB_PAGE,
      peak: this.#pages.peak * SLAB_PAGE,
      objects,
      allocations: objects + this.#frees,
      frees: this.#frees,
    }
  }

  /** Proves that nothing is lost: every byte of the arena is in use, in one free list, or in a free run. Throws an Error that says what is wrong. */
  check(): void {
    this.#pages.check()
    const words = this.#words
    let allocated = 0
    const partial = new Map<number, number>()
    this.#classes.forEach((sized, index) => {
      for (let at = sized.partial, previous = 0; at !== 0; previous = at, at = words[at + LIST_NEXT]!) {
        if (words[at + LIST_PREVIOUS] !== previous || partial.has(at))
          throw new Error(`slab class ${sized.size}: broken page list`)
        partial.set(at, index)
      }
    })
    for (let page = 0; page < this.#pages.count; ) {
      const descriptor = this.#pages.descriptor(page)
      const tag = words[descriptor + PAGE_TAG]!
      const length = words[descriptor + RUN_LENGTH]!
      if (tag === LARGE) allocated += length * SLAB_PAGE
      else if (tag !== PAGE_FREE) {
        allocated += this.#checkPage(page, tag)
        const full = words[descriptor + IN_USE] === this.#classes[tag]!.perPage
        if (partial.get(descriptor) !== (full ? undefined : tag))
          throw new Error(`slab page ${page}: in the wrong list`)
        partial.delete(descriptor)
      }
      page += length
    }
    if (partial.size > 0) throw new Error('slab: a page of no class')
    const counted = this.stats().allocated
    if (allocated !== counted) throw new Error(`slab: ${allocated} bytes, not ${counted}`)
  }

  #allocateFrom(index: number): number {
    const words = this.#words
    const sized = this.#classes[index]!
    let descriptor = sized.partial
    if (descriptor === 0) {
      descriptor = this.#addPage(index)
      if (descriptor === 0) return 0
    }
    let address = words[descriptor + FREE_LIST]!
    if (address !== 0) words[descriptor + FREE_LIST] = words[address >> 2]!
    else {
      const page = (descriptor - this.#pages.descriptors) / DESCRIPTOR_WORDS
      address = this.#pages.address(page) + --words[descriptor + UNCUT]! * sized.size
      if (this.#live) words.fill(POISON, (address >> 2) + 1, (address + sized.size) >> 2)
    }
    if (++words[descriptor + IN_USE]! === sized.perPage) this.#unlink(sized, descriptor)
    sized.objects++
    if (this.#live) this.#checkAllocated(address, sized.size)
    return address
  }

  #allocateLarge(size: number): number {
    const length = Math.ceil(size / SLAB_PAGE)
    const page = this.#takePages(length, LARGE)
    if (page < 0) return 0
    this.#largePages += length
    this.#largeObjects++
    const address = this.#pages.address(page)
    if (this.#live) this.#live[(address - this.#pages.base) >> 4] = 1
    return address
  }

  #addPage(index: number): number {
    const page = this.#takePages(1, index)
    if (page < 0) return 0
    const sized = this.#classes[index]!
    const descriptor = this.#pages.descriptor(page)
    this.#words[descriptor + FREE_LIST] = 0
    this.#words[descriptor + UNCUT] = sized.perPage
    this.#words[descriptor + IN_USE] = 0
    this.#link(sized, descriptor)
    return descriptor
  }

  #takePages(length: number, tag: number): number {
    const page = this.#pages.take(length, tag)
    if (page >= 0) return page
    this.trim()
    return this.#pages.take(length, tag)
  }

  #link(sized: SizeClass, descriptor: number): void {
    const next = sized.partial
    this.#words[descriptor + LIST_NEXT] = next
    this.#words[descriptor + LIST_PREVIOUS] = 0
    if (next !== 0) this.#words[next + LIST_PREVIOUS] = descriptor
    sized.partial = descriptor
  }

  #unlink(sized: SizeClass, descriptor: number): void {
    const next = this.#words[descriptor + LIST_NEXT]!
    const previous = this.#words[descriptor + LIST_PREVIOUS]!
    if (next !== 0) this.#words[next + LIST_PREVIOUS] = previous
    if (previous !== 0) this.#words[previous + LIST_NEXT] = next
    else sized.partial = next
  }

  /** Bytes in use on a page of small objects. */
  #checkPage(page: number, tag: number): number {
    const words = this.#words
    const sized = this.#classes[tag]
    if (!sized) throw new Error(`slab page ${page}: no class ${tag}`)
    const descriptor = this.#pages.descriptor(page)
    const seen = new Set<number>()
    for (let object = words[descriptor + FREE_LIST]!; object !== 0; object = words[object >> 2]!) {
      const offset = object - this.#pages.address(page)
      const index = offset / sized.size
      if (
        !Number.isInteger(index) ||
        index < words[descriptor + UNCUT]! ||
        index >= sized.perPage ||
        seen.has(object)
      ) {
        throw new Error(`slab page ${page}: broken free list at 0x${object.toString(16)}`)
      }
      seen.add(object)
    }
    const inUse = words[descriptor + IN_USE]!
    if (inUse + seen.size + words[descriptor + UNCUT]! !== sized.perPage) {
      throw new Error(`slab page ${page}: ${inUse} + ${seen.size} objects of ${sized.perPage}`)
    }
    return inUse * sized.size
  }

  // ---- debug mode

  #checkAllocated(address: number, size: number): void {
    for (let at = (address >> 2) + 1; at < (address + size) >> 2; at++) {
      if (this.#words[at] !== POISON) {
        throw new SlabError(
          `0x${address.toString(16)} (${size} bytes) was written after it was freed, at 0x${(at * 4).toString(16)}`,
        )
      }
    }
    this.#live![(address - this.#pages.base) >> 4] = 1
  }

  #checkFree(address: number): void {
    const live = this.#live!
    const pages = this.#pages
    const offset = address - pages.base
    const text = `0x${address.toString(16)}`
    if (!Number.isInteger(address) || offset < 0 || offset >= pages.count * SLAB_PAGE) {
      throw new SlabError(`free of ${text}: not an address of this slab allocator`)
    }
    if (offset % 16 === 0 && live[offset >> 4] === 1) {
      live[offset >> 4] = 0
      const tag = this.#words[pages.descriptor(pages.pageOf(address)) + PAGE_TAG]!
      if (tag !== LARGE) this.#words.fill(POISON, (address >> 2) + 1, (address + this.#classes[tag]!.size) >> 2)
      return
    }
    const page = pages.pageOf(address)
    const tag = this.#words[pages.descriptor(page) + PAGE_TAG]!
    const sized = tag === PAGE_INNER ? undefined : this.#classes[tag]
    const start = tag === PAGE_FREE || (sized && (address - pages.address(page)) % sized.size === 0)
    throw new SlabError(start ? `double free of ${text}` : `free of ${text}: no object starts there`)
  }
}

function sizeClass(size: number): SizeClass {
  return { size, perPage: Math.floor(SLAB_PAGE / size), partial: 0, objects: 0 }
}
