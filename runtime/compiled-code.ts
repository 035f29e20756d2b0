/**
 * The code cache of the baseline tier: blocks → units (Wasm modules of many functions) → table slots. Says which blocks share a unit, links units
 * with each other, and takes them apart again. The unit is what lives and dies: functions of a unit call each other directly, so when one of
 * its blocks is overwritten, or the cache is full, all of them go; those that are still right are compiled again as soon as they run.
 */

import { BLOCK_HEAT, type GuestIsa, JUMP_SLOT, type Library } from './abi.ts'
import type { Block, BlockStore } from './blocks.ts'
import { type CacheLimits, CodeCache } from './code-cache.ts'
import { BlockCompiler, type Surroundings } from './jit/block-compiler.ts'
import { Links } from './jit/links.ts'
import { unitModule } from './jit/module-writer.ts'
import { supportsTailCalls } from './jit/support.ts'
import type { Link } from './jit/ways-out.ts'
import type { JumpCache } from './jump-cache.ts'
import type { CompiledStats } from './stats.ts'

interface Unit {
  /** A function each. */
  readonly blocks: readonly Block[]
  /** Blocks whose code is part of other blocks' functions. */
  readonly inlined: ReadonlySet<Block>
  /** Slots of its functions, in the same order. */
  readonly slots: readonly number[]
  /** Slots that its code goes on through. */
  readonly references: readonly number[]
}

/** Heat of a block whose unit was dropped: it was worth compiling before. */
const WARM = 8
/** How far compiling goes beyond the blocks that it was asked for. */
interface Reach {
  /** Functions of the unit. */
  readonly functions: number
  /** Instructions of a function beyond its first block. */
  readonly inlined: number
}
/** What ran before is known to be worth it; ahead of time, most of what a branch may lead to never runs. */
const HOT_REACH: Reach = { functions: 128, inlined: 32 }
const AHEAD_REACH: Reach = { functions: 24, inlined: 12 }
/** Bytes of Wasm that an instruction may take, for making room beforehand. */
const BYTES_AHEAD = 1 << 14

export class CompiledCode {
  readonly #words: Int32Array
  readonly #blocks: BlockStore
  readonly #jumps: JumpCache
  readonly #compiler: BlockCompiler
  readonly #links: Links
  readonly #cache: CodeCache<Unit>
  readonly #pages: number
  readonly #library: Library | undefined
  /** Units that have code of a block, its own function or in others. */
  readonly #unitsWith = new Map<Block, Set<Unit>>()
  readonly #slotOf = new Map<Block, number>()
  readonly #unitAt: (Unit | undefined)[] = []
  #modules = 0
  #compiledBlocks = 0
  #instructions = 0
  #bytes = 0
  #translateTime = 0
  #instantiateTime = 0

  /** undefined where code cannot be compiled: no tail calls in the host's Wasm, or a big-endian guest. */
  static create(
    isa: GuestIsa,
    memory: WebAssembly.Memory,
    words: Int32Array,
    blocks: BlockStore,
    jumps: JumpCache,
    limits: CacheLimits,
  ): CompiledCode | undefined {
    if (isa.endian === 'big' || !supportsTailCalls()) return undefined
    return new CompiledCode(isa, memory, words, blocks, jumps, limits)
  }

  private constructor(
    isa: GuestIsa,
    memory: WebAssembly.Memory,
    words: Int32Array,
    blocks: BlockStore,
    jumps: JumpCache,
    limits: CacheLimits,
  ) {
    this.#words = words
    this.#blocks = blocks
    this.#jumps = jumps
    this.#compiler = new BlockCompiler(isa, words)
    this.#pages = memory.buffer.byteLength / 0x10000
    // Blocks that are not compiled take slots, too, while compiled code goes on at them.
    this.#links = new Links(memory, 2 * limits.entries + 1, isa.library)
    this.#library = isa.library
    this.#cache = new CodeCache(limits, (unit) => this.#drop(unit))
  }

  /** Slot of a block's function, 0 while it has none. */
  slotOf(block: Block): number {
    return this.#slotOf.get(block) ?? 0
  }

