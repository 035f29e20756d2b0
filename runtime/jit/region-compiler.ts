/**
 * The optimising compiler: a region → the body of one Wasm function with structured control flow, registers in locals throughout, and guest calls as calls.
 *
 * Structure comes from the dominator tree, after Ramsey, "Beyond Relooper: Recursive Translation of Unstructured Control Flow to Structured
 * Control Flow" (ICFP 2022): a node that is jumped back to is a loop; a node that several ways lead to stands behind a Wasm block within which all of
 * them lie; any other is written right where the one way to it is. So blocks and loops hold all that their first node dominates.
 *
 * Shape of a function: blocks around the body, one for each cold exit; test of depth; loads of registers; the entry's node with all that it
 * dominates; the cold exits' code. Where a loop has others in it, what its test of fuel leads to also hands control on to those (entries.ts).
 */

import {
  BLOCK_HEADER,
  codeWidth,
  ENTERING,
  ENTRY,
  EXIT_FUEL,
  EXIT_MISS,
  EXIT_OPTIMISED,
  EXIT_STEP,
  type GuestIsa,
  type JumpHint,
  jumpShift,
  RECORD_PC_LO,
} from '../abi.ts'
import type { AccessMode, AccessPlace } from '../access-sites.ts'
import { type Access, type AccessKind, type AccessTest, type Guess, planTests } from './access-tests.ts'
import { type Dispatch, planDispatch } from './dispatch.ts'
import { FlowRecorder } from './flow-recorder.ts'
import type { FunctionBody } from './function-body.ts'
import { COUNT_TARGET_HITS, COUNT_TARGET_MISSES, type Instrument } from './instrument.ts'
import { findLiveness, type Liveness, liveAtInstructions } from './liveness.ts'
import type { OpenRange, PageTest } from './memory-access.ts'
import {
  BLOCK,
  BR,
  BR_TABLE,
  END,
  I32_ADD,
  I32_AND,
  I32_EQ,
  I32_LOAD,
  I32_LT_S,
  I32_SHR_U,
  I32_SUB,
  I32_WRAP_I64,
  I64_NE,
  IF,
  LOCAL_GET,
  LOCAL_SET,
  LOOP,
  TYPE_EMPTY,
} from './opcodes.ts'
import { findOrigins, type Origin } from './origins.ts'
import { addressesOf, formRegion, type Region, type RegionLimits, type RegionSource } from './region.ts'
import type { Meeting, PathState } from './register-locals.ts'
import { SelectingCompiler } from './selecting-compiler.ts'
import { findSigned, testSigns, writtenInLoops } from './signedness.ts'
import { DEPTH_LOCAL, FUEL_LOCAL, type GuestAddress, type Link } from './ways-out.ts'

/** What the compiler asks about the code around a region. */
export interface RegionSurroundings extends RegionSource {
  link(lo: number, hi: number, hint: JumpHint): Link
  /** The range in which accesses are allowed round an address. The code then depends on that range. */
  openRange(address: number, what: AccessKind): OpenRange | undefined
  /** What is known of the access at a guest pc: at a register, or anywhere. */
  accessAt(pc: number, at: AccessPlace, origins: () => readonly Origin[]): AccessMode
  accessElsewhere(pc: number): AccessMode
  /** Whenever the engine is back, all registers must be in memory, also those that the code writes before it reads them. */
  readonly exactRegisters: boolean
  /** Words of registers that were met with more than sign-extended 32 bits where a region was entered at this address. */
  wideAt(lo: number): ReadonlySet<number> | undefined
  readonly limits: RegionLimits
}

/** A Wasm frame, in bytes, beyond its locals: a guess at the host's own needs. */
const FRAME = 160
/** Targets of a computed jump that are compared one after the other. */
const FEW_TARGETS = 3
/** Targets of a computed call, at most, that are compared before the jump cache is asked. */
const MOST_CALLED = 8

/** Where a region can be entered; in memory, these registers (words) have to be sign-extended 32 bits then. */
export interface EntryPoint extends GuestAddress {
  readonly narrow: readonly number[]
}

export interface CompiledRegion {
  readonly body: FunctionBody
  readonly addresses: ReadonlySet<number>
  readonly instructions: number
  /** By number (compileEntry). */
  readonly entries: readonly EntryPoint[]
}

export class RegionCompiler extends SelectingCompiler {
  readonly #recorder: FlowRecorder

