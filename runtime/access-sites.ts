/**
 * What was learnt about where loads and stores of optimised code go. Such code expects an access within one open range of memory; where it was elsewhere, the
 * interpreter did that instruction, and the next code of the place expects what came then, or asks the page each time.
 *
 * A site is named by the low half of the instruction's address. Only hints: nothing is wrong when they are.
 */

import type { AccessNotes } from './access-notes.ts'
import type { Origin } from './jit/origins.ts'
import type { AddressRange, GuestMemory } from './memory.ts'

export type AccessMode =
  /** Expect the range round an address; `alone`: what may follow goes beyond it. */
  | { readonly kind: 'range'; readonly address: number; readonly alone?: true }
  /** Ask the page, and leave where the access might run over its end. */
  | { readonly kind: 'page' }
  /** Ask for all that an access can touch. */
  | { readonly kind: 'pages' }

export interface AccessPlace {
  /** Word of a register; whether it has 64 bits; what is added to it. */
  readonly base: number
  readonly isWide: boolean
  readonly offset: number
  readonly what: 'read' | 'write'
}

interface Site {
  mode: AccessMode
  /** Since the mode was chosen: times that it was wrong, the address at the last of them, and whether they went to several ranges. */
  misses: number
  last: number | undefined
  varies: boolean
  /** It went to no range, as stores do in pages with code. */
  isOutside: boolean
  /** Ranges that were expected in vain. */
  wrong: number
  /** The mode comes of misses. */
  isLearnt: boolean
  /** Nothing about this place led to the mode. */
  isWeak: boolean
  /** Where the access goes; absent where it is not at a register. */
  at?: AccessPlace
}

/** A site as it is kept for another run: its address, what was learnt, the ranges expected in vain, and the place, if any. */
export type KeptSite = readonly [pc: number, mode: AccessMode, wrong: number, at?: AccessPlace]

/** Beyond so many sites all is forgotten. */
const MAX_SITES = 1 << 16
/** Times that a range is tried after the first guess, before each page is asked. */
const PATIENCE = 1

/** Bytes of code around an access in which others are likely to go where it goes. */
const NEAR = 32

const PAGE: AccessMode = { kind: 'page' }
const PAGES: AccessMode = { kind: 'pages' }

export class AccessSites {
  readonly #words: Int32Array
  readonly #memory: GuestMemory
  readonly #notes: AccessNotes | undefined
  readonly #sites = new Map<number, Site>()
  /** An address in the range that was guessed last: most programs have few ranges, and a wrong guess is mended. */
  #usual: number | undefined

  constructor(words: Int32Array, memory: GuestMemory, notes?: AccessNotes) {
    this.#words = words
    this.#memory = memory
    this.#notes = notes
  }

  /**
   * How to test the access of `pc`, at a register. Where nothing is known, what was learnt nearby is taken, or where lesser code went last, or what one of its origins or that register
   * holds now; where that is no address of open memory, what was so elsewhere.
   */
  atRegister(pc: number, at: AccessPlace, origins: () => readonly Origin[] = () => []): AccessMode {
    const known = this.#sites.get(pc)
    const serves = known?.at !== undefined && this.#serves(known, at)
    if (serves && !(known.isWeak && known.misses === 0)) return this.#learn(known, pc)
    const near = serves ? undefined : this.#learntNear(pc, at)
    if (near) return this.#add(pc, { mode: this.#learn(near, pc), at, wrong: near.wrong, isLearnt: true })
    const noted = this.#notes?.of(pc)
    if (noted !== undefined) {
      const isOpen = this.#range(noted, at.what) !== undefined
      if (isOpen) this.#usual = noted
      return this.#add(pc, { mode: isOpen ? { kind: 'range', address: noted } : PAGES, at, wrong: PATIENCE })
    }
    const found = [...origins().map((origin) => this.#origin(origin, at)), this.#address(at)].find(
      (address) => address !== undefined && this.#range(address, at.what),
    )
    if (found === undefined && serves) return known.mode
    if (found !== undefined) this.#usual = found
    const address = found ?? this.#usual
    const mode: AccessMode = this.#range(address, at.what) ? { kind: 'range', address: address! } : PAGE
    return this.#add(pc, { mode, at, isWeak: found === undefined })
  }

  /** How to test any other access of `pc`. */
  elsewhere(pc: number): AccessMode {
    const known = this.#sites.get(pc)
    return known ? this.#learn(known, pc) : this.#add(pc, { mode: PAGE })
  }

  /**
   * Code that took the access of `pc` to be like that left there for the interpreter, registers being what they were then. Of use where nothing newer is known.
   */
  missed(pc: number, mode: AccessMode): void {
    const site = this.#sites.get(pc)
    if (site?.mode !== mode) return
    const address = site.at && this.#address(site.at)
    const what = site.at?.what ?? 'read'
    const range = this.#range(address, what)
    const before = this.#range(site.last, what)
    site.misses++
    site.isOutside ||= !range
    site.varies ||= before !== undefined && before.start !== range?.start
    site.last = address
  }

  /** Sites where the first guess was wrong, or that no range is expected at. */
  all(): KeptSite[] {
    const kept: KeptSite[] = []
    for (const [pc, site] of this.#sites) {
      const mode = this.#learn(site, pc)
      const { at, wrong, isLearnt } = site
      if (isLearnt || mode.kind !== (at ? 'range' : 'page')) kept.push(at ? [pc, mode, wrong, at] : [pc, mode, wrong])
    }
    return kept
  }

  /** What `all` gave in another run. */
  recall(kept: readonly KeptSite[]): void {
    for (const [pc, mode, wrong, at] of kept) this.#add(pc, { mode, wrong, isLearnt: true, ...(at && { at }) })
  }

  /** The mode that misses lead to, for other accesses at the same register nearby, too, that were expected to go the same way: one test was for all, perhaps. */
  #learn(site: Site, pc: number): AccessMode {
    if (site.misses === 0) return site.mode
    const { mode, last, at } = site
    const goesThere = last !== undefined && !site.varies && !site.isOutside
    // An access that left where its very range was expected did so for those which were tested with it.
    const isRight = goesThere && mode.kind === 'range' && this.#isSameRange(mode.address, last, at?.what ?? 'read')
    if (isRight && !isAlone(mode)) site.mode = { kind: 'range', address: last, alone: true }
    else if (goesThere && !isRight && site.wrong++ < PATIENCE) site.mode = { kind: 'range', address: last }
    else site.mode = mode.kind === 'range' && !site.isOutside ? PAGE : PAGES
    site.isLearnt = true
    site.misses = 0
    site.last = undefined
    site.varies = site.isOutside = false
    if (at && mode.kind === 'range') this.#spread(site, mode.address, at, pc)
    return site.mode
  }

