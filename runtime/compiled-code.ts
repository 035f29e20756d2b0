/**
 * The code cache of the baseline tier: blocks → units (Wasm modules of many blocks) → table slots. Says which blocks share a unit, links units
 * with each other, and takes them apart again. The unit is what lives and dies: functions of a unit call each other directly, so when one of
 * its blocks is overwritten, or the cache is full, all of them go; those that are still right are compiled again as soon as they run.
 */

import { BLOCK_HEAT, type GuestIsa, JUMP_CODE } from './abi.ts'
import type { Block, BlockStore } from './blocks.ts'
import { type CacheLimits, CodeCache } from './code-cache.ts'
import { BlockCompiler, type Link } from './jit/block-compiler.ts'
import {
  CODE_INDEX_SHIFT,
  CODE_SLOT_MASK,
  CODE_UNIT_SHIFT,
  Links,
  MAX_SLOTS,
  MAX_UNIT_FUNCTIONS,
  UNIT_NUMBERS,
} from './jit/links.ts'
import { unitModule } from './jit/module-writer.ts'
import { supportsTailCalls } from './jit/support.ts'
import type { JumpCache } from './jump-cache.ts'
import type { CompiledStats } from './stats.ts'

interface Unit {
  /** 1 … UNIT_NUMBERS − 1, or 0 when there are too many units. */
  readonly number: number
  readonly blocks: readonly Block[]
  /** Slots of its own blocks, in the same order. */
  readonly slots: readonly number[]
  /** Slots that its code goes on through. */
  readonly references: readonly number[]
}