  // The function that is being written.
  #around!: RegionSurroundings
  #region!: Region
  #formed: { readonly header: number; readonly around: RegionSurroundings; readonly region: Region } | undefined
  #liveness!: Liveness
  /** By node and instruction, as far as asked for. */
  #liveAt: (readonly bigint[])[] = []
  #frame = 0
  /** By node where ways meet, or at which the region is entered: registers that are there as 32 bits. */
  #meetings: Meeting[] = []
  /** By node: registers that all ways written so far have in 64 bits, too. */
  #inOwn: bigint[] = []
  /** By node: several ways forward lead to it; nodes of that kind that it dominates immediately, the last first. */
  #isMerge: boolean[] = []
  #merges: number[][] = []
  /** Wasm blocks open within the loop or block that a branch to a node goes by. */
  #loopDepth: number[] = []
  #blockDepth: number[] = []
  /** The node that is being written, and how many of its ways were. */
  #node = 0
  #way = 0
  #origins: (access: Access) => readonly Origin[] = () => []
  /** By node and access; and how many of the node's accesses were written. */
  #tests: readonly (readonly AccessTest[])[] = []
  #access = 0
  /** By node: fuel taken for nodes that follow, where the chain goes on. */
  #ahead: readonly number[] = []
  /** Nodes that a chain goes on at. */
  #chained: ReadonlySet<number> = new Set()

  constructor(isa: GuestIsa, words: Int32Array, instrument?: Instrument) {
    super(isa, words, EXIT_OPTIMISED, instrument)
    this.#recorder = new FlowRecorder(isa, words, this.registers.facts)
  }