  /** Gives the new mode of a site, where an address was expected, to others nearby of which nothing newer is known. */
  #spread({ mode, wrong }: Site, expected: number, at: AccessPlace, pc: number): void {
    if (isAlone(mode)) return
    for (const other of this.#near(pc, at)) {
      if (other.misses > 0 || other.mode.kind !== 'range' || isAlone(other.mode)) continue
      if (!this.#isSameRange(other.mode.address, expected, at.what)) continue
      other.mode = mode
      other.wrong = wrong
      other.isLearnt = true
    }
  }

  #isSameRange(a: number, b: number, what: AccessPlace['what']): boolean {
    const range = this.#range(a, what)
    return range !== undefined && range.start === this.#range(b, what)?.start
  }

  /** What was learnt of another access at the same register nearby: one test was for both, perhaps. */
  #learntNear(pc: number, at: AccessPlace): Site | undefined {
    return this.#near(pc, at).find(({ isLearnt }) => isLearnt)
  }

  /** Other accesses of the kind at the same register. */
  #near(pc: number, { base, what }: AccessPlace): Site[] {
    const found: Site[] = []
    for (let near = pc - NEAR; near <= pc + NEAR; near++) {
      const site = near === pc ? undefined : this.#sites.get(near)
      if (site?.at?.base === base && site.at.what === what) found.push(site)
    }
    return found
  }

  #add(pc: number, known: Pick<Site, 'mode'> & Partial<Site>): AccessMode {
    if (this.#sites.size >= MAX_SITES) this.#sites.clear()
    const nothing = {
      misses: 0,
      last: undefined,
      varies: false,
      isOutside: false,
      wrong: 0,
      isLearnt: false,
      isWeak: false,
    }
    this.#sites.set(pc, { ...nothing, ...known })
    return known.mode
  }

  /** Whether what is known of a site goes for this place. One that was read from and is now to be stored to has to be open for both. */
  #serves(site: Site, { base, offset, what }: AccessPlace): boolean {
    const { at, mode } = site
    if (at?.base !== base || at.offset !== offset) return false
    if (at.what === 'write' || what === 'read') return true
    if (mode.kind === 'range' && !this.#range(mode.address, what)) return false
    site.at = { ...at, what }
    return true
  }

  #origin(origin: Origin, { isWide, what }: AccessPlace): number | undefined {
    if (origin.kind === 'constant') return origin.address
    return this.#address({ base: origin.word, isWide, offset: 0, what })
  }

  #range(address: number | undefined, what: AccessPlace['what']): AddressRange | undefined {
    return address === undefined ? undefined : this.#memory.openRange(address, what)
  }

  /** undefined where it is not an address of 32 bits. */
  #address({ base, isWide, offset }: AccessPlace): number | undefined {
    if (!isWide) return (this.#words[base]! + offset) >>> 0
    const address = this.#words[base + 1]! * 2 ** 32 + (this.#words[base]! >>> 0) + offset
    return address >= 0 && address < 2 ** 32 ? address : undefined
  }
}

function isAlone(mode: AccessMode): boolean {
  return mode.kind === 'range' && mode.alone === true
}