  /** Slot of the code at a pc that the jump cache knows, or 0. Counts as use of that code. */
  slotAt(pc: number): number {
    const slot = this.#words[this.#jumps.entry(pc) + JUMP_SLOT]!
    const unit = this.#unitAt[slot]
    if (unit) this.#cache.hit(unit)
    else this.#cache.miss()
    return slot
  }

  enter(slot: number, fuel: number): number {
    return this.#links.enter(fuel, slot)
  }

  /** Compiles blocks, and blocks that they go on at and that are no longer cold (at most `heat` left), into one unit. */
  compile(blocks: readonly Block[], heat: number): void {
    this.#compile(
      blocks,
      (pc) => {
        const block = this.#blocks.get(pc)
        return block && (block.hot || this.#words[block.header + BLOCK_HEAT]! <= heat) ? block : undefined
      },
      HOT_REACH,
    )
  }

  /** Compiles a block with all that it goes on at, run before or not. */
  compileAhead(block: Block): void {
    if (!this.#slotOf.has(block))
      this.#compile([block], (pc) => this.#blocks.get(pc) ?? this.#blocks.addAhead(pc), AHEAD_REACH)
  }

  /** The block is gone. */
  forget(block: Block): void {
    for (const unit of this.#unitsWith.get(block) ?? []) {
      this.#cache.invalidate(unit)
      this.#drop(unit)
    }
  }

  evictAll(): void {
    while (this.#cache.evictOldest());
  }

  #compile(wanted: readonly Block[], find: (pc: number) => Block | undefined, reach: Reach): void {
    const started = performance.now()
    this.#cache.makeRoom(Math.min(wanted.length, reach.functions), BYTES_AHEAD)
    const unit = new UnitBuilder(reach, this.#links, find, (block) => this.#slotOf.has(block))
    const bodies: Uint8Array[] = []
    const compileAdded = (): void => {
      while (bodies.length < unit.blocks.length) {
        const block = unit.blocks[bodies.length]!
        bodies.push(this.#compiler.compile(block.header, unit))
        this.#instructions += block.count
      }
    }
    for (const block of wanted) {
      // What became part of another function may never be entered by itself: if it is, it will be hot again.
      if (!block.alive || unit.inlined.has(block)) continue
      unit.add(block)
      compileAdded()
    }
    if (bodies.length === 0) return
    const bytes = unitModule(bodies, this.#pages, this.#library)
    const translated = performance.now()
    const module = new WebAssembly.Module(bytes as BufferSource)
    this.#install(unit, new WebAssembly.Instance(module, this.#links.imports), bytes.length)
    this.#modules++
    this.#compiledBlocks += bodies.length
    this.#bytes += bytes.length
    this.#translateTime += translated - started
    this.#instantiateTime += performance.now() - translated
  }

  #install(unit: Unit, instance: WebAssembly.Instance, bytes: number): void {
    unit.blocks.forEach((block, index) => {
      const slot = unit.slots[index]!
      this.#links.link(slot, instance.exports[index]!)
      this.#slotOf.set(block, slot)
      this.#unitAt[slot] = unit
      if (this.#jumps.has(block.pc)) this.#jumps.set(block.pc, block.header, slot)
      // The interpreter comes out where it meets compiled code.
      this.#words[block.header + BLOCK_HEAT] = 0
    })
    for (const block of new Set([...unit.blocks, ...unit.inlined])) {
      const units = this.#unitsWith.get(block)
      if (units) units.add(unit)
      else this.#unitsWith.set(block, new Set([unit]))
    }
    this.#cache.add(unit, unit.blocks.length, bytes)
  }

  /** Nothing leads to the unit's code any more; it is not running, since only the engine calls this. */
  #drop(unit: Unit): void {
    unit.blocks.forEach((block, index) => {
      const slot = unit.slots[index]!
      this.#links.unlink(slot)
      this.#links.release(slot)
      this.#slotOf.delete(block)
      this.#unitAt[slot] = undefined
      this.#jumps.remove(block.pc)
      if (block.alive) this.#words[block.header + BLOCK_HEAT] = WARM
    })
    for (const block of new Set([...unit.blocks, ...unit.inlined])) {
      const units = this.#unitsWith.get(block)
      units?.delete(unit)
      if (units?.size === 0) this.#unitsWith.delete(block)
    }
    for (const slot of unit.references) this.#links.release(slot)
  }

  /** Throws an Error when slots are lost or units do not agree with the cache. */
  check(): void {
    const units = new Set([...this.#unitsWith.values()].flatMap((some) => [...some]))
    const uses = [...units].reduce((sum, unit) => sum + unit.slots.length + unit.references.length, 0)
    if (uses !== this.#links.uses()) throw new Error(`links: ${this.#links.uses()} uses of slots, ${uses} by units`)
    if (units.size !== this.#cache.size)
      throw new Error(`code cache: ${this.#cache.size} units, ${units.size} with blocks`)
    for (const block of this.#unitsWith.keys()) {
      if (!block.alive) throw new Error(`compiled code of a dead block at 0x${block.pc.toString(16)}`)
    }
    for (const [block, slot] of this.#slotOf) {
      const unit = this.#unitAt[slot]
      if (!unit || !this.#unitsWith.get(block)?.has(unit))
        throw new Error(`code of 0x${block.pc.toString(16)} has no unit`)
    }
  }

  stats(): CompiledStats {
    return {
      modules: this.#modules,
      modulesAlive: this.#cache.size,
      blocks: this.#compiledBlocks,
      blocksAlive: this.#slotOf.size,
      instructions: this.#instructions,
      bytes: this.#bytes,
      translateMilliseconds: this.#translateTime,
      instantiateMilliseconds: this.#instantiateTime,
      cache: this.#cache.stats(),
    }
  }
}

/** Collects the functions of a unit that is being compiled, and decides how they reach what they go on at. */
class UnitBuilder implements Unit, Surroundings {
  readonly maxInlined: number
  readonly #maxFunctions: number
  readonly blocks: Block[] = []
  readonly inlined = new Set<Block>()
  readonly slots: number[] = []
  readonly references: number[] = []
  readonly #links: Links
  readonly #find: (pc: number) => Block | undefined
  readonly #isCompiled: (block: Block) => boolean
  readonly #linkTo = new Map<number, Link>()

  /** `find` gives the block at an address if it is worth compiling. */
  constructor(
    reach: Reach,
    links: Links,
    find: (pc: number) => Block | undefined,
    isCompiled: (block: Block) => boolean,
  ) {
    this.maxInlined = reach.inlined
    this.#maxFunctions = reach.functions
    this.#links = links
    this.#find = find
    this.#isCompiled = isCompiled
  }

  /** False when there is no room for it, or it is compiled already. */
  add(block: Block): boolean {
    const isFull = this.blocks.length >= this.#maxFunctions
    if (isFull || this.#isCompiled(block) || this.#linkTo.get(block.pc)?.kind === 'function') return false
    const slot = this.#links.acquire(block.pc)
    if (slot === 0) return false
    this.#linkTo.set(block.pc, { kind: 'function', index: this.blocks.length })
    this.blocks.push(block)
    this.slots.push(slot)
    return true
  }

  link(lo: number, hi: number): Link {
    if (hi !== 0) return { kind: 'lookup' }
    const pc = lo >>> 0
    const known = this.#linkTo.get(pc)
    if (known) return known
    const block = this.#find(pc)
    if (block && this.add(block)) return this.#linkTo.get(pc)!
    const slot = this.#links.acquire(pc)
    const link: Link = slot === 0 ? { kind: 'lookup' } : { kind: 'slot', slot }
    if (slot !== 0) this.references.push(slot)
    this.#linkTo.set(pc, link)
    return link
  }

  inline(lo: number, hi: number): number {
    const block = hi === 0 ? this.#find(lo >>> 0) : undefined
    if (!block) return 0
    this.inlined.add(block)
    return block.header
  }
}