  /** The region that `compile` would write; if that is what comes next, it is not formed again. */
  form(header: number, around: RegionSurroundings): Region {
    const region = formRegion(header, this.words, this.#recorder, around, around.limits)
    this.#formed = { header, around, region }
    return region
  }

  /** Addresses that a block calls. */
  calls(header: number): number[] {
    this.#formed = undefined
    this.#recorder.clear()
    const { ways } = this.#recorder.run(header, () => false)
    return ways.flatMap(({ kind, hint, lo }) => (kind === 'known' && hint === 'call' ? [lo >>> 0] : []))
  }

  /** `header` is the word of the entry's block. */
  compile(header: number, around: RegionSurroundings): CompiledRegion {
    this.#around = around
    const formed = this.#formed
    this.#formed = undefined
    this.#region = formed?.header === header && formed.around === around ? formed.region : this.form(header, around)
    this.#liveness = findLiveness(this.#region, around.exactRegisters)
    this.#liveAt = []
    this.#findMerges()
    this.#ahead = this.#findAhead()
    this.#chained = new Set(this.#region.chain)
    this.#origins = findOrigins(this.#region)
    this.#tests = planTests(this.#region, this.#guess, around.does('together'))
    this.registers.startKnown(this.#recorder.registers)
    const { scratch } = this.isa
    this.narrows = this.isa.pcWidth > 32 && around.does('narrowing')
    this.#findMeetings()
    this.#frame = FRAME + (this.narrows ? 12 : 8) * (this.#recorder.registers.length + scratch.i32 + scratch.i64)
    this.startFunction()
    const { nodes, entries, instructions } = this.#region
    this.#testDepth(nodes[0]!)
    this.registers.loadAll(this.w, this.#liveness.liveIn[0]!)
    this.#writeNode(0)
    const narrow = (at: number): number[] =>
      this.#recorder.registers.filter((_, number) => ((this.#meetings[at]!.narrow >> BigInt(number)) & 1n) !== 0n)
    const at = entries.headers.map((at) => ({ lo: nodes[at]!.lo, hi: nodes[at]!.hi, narrow: narrow(at) }))
    return { body: this.assemble(), addresses: addressesOf(this.#region), instructions, entries: at }
  }

  /** A function that goes on at an entry of a region, which is the unit's function with this index. */
  compileEntry(index: number, number: number, at: EntryPoint): FunctionBody {
    this.registers.startKnown([])
    this.startFunction()
    this.#testDepth(at)
    this.#testSigns(at)
    this.out.enter(index, number, at)
    return this.assemble()
  }

  #testDepth({ lo, hi }: GuestAddress): void {
    this.local(LOCAL_GET, DEPTH_LOCAL)
    this.i32(0)
    this.w.u8(I32_LT_S)
    this.w.brIf(this.out.coldUnspilled({ code: EXIT_MISS, lo, hi, refund: 0 }), false)
  }

  /** Registers that the region takes for sign-extended there have to be so: where one is not, the interpreter goes on. */
  #testSigns({ narrow, lo, hi }: EntryPoint): void {
    if (narrow.length === 0) return
    testSigns(this.w, narrow)
    this.w.brIf(this.out.coldUnspilled({ code: EXIT_STEP, lo, hi, refund: 0 }), false)
  }

  /** Sign-extended values stay 32 bits where ways meet; those that a loop does not change are in 64 bits, too, in case it wants them so. */
  #findMeetings(): void {
    const { nodes, isLoop } = this.#region
    const signed = this.narrows
      ? findSigned(this.#region, this.#recorder.registers, (lo) => this.#around.wideAt(lo))
      : []
    const written = this.narrows ? writtenInLoops(this.#region) : []
    this.#inOwn = nodes.map(() => -1n)
    this.#meetings = nodes.map((_, at) => {
      if (!this.narrows || !(isLoop[at] || this.#isMerge[at])) return { narrow: 0n, both: 0n }
      const narrow = signed[at]! & this.#liveness.liveIn[at]!
      return { narrow, both: narrow & ~written[at]! }
    })
  }

  #findMerges(): void {
    const { nodes, order, dominators } = this.#region
    const { place, immediate } = dominators
    const ways = nodes.map(() => 0)
    for (const at of this.#region.entries.headers) ways[at] = 1
    for (const at of order)
      for (const next of nodes[at]!.to.flat()) if (place[next]! > place[at]!) ways[next] = ways[next]! + 1
    this.#isMerge = ways.map((count) => count > 1)
    this.#merges = nodes.map(() => [])
    for (const at of order.toReversed()) if (this.#isMerge[at]) this.#merges[immediate[at]!]!.push(at)
    this.#loopDepth = nodes.map(() => 0)
    this.#blockDepth = nodes.map(() => 0)
  }

  #findAhead(): number[] {
    const { nodes, order, chain } = this.#region
    const ahead = nodes.map(() => 0)
    for (const at of order.toReversed()) {
      const next = chain[at]!
      if (next >= 0) ahead[at] = nodes[next]!.flow.count + ahead[next]!
    }
    return ahead
  }

  /** A node and all that it dominates. */
  #writeNode(at: number, before?: PathState): void {
    const { w } = this
    const { nodes, isLoop, entries } = this.#region
    if (isLoop[at] && before) this.registers.meet(w, this.#liveness.liveIn[at]!, this.#meetings[at]!)
    if (isLoop[at]) {
      w.u8x2(LOOP, TYPE_EMPTY)
      this.#loopDepth[at] = ++this.depth
    }
    for (const merge of this.#merges[at]!) {
      w.u8x2(BLOCK, TYPE_EMPTY)
      this.#blockDepth[merge] = ++this.depth
    }
    const handsOn = (entries.inner[at]?.length ?? 0) > 0
    if (handsOn) {
      w.u8x2(BLOCK, TYPE_EMPTY)
      this.depth++
    }
    this.#node = at
    this.#way = 0
    this.#access = 0
    const { narrow, both } = this.#meetings[at]!
    if (before && !isLoop[at]) this.registers.enter(this.#liveness.dirtyIn[at]!, before)
    else
      this.registers.enterMeeting(this.#liveness.dirtyIn[at]!, {
        narrow,
        both: isLoop[at] ? both : narrow & this.#inOwn[at]!,
      })
    const exit = this.#takeFuel(at, handsOn)
    const { lo, hi, header, flow, arm, to } = nodes[at]!
    this.reached = true
    const isLive = (word: number): boolean => this.#isLive(word, to[0]![0])
    const run = { lo, hi, count: flow.count - (arm?.count ?? 0) }
    this.writeRunWithArm(run, header + BLOCK_HEADER, arm, isLive)
    if (handsOn) {
      w.u8(END)
      this.depth--
      this.#handOn(at, exit)
    }
    for (const merge of this.#merges[at]!.toReversed()) {
      w.u8(END)
      this.depth--
      this.#writeNode(merge)
    }
    if (isLoop[at]) {
      w.u8(END)
      this.depth--
    }
  }

  /** Tests it, too, where it has to be tested: with too little, goes to the cold exit that this gives, or out of the innermost block if that hands control on. */
  #takeFuel(at: number, handsOn: boolean): number {
    const { nodes, isCheck, need } = this.#region
    const { w } = this
    const { lo, hi, flow } = nodes[at]!
    let exit = -1
    if (isCheck[at]) {
      exit = this.out.cold({ code: EXIT_FUEL, lo, hi, refund: 0 }, this.liveAt(0))
      this.local(LOCAL_GET, FUEL_LOCAL)
      this.i32(need[at]!)
      w.u8(I32_LT_S)
      w.brIf(handsOn ? 0 : this.depth + exit, false)
    }
    this.ahead = this.#ahead[at]!
    if (this.#chained.has(at)) return exit
    this.local(LOCAL_GET, FUEL_LOCAL)
    this.i32(flow.count + this.ahead)
    w.u8(I32_SUB)
    this.local(LOCAL_SET, FUEL_LOCAL)
    return exit
  }

  /** Fuel is too little at this node: it really is (`exit`), or control is on its way to a loop in this one. Then all registers are in memory. */
  #handOn(at: number, exit: number): void {
    const { w } = this
    const { headers, inner, way } = this.#region.entries
    const { liveIn } = this.#liveness
    this.i32(-1)
    this.local(LOCAL_GET, FUEL_LOCAL)
    w.u8(I32_LT_S)
    w.brIf(this.depth + exit)
    const nexts = inner[at]!
    for (const _ of nexts) w.u8x2(BLOCK, TYPE_EMPTY)
    this.#entry()
    w.u8(BR_TABLE)
    w.u32(headers.length)
    for (const place of [...way[at]!, -1]) w.u32(place < 0 ? 0 : place)
    for (const [place, next] of nexts.entries()) {
      w.u8(END)
      const open = nexts.length - 1 - place
      const isWanted = inner[next]!.length === 0
      if (!isWanted) {
        this.#entry()
        this.i32(headers.indexOf(next))
        w.u8x3(I32_EQ, IF, TYPE_EMPTY)
      }
      this.local(LOCAL_GET, FUEL_LOCAL)
      this.i32(~ENTERING)
      w.u8(I32_AND)
      this.local(LOCAL_SET, FUEL_LOCAL)
      if (!isWanted) w.u8(END)
      // What is live here, too, is in its local: what does not change in this loop is one value for the host's compiler, whichever way was taken.
      const onlyNarrow = this.#meetings[at]!.narrow & ~this.#meetings[at]!.both
      const kept = liveIn[at]! & ~(onlyNarrow & ~this.#meetings[next]!.narrow)
      this.registers.loadAll(w, liveIn[next]! & ~kept)
      this.registers.enterMeeting(0n, { narrow: this.#meetings[at]!.narrow & kept, both: this.#meetings[at]!.both })
      this.registers.meet(w, liveIn[next]!, this.#meetings[next]!)
      w.u8(BR)
      w.u32(open + this.depth - this.#blockDepth[next]!)
    }
  }

  #entry(): void {
    this.i32(0)
    this.w.u8x2(I32_LOAD, 2)
    this.w.u32(ENTRY * 4)
  }

  /** Gives back what was taken for nodes that do not follow after all. */
  #giveBackFuel(): void {
    if (this.ahead === 0) return
    this.local(LOCAL_GET, FUEL_LOCAL)
    this.i32(this.ahead)
    this.w.u8(I32_ADD)
    this.local(LOCAL_SET, FUEL_LOCAL)
  }

  protected goTo(lo: number, targetHi: number): void {
    this.flush()
    // A call that became part of the region is none.
    const { hint } = this.#region.nodes[this.#node]!.flow.ways[this.#way]!
    const hi = codeWidth(this.isa) > 32 ? targetHi : 0
    const [next] = this.#nextWay()
    this.goesOn(next === undefined)
    if (next === undefined || next !== this.#region.chain[this.#node]) this.#giveBackFuel()
    if (hint === 'call') {
      const link = this.#around.link(lo, hi, hint)
      if (next === undefined || link.kind === 'lookup') this.out.to(link, lo, hi)
      else {
        this.out.call(link, { lo, hi }, this.#region.nodes[next]!, this.#frame)
        this.#comeBack(next)
      }
    } else if (next === undefined) this.out.to(this.#around.link(lo, hi, hint), lo, hi)
    else this.#goTo(next)
    this.reached = false
  }

  jumpTo(hint: JumpHint): void {
    this.flush()
    const way = this.#region.nodes[this.#node]!.flow.ways[this.#way]!
    let nexts = this.#nextWay()
    this.goesOn(false)
    const pc = this.out.takeAddress()
    this.#giveBackFuel()
    // Of the functions that a call goes to, some are part of the region.
    if (hint === 'call' && way.hint !== 'call') {
      this.#dispatch(pc, nexts)
      nexts = this.#nextWay()
    }
    if (hint === 'call' && nexts.length > 0) {
      this.#callAddress(pc, this.#region.nodes[nexts[0]!]!)
      this.#comeBack(nexts[0]!)
    } else {
      if (nexts.length > 0) this.#dispatch(pc, nexts)
      this.out.toAddress(hint)
    }
    this.reached = false
  }

  /** A call of the address in local `pc`: where it is one that was called before, as if it were known, else by the jump cache. */
  #callAddress(pc: number, next: GuestAddress): void {
    const { w } = this
    const { nodes } = this.#region
    const integrated = nodes[this.#node]!.to.slice(0, -1).flatMap((firsts) => firsts.map((at) => nodes[at]!.lo))
    const learnt = this.#around
      .targets(this.words[this.record + RECORD_PC_LO]!)
      .filter((lo) => !integrated.includes(lo))
    if (learnt.length === 0 || learnt.length > MOST_CALLED) {
      this.out.callAddress(next, this.#frame)
      return
    }
    this.registers.spill(w)
    this.registers.enter(0n)
    w.u8x2(BLOCK, TYPE_EMPTY)
    for (const lo of learnt) {
      const link = this.#around.link(lo, 0, 'call')
      if (link.kind === 'lookup') continue
      w.u8x2(BLOCK, TYPE_EMPTY)
      this.local(LOCAL_GET, pc)
      this.i64(lo, 0)
      this.flush()
      w.u8(I64_NE)
      w.brIf(0)
      this.instrument.count(w, COUNT_TARGET_HITS, 1)
      this.out.call(link, { lo, hi: 0 }, next, this.#frame)
      w.u8x3(BR, 1, END)
    }
    this.instrument.count(w, COUNT_TARGET_MISSES, 1)
    this.out.callAddress(next, this.#frame)
    w.u8(END)
  }

  /** A computed jump to nodes of the region, with the address in local `pc`; goes on behind for any other address. */
  #dispatch(pc: number, nexts: readonly number[]): void {
    const { w } = this
    const { nodes } = this.#region
    const before = this.registers.save()
    const { arms, plan } = this.#planDispatch(nexts)
    w.u8x2(BLOCK, TYPE_EMPTY)
    const other = ++this.depth
    if (plan) {
      for (const _ of arms) w.u8x2(BLOCK, TYPE_EMPTY)
      this.depth += arms.length
      this.local(LOCAL_GET, pc)
      w.u8(I32_WRAP_I64)
      this.i32(plan.shift)
      w.u8(I32_SHR_U)
      this.i32(plan.size - 1)
      w.u8x2(I32_AND, BR_TABLE)
      w.u32(plan.size)
      for (const arm of [...plan.entries, -1]) w.u32(arm < 0 ? arms.length : arm)
    }
    for (const arm of arms) {
      if (plan) {
        w.u8(END)
        this.depth--
      }
      for (const index of arm) {
        const next = nexts[index]!
        w.u8x2(BLOCK, TYPE_EMPTY)
        this.depth++
        this.local(LOCAL_GET, pc)
        this.i64(nodes[next]!.lo, nodes[next]!.hi)
        this.flush()
        w.u8(I64_NE)
        w.brIf(0)
        this.registers.restore(before.slice())
        this.instrument.count(w, COUNT_TARGET_HITS, 1)
        this.#goTo(next)
        w.u8(END)
        this.depth--
      }
      if (plan) {
        w.u8(BR)
        w.u32(this.depth - other)
      }
    }
    w.u8(END)
    this.depth--
    this.registers.restore(before)
    this.instrument.count(w, COUNT_TARGET_MISSES, 1)
  }

  /** Targets by arm; a few are compared one after the other. */
  #planDispatch(nexts: readonly number[]): { arms: Dispatch['arms']; plan?: Dispatch } {
    if (nexts.length <= FEW_TARGETS) return { arms: [[...nexts.keys()]] }
    const targets = nexts.map((next) => this.#region.nodes[next]!.lo)
    const plan = planDispatch(targets, jumpShift(this.isa.unit))
    return { arms: plan.arms, plan }
  }

  // ---- memory

  readonly #guess: Guess = (access, what) => {
    const { pc, base, offset } = access
    if (!this.isa.memory.faults || this.registers.facts.hardwired.has(base)) return undefined
    const place = { base, isWide: this.registers.isWide(base), offset, what }
    const mode = this.#around.accessAt(pc, place, () => this.#origins(access))
    if (mode.kind !== 'range') return undefined
    const range = this.#around.openRange(mode.address, what)
    return range && mode.alone ? { ...range, alone: true } : range
  }

  override loadFrom(base: number, lo: number, hi: number, size: number, type: number, signed: boolean): void {
    const local = this.#test(base)
    if (local === undefined) super.loadFrom(base, lo, hi, size, type, signed)
    else this.memory.loadTested(local, lo, size, type, signed)
  }
  override storeTo(base: number, lo: number, hi: number, size: number, type: number): void {
    const local = this.#test(base)
    if (local === undefined) super.storeTo(base, lo, hi, size, type)
    else this.memory.storeTested(local, lo, size, type)
  }

  /** Writes the test of the access at hand; gives the local of its base, or undefined when it is the page that has to be asked. */
  #test(base: number): number | undefined {
    const test = this.#tests[this.#node]![this.#access++]!
    if (test.kind === 'page') return undefined
    const local = this.registers.widen(this.w, base)
    if (test.kind === 'range') this.memory.testRange(local, test, this.leave())
    return local
  }

  protected override pageTest(): PageTest {
    if (!this.isa.memory.faults) return 'pages'
    const mode = this.#around.accessElsewhere(this.words[this.record + RECORD_PC_LO]!)
    return mode.kind === 'pages' ? 'pages' : 'page'
  }

  protected override writtenInArms(): readonly number[] {
    return this.#region.nodes[this.#node]!.flow.armWrites.get(this.standing().at) ?? []
  }

  protected override liveAt(instruction: number): bigint | undefined {
    if (this.#around.exactRegisters) return undefined
    this.#liveAt[this.#node] ??= liveAtInstructions(this.#region.nodes[this.#node]!, this.#liveness)
    return this.#liveAt[this.#node]![instruction]
  }

  /** Whether the register is needed from the start of a node on, or outside. */
  #isLive(word: number, at: number | undefined): boolean {
    if (at === undefined) return true
    const { liveIn, storedBefore } = this.#liveness
    return (((liveIn[at]! | storedBefore[at]!) >> BigInt(this.#recorder.registers.indexOf(word))) & 1n) !== 0n
  }

  #nextWay(): readonly number[] {
    return this.#region.nodes[this.#node]!.to[this.#way++]!
  }

  /** Behind a call: all registers are in memory. One test for fuel and for what the call may have come back with instead. */
  #comeBack(next: number): void {
    const { nodes, isCheck, need } = this.#region
    const { w } = this
    this.registers.enter(0n)
    this.local(LOCAL_GET, FUEL_LOCAL)
    this.i32(isCheck[next] ? 0 : need[next]!)
    w.u8(I32_LT_S)
    w.brIf(this.depth + this.out.coldAfterCall(nodes[next]!), false)
    this.registers.loadAll(w, this.#liveness.liveIn[next]!)
    this.#goTo(next)
  }

  #goTo(next: number): void {
    const { place } = this.#region.dominators
    this.registers.spill(this.w, this.#liveness.storedBefore[next]!)
    if (place[next]! <= place[this.#node]!) this.#branch(this.#loopDepth[next]!, next)
    else if (this.#isMerge[next]) this.#branch(this.#blockDepth[next]!, next)
    else {
      const [standing, node, way, access] = [this.standing(), this.#node, this.#way, this.#access]
      this.outsideArms(() => this.#writeNode(next, this.registers.save()))
      this.standAt(standing)
      this.#node = node
      this.#way = way
      this.#access = access
    }
  }

  /** To where several ways meet. */
  #branch(depth: number, next: number): void {
    this.#inOwn[next]! &= this.registers.inOwn
    this.registers.meet(this.w, this.#liveness.liveIn[next]!, this.#meetings[next]!)
    this.w.u8(BR)
    this.w.u32(this.depth - depth)
  }
}
