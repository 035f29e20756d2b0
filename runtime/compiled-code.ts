/**
 * The code cache: blocks → units (Wasm modules of many functions, baseline or optimised) → table slots. Says which blocks share a unit, links units
 * with each other, and takes them apart again. A block may have code of both kinds: then the optimised is what others get to by its slot. The unit is what lives and dies: functions of a unit call each other directly, so when one of
 * its blocks is overwritten, or the cache is full, all of them go; those that are still right are compiled again as soon as they run.
 */

import { BLOCK_HEAT, EXIT_OPTIMISED, type GuestIsa, JUMP_SLOT, jumpShift, type Library } from './abi.ts'
import { AccessMisses } from './access-misses.ts'
import { AccessNotes } from './access-notes.ts'
import { AccessSites } from './access-sites.ts'
import type { Block, BlockStore } from './blocks.ts'
import { type CacheLimits, CodeCache } from './code-cache.ts'
import { EntryFacts } from './entry-facts.ts'
import { FunctionStarts } from './function-starts.ts'
import { type Inspection, Inspector } from './inspection.ts'
import { BlockCompiler } from './jit/block-compiler.ts'
import type { FunctionBody } from './jit/function-body.ts'
import { Instrument } from './jit/instrument.ts'
import { Links } from './jit/links.ts'
import { loopsAround, outermostLoop } from './jit/loops.ts'
import { unitModule } from './jit/module-writer.ts'
import { addressesOf, type Region } from './jit/region.ts'
import { RegionCompiler } from './jit/region-compiler.ts'
import { supportsTailCalls } from './jit/support.ts'
import type { JumpCache } from './jump-cache.ts'
import { JumpTargets } from './jump-targets.ts'
import { KeptCode, type UnitCode } from './kept-code.ts'
import type { GuestMemory } from './memory.ts'
import type { Optimisation } from './optimisations.ts'
import type { SlabAllocator } from './slab.ts'
import { CodeCounter, type CompiledStats, totals } from './stats.ts'
import type { Disturbable } from './stress.ts'
import { AHEAD, BaselineUnit, HOT, OptimisedUnit, type Unit, type UnitContext } from './unit-builder.ts'

/** Heat of a block whose unit was dropped: it was worth compiling before. */
const WARM = 8
/** Milliseconds that optimising may take at once, and its share of the time since the start. */
const OPTIMISING = { ahead: 50, share: 0.1 }
/** Bytes of Wasm that an instruction may take, for making room beforehand. */
const BYTES_AHEAD = 1 << 14

/** What compiled code works with and on. */
export interface CompiledCodeParts {
  readonly isa: GuestIsa
  readonly linear: WebAssembly.Memory
  readonly words: Int32Array
  readonly memory: GuestMemory
  readonly blocks: BlockStore
  readonly jumps: JumpCache
  readonly slab: SlabAllocator
  readonly limits: CacheLimits
  /** Whether some blocks get optimised code, sooner or later. */
  readonly optimises: boolean
  readonly without: readonly Optimisation[]
  readonly exactRegisters: boolean
  readonly inspection: Inspection | undefined
  /** What is compiled may be asked for, to be kept for another run. */
  readonly keeps: boolean
}

export class CompiledCode implements Disturbable {
  readonly #words: Int32Array
  readonly #memory: GuestMemory
  readonly #blocks: BlockStore
  readonly #jumps: JumpCache
  readonly #compiler: BlockCompiler
  readonly #regions: RegionCompiler
  readonly #optimises: boolean
  readonly #hasContext: boolean
  readonly #without: readonly Optimisation[]
  #exactRegisters: boolean
  readonly #optimisedUnits = new Set<Unit>()
  /** The unit that is being compiled can be thrown away at once: a range it takes for open is no longer. */
  #isStale = false
  readonly #start = performance.now()
  #optimiseTime = 0
  #building: Unit | undefined
  readonly #functions: FunctionStarts
  readonly #targets: JumpTargets
  readonly #sites: AccessSites
  readonly #facts: EntryFacts
  readonly #misses: AccessMisses
  /** Blocks that no further region helps, and how many had been decoded when that was found. */
  readonly #inVain = new WeakMap<Block, number>()
  readonly #links: Links
  readonly #cache: CodeCache<Unit>
  readonly #pages: number
  readonly #library: Library | undefined
  /** Units that have code of a block, its own function or in others. */
  readonly #unitsWith = new Map<Block, Set<Unit>>()
  readonly #slotOf = new Map<Block, number>()
  readonly #unitAt: (Unit | undefined)[] = []
  /** Present where code is kept from one run for the next. */
  readonly kept: KeptCode | undefined
  readonly #codeOf = new Map<Unit, UnitCode>()
  /** Units that nothing leads to, because a block of theirs is shelved. */
  readonly #parked = new Set<Unit>()
  /** Whether it was optimised code that the last `enter` came back from. */
  leftOptimised = false
  readonly #made = { baseline: new CodeCounter(), optimised: new CodeCounter() } as const
  readonly #inspector: Inspector | undefined

