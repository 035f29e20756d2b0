/**
 * Region formation: from a hot guest address, blocks that it goes on at → a flow graph that one Wasm function can be written from. Jumps are followed; calls
 * are not, but the place they come back to is. Blocks are cut where others jump into them. Loops with several entries
 * are mended (reducible.ts); where that grows too far, the offending jump leaves the region.
 */

import { BLOCK_PC_HI, BLOCK_PC_LO } from '../abi.ts'
import { codeAddress } from '../decode-block.ts'
import type { Optimisation } from '../optimisations.ts'
import { type Dominators, findDominators } from './dominators.ts'
import { type Entries, findEntries, NO_ENTRIES } from './entries.ts'
import type { Flow, FlowRecorder, Way } from './flow-recorder.ts'
import { type Arm, convertIfs } from './if-conversion.ts'
import { INTEGRATED, integrateCalls, isReturn } from './integration.ts'
import { loopNumbers, predecessors } from './loops.ts'
import { makeReducible } from './reducible.ts'
import { unrollLoops } from './unroll.ts'

export interface RegionNode {
  /** Word of the block's header. Copies of a node have the same. */
  readonly header: number
  readonly lo: number
  readonly hi: number
  readonly flow: Flow
  /** For each way of `flow`, the nodes it leads to: none where it leaves the region; for a call, where it comes back to. */
  readonly to: number[][]
  /** What stands between the node and its only way, done or not; `flow` is of both. */
  readonly arm?: Arm
}

export interface Region {
  readonly nodes: readonly RegionNode[]
  /** Reverse postorder; node 0 is the entry. */
  readonly order: readonly number[]
  readonly dominators: Dominators
  /** By node: something jumps back to it. */
  readonly isLoop: readonly boolean[]
  /** By node: fuel is checked at its start, for as many instructions as may run until the next check. */
  readonly isCheck: readonly boolean[]
  /** By node: most instructions from its start to the next check. */
  readonly need: readonly number[]
  /** By node: the one that this one mostly goes on to, which nothing else leads to; −1 where there is none. */
  readonly chain: readonly number[]
  readonly instructions: number
  readonly entries: Entries
}

/** What region formation asks about the guest's code. */
export interface RegionSource {
  /** Word of the header of the block at an address, or 0 where nothing is worth including. */
  block(lo: number, hi: number): number
  /** The same for where a function starts that is called. */
  called(lo: number, hi: number): number
  /** Addresses that a computed jump at this address is known to go to, most frequent first. */
  targets(fromLo: number): readonly number[]
  does(what: Optimisation): boolean
}

/** Of code: of the blocks that its nodes are. */
export function addressesOf({ nodes }: Region): ReadonlySet<number> {
  return new Set(nodes.map(({ lo, hi }) => codeAddress(lo, hi)))
}

export interface RegionLimits {
  readonly instructions: number
  readonly nodes: number
}

export function formRegion(
  entry: number,
  words: Int32Array,
  recorder: FlowRecorder,
  source: RegionSource,
  limits: RegionLimits,
): Region {
  recorder.clear()
  const own = survey(entry, words, recorder, source, limits)
  // Numbers of registers in use now come from what is left.
  recorder.clear()
  const nodes = record(own, words, recorder, source)
  if (source.does('integration')) integrateCalls(nodes, functions(words, recorder, source), source)
  if (source.does('selects')) convertIfs(nodes)
  const reducible = makeReducible(nodes, limits)
  const unrolled =
    source.does('unrolling') && unrollLoops(nodes, reducible)
      ? findDominators(nodes.map(({ to }) => to.flat()))
      : reducible
  const entries = source.does('loops') ? findEntries({ nodes, dominators: unrolled }) : NO_ENTRIES
  // An inner loop is then reached from the header of the outer one, too.
  const dominators =
    entries.headers.length > 0
      ? findDominators(nodes.map(({ to }, at) => [...to.flat(), ...entries.inner[at]!]))
      : unrolled
  const { order, place } = dominators
  const isLoop = nodes.map(() => false)
  for (const at of order) for (const next of nodes[at]!.to.flat()) if (place[next]! <= place[at]!) isLoop[next] = true
  const isCheck = isLoop.map((loop, at) => loop || at === 0)
  const need = nodes.map(() => 0)
  for (const at of order.toReversed()) {
    const { flow, to } = nodes[at]!
    let most = 0
    for (const [number, way] of flow.ways.entries()) {
      // Behind a call fuel is checked anyway.
      if (way.hint !== 'call') for (const next of to[number]!) if (!isCheck[next]) most = Math.max(most, need[next]!)
    }
    need[at] = flow.count + most
  }
  const instructions = order.reduce((sum, at) => sum + nodes[at]!.flow.count, 0)
  const chain = findChain(nodes, dominators, isCheck)
  return { nodes, order, dominators, isLoop, isCheck, need, chain, instructions, entries }
}

