/**
 * Guest memory: one flat space of bytes inside the engine's linear memory, with permissions by page (the PAGE_* bytes of abi.ts), and the slow
 * paths that generated code takes when its page test fails. Addresses are plain numbers here: every byte that exists lies below 2^32.
 * Pages that hold decoded code carry PAGE_CODE; whoever changes such bytes (guest or host) is reported to `onCodeChange` before it happens.
 */

import {
  ACCESS_READ,
  ACCESS_WRITE,
  CODE_MAP,
  FAULT_ACCESS,
  FAULT_HI,
  FAULT_LO,
  GUEST,
  granuleShift,
  PAGE_CODE,
  PAGE_EXEC,
  PAGE_FAST_WRITE,
  PAGE_READ,
  PAGE_READ_SPAN,
  PAGE_WRITE,
  PAGE_WRITE_SPAN,
  PAGES,
  pageShift,
} from './abi.ts'

/** What the guest may do with a page, as bits: READ | WRITE | EXEC; 0 is mapped without any access. */
export type Permissions = number
export const READ: Permissions = PAGE_READ
export const WRITE: Permissions = PAGE_WRITE
export const EXEC: Permissions = PAGE_EXEC

const PERMISSIONS = PAGE_READ | PAGE_WRITE | PAGE_EXEC
/** Private to this file, beside the bits of abi.ts: the page was mapped or written once, so it may hold other bytes than 0. */
const PAGE_USED = 128

/** Identity of what the slow paths throw; FAULT_* in the control block say which access it was. */
export const FAULT: object = Object.freeze({ name: 'guest memory fault' })

/** Addresses start … end − 1. */
export interface AddressRange {
  readonly start: number
  readonly end: number
}

export class GuestMemory {
  /** Bytes of guest memory: addresses 0 … size − 1 exist. */
  readonly size: number
  readonly pageSize: number
  readonly pageShift: number
  /** log2 of the bytes of a granule: code is known to lie in it, or not. */
  readonly granuleShift: number
  /**
   * All of guest memory, live; index is the guest address. For reading, and for writing where no code lies: a write through this view is
   * not noticed, so code that it changes would run on as it was. Use `write` when in doubt.
   */
  readonly bytes: Uint8Array
  /** Called before bytes of a page with PAGE_CODE change or lose PAGE_EXEC. Set by the engine. */
  onCodeChange: (address: number, length: number) => void = () => {}

  /** Called when addresses start … end − 1 are, in part, no longer in an open range. Set by the engine. */
  onRangeLoss: (start: number, end: number) => void = () => {}
  /** Open ranges that were asked for since a page changed. */
  #open: { readonly read: AddressRange[]; readonly write: AddressRange[] } = { read: [], write: [] }

  readonly #pages: Uint8Array
  readonly #words: Int32Array
  readonly #pageCount: number
  /** CODE_MAP. */
  readonly #codeMap: Uint8Array

  /** `faults` false: every address exists and may be read, written and executed from the start, as in small machines. */
  constructor(buffer: ArrayBuffer, size: number, addressWidth: number, faults: boolean) {
    this.size = size
    this.pageShift = pageShift(addressWidth)
    this.pageSize = 1 << this.pageShift
    this.#pageCount = size >>> this.pageShift
    this.bytes = new Uint8Array(buffer, GUEST, size)
    this.#pages = new Uint8Array(buffer, PAGES, this.#pageCount)
    this.#words = new Int32Array(buffer, 0, 64)
    this.granuleShift = granuleShift(addressWidth)
    this.#codeMap = new Uint8Array(buffer, CODE_MAP, Math.ceil(size / 2 ** this.granuleShift / 8))
    if (!faults) this.map(0, size, READ | WRITE | EXEC)
  }

  // ---- the map: address and length are multiples of the page size

