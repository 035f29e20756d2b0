/** Flows for graphs of regions that tests make up. */

import type { Flow, Way } from '../../runtime/jit/flow-recorder.ts'

/** Goes on somewhere; what matters of it is the test's. */
export function someWay(hint: Way['hint'] = 'jump'): Way {
  return { kind: 'known', hint, lo: 0, hi: 0, nextLo: 0, nextHi: 0, fromLo: 0, assigned: 0n, dirty: 0n, events: 0 }
}

export function someFlow(parts: Pick<Flow, 'count' | 'ways'> & Partial<Flow>): Flow {
  return {
    uses: 0n,
    exitAssigned: undefined,
    stepAssigned: undefined,
    steps: [],
    armWrites: new Map(),
    computes: false,
    events: [],
    ...parts,
  }
}
