/**
 * Calls of small functions become part of the region (procedure integration): the function's nodes are copied to where it is called, and its returns lead to what
 * comes behind the call if that is the address which they go to. So registers stay in locals, tests of accesses last, and the host may see that the address is right.
 *
 * In: nodes of a region, and a way to get those of a function. Out: the same nodes with copies behind them; an integrated call is a jump.
 */

import { STEP_WAY, type Way } from './flow-recorder.ts'
import type { RegionLimits, RegionNode, RegionSource } from './region.ts'

/** Of one function. */
export const INTEGRATED: RegionLimits = { instructions: 48, nodes: 16 }
/** Calls within calls. */
const DEPTH = 2
/** Instructions that a region may get in this way. */
const GROWTH = 400

/**
 * `nodesOf` gives the nodes of the function at an address, its start first; undefined unless it is all there, and small. A computed call gets another way before its own, to the
 * functions that are there.
 */
export function integrateCalls(
  nodes: RegionNode[],
  nodesOf: (lo: number, hi: number) => readonly RegionNode[] | undefined,
  source: Pick<RegionSource, 'targets'>,
): void {
  const depths = nodes.map(() => 0)
  let room = GROWTH
  /** Gives the copy's first node, or undefined where there is none, or no room. */
  const copy = (lo: number, hi: number, next: number, depth: number): number | undefined => {
    const body = nodesOf(lo, hi)
    const size = body?.reduce((sum, { flow }) => sum + flow.count, 0) ?? 0
    if (!body || size > room) return undefined
    room -= size
    const first = nodes.length
    for (const { flow, to, ...node } of body) {
      const leading = to.map((nexts, way) => (isReturn(flow.ways[way]!) ? [next] : nexts.map((at) => first + at)))
      nodes.push({ ...node, flow, to: leading })
      depths.push(depth)
    }
    return first
  }
  for (let at = 0; at < nodes.length; at++) {
    const { flow, to, ...node } = nodes[at]!
    const { ways, steps } = flow
    const number = ways.findIndex(({ hint }) => hint === 'call')
    const way = ways[number]
    const next = to[number]?.[0]
    const depth = depths[at]! + 1
    if (!way || next === undefined || depth > DEPTH) continue
    const isKnown = way.kind === 'known'
    const targets = isKnown ? [way.lo] : number === ways.length - 1 ? source.targets(way.fromLo) : []
    const firsts = targets.flatMap((lo) => copy(lo, way.hi, next, depth) ?? [])
    if (firsts.length === 0) continue
    const replaced = Number(isKnown)
    nodes[at] = {
      ...node,
      flow: {
        ...flow,
        ways: ways.toSpliced(number, replaced, { ...way, hint: 'jump' }),
        steps: isKnown ? steps : [...steps, STEP_WAY],
      },
      to: to.toSpliced(number, replaced, firsts),
    }
  }
}

export const isReturn = ({ kind, hint }: Way): boolean => kind === 'computed' && hint === 'return'
