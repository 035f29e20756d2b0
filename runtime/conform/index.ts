/**
 * Conformance: does an isa, in a tier, do what its spec's own tests and corpora of single-step vectors say? The caller reads the files; one file
 * of vectors is one call.
 *
 *   const conformance = createConformance(isa, 'baseline')
 *   const { tests, vectors } = await isa.conformance()
 *   const results = conformance.tests(tests)
 *   const result = conformance.vectors(vectors[0], lines.map((line) => JSON.parse(line)))
 */

import type { GuestIsa, SpecTest, VectorMap } from '../abi.ts'
import { type ConformanceCase, specCase, vectorCase } from './cases.ts'
import { ConformanceRunner, type ConformanceTier } from './runner.ts'

export type { ConformanceTier } from './runner.ts'

export interface ConformanceResult {
  readonly passed: number
  readonly failed: number
  /** The first test that failed, and how. */
  readonly first?: { readonly name: string; readonly difference: string }
}

export interface ConformanceChecks {
  /** What fails of each test, in their order; undefined: passed. */
  tests(tests: readonly SpecTest[]): (string | undefined)[]
  /** Throws an Error that names the key when the vectors have not the form that the map says. */
  vectors(map: VectorMap, vectors: readonly unknown[]): ConformanceResult
}

/** Throws an Error when the tier needs WebAssembly that the host does not have. */
export function createConformance(isa: GuestIsa, tier: ConformanceTier): ConformanceChecks {
  const runner = new ConformanceRunner(isa, tier)
  const place = runner.state.place.bind(runner.state)
  return {
    tests: (tests) => runner.run(tests.map((test) => specCase(test, isa, place))),
    vectors: (map, vectors) => {
      const cases = vectors.map((vector) => vectorCase(vector, map, isa, place))
      return summary(cases, runner.run(cases))
    },
  }
}

function summary(cases: readonly ConformanceCase[], differences: readonly (string | undefined)[]): ConformanceResult {
  const failed = differences.filter((difference) => difference !== undefined).length
  const index = differences.findIndex((difference) => difference !== undefined)
  return {
    passed: cases.length - failed,
    failed,
    ...(index >= 0 && { first: { name: cases[index]!.name, difference: differences[index]! } }),
  }
}
