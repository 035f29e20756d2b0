/**
 * The engine: one guest machine. Composes memory, registers, pre-decoded blocks, interpreter, hotspot detector and compiled code, which do not
 * know each other, and drives them: the run loop below is where every tier comes back to, and where it is decided what runs next.
 */

import {
  ABI_VERSION,
  ATTENTION,
  BLOCK_HEADER,
  BLOCK_HEAT,
  EXIT_COMPILED,
  EXIT_FAULT,
  EXIT_FUEL,
  EXIT_HOT,
  EXIT_LEAVE,
  EXIT_STEP,
  EXIT_TRAP,
  FUEL,
  type GuestIsa,
  type Interpreter,
  LEAVE,
  PC_HI,
  PC_LO,
  RAN_BASELINE,
  RAN_OPTIMISED,
  RECORD_HANDLER,
  SLAB,
  WAITING,
} from './abi.ts'
import { type Block, BlockStore } from './blocks.ts'
import { CompiledCode } from './compiled-code.ts'
import { codeAddress, type Undecodable } from './decode-block.ts'
import { type EngineOptions, Setup, type Tier } from './engine-options.ts'
import { EventLines, type Line } from './events.ts'
import type { Exit } from './exit.ts'
import { ExitReport } from './exit-report.ts'
import { HotspotDetector, Sampler } from './hotspot.ts'
import { supportsTailCalls } from './jit/support.ts'
import { JumpCache } from './jump-cache.ts'
import { createLinearMemory, type LinearMemory, SLAB_END } from './linear-memory.ts'
import { FAULT, GuestMemory } from './memory.ts'
import { SlabAllocator } from './slab.ts'
import { GuestState } from './state.ts'
import { type EngineStats, TierCounter } from './stats.ts'
import type { Stress } from './stress.ts'
import { signatureOf } from './translation-set.ts'
import { TrapEntry } from './trap-event.ts'
import { createWasmInterpreter, enterNothing } from './wasm-interpreter.ts'

export type { EngineOptions, Tier } from './engine-options.ts'

export interface RunOptions {
  /** Come back after exactly so many instructions. Default: no limit. */
  readonly maxInstructions?: number
}

export interface Engine {
  readonly isa: GuestIsa
  readonly tier: Tier
  readonly state: GuestState
  readonly memory: GuestMemory
  /** Runs from state.pc on until something happens that the guest's code alone cannot settle. */
  run(options?: RunOptions): Exit
  /** An event line of the machine (`on irq`, `on nmi`): an irq stays raised until it is lowered, an nmi is taken once. Also from hooks during a run. */
  raise(line: Line, on?: boolean): void
  /** Registers get their reset values, and the machine does what its spec says (`on reset`). */
  reset(): void
  /** Runs `on tick`, where the machine has one: the embedder's clock. Between runs. */
  tick(): void
  /** run({ maxInstructions: count }). */
  step(count?: number): Exit
  /** Makes the run that is under way (seen from a hook that it called), or the next one, come back with 'stop'. */
  stop(): void
  /**
   * Whether all registers are exact whenever `run` comes back. If not, then after a fault, or where a limit of instructions ends, those may be stale that the guest's code will
   * write before it reads them: so regions need not keep them. Traps, hooks and all that the guest itself reads is exact always.
   */
  exactRegisters: boolean
  /** Drops all compiled code: the same results, only later. For tests and after a profile. */
  evict(): void
  /** Forgets all pre-decoded and compiled code, as if all of it had been overwritten. */
  forgetCode(): void
  /** Pre-decoded blocks that hold a guest address. */
  blocksAt(address: number): readonly CodeBlock[]
  /**
   * Takes over what `saveTranslations` gave in an earlier run of the same program, before the first `run`. Says in a few words why it does not: damaged, or another
   * engine's. Each piece is used only where the guest's code is the same.
   */
  loadTranslations(bytes: Uint8Array): string | undefined
  /** What was compiled, as bytes for the next run of the same program; undefined where little would be new, or `keepTranslations` is not set. */
  saveTranslations(): Uint8Array | undefined
  /** Proves that the engine's own records are consistent; throws an Error that says what is wrong. */
  check(): void
  stats(): EngineStats
}

