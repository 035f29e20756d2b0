/** `--without LIST` of `isagen run`: names of the runtime's optimisations, checked against its own table. */

import { isOptimisation, OPTIMISATIONS, type Optimisation } from 'isagen/runtime'
import { CommandError } from './command.ts'

/** What each of them is. */
const WHAT: Readonly<Record<Optimisation, string>> = {
  cold: 'auto: code that is not hot runs in an interpreter that is WebAssembly itself',
  mixing: 'auto: that interpreter goes on to compiled code, and back, without the engine',
  inlining: 'baseline: blocks that follow each other in one function',
  direct: 'functions of a unit go on to each other without the table of slots',
  slots: 'code that goes on at a known address does so by its slot, without the jump cache',
  shelf: 'code that is overwritten again and again is kept for when the same bytes come back',
  loops: 'regions: entered at the loops in them, too',
  calls: 'regions: guest calls as WebAssembly calls',
  integration: 'regions: small functions that they call are part of them',
  targets: 'regions: computed jumps and calls go to targets that were learnt',
  ranges: 'regions: one compare for accesses to ranges of memory that are open',
  together: 'regions: accesses at one register are tested together',
  selects: 'regions: branches round a few instructions that only compute become selects',
  unrolling: 'regions: several rounds of small loops one after the other',
  dead: 'regions: where they may leave, registers that are written before they are read are not stored; only where nobody looks at them',
  narrowing: 'regions: 32-bit values of a 64-bit machine are kept and computed in 32 bits',
  hints: 'the host is told which branches are hardly ever taken; some hosts listen',
  learning: 'regions: expect accesses where baseline code made them, and are made anew where accesses go elsewhere',
}

/** Lists may be given several times, or with commas; 'all' is every one there is. */
export function parseWithout(lists: readonly string[]): readonly Optimisation[] {
  const names = lists
    .flatMap((list) => list.split(','))
    .flatMap((name) => (name === 'all' ? OPTIMISATIONS : [name.trim()]))
  return names.map((name) => {
    if (isOptimisation(name)) return name
    const all = OPTIMISATIONS.map((known) => `\n  ${known.padEnd(11)} ${WHAT[known]}`)
    throw new CommandError(`--without: no optimisation is called '${name}'. There are all, or${all.join('')}`)
  })
}
