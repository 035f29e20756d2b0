/**
 * Plan for a computed jump with many known targets: a shift and a mask that send each of them to an entry of its own of a small table for `br_table`. The
 * arms still compare the whole address, since others may fall on the same entry.
 */

export interface Dispatch {
  readonly shift: number
  /** A power of two. */
  readonly size: number
  /** By entry: index of the target, −1 for none. */
  readonly entries: readonly number[]
}

const MAX_SIZE = 512

/** The smallest table without collisions, or undefined when there is none. `unit`: log2 of what addresses of code are multiples of. */
export function planDispatch(targets: readonly number[], unit: number): Dispatch | undefined {
  for (let size = 4; size <= MAX_SIZE; size *= 2) {
    if (size < targets.length) continue
    for (let shift = unit; shift < unit + 8; shift++) {
      const entries = new Array<number>(size).fill(-1)
      const fits = targets.every((target, index) => {
        const entry = (target >>> shift) & (size - 1)
        const free = entries[entry] === -1
        entries[entry] = index
        return free
      })
      if (fits) return { shift, size, entries }
    }
  }
  return undefined
}
