/**
 * If-conversion: a branch round a few instructions that only compute is none; they are always done, and selects take their results or what was there before. A branch
 * that goes either way at random costs hosts as much as twenty instructions. After Allen et al., "Conversion of control dependence to data dependence" (POPL 1983).
 *
 * In: nodes of a region. Out: where it is worth it, the node that branches has the other as its *arm*, and one way, to where both meet. Written by selecting-compiler.ts.
 */

import {
  type Flow,
  type RegisterMask,
  STEP_END,
  STEP_GET,
  STEP_IF,
  STEP_INSTRUCTION,
  STEP_SHIFT,
  STEP_WAY,
  type Way,
} from './flow-recorder.ts'
import type { RegionNode } from './region.ts'

/** Instructions that are done on the way to where two ways meet, or not. */
export interface Arm {
  readonly lo: number
  readonly hi: number
  /** Word of the block's header. */
  readonly header: number
  readonly count: number
  /** The branch goes there, rather than past. */
  readonly taken: boolean
  /** Words of registers that it writes. */
  readonly writes: readonly number[]
}

/** Of an arm, at most. */
const INSTRUCTIONS = 5
const WRITES = 3

/** Gives whether there was something to convert; nodes that became arms are no longer reached. */
export function convertIfs(nodes: RegionNode[]): boolean {
  const before = nodes.map(() => 0)
  for (const { to } of nodes) for (const next of to.flat()) before[next]!++
  let any = false
  for (const [at, node] of nodes.entries()) {
    const [first, second] = node.to
    if (node.to.length !== 2 || first!.length !== 1 || second!.length !== 1 || !endsInBranch(node.flow)) continue
    const taken = isArm(nodes, first![0]!, second![0]!, before)
    const arm = taken ? first![0]! : second![0]!
    const join = taken ? second![0]! : first![0]!
    if (join === arm || !(taken || isArm(nodes, arm, join, before))) continue
    nodes[at] = withArm(node, nodes[arm]!, join, taken)
    before[join]!--
    before[arm] = 0
    any = true
  }
  return any
}

/** Goes on at `join` only, does little and nothing that could leave, and only one way leads there. */
function isArm(nodes: readonly RegionNode[], arm: number, join: number, before: readonly number[]): boolean {
  const { flow, to, arm: inner } = nodes[arm]!
  const [way] = flow.ways
  if (arm === 0 || inner || before[arm] !== 1 || to.length !== 1 || to[0]![0] !== join || !way || !isPlain(way))
    return false
  return flow.computes && flow.count <= INSTRUCTIONS && writesOf(flow).length <= WRITES
}

const isPlain = ({ kind, hint }: Way): boolean => kind === 'known' && hint === 'jump'

function writesOf({ events }: Flow): number[] {
  return [...new Set(events.flatMap((event) => (event.kind === 'write' ? [event.base] : [])))]
}

/** Its last instruction is one that jumps or goes on, and does nothing else. */
function endsInBranch({ ways, steps }: Flow): boolean {
  if (!ways.every(isPlain)) return false
  const tail = steps.slice(steps.lastIndexOf(STEP_INSTRUCTION) + 1).map((step) => step & ((1 << STEP_SHIFT) - 1))
  const branch = tail.filter((step) => step !== STEP_GET)
  return [STEP_IF, STEP_WAY, STEP_END, STEP_WAY].every((step, place) => branch[place] === step) && branch.length === 4
}

function withArm(
  node: RegionNode,
  { lo, hi, header, flow: done }: RegionNode,
  join: number,
  taken: boolean,
): RegionNode {
  const { flow } = node
  const [way] = flow.ways as [Way]
  const [last] = done.ways as [Way]
  const uses: RegisterMask = flow.uses | (done.uses & ~way.assigned)
  const condition = flow.steps.slice(0, flow.steps.lastIndexOf(STEP_IF))
  const steps = [...condition, STEP_IF, ...done.steps.slice(0, -1), STEP_END, STEP_WAY]
  // Whether it is done is not known.
  const events = done.events.map((event) => {
    if (event.kind === 'access') return event
    const { from: _, signedIf, ...write } = event
    return signedIf ? { ...write, signedIf: [...signedIf, event.base] } : write
  })
  const all = [...flow.events, ...events]
  return {
    ...node,
    flow: {
      ...flow,
      count: flow.count + done.count,
      ways: [
        { ...last, fromLo: way.fromLo, assigned: way.assigned, dirty: way.dirty | last.dirty, events: all.length },
      ],
      uses,
      steps,
      events: all,
    },
    to: [[join]],
    arm: { lo, hi, header, count: done.count, taken, writes: writesOf(done) },
  }
}
