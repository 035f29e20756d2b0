/**
 * What the compiled tiers do to be fast and could do without: each can be left out by name (`EngineOptions.without`, `isagen run --without`), with the same results, to see
 * what it brings. What each is, `generator/cli/without.ts` says to who asks. Tests run every one of them off; `npm run bench -- --switches` measures them.
 */

export const OPTIMISATIONS = [
  'cold',
  'mixing',
  'inlining',
  'direct',
  'slots',
  'shelf',
  'loops',
  'calls',
  'integration',
  'targets',
  'ranges',
  'together',
  'selects',
  'unrolling',
  'dead',
  'narrowing',
  'hints',
  'learning',
] as const
export type Optimisation = (typeof OPTIMISATIONS)[number]

export function isOptimisation(name: string): name is Optimisation {
  return OPTIMISATIONS.some((known) => known === name)
}