  /** undefined where code cannot be compiled: no tail calls in the host's Wasm. */
  static create(parts: CompiledCodeParts): CompiledCode | undefined {
    if (!supportsTailCalls()) return undefined
    return new CompiledCode(parts)
  }

  private constructor(parts: CompiledCodeParts) {
    const { isa, linear, words, memory, blocks, jumps, slab } = parts
    const { limits, optimises, without, exactRegisters, inspection, keeps } = parts
    this.#words = words
    this.#hasContext = isa.context !== undefined
    this.#blocks = blocks
    this.#jumps = jumps
    const instrument = new Instrument()
    const learns = optimises && isa.memory.faults && !without.includes('learning')
    const notes = learns ? new AccessNotes(words, slab, jumpShift(isa.unit)) : undefined
    this.#compiler = new BlockCompiler(isa, words, notes, instrument)
    this.#regions = new RegionCompiler(isa, words, instrument)
    this.#inspector = inspection && new Inspector(inspection, instrument, words, slab)
    this.#optimises = optimises
    this.#without = without
    this.#exactRegisters = exactRegisters
    this.#targets = new JumpTargets(words, slab)
    this.#functions = new FunctionStarts(blocks, this.#regions)
    this.#sites = new AccessSites(words, memory, notes)
    this.#facts = new EntryFacts(words)
    this.#misses = new AccessMisses(this.#sites, this.#facts)
    this.#memory = memory
    this.#pages = linear.buffer.byteLength / 0x10000
    // Blocks that are not compiled take slots, too, while compiled code goes on at them.
    this.#links = new Links(
      linear,
      2 * limits.entries + 1,
      memory,
      (at, size) => this.#meets(at >>> 0, size),
      isa.library,
    )
    this.#library = isa.library
    this.#cache = new CodeCache(limits, (unit) => {
      this.#made[unit.kind].evictions++
      this.#drop(unit)
    })
    // Code that counts for an inspector has its counters in it.
    if (keeps && !inspection) {
      this.kept = new KeptCode({
        isa,
        memory,
        blocks,
        links: this.#links,
        targets: this.#targets,
        notes,
        functions: this.#functions.known,
        sites: this.#sites,
        pages: this.#pages,
        makeRoom: (entries, bytes) => this.#cache.makeRoom(entries, bytes),
        install: (unit, code, bytes) => this.#install(unit, code, bytes),
      })
    }
  }

  /** Slot of a block's function, 0 while it has none. */
  slotOf(block: Block): number {
    return this.#slotOf.get(block) ?? 0
  }

  /** Slot of the code at an address that the jump cache knows, or 0. Counts as use of that code. */
  slotAt(pc: number): number {
    const slot = this.#words[this.#jumps.entry(pc) + JUMP_SLOT]!
    const unit = this.#unitAt[slot]
    if (unit) {
      this.#cache.hit(unit)
      this.#made[unit.kind].hits++
    } else this.#cache.miss()
    return slot
  }

  /** Modules of regions so far. */
  get regionsMade(): number {
    return this.#made.optimised.modules
  }

  /** (fuel, slot) → exit with its mark, for `left`. */
  get enterSlot(): (fuel: number, slot: number) => number {
    return this.#links.enter
  }

  /** Gives an exit. */
  enter(slot: number, fuel: number): number {
    return this.left(this.#links.enter(fuel, slot))
  }

  /** Compiled code left with this code: gives it without its mark. */
  left(code: number): number {
    this.leftOptimised = (code & EXIT_OPTIMISED) !== 0
    return code & ~EXIT_OPTIMISED
  }

  /** Compiles blocks, and blocks that they go on at and that are no longer cold (at most `heat` left), into one unit. */
  compile(blocks: readonly Block[], heat: number): void {
    const find = (pc: number): Block | undefined => {
      const block = this.#blocks.get(pc)
      return block && (block.hot || this.#words[block.header + BLOCK_HEAT]! <= heat) ? block : undefined
    }
    const settled = blocks.filter((block) => !this.#blocks.isRestless(block))
    if (settled.length > 0) this.#compileBlocks(settled, find, HOT)
    for (const block of blocks) if (!settled.includes(block)) this.#compileBlocks([block], find, HOT)
  }

  /** Compiles a block with all that it goes on at, run before or not. */
  compileAhead(block: Block): void {
    if (!this.#slotOf.has(block)) this.#compileBlocks([block], this.#findAhead, AHEAD)
  }

  /** Makes a region from a block on, of blocks that have run, and regions of the functions that it calls. */
  optimise(block: Block): void {
    this.#makeRegion(block, this.#regionUnit(this.#like([block], this.#findRun), HOT.region))
  }
  optimiseAhead(block: Block): void {
    this.#compileRegions(block, this.#regionUnit(this.#like([block], this.#findAhead), AHEAD.region))
  }

  /**
   * Makes the region by which control gets to this block: of the function round it; where that is not known, or too large, of the outermost loop that it is in, or else
   * of what starts with it. False when there is one, so that another would not help.
   */
  optimiseAround(block: Block): boolean {
    const around = this.functionAround(block)
    if (this.#hasRegion(around, block) || this.#inVain.get(block) === this.#blocks.decoded) return false
    const whole = this.#unitWith(around, block)
    if (whole) {
      this.#makeRegion(around, whole)
      return true
    }
    // The nearest start that is known may be that of a function before this one.
    if (around !== block && this.#functions.readMore() && this.functionAround(block) !== around)
      return this.optimiseAround(block)
    const unit = this.#regionUnit(this.#like([block], this.#findRun), HOT.region)
    const start = this.#blocks.get(outermostLoop(this.#form(block, unit)) ?? -1) ?? block
    const loop = loopsAround(this.#form(start, unit), block.address).at(-1)
    const head = (loop && this.#blocks.get(loop.header)) ?? block
    const isNew = !this.#hasRegion(head, block)
    if (isNew) this.#makeRegion(head, this.#regionUnit(this.#like([head], this.#findRun), HOT.region, loop?.blocks))
    else this.#inVain.set(block, this.#blocks.decoded)
    return isNew
  }

  /** Makes the region of the function round a block anew, if there is one, without the block, and it would have it now. False when not. */
  completeRegion(block: Block): boolean {
    const around = this.#blocks.get(this.#functions.nearest(block.pc) ?? -1)
    if (!around || !this.isOptimised(around) || this.#hasRegion(around, block) || !this.mayOptimise()) return false
    const unit = this.#unitWith(around, block)
    if (unit) this.#makeRegion(around, unit)
    return unit !== undefined
  }

  /** For the region from `start` on, if that would have the block behind it. */
  #unitWith(start: Block, block: Block): OptimisedUnit | undefined {
    if (start === block) return undefined
    const unit = this.#regionUnit(this.#like([start], this.#findRun), HOT.region)
    return addressesOf(this.#form(start, unit)).has(block.address) ? unit : undefined
  }

  /** The code that control gets to at `head` has this block. */
  #hasRegion(head: Block, block: Block): boolean {
    const unit = this.#unitAt[this.slotOf(head)]
    return unit?.kind === 'optimised' && (head === block || unit.inlined.has(block))
  }

  /** The region that would be made now. */
  #form(from: Block, unit: OptimisedUnit): Region {
    const started = performance.now()
    const region = this.#regions.form(from.header, unit)
    this.#optimiseTime += performance.now() - started
    return region
  }

  /** In place of the one that there is, which was made before all of it had run. */
  #makeRegion(head: Block, unit: OptimisedUnit): void {
    const before = this.#unitAt[this.slotOf(head)]
    if (before?.kind === 'optimised') this.#invalidate(before)
    this.#compileRegions(head, unit)
  }

  /** Whether optimising has taken little of the time since the start, so that more of it will not hurt, even where it does not help. */
  mayOptimise(): boolean {
    return this.#optimiseTime < OPTIMISING.ahead + (performance.now() - this.#start) * OPTIMISING.share
  }

  isOptimised(block: Block): boolean {
    return this.#unitAt[this.slotOf(block)]?.kind === 'optimised'
  }

  /** The block where the function that a block belongs to probably starts, or the block itself. */
  functionAround(block: Block): Block {
    return this.#blocks.get(this.#functions.around(block.pc)) ?? block
  }

  /** Baseline code of a block goes, with all that shares a unit with it: it keeps others from reaching optimised code. False when there is none. */
  dropBaseline(block: Block): boolean {
    const units = [...(this.#unitsWith.get(block) ?? [])].filter(({ kind }) => kind === 'baseline')
    for (const unit of units) this.#cache.evict(unit)
    return units.length > 0
  }

  /**
   * Compiled code is about to store to bytes round which code lies. Gives 1 where it has to leave before that: what was compiled may be what is running, or what it returns to.
   * Other code goes at once.
   */
  #meets(address: number, size: number): number {
    const covering = this.#blocks.covering(address, size)
    if (covering.some((block) => this.#unitsWith.has(block))) return 1
    if (covering.length > 0) this.#blocks.invalidate(address, size)
    return 0
  }

  /** The block is gone. */
  forget(block: Block): void {
    for (const unit of [...(this.#unitsWith.get(block) ?? [])]) this.#invalidate(unit)
  }

  /** The block is shelved: code that has it is kept, and nothing leads there. */
  park(block: Block): void {
    for (const unit of this.#unitsWith.get(block) ?? []) {
      if (this.#parked.has(unit)) continue
      this.#unlink(unit)
      this.#parked.add(unit)
    }
  }

  /** The block is back. */
  unpark(block: Block): void {
    for (const unit of this.#unitsWith.get(block) ?? []) {
      if (!this.#parked.has(unit) || ![...unit.blocks, ...unit.inlined].every(({ alive }) => alive)) continue
      this.#parked.delete(unit)
      this.#link(unit)
    }
  }

  /** What was compiled, for another run (KeptCode.save). */
  save(signature: string): Uint8Array | undefined {
    return this.kept?.save((unit) => this.#codeOf.has(unit) && !this.#parked.has(unit), signature)
  }

  /** See Engine.exactRegisters. */
  get exactRegisters(): boolean {
    return this.#exactRegisters
  }
  set exactRegisters(exact: boolean) {
    if (exact && !this.#exactRegisters) for (const unit of [...this.#optimisedUnits]) this.#cache.evict(unit)
    this.#exactRegisters = exact
  }

  evictAll(): void {
    while (this.#cache.evictOldest());
  }

  // ---- for stress mode

  evictOne(number: number): void {
    this.#cache.evictOne(number)
  }
  /** What has baseline code gets optimised code, what has none gets baseline code: now, whatever was counted. */
  promote(pc: number): void {
    const block = this.#blocks.get(pc)
    if (!block) return
    if (!this.#slotOf.has(block)) this.#compileBlocks([block], this.#findRun, AHEAD)
    else if (this.#optimises) this.optimise(block)
  }
  /** Optimised code goes; where there is none, baseline code goes. */
  demote(pc: number): void {
    const block = this.#blocks.get(pc)
    const unit = block && this.#unitAt[this.slotOf(block)]
    if (unit) this.#cache.evict(unit)
  }

  readonly #findRun = (pc: number): Block | undefined => this.#blocks.get(pc)
  readonly #findAhead = (pc: number): Block | undefined => this.#blocks.get(pc) ?? this.#blocks.addAhead(pc)

  #compileBlocks(wanted: readonly Block[], find: UnitContext['find'], reach: typeof HOT): void {
    this.#cache.makeRoom(Math.min(wanted.length, reach.functions), BYTES_AHEAD)
    const context = this.#context(this.#like(wanted, find), (block) => this.#slotOf.has(block))
    const unit = new BaselineUnit(context, reach, this.#optimises)
    this.#compile(unit, wanted, (block) => {
      this.#made.baseline.instructions += block.count
      return this.#compiler.compile(block.header, unit)
    })
  }

  #regionUnit(find: UnitContext['find'], reach: typeof HOT.region, loop?: ReadonlySet<number>): OptimisedUnit {
    return new OptimisedUnit(
      this.#context(find, (block) => this.isOptimised(block)),
      reach,
      loop,
    )
  }

  /** Code that is overwritten again and again shares no unit with code that is not, nor with what was not found hot. */
  #like(blocks: readonly Block[], find: UnitContext['find']): UnitContext['find'] {
    const isRestless = blocks.some((block) => this.#blocks.isRestless(block))
    return (pc) => {
      const block = find(pc)
      const fits = block && this.#blocks.isRestless(block) === isRestless && (block.hot || !isRestless)
      return fits ? block : undefined
    }
  }

  #context(find: UnitContext['find'], isCompiled: UnitContext['isCompiled']): UnitContext {
    const [links, targets, without] = [this.#links, this.#targets, this.#without]
    const functions = this.#functions.known
    const [sites, facts] = [this.#sites, this.#facts]
    const isOptimised = (block: Block): boolean => this.isOptimised(block)
    return {
      links,
      find,
      isCompiled,
      isOptimised,
      functions,
      targets,
      sites,
      facts,
      without,
      hasContext: this.#hasContext,
      exactRegisters: this.#exactRegisters,
      openRange: (at, what) => this.#memory.openRange(at, what),
    }
  }

  #compileRegions(wanted: Block, unit: OptimisedUnit): void {
    const started = performance.now()
    this.#cache.makeRoom(1, BYTES_AHEAD)
    this.#isStale = false
    this.#building = unit
    this.#compile(unit, [wanted], (block) => {
      const entry = unit.entries.get(block)
      if (entry) return this.#regions.compileEntry(entry.index, entry.number, entry.at)
      const { body, addresses, instructions, entries } = this.#regions.compile(block.header, unit)
      unit.addBlocks(addresses)
      this.#made.optimised.instructions += instructions
      unit.addEntries(unit.blocks.indexOf(block), entries)
      return body
    })
    this.#building = undefined
    const cost = performance.now() - started
    this.#optimiseTime += cost
    this.#misses.made(unit, cost)
    if (this.#isStale) this.#invalidate(unit)
  }

  /** Some of these guest addresses are no longer in an open range (GuestMemory.openRange): code that relies on it goes. */
  loseRange(start: number, end: number): void {
    const relies = ({ ranges }: Unit): boolean => ranges.some((range) => range.start < end && start < range.end)
    if (this.#building && relies(this.#building)) this.#isStale = true
    for (const unit of [...this.#optimisedUnits]) if (relies(unit)) this.#invalidate(unit)
  }

  /**
   * Optimised code left at a pc for the interpreter, and it may be for a test of an access that was guessed wrong: what is learnt serves the next code of the
   * place, which is made when enough has come together.
   */
  missed(pc: number): void {
    if (this.#without.includes('learning')) return
    for (const unit of this.#misses.at(pc)) {
      this.#invalidate(unit)
      const [root] = unit.blocks
      if (root?.alive) this.#compileRegions(root, this.#regionUnit(this.#findRun, HOT.region, unit.loop))
    }
  }

  #invalidate(unit: Unit): void {
    this.#cache.invalidate(unit)
    this.#made[unit.kind].invalidations++
    this.#drop(unit)
  }

  /** Adds blocks to a unit, and compiles them with all that is added meanwhile. */
  #compile(unit: BaselineUnit | OptimisedUnit, wanted: readonly Block[], write: (block: Block) => FunctionBody): void {
    const started = performance.now()
    const bodies: FunctionBody[] = []
    for (const block of wanted) {
      // What became part of another function may never be entered by itself: if it is, it will be hot again.
      if (!block.alive || unit.inlined.has(block)) continue
      unit.add(block)
      while (bodies.length < unit.blocks.length) {
        const next = unit.blocks[bodies.length]!
        const { code, hints } = this.#inspector ? this.#inspector.write(next, write) : write(next)
        bodies.push({ code, hints: this.#without.includes('hints') ? [] : hints })
      }
    }
    if (bodies.length === 0) return
    const calls = (unit.kind === 'baseline' ? this.#compiler : this.#regions).takeLibraryCalls()
    const bytes = unitModule(bodies, this.#pages, this.#library, calls)
    const translated = performance.now()
    const module = new WebAssembly.Module(bytes as BufferSource)
    this.kept?.made(unit, bodies)
    const { exports } = new WebAssembly.Instance(module, this.#links.imports)
    this.#install(unit, { exports, first: 0 }, bytes.length)
    this.#inspector?.made(unit, bytes)
    const made = this.#made[unit.kind]
    made.modules++
    made.functions += bodies.length
    made.bytes += bytes.length
    made.translateMilliseconds += translated - started
    made.instantiateMilliseconds += performance.now() - translated
  }

  #install(unit: Unit, code: UnitCode, bytes: number): void {
    this.#codeOf.set(unit, code)
    this.#link(unit)
    for (const block of new Set([...unit.blocks, ...unit.inlined])) {
      const units = this.#unitsWith.get(block)
      if (units) units.add(unit)
      else this.#unitsWith.set(block, new Set([unit]))
    }
    if (unit instanceof OptimisedUnit) {
      this.#optimisedUnits.add(unit)
      this.#misses.add(unit)
    }
    this.#cache.add(unit, unit.blocks.length, bytes)
  }

  #link(unit: Unit): void {
    const { exports, first } = this.#codeOf.get(unit)!
    unit.blocks.forEach((block, index) => {
      if (unit.kind === 'baseline' && this.isOptimised(block)) return
      const slot = unit.slots[index]!
      this.#links.link(slot, exports[first + index]!)
      this.#slotOf.set(block, slot)
      this.#unitAt[slot] = unit
      if (this.#jumps.has(block.address)) this.#jumps.set(block.address, block.header, slot)
      // The interpreter comes out where it meets compiled code.
      this.#words[block.header + BLOCK_HEAT] = 0
    })
  }

  /** Nothing leads to the unit's code any more; it is not running, since only the engine calls this. */
  #unlink(unit: Unit): void {
    unit.blocks.forEach((block, index) => {
      const slot = unit.slots[index]!
      // Unless better code has taken its place.
      if (this.#unitAt[slot] !== unit) return
      this.#links.unlink(slot)
      this.#slotOf.delete(block)
      this.#unitAt[slot] = undefined
      this.#jumps.remove(block.address)
      if (!block.alive && !block.shelved) return
      // Where code does not stay, each block has to show anew that it does.
      block.hot &&= !this.#blocks.isRestless(block)
      this.#words[block.header + BLOCK_HEAT] = WARM << this.#blocks.patience(block.pc)
    })
  }

  #drop(unit: Unit): void {
    this.#inspector?.dropped(unit)
    this.#unlink(unit)
    for (const block of new Set([...unit.blocks, ...unit.inlined])) {
      const units = this.#unitsWith.get(block)
      units?.delete(unit)
      if (units?.size === 0) this.#unitsWith.delete(block)
    }
    for (const slot of [...unit.slots, ...unit.references]) this.#links.release(slot)
    this.#codeOf.delete(unit)
    this.kept?.dropped(unit)
    this.#parked.delete(unit)
    if (!(unit instanceof OptimisedUnit)) return
    this.#optimisedUnits.delete(unit)
    this.#misses.drop(unit)
  }

  /** Throws an Error when slots are lost or units do not agree with the cache. */
  check(): void {
    const units = new Set([...this.#unitsWith.values()].flatMap((some) => [...some]))
    const uses = [...units].reduce((sum, unit) => sum + unit.slots.length + unit.references.length, 0)
    if (uses + (this.kept?.pinned ?? 0) !== this.#links.uses())
      throw new Error(`links: ${this.#links.uses()} uses, not ${uses}`)
    if (units.size !== this.#cache.size) throw new Error(`code cache: ${this.#cache.size} units, not ${units.size}`)
    for (const block of this.#unitsWith.keys()) {
      if (!block.alive && !block.shelved) throw new Error(`dead block 0x${block.pc.toString(16)}`)
    }
    for (const [block, slot] of this.#slotOf) {
      const unit = this.#unitAt[slot]
      if (!unit || !this.#unitsWith.get(block)?.has(unit)) throw new Error(`no unit of 0x${block.pc.toString(16)}`)
    }
  }

  stats(): CompiledStats {
    return {
      ...totals(this.#made.baseline.stats(), this.#made.optimised.stats()),
      modulesAlive: this.#cache.size,
      blocksAlive: this.#slotOf.size,
      stored: this.kept?.stats() ?? { units: 0, used: 0, refused: 0 },
      cache: this.#cache.stats(),
    }
  }
}
