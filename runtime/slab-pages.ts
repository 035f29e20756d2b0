/**
 * The page level below the slab allocator: hands out runs of neighbouring pages of an arena and joins them again when they come back. Boundary
 * tags (a free run's length stands at both of its ends) make joining O(1). Everything is kept in the arena itself: an array of page
 * descriptors at its start; free runs are linked through them.
 */

/** log2 of a page's bytes: 16 KiB, so that even the largest size class fits several times. */
export const SLAB_PAGE_SHIFT = 14
export const SLAB_PAGE = 1 << SLAB_PAGE_SHIFT

/** Words of a page descriptor. The first two belong to runs, the others to whoever owns the page. */
export const DESCRIPTOR_WORDS = 8
/** What a page is: PAGE_FREE, PAGE_INNER (not the first of its run), or the owner's tag ≥ 0. */
export const PAGE_TAG = 0
/** Pages of the run, at its first page; of a free run also at its last. */
export const RUN_LENGTH = 1
/** Neighbours in the list of free runs, or in the owner's lists: descriptor words, 0 is none. */
export const LIST_NEXT = 2
export const LIST_PREVIOUS = 3
/** Free for the owner: words 4 … 7. */
export const OWNER = 4

export const PAGE_FREE = -1
export const PAGE_INNER = -2

export class PageRuns {
  readonly words: Int32Array
  /** Word of the descriptor of page 0. */
  readonly descriptors: number
  /** Byte offset of page 0. */
  readonly base: number
  readonly count: number
  /** Pages in use, now and at most so far. */
  used = 0
  peak = 0
  #free = 0

  /** The arena is bytes start … end − 1 of `words`' buffer. */
  constructor(words: Int32Array, start: number, end: number) {
    const perPage = SLAB_PAGE + DESCRIPTOR_WORDS * 4
    this.words = words
    this.descriptors = Math.ceil(start / 16) * 4
    this.count = Math.floor((end - this.descriptors * 4 - 16) / perPage)
    if (this.count < 1) throw new RangeError(`an arena of ${end - start} bytes holds no slab page`)
    this.base = Math.ceil((this.descriptors + this.count * DESCRIPTOR_WORDS) / 4) * 16
    this.#addFree(0, this.count)
  }

  /** Descriptor word of a page. */
  descriptor(page: number): number {
    return this.descriptors + page * DESCRIPTOR_WORDS
  }
  address(page: number): number {
    return this.base + page * SLAB_PAGE
  }
  /** Page of a byte offset; not checked. */
  pageOf(address: number): number {
    return (address - this.base) >> SLAB_PAGE_SHIFT
  }

  /** First page of a new run tagged `tag`, or −1 when no free run is that long. First fit. */
  take(length: number, tag: number): number {
    const words = this.words
    for (let run = this.#free; run !== 0; run = words[run + LIST_NEXT]!) {
      const have = words[run + RUN_LENGTH]!
      if (have < length) continue
      const page = (run - this.descriptors) / DESCRIPTOR_WORDS
      this.#removeFree(page)
      if (have > length) this.#addFree(page + length, have - length)
      for (let at = 1; at < length; at++) words[this.descriptor(page + at) + PAGE_TAG] = PAGE_INNER
      words[run + PAGE_TAG] = tag
      words[run + RUN_LENGTH] = length
      this.used += length
      this.peak = Math.max(this.peak, this.used)
      return page
    }
    return -1
  }

  /** Gives a run back; `page` is its first. */
  give(page: number): void {
    const words = this.words
    let first = page
    let length = words[this.descriptor(page) + RUN_LENGTH]!
    this.used -= length
    const next = page + length
    if (next < this.count && words[this.descriptor(next) + PAGE_TAG] === PAGE_FREE) {
      length += words[this.descriptor(next) + RUN_LENGTH]!
      this.#removeFree(next)
    }
    if (page > 0 && words[this.descriptor(page - 1) + PAGE_TAG] === PAGE_FREE) {
      const before = words[this.descriptor(page - 1) + RUN_LENGTH]!
      first = page - before
      length += before
      this.#removeFree(first)
    }
    this.#addFree(first, length)
  }

  /** Every page in exactly one run, free runs joined and linked. Gives the free pages; throws what is wrong. */
  check(): number {
    let free = 0
    let runs = 0
    let previousFree = false
    for (let page = 0; page < this.count; ) {
      const at = this.descriptor(page)
      const tag = this.words[at + PAGE_TAG]!
      const length = this.words[at + RUN_LENGTH]!
      if (tag === PAGE_INNER || length < 1 || page + length > this.count)
        throw new Error(`slab page ${page}: broken run`)
      if (tag === PAGE_FREE) {
        if (previousFree) throw new Error(`slab page ${page}: two free runs`)
        free += length
        runs++
      }
      previousFree = tag === PAGE_FREE
      page += length
    }
    let linked = 0
    for (let run = this.#free; run !== 0; run = this.words[run + LIST_NEXT]!) linked++
    if (linked !== runs) throw new Error(`slab pages: ${linked} of ${runs} runs`)
    if (free + this.used !== this.count) throw new Error(`slab pages: ${free} + ${this.used} of ${this.count}`)
    return free
  }

  /** Tags both ends as free: whoever joins looks at no other page of the run. */
  #addFree(page: number, length: number): void {
    const words = this.words
    const first = this.descriptor(page)
    const last = this.descriptor(page + length - 1)
    words[last + PAGE_TAG] = PAGE_FREE
    words[last + RUN_LENGTH] = length
    words[first + PAGE_TAG] = PAGE_FREE
    words[first + RUN_LENGTH] = length
    words[first + LIST_PREVIOUS] = 0
    words[first + LIST_NEXT] = this.#free
    if (this.#free !== 0) words[this.#free + LIST_PREVIOUS] = first
    this.#free = first
  }

  #removeFree(page: number): void {
    const words = this.words
    const run = this.descriptor(page)
    const next = words[run + LIST_NEXT]!
    const previous = words[run + LIST_PREVIOUS]!
    if (next !== 0) words[next + LIST_PREVIOUS] = previous
    if (previous !== 0) words[previous + LIST_NEXT] = next
    else this.#free = next
  }
}