/** A straight run of guest instructions as the engine has decoded it. */
export interface CodeBlock {
  readonly pc: number
  readonly bytes: number
  readonly instructions: number
  /** What runs when control comes to its start now. */
  readonly tier: 'interpreter' | 'baseline' | 'optimising'
}

/**
 * Fuel of one entry is a slice: a Wasm function that loops goes on in the host's unoptimised code until it is entered anew, so compiled code has to come out now and
 * then. After SETTLED slices in a row that ended in optimised code, each is twice as long as the last, up to MOST_DOUBLINGS times.
 */
const SETTLED = 8
const MOST_DOUBLINGS = 8
const NEVER_HOT = 0x7fffffff
/**
 * Executions before a block is hot, with the interpreter in TypeScript and with the one in Wasm: about as many as take the time that compiling takes. So neither what
 * soon ends nor what goes on for ever takes more than twice the time that it would take, had one known.
 */
const THRESHOLD = 16
const FAST_THRESHOLD = 8000
/** Further executions of a queued block before the queue is compiled for its sake, at least; and how many wait at most. */
const PATIENCE = 64
const BATCH = 48
export function createEngine(isa: GuestIsa, options: EngineOptions = {}): Engine {
  if (isa.abi !== ABI_VERSION) {
    throw new Error(`${isa.name} was generated for ABI ${isa.abi}, this runtime has ${ABI_VERSION}: build it again`)
  }
  const { addressWidth } = isa.memory
  const bytes = addressWidth <= 24 ? 2 ** addressWidth : Math.ceil((options.memoryBytes ?? 1 << 26) / 0x10000) * 0x10000
  return new RunningEngine(isa, createLinearMemory(bytes), new Setup(options))
}

class RunningEngine implements Engine {
  readonly isa: GuestIsa
  readonly tier: Tier
  readonly state: GuestState
  readonly memory: GuestMemory

  readonly #words: Int32Array
  readonly #report: ExitReport
  readonly #slab: SlabAllocator
  readonly #jumps: JumpCache
  readonly #blocks: BlockStore
  readonly #hotspot: HotspotDetector<Block>
  readonly #interpret: Interpreter
  /** Where code is cold: `#interpret`, or the same in Wasm. */
  #interpretCold: Interpreter
  /** What makes the latter, as long as it is not worth it. */
  #createCold: (() => Interpreter | undefined) | undefined
  /** The interpreter in Wasm goes on to compiled code by itself, so it is what runs everything. */
  #mixes = false
  readonly #traps: TrapEntry
  readonly #events: EventLines
  /** The machine waits at this pc. */
  #waiting: bigint | undefined
  /** Absent in the interpreter tier. */
  readonly #code: CompiledCode | undefined
  readonly #interpreter: TierCounter
  readonly #baseline: TierCounter
  readonly #optimising: TierCounter
  readonly #sampler: Sampler<Block>
  readonly #samplingSlice: number
  /** Slices in a row that ended in optimised code, since there were as many regions as now. */
  #settled = 0
  #regionsThen = 0
  readonly #stress: Stress | undefined
  readonly #setup: Setup
  /** Fuel until compiled code has to come out. */
  #slice: number
  readonly #warmUp: number
  #stopRequested = false
  /** It was compiled code that `#enter` came back from. */
  #leftCompiled = false

