/**
 * Which pages of guest memory a process has: the program, the heap that `brk` moves, and what mmap hands out, from below the stack downwards.
 * Permissions are the guest memory's own; kept here is whether a page is taken, for a page without any permission is taken too, and
 * what lies there, as /proc/self/maps tells it.
 *
 *   0x10000 … program … brk →            ← mmap … | guard | stack | end
 */

import type { GuestMemory, Permissions } from '../memory.ts'
import { EINVAL, ENOMEM, fail } from './errno.ts'

export const PAGE = 4096
export const pageDown = (address: number): number => address - (address % PAGE)
export const pageUp = (address: number): number => pageDown(address + PAGE - 1)

/** No mapping below this address, so that null pointers with an offset fault (vm.mmap_min_addr). */
export const LOWEST = 0x10000

/** What pages hold: a file from an offset on, or a name in brackets. Anonymous pages have none. */
export interface Content {
  readonly name: string
  readonly offset: number
}

export interface Region {
  readonly start: number
  readonly end: number
  readonly permissions: Permissions
  readonly content: Content | undefined
}

interface Named {
  readonly start: number
  readonly end: number
  readonly content: Content
}

const FREE = 0
const TAKEN = 1
const BEYOND = 2

export class AddressSpace {
  readonly #memory: GuestMemory
  /** One byte a page: FREE, TAKEN, or BEYOND the end of the file that is mapped there. */
  readonly #taken: Uint8Array
  /** By address, without overlap. */
  #named: readonly Named[] = []
  #heapStart = LOWEST
  #heapEnd = LOWEST
  /** mmap looks for room below this address. */
  #top: number

  constructor(memory: GuestMemory) {
    this.#memory = memory
    this.#taken = new Uint8Array(Math.floor(memory.size / PAGE))
    this.#top = this.#taken.length * PAGE
  }

  get end(): number {
    return this.#taken.length * PAGE
  }

  /** The heap starts here, empty; mmap stays below `top`. */
  arrange(heapStart: number, top: number): void {
    this.#heapStart = this.#heapEnd = pageUp(heapStart)
    this.#top = pageDown(top)
  }