  /** Makes pages accessible and zero, whatever was there. */
  map(address: number, length: number, permissions: Permissions): void {
    const [first, end] = this.#pageRange('map', address, length)
    this.#codeChanges(first, end)
    for (let page = first; page < end; page++) {
      if (this.#pages[page]! & PAGE_USED) this.bytes.fill(0, page << this.pageShift, (page + 1) << this.pageShift)
    }
    this.#change(first, end, () => (permissions & PERMISSIONS) | PAGE_USED)
  }

  /** Changes what the guest may do; the bytes stay. */
  protect(address: number, length: number, permissions: Permissions): void {
    const [first, end] = this.#pageRange('protect', address, length)
    if ((permissions & PAGE_EXEC) === 0) this.#codeChanges(first, end)
    this.#change(first, end, (bits) => (bits & ~PERMISSIONS) | (permissions & PERMISSIONS))
  }

  /** Takes pages away: any access by the guest faults from now on. */
  unmap(address: number, length: number): void {
    const [first, end] = this.#pageRange('unmap', address, length)
    this.#codeChanges(first, end)
    this.#change(first, end, (bits) => bits & PAGE_USED)
  }

  /** READ | WRITE | EXEC bits of the page that holds the address; 0 outside of memory. */
  permissions(address: number): Permissions {
    return address >= 0 && address < this.size ? this.#pages[address >>> this.pageShift]! & PERMISSIONS : 0
  }

  /** Address of the first byte of the range whose page lacks one of the permissions, or undefined when all of it is allowed. For system calls. */
  firstForbidden(address: number, length: number, permissions: Permissions): number | undefined {
    const end = address + length
    while (address < end) {
      if ((this.permissions(address) & permissions) !== permissions) return address
      address = this.#nextPage(address)
    }
    return undefined
  }

  // ---- bytes, for the host: permissions do not count

  /** A copy. Throws RangeError when the range is not inside memory. */
  read(address: number, length: number): Uint8Array {
    this.#range('read', address, length)
    return this.bytes.slice(address, address + length)
  }

  /** Code that lies there is forgotten. Throws RangeError when the range is not inside memory. */
  write(address: number, bytes: ArrayLike<number>): void {
    this.#hostWrites('write', address, bytes.length)
    this.bytes.set(bytes, address)
  }

  /** The live bytes of a range that the host is about to write. Code that lies there is forgotten now, so write at once. */
  writable(address: number, length: number): Uint8Array {
    this.#hostWrites('writable', address, length)
    return this.bytes.subarray(address, address + length)
  }

  fill(address: number, length: number, value: number): void {
    this.#hostWrites('fill', address, length)
    this.bytes.fill(value, address, address + length)
  }

  // ---- slow paths of generated code (InterpreterHost)

  /** Gives the byte offset in linear memory, or throws FAULT having set FAULT_*. */
  readonly slowRead = (lo: number, hi: number, size: number): number => {
    this.#allow(lo, hi, size, PAGE_READ, ACCESS_READ)
    return GUEST + (lo >>> 0)
  }

  readonly slowWrite = (lo: number, hi: number, size: number): number => {
    this.#allow(lo, hi, size, PAGE_WRITE, ACCESS_WRITE)
    const address = lo >>> 0
    if (this.hasCode(address, size)) this.onCodeChange(address, size)
    return GUEST + address
  }

  #allow(lo: number, hi: number, size: number, permission: number, access: number): void {
    const address = lo >>> 0
    const forbidden = hi === 0 ? this.firstForbidden(address, size, permission) : address
    if (forbidden === undefined) return
    this.#words[FAULT_LO] = forbidden
    // A range that runs over the end of 32 bits goes on at 2^32.
    this.#words[FAULT_HI] = hi + (forbidden >= 2 ** 32 ? 1 : 0)
    this.#words[FAULT_ACCESS] = access
    throw FAULT
  }

  // ---- code pages, for the block index

