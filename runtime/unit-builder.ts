/**
 * A unit while it is being compiled: which functions it gets, and how their code reaches what it goes on at. Baseline units take in what is worth compiling
 * wherever their code goes; optimising units only what is called, since a region has the rest in itself.
 */

import type { JumpHint } from './abi.ts'
import type { AccessMode, AccessPlace, AccessSites } from './access-sites.ts'
import type { Block } from './blocks.ts'
import { codeAddress } from './decode-block.ts'
import type { EntryFacts } from './entry-facts.ts'
import type { Surroundings } from './jit/block-compiler.ts'
import type { Links } from './jit/links.ts'
import type { Origin } from './jit/origins.ts'
import type { RegionLimits } from './jit/region.ts'
import type { EntryPoint, RegionSurroundings } from './jit/region-compiler.ts'
import type { Link } from './jit/ways-out.ts'
import type { JumpTargets } from './jump-targets.ts'
import type { AddressRange } from './memory.ts'
import type { Optimisation } from './optimisations.ts'

/** How far compiling goes beyond the blocks that it was asked for. */
export interface Reach {
  /** Functions of the unit. */
  readonly functions: number
  /** Instructions of a function beyond its first block. */
  readonly inlined: number
}
/** The same for regions, and what one region may hold. */
export interface RegionReach {
  readonly functions: number
  readonly limits: RegionLimits
}
/** What ran before is known to be worth it; ahead of time, most of what a branch may lead to never runs. */
export const HOT: Reach & { readonly region: RegionReach } = {
  functions: 128,
  inlined: 32,
  region: { functions: 16, limits: { instructions: 1600, nodes: 400 } },
}
export const AHEAD: typeof HOT = {
  functions: 24,
  inlined: 12,
  region: { functions: 4, limits: { instructions: 100, nodes: 24 } },
}

/** An address at which a region is entered, by its number (jit/entries.ts); the region is the unit's function with this index. */
export interface RegionEntry {
  readonly index: number
  readonly number: number
  readonly at: EntryPoint
}

export interface Unit {
  readonly kind: 'baseline' | 'optimised'
  /** A function each. */
  readonly blocks: readonly Block[]
  /** Blocks whose code is part of other blocks' functions. */
  readonly inlined: ReadonlySet<Block>
  /** Slots of its functions, in the same order. */
  readonly slots: readonly number[]
  /** Slots that its code goes on through. */
  readonly references: readonly number[]
  /** Ranges of guest memory that its code takes for open (GuestMemory.openRange). */
  readonly ranges: readonly AddressRange[]
  /** How it tests its loads and stores, by guest address, where that was chosen by what is known of them. */
  readonly sites: ReadonlyMap<number, AccessMode>
}

/** What units are built in. */
export interface UnitContext {
  readonly links: Links
  /** The block at an address of code if it is worth compiling. */
  find(pc: number): Block | undefined
  /** It has code of this kind, or of a better one. */
  isCompiled(block: Block): boolean
  isOptimised(block: Block): boolean
  /** Addresses that code calls, as far as known. */
  readonly functions: Set<number>
  readonly targets: JumpTargets
  readonly sites: AccessSites
  readonly facts: EntryFacts
  readonly without: readonly Optimisation[]
  /** Addresses of code go beyond 32 bits. */
  readonly hasContext: boolean
  readonly exactRegisters: boolean
  openRange(address: number, what: 'read' | 'write'): AddressRange | undefined
}

abstract class UnitBuilder implements Unit {
  abstract readonly kind: Unit['kind']
  readonly blocks: Block[] = []
  readonly inlined = new Set<Block>()
  readonly slots: number[] = []
  readonly references: number[] = []
  readonly ranges: AddressRange[] = []
  readonly sites = new Map<number, AccessMode>()
  protected readonly context: UnitContext
  readonly #maxFunctions: number
  #functions = 0
  readonly #linkTo = new Map<number, Link>()

  constructor(context: UnitContext, maxFunctions: number) {
    this.context = context
    this.#maxFunctions = maxFunctions
  }