  isTaken(address: number, length: number): boolean {
    const end = this.#page(address + length)
    for (let page = this.#page(address); page < end; page++) if (this.#taken[page] !== FREE) return true
    return false
  }

  /** Takes whole pages, zero, over whatever was there. */
  place(address: number, length: number, permissions: Permissions, content?: Content): void {
    if (length === 0) return
    if (address % PAGE !== 0 || address + length > this.end) fail(ENOMEM)
    this.#memory.map(address, pageUp(length), permissions)
    this.#taken.fill(TAKEN, this.#page(address), this.#page(address + length))
    this.#name(address, address + pageUp(length), content)
  }

  /** As place, but where there is room: at `hint` if that is free, else as high as possible. Gives the address. */
  take(length: number, permissions: Permissions, hint = 0, content?: Content): number {
    const near = pageDown(hint)
    const free = near >= LOWEST && near + length <= this.#top && !this.isTaken(near, length)
    const address = free ? near : this.findRoom(pageUp(length))
    this.place(address, length, permissions, content)
    return address
  }

  release(address: number, length: number): void {
    if (address % PAGE !== 0 || length === 0 || address + length > this.end) fail(EINVAL)
    this.#memory.unmap(address, pageUp(length))
    this.#taken.fill(FREE, this.#page(address), this.#page(address + length))
    this.#name(address, address + pageUp(length), undefined)
  }

  /** ENOMEM when a page of the range is not taken. */
  protect(address: number, length: number, permissions: Permissions): void {
    if (address % PAGE !== 0) fail(EINVAL)
    if (length === 0) return
    this.#mustBeTaken(address, length)
    const end = address + pageUp(length)
    for (let from = address; from < end; ) {
      let to = from + PAGE
      while (to < end && this.#taken[to / PAGE] === this.#taken[from / PAGE]) to += PAGE
      if (this.#taken[from / PAGE] !== BEYOND) this.#memory.protect(from, to - from, permissions)
      from = to
    }
  }

  /** The file mapped here ends before these pages: whoever touches them gets SIGBUS. */
  endFile(address: number, length: number): void {
    if (length === 0) return
    this.#memory.protect(address, length, 0)
    this.#taken.fill(BEYOND, this.#page(address), this.#page(address + length))
  }

  isBeyondFile(address: number): boolean {
    return this.#taken[Math.floor(address / PAGE)] === BEYOND
  }

  /** Every page of the range is zero again. */
  clear(address: number, length: number): void {
    if (address % PAGE !== 0) fail(EINVAL)
    if (length === 0) return
    this.#mustBeTaken(address, length)
    this.#memory.fill(address, pageUp(length), 0)
  }

  /** As the kernel's brk: gives the heap's end, the old one where the wish cannot be met. */
  moveHeapEnd(address: number, permissions: Permissions): number {
    if (address < this.#heapStart || address > this.#top) return this.#heapEnd
    const from = pageUp(this.#heapEnd)
    const to = pageUp(address)
    if (to > from) {
      if (this.isTaken(from, to - from)) return this.#heapEnd
      this.place(from, to - from, permissions, { name: '[heap]', offset: 0 })
    } else if (to < from) this.release(to, from - to)
    this.#heapEnd = address
    return address
  }

  /** mremap: gives the new address. */
  resize(address: number, oldLength: number, newLength: number, mayMove: boolean): number {
    if (address % PAGE !== 0 || newLength === 0) fail(EINVAL)
    const [old, wanted] = [pageUp(oldLength), pageUp(newLength)]
    this.#mustBeTaken(address, old)
    if (wanted <= old) {
      if (wanted < old) this.release(address + wanted, old - wanted)
      return address
    }
    const permissions = this.#memory.permissions(address)
    const content = this.#named.find(({ start, end }) => start <= address && address < end)?.content
    if (address + wanted <= this.#top && !this.isTaken(address + old, wanted - old)) {
      this.place(address + old, wanted - old, permissions, content)
      return address
    }
    if (!mayMove) fail(ENOMEM)
    const moved = this.take(wanted, permissions, 0, content)
    this.#memory.write(moved, this.#memory.bytes.subarray(address, address + old))
    this.release(address, old)
    return moved
  }

  /** All that is taken, from below; neighbours that differ in nothing are one. */
  regions(): readonly Region[] {
    const found: Region[] = []
    for (let page = 0; page < this.#taken.length; page++) {
      if (this.#taken[page] === FREE) continue
      const start = page * PAGE
      const permissions = this.#memory.permissions(start)
      const named = this.#named.find((one) => one.start <= start && start < one.end)
      const content = named && { name: named.content.name, offset: named.content.offset + start - named.start }
      const last = found.at(-1)
      if (last?.end === start && last.permissions === permissions && continues(last, content)) {
        found[found.length - 1] = { ...last, end: start + PAGE }
      } else found.push({ start, end: start + PAGE, permissions, content })
    }
    return found
  }

  #mustBeTaken(address: number, length: number): void {
    if (address + length > this.end) fail(ENOMEM)
    for (let at = address; at < address + length; at += PAGE) if (this.#taken[at / PAGE] === FREE) fail(ENOMEM)
  }

  /** Address of the highest free run of so many bytes (whole pages) below the stack. */
  findRoom(length: number): number {
    const pages = length / PAGE
    let free = 0
    for (let page = this.#top / PAGE - 1; page >= LOWEST / PAGE; page--) {
      free = this.#taken[page] === FREE ? free + 1 : 0
      if (free >= pages) return page * PAGE
    }
    return fail(ENOMEM)
  }

  #name(start: number, end: number, content: Content | undefined): void {
    if (content === undefined && this.#named.every((one) => one.end <= start || one.start >= end)) return
    const kept = this.#named.flatMap((one): Named[] => {
      if (one.end <= start || one.start >= end) return [one]
      const { name, offset } = one.content
      const rest = { start: end, end: one.end, content: { name, offset: offset + end - one.start } }
      return [...(one.start < start ? [{ ...one, end: start }] : []), ...(one.end > end ? [rest] : [])]
    })
    if (content !== undefined) kept.push({ start, end, content })
    this.#named = kept.sort((a, b) => a.start - b.start)
  }

  /** The page of an address, rounded up: a range's end may lie inside its last page. */
  #page(address: number): number {
    return Math.ceil(address / PAGE)
  }
}

function continues({ start, end, content }: Region, next: Content | undefined): boolean {
  if (content === undefined || next === undefined) return content === next
  return content.name === next.name && (content.name.startsWith('[') || content.offset + end - start === next.offset)
}