  /**
   * The granule that holds an address has code from now on, or has none. Its page keeps PAGE_CODE: where code went, code comes, and each change would end open
   * ranges.
   */
  setCode(address: number, code: boolean): void {
    const granule = address >>> this.granuleShift
    const bit = 1 << (granule & 7)
    const bits = this.#codeMap[granule >>> 3]!
    this.#codeMap[granule >>> 3] = code ? bits | bit : bits & ~bit
    const page = address >>> this.pageShift
    if (!code || this.#pages[page]! & PAGE_CODE) return
    this.#change(page, page + 1, (bits) => bits | PAGE_CODE)
  }

  /** Whether some granule of these few bytes has code. */
  hasCode(address: number, size: number): boolean {
    const last = address + size - 1
    for (let at = address; ; at += 1 << this.granuleShift) {
      const granule = Math.min(at, last) >>> this.granuleShift
      const bits = this.#codeMap[granule >>> 3]
      if (bits !== undefined && (bits >>> (granule & 7)) & 1) return true
      if (at >= last) return false
    }
  }

  // ---- inner workings

  /** Gives pages first … end − 1 new bits (of PERMISSIONS, PAGE_CODE and PAGE_USED), and tells who relied on what they were. */
  #change(first: number, end: number, bits: (before: number) => number): void {
    const pages = this.#pages
    this.#open = { read: [], write: [] }
    let [firstLost, endLost] = [end, first]
    for (let page = first; page < end; page++) {
      const before = pages[page]!
      const after = bits(before)
      const isFast = (after & (PAGE_WRITE | PAGE_CODE)) === PAGE_WRITE
      pages[page] = isFast ? after | PAGE_FAST_WRITE : after & ~PAGE_FAST_WRITE
      if (before & (PAGE_READ | PAGE_FAST_WRITE) & ~pages[page]!) {
        firstLost = Math.min(firstLost, page)
        endLost = page + 1
      }
    }
    this.#deriveSpans(first, end)
    if (firstLost < endLost) this.onRangeLoss(firstLost * this.pageSize, endLost * this.pageSize)
  }

  /** Works out the span bits of pages first … end − 1, and of the page before them, whose bits look at its successor. */
  #deriveSpans(first: number, end: number): void {
    const pages = this.#pages
    let next = end < this.#pageCount ? pages[end]! : 0
    for (let page = end - 1; page >= Math.max(first - 1, 0); page--) {
      let bits = pages[page]! & ~(PAGE_READ_SPAN | PAGE_WRITE_SPAN)
      if (bits & next & PAGE_READ) bits |= PAGE_READ_SPAN
      if (bits & next & PAGE_FAST_WRITE) bits |= PAGE_WRITE_SPAN
      pages[page] = next = bits
    }
  }

  /**
   * The largest range round an address where accesses that lie within it need no test: reads, or reads and stores, which find no code there. undefined where the
   * address itself is not in one. It holds until `onRangeLoss` tells of some of it.
   */
  openRange(address: number, what: 'read' | 'write'): AddressRange | undefined {
    const known = this.#open[what].find(({ start, end }) => start <= address && address < end)
    if (known) return known
    const bits = what === 'read' ? PAGE_READ : PAGE_READ | PAGE_FAST_WRITE
    const pages = this.#pages
    const isOpen = (page: number): boolean => (pages[page]! & bits) === bits
    let first = Math.floor(address / this.pageSize)
    if (!(first >= 0 && first < this.#pageCount && isOpen(first))) return undefined
    let end = first + 1
    while (first > 0 && isOpen(first - 1)) first--
    while (end < this.#pageCount && isOpen(end)) end++
    const range = { start: first * this.pageSize, end: end * this.pageSize }
    this.#open[what].push(range)
    return range
  }

  #codeChanges(first: number, end: number): void {
    for (let page = first; page < end; page++) {
      if (this.#pages[page]! & PAGE_CODE) this.onCodeChange(page << this.pageShift, this.pageSize)
    }
  }

  #hostWrites(what: string, address: number, length: number): void {
    this.#range(what, address, length)
    const end = address + length
    for (let at = address; at < end; at = this.#nextPage(at)) {
      const page = at >>> this.pageShift
      if (this.#pages[page]! & PAGE_CODE) this.onCodeChange(at, Math.min(end, this.#nextPage(at)) - at)
      this.#pages[page] = this.#pages[page]! | PAGE_USED
    }
  }

  #nextPage(address: number): number {
    return (Math.floor(address / this.pageSize) + 1) * this.pageSize
  }

  #pageRange(what: string, address: number, length: number): [first: number, end: number] {
    this.#range(what, address, length)
    if (address % this.pageSize !== 0 || length % this.pageSize !== 0) {
      throw new RangeError(`memory.${what}: ${span(address, length)} does not lie on pages of ${this.pageSize} bytes`)
    }
    return [address / this.pageSize, (address + length) / this.pageSize]
  }

  #range(what: string, address: number, length: number): void {
    if (
      Number.isInteger(address) &&
      Number.isInteger(length) &&
      address >= 0 &&
      length >= 0 &&
      address + length <= this.size
    )
      return
    throw new RangeError(
      `memory.${what}: ${span(address, length)} lies outside guest memory of 0x${this.size.toString(16)} bytes`,
    )
  }
}

function span(address: number, length: number): string {
  return `0x${address.toString(16)} … +${length}`
}
