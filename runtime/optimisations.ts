/**
 * What the compiled tiers do to be fast and could do without: each can be left out by name (`EngineOptions.without`, `isagen run --without`), with the same results, to see
 * what it brings. Tests run every one of them off; `npm run bench -- --switches` measures them.
 */

/** Name → what it is. */
export const OPTIMISATIONS = {
  cold: 'auto: code that is not hot runs in an interpreter that is WebAssembly itself',
  mixing: 'auto: that interpreter goes on to compiled code, and back, without the engine',
  inlining: 'baseline: blocks that follow each other in one function',
  direct: 'functions of a unit go on to each other without the table of slots',
  slots: 'code that goes on at a known address does so by its slot, without the jump cache',
  shelf: 'code that is overwritten again and again is kept for when the same bytes come back',
  loops: 'regions: entered at the loops in them, too',
  calls: 'regions: guest calls as WebAssembly calls',
  targets: 'regions: computed jumps and calls go to targets that were learnt',
  ranges: 'regions: one compare for accesses to ranges of memory that are open',
  together: 'regions: accesses at one register are tested together',
  selects: 'regions: branches round a few instructions that only compute become selects',
  unrolling: 'regions: several rounds of small loops one after the other',
  dead: 'regions: where they may leave, registers that are written before they are read are not stored; only where nobody looks at them',
  narrowing: 'regions: 32-bit values of a 64-bit machine are kept and computed in 32 bits',
  hints: 'the host is told which branches are hardly ever taken; some hosts listen',
  learning: 'regions: expect accesses where baseline code made them, and are made anew where accesses go elsewhere',
} as const
export type Optimisation = keyof typeof OPTIMISATIONS

export function isOptimisation(name: string): name is Optimisation {
  return Object.hasOwn(OPTIMISATIONS, name)
}