/** Heat of a block whose unit was dropped: it was worth compiling before. */
const WARM = 8
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
  readonly #unitOf = new Map<Block, Unit>()
  /** As the jump cache has it. */
  readonly #codeOf = new Map<Block, number>()
  readonly #freeNumbers: number[] = []
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
    this.#links = new Links(memory, Math.min(2 * limits.entries + 1, MAX_SLOTS))
    for (let number = UNIT_NUMBERS - 1; number > 0; number--) this.#freeNumbers.push(number)
    this.#cache = new CodeCache(limits, (unit) => this.#drop(unit))
  }

  /** A block's code as the jump cache has it, 0 while it has none. */
  codeOf(block: Block): number {
    return this.#codeOf.get(block) ?? 0
  }

  /** Slot of the code at a pc that the jump cache knows, or 0. Counts as use of that code. */
  slotAt(pc: number): number {
    const slot = this.#words[this.#jumps.entry(pc) + JUMP_CODE]! & CODE_SLOT_MASK
    const unit = this.#unitAt[slot]
    if (unit) this.#cache.hit(unit)
    else this.#cache.miss()
    return slot
  }

  enter(slot: number, fuel: number): number {
    return this.#links.enter(fuel, slot)
  }

  /** Compiles blocks, and blocks that they go on at and that have run before, into one unit. */
  compile(blocks: readonly Block[]): void {
    this.#compile(blocks, (pc) => this.#blocks.get(pc))
  }

  /** Compiles a block with all that it goes on at, run before or not. */
  compileAhead(block: Block): void {
    if (!this.#codeOf.has(block)) this.#compile([block], (pc) => this.#blocks.get(pc) ?? this.#blocks.addAhead(pc))
  }

  /** The block is gone. */
  forget(block: Block): void {
    const unit = this.#unitOf.get(block)
    if (!unit) return
    this.#cache.invalidate(unit)
    this.#drop(unit)
  }

  evictAll(): void {
    while (this.#cache.evictOldest());
  }

  #compile(wanted: readonly Block[], find: (pc: number) => Block | undefined): void {
    const started = performance.now()
    this.#cache.makeRoom(Math.min(wanted.length, MAX_UNIT_FUNCTIONS), BYTES_AHEAD)
    const unit = new UnitBuilder(this.#freeNumbers.pop() ?? 0, this.#links, find, (block) => this.#codeOf.has(block))
    for (const block of wanted) if (block.alive) unit.add(block)
    const bodies: Uint8Array[] = []
    for (const block of unit.blocks) {
      bodies.push(this.#compiler.compile(block.header, unit.findLink, unit.number))
      this.#instructions += block.count
    }
    if (bodies.length === 0) {
      this.#freeNumber(unit)
      return
    }
    const bytes = unitModule(bodies, this.#pages)
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
      this.#unitOf.set(block, unit)
      const code = slot | (index << CODE_INDEX_SHIFT) | (unit.number << CODE_UNIT_SHIFT)
      this.#codeOf.set(block, code)
      this.#unitAt[slot] = unit
      if (this.#jumps.has(block.pc)) this.#jumps.set(block.pc, block.header, code)
      // The interpreter comes out where it meets compiled code.
      this.#words[block.header + BLOCK_HEAT] = 0
    })
    this.#cache.add(unit, unit.blocks.length, bytes)
  }

  /** Nothing leads to the unit's code any more; it is not running, since only the engine calls this. */
  #drop(unit: Unit): void {
    unit.blocks.forEach((block, index) => {
      const slot = unit.slots[index]!
      this.#links.unlink(slot)
      this.#links.release(slot)
      this.#unitOf.delete(block)
      this.#codeOf.delete(block)
      this.#unitAt[slot] = undefined
      this.#jumps.remove(block.pc)
      if (block.alive) this.#words[block.header + BLOCK_HEAT] = WARM
    })
    for (const slot of unit.references) this.#links.release(slot)
    this.#freeNumber(unit)
  }

  #freeNumber(unit: Unit): void {
    if (unit.number !== 0) this.#freeNumbers.push(unit.number)
  }

  /** Throws an Error when slots are lost or units do not agree with the cache. */
  check(): void {
    const units = new Set(this.#unitOf.values())
    const uses = [...units].reduce((sum, unit) => sum + unit.slots.length + unit.references.length, 0)
    if (uses !== this.#links.uses()) throw new Error(`links: ${this.#links.uses()} uses of slots, ${uses} by units`)
    if (units.size !== this.#cache.size)
      throw new Error(`code cache: ${this.#cache.size} units, ${units.size} with blocks`)
    for (const [block, code] of this.#codeOf) {
      const slot = code & CODE_SLOT_MASK
      if (!block.alive) throw new Error(`compiled code of a dead block at 0x${block.pc.toString(16)}`)
      if (this.#unitAt[slot] !== this.#unitOf.get(block)) throw new Error(`slot ${slot} belongs to another unit`)
    }
  }

  stats(): CompiledStats {
    return {
      modules: this.#modules,
      modulesAlive: this.#cache.size,
      blocks: this.#compiledBlocks,
      blocksAlive: this.#codeOf.size,
      instructions: this.#instructions,
      bytes: this.#bytes,
      translateMilliseconds: this.#translateTime,
      instantiateMilliseconds: this.#instantiateTime,
      cache: this.#cache.stats(),
    }
  }
}

/** Collects the blocks of a unit that is being compiled, and decides how they reach what they go on at. */
class UnitBuilder implements Unit {
  readonly number: number
  readonly blocks: Block[] = []
  readonly slots: number[] = []
  readonly references: number[] = []
  readonly #links: Links
  readonly #find: (pc: number) => Block | undefined
  readonly #isCompiled: (block: Block) => boolean
  readonly #linkTo = new Map<number, Link>()

  constructor(
    number: number,
    links: Links,
    find: (pc: number) => Block | undefined,
    isCompiled: (block: Block) => boolean,
  ) {
    this.number = number
    this.#links = links
    this.#find = find
    this.#isCompiled = isCompiled
  }

  /** False when there is no room for it, or it is compiled already. */
  add(block: Block): boolean {
    if (
      this.blocks.length >= MAX_UNIT_FUNCTIONS ||
      this.#isCompiled(block) ||
      this.#linkTo.get(block.pc)?.kind === 'function'
    )
      return false
    const slot = this.#links.acquire(block.pc)
    if (slot === 0) return false
    this.#linkTo.set(block.pc, { kind: 'function', index: this.blocks.length })
    this.blocks.push(block)
    this.slots.push(slot)
    return true
  }

  readonly findLink = (lo: number, hi: number): Link => {
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
}