/** What stays in the innermost loop comes next, where it is one. */
function findChain(nodes: readonly RegionNode[], dominators: Dominators, isCheck: readonly boolean[]): number[] {
  const graph = { nodes, dominators }
  const before = predecessors(graph)
  const loop = loopNumbers(graph)
  return nodes.map(({ flow, to }, at) => {
    const staying = to.flatMap((nexts, way) =>
      nexts.filter((next) => loop[next] === loop[at]).map((next) => ({ next, way: flow.ways[way]! })),
    )
    const [only] = staying
    if (staying.length !== 1 || !only || only.way.kind !== 'known' || only.way.hint === 'call') return -1
    return isCheck[only.next] || before[only.next]!.length !== 1 ? -1 : only.next
  })
}

const never = (): boolean => false

const key = (lo: number, hi: number): string | number => (hi === 0 ? lo : `${lo} ${hi}`)

/** Where a way may lead to within the region. */
function follow(way: Way, source: RegionSource): (readonly [lo: number, hi: number])[] {
  if (way.hint === 'call') return source.does('calls') ? [[way.nextLo, way.nextHi]] : []
  if (way.kind === 'known') return [[way.lo, way.hi]]
  return way.hint === 'jump' ? source.targets(way.fromLo).map((lo) => [lo, 0] as const) : []
}

/** Headers of all blocks within reach, nearest first, and their places by address. */
interface Survey {
  readonly headers: readonly number[]
  readonly numbers: ReadonlyMap<string | number, number>
  /** No limit was met. */
  readonly isWhole: boolean
}

function survey(
  entry: number,
  words: Int32Array,
  recorder: FlowRecorder,
  source: RegionSource,
  limits: RegionLimits,
): Survey {
  const numbers = new Map([[key(words[entry + BLOCK_PC_LO]!, words[entry + BLOCK_PC_HI]!), 0]])
  const headers = [entry]
  let instructions = 0
  const isFull = (): boolean => headers.length >= limits.nodes || instructions >= limits.instructions
  for (let at = 0; at < headers.length; at++) {
    const flow = recorder.run(headers[at]!, never)
    instructions += flow.count
    for (const [lo, hi] of flow.ways.flatMap((way) => follow(way, source))) {
      if (isFull() || numbers.has(key(lo, hi))) continue
      const header = source.block(lo, hi)
      if (header !== 0) numbers.set(key(lo, hi), headers.push(header) - 1)
    }
  }
  return { headers, numbers, isWhole: !isFull() }
}

/** Nodes of these blocks, cut where others begin. */
function record(
  { headers, numbers }: Survey,
  words: Int32Array,
  recorder: FlowRecorder,
  source: RegionSource,
): RegionNode[] {
  return headers.map((header) => {
    const flow = recorder.run(header, (lo, hi) => numbers.has(key(lo, hi)))
    const to = flow.ways.map((way) =>
      follow(way, source).flatMap(([lo, hi]) => {
        const number = numbers.get(key(lo, hi))
        return number === undefined ? [] : [number]
      }),
    )
    return { header, lo: words[header + BLOCK_PC_LO]!, hi: words[header + BLOCK_PC_HI]!, flow, to }
  })
}

/** By the address of a function: its nodes if it is small, and goes on nowhere else: from there it would come back by the jump cache only. */
function functions(
  words: Int32Array,
  recorder: FlowRecorder,
  source: RegionSource,
): (lo: number, hi: number) => readonly RegionNode[] | undefined {
  const known = new Map<string | number, readonly RegionNode[] | undefined>()
  const form = (lo: number, hi: number): readonly RegionNode[] | undefined => {
    const entry = source.called(lo, hi)
    if (entry === 0) return undefined
    const all = survey(entry, words, recorder, source, INTEGRATED)
    if (!all.isWhole) return undefined
    const nodes = record(all, words, recorder, source)
    const stays = (way: Way): boolean => (way.kind === 'known' ? source.called(way.lo, way.hi) === 0 : isReturn(way))
    return nodes.every(({ flow, to }) => flow.ways.every((way, at) => to[at]!.length > 0 || stays(way)))
      ? nodes
      : undefined
  }
  return (lo, hi) => {
    const at = key(lo, hi)
    if (!known.has(at)) known.set(at, form(lo, hi))
    return known.get(at)
  }
}
