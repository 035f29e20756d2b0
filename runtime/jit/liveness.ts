/**
 * Which registers' locals hold something that is still needed (live), and which differ from memory (dirty), at the start of each node of a region. Calls and
 * exits store what is dirty; behind a call, as at the entry, what is live is loaded.
 *
 * Where every register must be exact whenever the engine is back, a node that may leave keeps all that is dirty alive. Else a way out in the middle of the code, after which
 * the interpreter goes on with the same instructions, stores only what these will read: registers that are written first stay as they are in memory.
 */

import {
  type Flow,
  type RegisterMask,
  STEP_ELSE,
  STEP_END,
  STEP_GET,
  STEP_IF,
  STEP_INSTRUCTION,
  STEP_LEAVE,
  STEP_SET,
  STEP_SHIFT,
  STEP_WAY,
} from './flow-recorder.ts'
import { loopsWithCalls } from './loops.ts'
import type { Region, RegionNode } from './region.ts'

export interface Liveness {
  readonly liveIn: readonly RegisterMask[]
  readonly dirtyIn: readonly RegisterMask[]
  /**
   * What ways to the node store if it is dirty. Ways into a loop with calls store all: behind a call nothing is dirty, and what was before the loop would be stored again for each.
   */
  readonly storedBefore: readonly RegisterMask[]
}

const ALL: RegisterMask = -1n

export function findLiveness(region: Region, exact: boolean): Liveness {
  const carried = findDirty(region, () => ALL)
  const none = region.nodes.map(() => 0n)
  const live = findLive(region, exact, carried, none)
  const calling = loopsWithCalls(region)
  if (calling.size === 0) return { liveIn: live, dirtyIn: carried, storedBefore: none }
  const dirtyIn = findDirty(region, (at) => (calling.has(at) ? 0n : ALL))
  const storedBefore = none.map((_, at) => carried[at]! & ~dirtyIn[at]! & live[at]!)
  return { liveIn: findLive(region, exact, dirtyIn, storedBefore), dirtyIn, storedBefore }
}

/** `keeps`: what may stay dirty on ways forward to a node. */
function findDirty({ nodes, order, dominators }: Region, keeps: (at: number) => RegisterMask): RegisterMask[] {
  const { place } = dominators
  const kept = nodes.map((_, at) => keeps(at))
  const dirtyIn = nodes.map(() => 0n)
  for (let changed = true; changed; ) {
    changed = false
    for (const at of order) {
      const node = nodes[at]!
      for (const [number, way] of node.flow.ways.entries()) {
        if (way.hint === 'call') continue
        const dirty = dirtyIn[at]! | way.dirty
        for (const next of node.to[number]!) {
          const isBack = place[next]! <= place[at]!
          const more = (isBack ? dirty : dirty & kept[next]!) & ~dirtyIn[next]!
          if (more === 0n) continue
          dirtyIn[next]! |= more
          changed = true
        }
      }
    }
  }
  return dirtyIn
}

function findLive(
  { nodes, order, isCheck }: Region,
  exact: boolean,
  dirtyIn: readonly RegisterMask[],
  storedBefore: readonly RegisterMask[],
): RegisterMask[] {
  const liveIn = nodes.map(() => 0n)
  for (let changed = true; changed; ) {
    changed = false
    for (let place = order.length - 1; place >= 0; place--) {
      const at = order[place]!
      const node = nodes[at]!
      const { uses, exitAssigned, stepAssigned, ways } = node.flow
      const assigned = exact ? exitAssigned : stepAssigned
      let live = uses
      if (isCheck[at] && exact) live |= dirtyIn[at]!
      else if (assigned !== undefined) live |= dirtyIn[at]! & ~assigned
      for (const [number, way] of ways.entries()) {
        const nexts = node.to[number]!
        if (leaves(node, number)) live |= dirtyIn[at]! & ~way.assigned
        if (way.hint === 'call') continue
        for (const next of nexts) live |= (liveIn[next]! | (dirtyIn[at]! & storedBefore[next]!)) & ~way.assigned
      }
      if (live === liveIn[at]) continue
      liveIn[at] = live
      changed = true
    }
  }
  return liveIn
}

/** A call, a way out of the region, or one of a computed jump's: stores what is dirty. */
function leaves({ flow, to }: RegionNode, way: number): boolean {
  const { hint, kind } = flow.ways[way]!
  return hint === 'call' || kind === 'computed' || to[way]!.length === 0
}

/** By instruction of a node: registers that are read from its start on before they are written, or stored. */
export function liveAtInstructions(node: RegionNode, { liveIn, storedBefore }: Liveness): RegisterMask[] {
  const { flow, to } = node
  const atWays = flow.ways.map((_, way) =>
    leaves(node, way) ? ALL : to[way]!.reduce((live, next) => live | liveIn[next]! | storedBefore[next]!, 0n),
  )
  return walkBack(flow, atWays)
}

function walkBack({ steps, count }: Flow, atWays: readonly RegisterMask[]): RegisterMask[] {
  const found: RegisterMask[] = new Array(count).fill(ALL)
  const arms: { readonly after: RegisterMask; other: RegisterMask | undefined }[] = []
  let [live, way, instruction] = [0n, atWays.length, count]
  for (let at = steps.length - 1; at >= 0; at--) {
    const step = steps[at]!
    const register = BigInt(step >> STEP_SHIFT)
    switch (step & ((1 << STEP_SHIFT) - 1)) {
      case STEP_INSTRUCTION:
        found[--instruction] = live
        break
      case STEP_GET:
        live |= 1n << register
        break
      case STEP_SET:
        live &= ~(1n << register)
        break
      case STEP_WAY:
        live = atWays[--way]!
        break
      case STEP_LEAVE:
        live = ALL
        break
      case STEP_END:
        arms.push({ after: live, other: undefined })
        break
      case STEP_ELSE: {
        const arm = arms[arms.length - 1]!
        arm.other = live
        live = arm.after
        break
      }
      case STEP_IF: {
        const { after, other } = arms.pop()!
        live |= other ?? after
        break
      }
    }
  }
  return found
}