  constructor(isa: GuestIsa, linear: LinearMemory, setup: Setup) {
    const { words, buffer } = linear
    this.isa = isa
    this.#words = words
    this.memory = new GuestMemory(buffer, linear.guestBytes, isa.memory.addressWidth, isa.memory.faults)
    this.state = new GuestState(isa, words)
    this.#report = new ExitReport(isa, words, this.memory)
    this.#slab = new SlabAllocator(words, SLAB, SLAB_END, { debug: setup.debug })
    this.#jumps = new JumpCache(words, isa.unit)
    const keeps = !setup.without.includes('shelf')
    this.#blocks = new BlockStore(isa, this.memory, words, this.#slab, setup.blockLength, keeps)
    const isFast = isa.wasmInterpreter !== undefined && !setup.without.includes('cold')
    const threshold = setup.threshold ?? (isFast ? FAST_THRESHOLD : THRESHOLD)
    const patience = Math.max(PATIENCE, Math.floor(threshold / 8))
    this.#hotspot = new HotspotDetector({ threshold, patience, batch: BATCH })
    const { pageShift, slowRead, slowWrite } = this.memory
    const host = { buffer, pageShift, slowRead, slowWrite, fault: FAULT }
    this.#interpretCold = this.#interpret = isa.createInterpreter(host)
    this.#traps = new TrapEntry(isa, words, host)
    this.#events = new EventLines(isa, host)
    if (setup.tier !== 'interpreter' && setup.tier !== 'wasm-interpreter' && linear.wasm) {
      this.#code = CompiledCode.create({
        isa,
        words,
        linear: linear.wasm,
        memory: this.memory,
        blocks: this.#blocks,
        jumps: this.#jumps,
        slab: this.#slab,
        limits: setup.cache,
        without: setup.without,
        exactRegisters: setup.exactRegisters,
        inspection: setup.inspection,
        keeps: setup.keeps,
        optimises: setup.tier === 'auto' || setup.tier === 'optimising',
      })
    }
    const { wasm } = linear
    const hasCold = setup.tier === 'wasm-interpreter' || (setup.tier === 'auto' && !setup.without.includes('cold'))
    if (wasm && hasCold && supportsTailCalls()) {
      this.#mixes = this.#code !== undefined && isa.wasmInterpreter !== undefined && !setup.without.includes('mixing')
      const enter = this.#code && this.#mixes ? this.#code.enterSlot : enterNothing(words)
      const meets = (address: number, size: number): number => +(this.#blocks.covering(address >>> 0, size).length > 0)
      this.#createCold = () => createWasmInterpreter(isa, wasm, this.memory, enter, meets)
    }
    if (setup.tier === 'wasm-interpreter') this.#interpretInWasm()
    const isOther = this.#code || this.#interpretCold !== this.#interpret
    this.tier = isOther ? setup.tier : 'interpreter'
    this.#interpreter = new TierCounter(setup.timing)
    this.#baseline = new TierCounter(setup.timing)
    this.#optimising = new TierCounter(setup.timing)
    this.#warmUp = setup.warmUp
    this.#sampler = new Sampler(setup.sampling.hits)
    this.#samplingSlice = this.#slice = setup.sampling.every
    this.#stress = setup.stress
    this.#setup = setup
    this.memory.onCodeChange = (address, length) => {
      if (this.#blocks.invalidate(address, length)) words[LEAVE] = 1
    }
    this.memory.onRangeLoss = (start, end) => this.#code?.loseRange(start, end)
    this.#blocks.onRemove = (block) => {
      if (!this.#blocks.get(block.address)) this.#jumps.remove(block.address)
      this.#hotspot.forget(block)
      this.#code?.forget(block)
    }
    this.#blocks.onShelve = (block) => {
      this.#jumps.remove(block.address)
      this.#hotspot.forget(block)
      this.#code?.park(block)
    }
    this.#blocks.onReturn = (block) => this.#code?.unpark(block)
  }

  raise(line: Line, on = true): void {
    this.#events.raise(line, on)
    if (on) this.#words[LEAVE] = 1
  }

  reset(): void {
    this.state.reset()
    this.#waiting = undefined
    if (this.#events.reset() === EXIT_FAULT) throw new Error('on reset: its memory is not there')
  }

  tick(): void {
    if (this.#events.tick() === EXIT_FAULT) throw new Error('on tick: its memory is not there')
  }

  step(count = 1): Exit {
    return this.run({ maxInstructions: count })
  }

  stop(): void {
    this.#stopRequested = true
    this.#words[LEAVE] = 1
  }

  get exactRegisters(): boolean {
    // Interpreters keep them so.
    return this.#code?.exactRegisters ?? true
  }
  set exactRegisters(exact: boolean) {
    if (this.#code) this.#code.exactRegisters = exact
  }

  evict(): void {
    this.#code?.evictAll()
  }

  forgetCode(): void {
    this.#blocks.clear()
  }

  loadTranslations(bytes: Uint8Array): string | undefined {
    const kept = this.#code?.kept
    if (!kept) return 'this engine does not compile, or keeps nothing'
    try {
      return kept.load(bytes, this.#signature())
    } catch (error) {
      return `they are no good: ${error instanceof Error ? error.message : error}`
    }
  }

  saveTranslations(): Uint8Array | undefined {
    return this.#code?.save(this.#signature())
  }

  #signature(): string {
    return signatureOf(this.isa, [this.tier, this.#setup.blockLength, this.#setup.without])
  }

  run(options: RunOptions = {}): Exit {
    let remaining = Math.floor(options.maxInstructions ?? Number.POSITIVE_INFINITY)
    if (!(remaining >= 0)) throw new RangeError(`maxInstructions is ${remaining}: give a number that is not negative`)
    const words = this.#words
    const { context } = this.isa
    for (;;) {
      if (this.#stopRequested) return this.#stopped('stop')
      if (remaining < 1) return this.#stopped('limit')
      const masked = this.#events.pending
      if (masked) {
        this.#waiting = undefined
        const taken = this.#events.take()
        if (taken === EXIT_FAULT) return this.#report.fault(this.state.pc, this.#next())
        if (taken === EXIT_TRAP) return this.#report.trap(this.state.pc, this.#next())
        // It counts as an instruction, so that a limit ends a machine that does nothing else.
        if (taken !== undefined) {
          remaining--
          continue
        }
      } else if (this.#waiting !== undefined) {
        if (this.#waiting === this.state.pc) return this.#stopped('wait')
        this.#waiting = undefined
      }
      words[LEAVE] = 0
      // Events and embedders change registers.
      if (context) words[PC_HI] = context.key(words)
      this.#stress?.disturb(this.#address(), this.#blocks, this.#code)
      this.#blocks.sweep()
      const undecodable = this.#prepare()
      if (undecodable) {
        const exit = this.#trapped(undecodable)
        if (exit) return exit
        remaining--
        continue
      }

      const fuel = Math.min(remaining, this.#stress?.fuel ?? this.#slice)
      const slot = this.#code?.slotAt(this.#address()) ?? 0
      words[FUEL] = fuel
      this.#leftCompiled = false
      // An event that is masked may be taken after any instruction: one at a time, unless those that let it in tell.
      const isAttended = masked && this.#events.isAttended
      words[ATTENTION] = isAttended ? 1 : 0
      let code = masked && !isAttended ? EXIT_STEP : this.#enter(slot, fuel)
      words[ATTENTION] = 0
      remaining -= fuel - words[FUEL]!
      this.#slice -= fuel - words[FUEL]!
      if (code === EXIT_HOT) this.#heat()
      else if (code === EXIT_FUEL && words[FUEL]! < remaining) this.#sample(this.#leftCompiled)
      else if (code === EXIT_STEP || (code === EXIT_FUEL && remaining > 0 && remaining === words[FUEL])) {
        if (code === EXIT_STEP && this.#leftCompiled && this.#code?.leftOptimised)
          this.#code.missed(words[PC_LO]! >>> 0)
        // One instruction that compiled code leaves to the interpreter, or the last ones before the limit, within a block.
        const count = code === EXIT_STEP || masked ? 1 : remaining
        const ran = this.#interpretOnly(count)
        if (typeof ran !== 'number') {
          const exit = this.#trapped(ran)
          if (exit) return exit
          remaining--
          continue
        }
        code = ran
        remaining -= count - words[FUEL]!
      }
      if (code === EXIT_TRAP) {
        const exit = this.#trapped()
        if (exit) return exit
        remaining--
      }
      if (code === EXIT_FAULT) return this.#report.fault(this.state.pc, this.#next())
      if (code === EXIT_LEAVE && words[WAITING] !== 0) {
        words[WAITING] = 0
        if (this.#events.any && !this.#events.pending) this.#waiting = this.state.pc
      }
    }
  }

  /** The machine takes a trap itself if its spec says how, and the run goes on (undefined; it counts as an instruction); else the embedder is told. */
  #trapped(undecodable?: Undecodable): Exit | undefined {
    const code = !undecodable ? this.#traps.trap() : undecodable.kind === 'illegal' ? this.#traps.illegal() : undefined
    if (code === EXIT_LEAVE) return undefined
    if (code === EXIT_FAULT) return this.#report.fault(this.state.pc, this.#next())
    if (code === undefined && undecodable) return this.#report.undecodable(this.state.pc, undecodable)
    return this.#report.trap(this.state.pc, this.#next())
  }

  /** Sees to it that the jump cache knows a block for pc. */
  #prepare(): Undecodable | undefined {
    const words = this.#words
    const pc = this.#address()
    if (words[PC_HI] !== 0 && !this.isa.context) return { kind: 'unfetchable', address: pc }
    if (this.#jumps.has(pc)) return undefined
    const patience = this.#blocks.patience(pc)
    const block = this.#blocks.get(pc) ?? this.#blocks.add(pc, this.#newHeat(patience))
    if ('kind' in block) return block
    if (this.#code?.slotOf(block) === 0) this.#code.kept?.use(block)
    if (patience === 0 || block.hot) this.#compileAhead(block)
    this.#jumps.set(pc, block.header, this.#code?.slotOf(block) ?? 0)
    return undefined
  }

  /** In tiers that compile all. */
  #compileAhead(block: Block): void {
    if (this.tier === 'baseline') this.#code?.compileAhead(block)
    if (this.tier === 'optimising') this.#code?.optimiseAhead(block)
  }

  /** Code that is overwritten all the time has to show that it stays, whatever the tier. */
  #newHeat(patience: number): number {
    if (this.tier !== 'auto' && (patience === 0 || !this.#code)) return NEVER_HOT
    return ((this.#hotspot.initialHeat + 1) << patience) - 1
  }

  /** The block at pc has used up its heat. */
  #heat(): void {
    const block = this.#blocks.get(this.#address())
    if (!block) return
    if (this.#code?.slotOf(block)) {
      this.#words[block.header + BLOCK_HEAT] = 0
      return
    }
    if (!this.#code || this.tier !== 'auto') {
      this.#words[block.header + BLOCK_HEAT] = NEVER_HOT
      block.hot = true
      this.#compileAhead(block)
      return
    }
    this.#words[block.header + BLOCK_HEAT] = this.#hotspot.queuedHeat
    block.hot = true
    if (this.#code.completeRegion(block)) {
      this.#hotspot.forget(block)
      return
    }
    const batch = this.#hotspot.report(block)
    if (batch.length > 0) this.#code.compile(batch, this.#hotspot.initialHeat >> 1)
  }

  /** A slice of fuel is used up: what runs at pc is hot. */
  #sample(isCompiled: boolean): void {
    const code = this.#code
    const isOptimised = isCompiled && code?.leftOptimised === true
    this.#slice = isOptimised ? this.#longSlice(code) : this.#samplingSlice
    if (!isOptimised) this.#settled = 0
    const block = this.#blocks.get(this.#address())
    if (this.tier !== 'auto' || !isCompiled || !code || !block) return
    if (isOptimised && code.isOptimised(block)) return
    if (!this.#sampler.hit(block) || !code.mayOptimise()) return
    if (code.optimiseAround(block)) return
    if (!isOptimised && code.dropBaseline(code.functionAround(block))) return
    if (!code.isOptimised(block)) code.optimise(block)
    else code.dropBaseline(block)
  }

  /** Where fuel ended in optimised code again and again, and no new code was made that the host would have to get to, ends get rare. */
  #longSlice(code: CompiledCode): number {
    this.#settled = code.regionsMade === this.#regionsThen ? this.#settled + 1 : 0
    this.#regionsThen = code.regionsMade
    return this.#samplingSlice * 2 ** Math.min(Math.max(this.#settled - SETTLED, 0), MOST_DOUBLINGS)
  }

  #enterInterpreter(fuel: number, interpret: Interpreter): number {
    this.#words[FUEL] = fuel
    const start = this.#interpreter.start()
    const code = interpret() & ~EXIT_COMPILED
    this.#interpreter.stop(start, fuel - this.#words[FUEL]!, code)
    return code
  }

  #enter(slot: number, fuel: number): number {
    if (this.#createCold && this.#interpreter.instructions >= this.#warmUp) this.#interpretInWasm()
    this.#leftCompiled = slot !== 0
    if (this.#mixes && !this.#createCold) return this.#enterMixed(fuel)
    return slot === 0 ? this.#enterInterpreter(fuel, this.#interpretCold) : this.#enterCompiled(slot, fuel)
  }

  /** The interpreter, and compiled code that it goes on to. The time is that of the tier which left. */
  #enterMixed(fuel: number): number {
    const words = this.#words
    words[FUEL] = fuel
    words[RAN_BASELINE] = words[RAN_OPTIMISED] = 0
    const start = this.#interpreter.start()
    const marked = this.#interpretCold()
    this.#leftCompiled = (marked & EXIT_COMPILED) !== 0
    const code = this.#leftCompiled ? this.#code!.left(marked & ~EXIT_COMPILED) : marked
    const [baseline, optimised] = [words[RAN_BASELINE]!, words[RAN_OPTIMISED]!]
    this.#interpreter.add(fuel - words[FUEL]! - baseline - optimised)
    this.#baseline.add(baseline)
    this.#optimising.add(optimised)
    const left = !this.#leftCompiled ? this.#interpreter : this.#code!.leftOptimised ? this.#optimising : this.#baseline
    left.stop(start, 0, code)
    return code
  }

  #interpretInWasm(): void {
    this.#interpretCold = this.#createCold?.() ?? this.#interpret
    this.#createCold = undefined
  }

  #enterCompiled(slot: number, fuel: number): number {
    this.#words[FUEL] = fuel
    const start = this.#baseline.start()
    const code = this.#code!.enter(slot, fuel)
    const counter = this.#code!.leftOptimised ? this.#optimising : this.#baseline
    counter.stop(start, fuel - this.#words[FUEL]!, code)
    return code
  }

  /** Interprets exactly `count` instructions (fewer when one of them leaves the block, traps …). The limit of fuel is `count`. */
  #interpretOnly(count: number): number | Undecodable {
    const words = this.#words
    const pc = this.#address()
    const temporary = this.#blocks.addTemporary(pc, count)
    if ('kind' in temporary) {
      words[FUEL] = count
      return temporary
    }
    this.#jumps.set(pc, temporary.header, 0)
    const code = this.#enterInterpreter(count, this.#interpret)
    // The next look-up finds the real block again.
    this.#jumps.remove(pc)
    return code
  }

  // ---- what the embedder gets

  /** Of the code to go on with, or the guest's pc where nothing can be fetched. */
  #address(): number {
    return codeAddress(this.#words[PC_LO]!, this.#words[PC_HI]!)
  }

  #stopped(kind: 'limit' | 'stop' | 'wait'): Exit {
    this.#stopRequested = false
    return { kind, pc: this.state.pc }
  }

  /** pc after the instruction at pc. */
  #next(): bigint {
    const { pc } = this.state
    const temporary = this.#blocks.addTemporary(this.#address(), 1)
    const length =
      'kind' in temporary ? 0 : (this.#words[temporary.header + BLOCK_HEADER + RECORD_HANDLER]! >>> 16) & 0xff
    return BigInt.asUintN(this.isa.pcWidth, pc + BigInt(length))
  }

  blocksAt(address: number): readonly CodeBlock[] {
    const tierOf = (block: Block): CodeBlock['tier'] => {
      if (!this.#code?.slotOf(block)) return 'interpreter'
      return this.#code.isOptimised(block) ? 'optimising' : 'baseline'
    }
    return [...this.#blocks.all()]
      .filter(({ pc, bytes }) => pc <= address && address < pc + bytes)
      .map((block) => ({ pc: block.pc, bytes: block.bytes, instructions: block.count, tier: tierOf(block) }))
  }

  check(): void {
    this.#blocks.sweep()
    this.#slab.check()
    this.#code?.check()
  }

  stats(): EngineStats {
    const { decoded, invalidated, returned, size } = this.#blocks
    const compiled = this.#code?.stats()
    return {
      instructions: this.#interpreter.instructions + this.#baseline.instructions + this.#optimising.instructions,
      interpreter: this.#interpreter.stats(),
      baseline: this.#baseline.stats(),
      optimising: this.#optimising.stats(),
      blocks: { decoded, invalidated, returned, alive: size },
      ...(compiled && { compiled }),
      slab: this.#slab.stats(),
    }
  }
}
