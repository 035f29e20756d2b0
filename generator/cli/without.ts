/** `--without LIST` of `isagen run`: names of the runtime's optimisations, checked against its own table. */

import { isOptimisation, OPTIMISATIONS, type Optimisation } from 'isagen/runtime'
import { CommandError } from './command.ts'

/** Lists may be given several times, or with commas; 'all' is every one there is. */
export function parseWithout(lists: readonly string[]): readonly Optimisation[] {
  const known = Object.keys(OPTIMISATIONS).filter(isOptimisation)
  const names = lists.flatMap((list) => list.split(',')).flatMap((name) => (name === 'all' ? known : [name.trim()]))
  return names.map((name) => {
    if (isOptimisation(name)) return name
    const all = Object.entries(OPTIMISATIONS).map(([known, what]) => `\n  ${known.padEnd(10)} ${what}`)
    throw new CommandError(`--without: no optimisation is called '${name}'. There are all, or${all.join('')}`)
  })
}
