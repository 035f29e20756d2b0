/**
 * Berkeley TestFloat: every operation on f16, f32 and f64 that is an instruction, in all rounding modes, results and flags. The cases come from upstream's
 * testfloat_gen, linked with SoftFloat's specialisation for RISC-V.
 *
 * ISAGEN_TESTFLOAT_OPTIONS are given to it ("-level 2"), ISAGEN_TESTFLOAT_ONLY is a regular expression of instructions, and ISAGEN_TESTFLOAT_CASES ends
 * each of them after so many cases in a rounding mode.
 */

import { describe, expect, test } from 'vitest'
import { loadGuest } from '../oracles/isas.ts'
import { suitePath } from '../oracles/suites.ts'
import { type Operation, operations, roundings, runTestFloat, type Way } from '../oracles/testfloat.ts'

const generator = suitePath(
  'ISAGEN_TESTFLOAT',
  'it names the program testfloat_gen of github.com/ucb-bar/berkeley-testfloat-3, built with the SoftFloat of github.com/ucb-bar/berkeley-softfloat-3 for RISC-V',
)
const options = (process.env.ISAGEN_TESTFLOAT_OPTIONS ?? '').split(' ').filter((word) => word !== '')
const most = Number(process.env.ISAGEN_TESTFLOAT_CASES ?? Number.POSITIVE_INFINITY)
const only = new RegExp(process.env.ISAGEN_TESTFLOAT_ONLY ?? '')
const minutes = 60_000

/** Fused operations have six million cases in each mode at level 1: all of them once, elsewhere as many as this. */
const some = 200_000
const isFused = (operation: Operation): boolean => operation.args.length === 3
const isRelative = (operation: Operation): boolean => (operation.negated ?? []).length > 0

const ways: readonly { readonly isa: string; readonly way: Way; readonly whole: boolean }[] = [
  { isa: 'rv64gc_zfh', way: { tier: 'optimising', dynamic: false }, whole: true },
  { isa: 'rv64gc_zfh', way: { tier: 'baseline', dynamic: true }, whole: false },
  { isa: 'rv64gc_zfh', way: { tier: 'interpreter', dynamic: true }, whole: false },
  { isa: 'rv32gc_zfh', way: { tier: 'baseline', dynamic: false }, whole: false },
]

describe.skipIf(!generator).each(ways)('$isa, $way.tier, dynamic rounding: $way.dynamic', ({ isa, way, whole }) => {
  const chosen = operations(['f16', 'f32', 'f64'], isa.startsWith('rv32') ? 32 : 64).filter((operation) =>
    only.test(operation.instruction),
  )
  test.each(chosen)(
    '$name: $instruction',
    async (operation) => {
      const guest = await loadGuest(isa)
      let cases = 0
      for (const rounding of operation.rounds ? roundings : roundings.slice(0, 1)) {
        const limit = isFused(operation) && (isRelative(operation) || !whole) ? some : most
        const outcome = await runTestFloat(generator ?? '', guest, operation, rounding, way, limit, options)
        expect(outcome.difference).toBeUndefined()
        cases += outcome.cases
      }
      process.stdout.write(`${operation.instruction}: ${cases} cases\n`)
    },
    120 * minutes,
  )
})