  /** False when there is no room for it, or it is compiled already. */
  add(block: Block): boolean {
    if (this.#functions >= this.#maxFunctions || this.context.isCompiled(block) || !this.addFunction(block))
      return false
    this.#functions++
    return true
  }

  /** The same where there is always room, whatever it has been compiled to before. */
  protected addFunction(block: Block): boolean {
    if (this.#linkTo.get(block.address)?.kind === 'function') return false
    const slot = this.context.links.acquire(block.address)
    if (slot === 0) return false
    this.#linkTo.set(block.address, { kind: 'function', index: this.blocks.length })
    this.blocks.push(block)
    this.slots.push(slot)
    return true
  }

  does(what: Optimisation): boolean {
    return !this.context.without.includes(what)
  }

  /** As a function of this unit where there is, or can be one, which in optimised code is for calls only; else by slot. */
  link(lo: number, hi: number, hint: JumpHint): Link {
    if (hi !== 0 && !this.context.hasContext) return { kind: 'lookup' }
    if (hint === 'call') this.context.functions.add(lo >>> 0)
    const mayAdd = hint === 'call' || this.kind === 'baseline'
    const pc = codeAddress(lo, hi)
    const known = this.#linkTo.get(pc)
    if (known?.kind === 'function') return this.does('direct') ? known : this.#slotLink(pc)
    const block = mayAdd ? this.context.find(pc) : undefined
    if (block && this.add(block)) return this.does('direct') ? this.#linkTo.get(pc)! : this.#slotLink(pc)
    return known ?? this.#slotLink(pc)
  }

  #slotLink(pc: number): Link {
    const slot = this.does('slots') ? this.context.links.acquire(pc) : 0
    const link: Link = slot === 0 ? { kind: 'lookup' } : { kind: 'slot', slot }
    if (slot !== 0) this.references.push(slot)
    if (!this.#linkTo.has(pc)) this.#linkTo.set(pc, link)
    return link
  }
}

export class BaselineUnit extends UnitBuilder implements Surroundings {
  readonly kind = 'baseline'
  readonly maxInlined: number
  readonly #learns: boolean

  /** `learns`: its computed jumps tell where they go. */
  constructor(context: UnitContext, reach: Reach, learns: boolean) {
    super(context, reach.functions)
    this.maxInlined = reach.inlined
    this.#learns = learns
  }

  targetTable(fromLo: number): number {
    return this.#learns ? this.context.targets.table(fromLo) : 0
  }

  inline(lo: number, hi: number): number {
    const block = this.does('inlining') ? this.context.find(codeAddress(lo, hi)) : undefined
    if (!block || this.context.isOptimised(block)) return 0
    this.inlined.add(block)
    return block.header
  }
}

export class OptimisedUnit extends UnitBuilder implements RegionSurroundings {
  readonly kind = 'optimised'
  readonly limits: RegionLimits
  readonly exactRegisters: boolean
  readonly loop: ReadonlySet<number> | undefined
  /** Blocks whose functions enter a region, which is another function of the unit. */
  readonly entries = new Map<Block, RegionEntry>()
  /** By the low halves of their guest addresses, entries that take something for granted. */
  readonly points = new Map<number, EntryPoint>()

  /** `loop`: addresses of code of the blocks that the unit's one region may have. */
  constructor(context: UnitContext, reach: RegionReach, loop?: ReadonlySet<number>) {
    super(context, loop ? 1 : reach.functions)
    this.limits = reach.limits
    // Registers of the decode context tell the engine which code goes on.
    this.exactRegisters = context.exactRegisters || context.hasContext || !this.does('dead')
    this.loop = loop
  }

  /** The region that is function `index` can be entered at these addresses, too. */
  addEntries(index: number, points: readonly EntryPoint[]): void {
    for (const [number, at] of points.entries()) {
      const block = this.context.find(codeAddress(at.lo, at.hi))
      if (!block || !this.addFunction(block)) continue
      this.entries.set(block, { index, number, at })
      if (at.narrow.length > 0) this.points.set(at.lo >>> 0, at)
    }
  }

  /** What is called is a region of its own, also for those who jump there. */
  block(lo: number, hi: number): number {
    if (this.loop?.has(codeAddress(lo, hi)) === false) return 0
    return this.context.functions.has(lo >>> 0) ? 0 : this.called(lo, hi)
  }
  called(lo: number, hi: number): number {
    return this.context.find(codeAddress(lo, hi))?.header ?? 0
  }

  /** A region of the unit has the blocks at these addresses of code. */
  addBlocks(addresses: Iterable<number>): void {
    for (const address of addresses) {
      const block = this.context.find(address)
      if (block) this.inlined.add(block)
    }
  }

  openRange(address: number, what: 'read' | 'write'): AddressRange | undefined {
    const range = this.does('ranges') ? this.context.openRange(address, what) : undefined
    if (range && !this.ranges.some(({ start, end }) => start === range.start && end === range.end))
      this.ranges.push(range)
    return range
  }

  accessAt(pc: number, at: AccessPlace, origins: () => readonly Origin[]): AccessMode {
    return this.#site(pc, this.context.sites.atRegister(pc, at, origins))
  }
  accessElsewhere(pc: number): AccessMode {
    return this.#site(pc, this.context.sites.elsewhere(pc))
  }
  #site(pc: number, mode: AccessMode): AccessMode {
    this.sites.set(pc, mode)
    return mode
  }

  wideAt(lo: number): ReadonlySet<number> | undefined {
    return this.context.facts.wideAt(lo)
  }

  targets(fromLo: number): readonly number[] {
    return this.does('targets') ? this.context.targets.of(fromLo) : []
  }
}
