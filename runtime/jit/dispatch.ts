/**
 * Plan for a computed jump with many known targets: a shift and a mask that send each of them to an entry of a small table for `br_table`, most of them to an
 * entry of their own. The arms still compare the whole address with each target of the entry, since others may fall on it.
 */

export interface Dispatch {
  readonly shift: number
  /** A power of two. */
  readonly size: number
  /** By entry: index of the arm, −1 for none. */
  readonly entries: readonly number[]
  /** By arm: indices of targets. Each target is in one. */
  readonly arms: readonly (readonly number[])[]
}

const MAX_SIZE = 512
const SHIFTS = 8
/** Comparisons for a jump, on average, that are not worth a larger table. */
const ENOUGH = 1.2

/** The smallest table that is good enough, or else the best. `unit`: log2 of what addresses of code are multiples of. */
export function planDispatch(targets: readonly number[], unit: number): Dispatch {
  let best: Dispatch | undefined
  let least = Number.POSITIVE_INFINITY
  for (let size = 4; size <= MAX_SIZE; size *= 2) {
    if (size < Math.min(targets.length, MAX_SIZE)) continue
    for (let shift = unit; shift < unit + SHIFTS; shift++) {
      const plan = planned(targets, shift, size)
      const comparisons = plan.arms.reduce((sum, { length }) => sum + (length * (length + 1)) / 2, 0) / targets.length
      if (comparisons < least) [best, least] = [plan, comparisons]
      if (least <= ENOUGH) return best!
    }
  }
  return best!
}

function planned(targets: readonly number[], shift: number, size: number): Dispatch {
  const entries = new Array<number>(size).fill(-1)
  const arms: number[][] = []
  for (const [index, target] of targets.entries()) {
    const entry = (target >>> shift) & (size - 1)
    const arm = entries[entry]!
    if (arm >= 0) arms[arm]!.push(index)
    else entries[entry] = arms.push([index]) - 1
  }
  return { shift, size, entries, arms }
}
