/**
 * Berkeley TestFloat: every operation on f32 and f64 that is an instruction, in all rounding modes, results and flags. The cases come from upstream's
 * testfloat_gen, linked with SoftFloat's specialisation for RISC-V.
 *
 * ISAGEN_TESTFLOAT_OPTIONS are given to it ("-level 2"), and ISAGEN_TESTFLOAT_ONLY is a regular expression of instructions.
 */

import { describe, expect, test } from 'vitest'
import { loadGuest } from '../oracles/isas.ts'
import { suiteFolder } from '../oracles/suites.ts'
import { type Operation, operations, roundings, runTestFloat, type Way } from '../oracles/testfloat.ts'

const generator = suiteFolder(
  'ISAGEN_TESTFLOAT',
  'it names the program testfloat_gen of github.com/ucb-bar/berkeley-testfloat-3, built with the SoftFloat of github.com/ucb-bar/berkeley-softfloat-3 for RISC-V',
)
const options = (process.env.ISAGEN_TESTFLOAT_OPTIONS ?? '').split(' ').filter((word) => word !== '')
const only = new RegExp(process.env.ISAGEN_TESTFLOAT_ONLY ?? '')
const minutes = 60_000

/** Fused operations have six million cases in each mode at level 1: once is enough. */
const isLong = (operation: Operation): boolean => operation.args.length === 3
const ways: readonly { readonly isa: string; readonly way: Way; readonly takes: (operation: Operation) => boolean }[] =
  [
    { isa: 'rv64gc', way: { tier: 'baseline', dynamic: false }, takes: () => true },
    { isa: 'rv64gc', way: { tier: 'baseline', dynamic: true }, takes: (o) => !isLong(o) && o.rounds },
    { isa: 'rv64gc', way: { tier: 'interpreter', dynamic: true }, takes: (o) => !isLong(o) },
    { isa: 'rv32gc', way: { tier: 'baseline', dynamic: false }, takes: (o) => !isLong(o) },
  ]

describe.skipIf(!generator).each(ways)('$isa, $way.tier, dynamic rounding: $way.dynamic', ({ isa, way, takes }) => {
  const chosen = operations(['f32', 'f64'], isa === 'rv32gc' ? 32 : 64).filter(
    (operation) => takes(operation) && only.test(operation.instruction),
  )
  test.each(chosen)(
    '$name: $instruction',
    async (operation) => {
      const guest = await loadGuest(isa)
      let cases = 0
      for (const rounding of operation.rounds ? roundings : roundings.slice(0, 1)) {
        const outcome = await runTestFloat(generator ?? '', guest, operation, rounding, way, options)
        expect(outcome.difference).toBeUndefined()
        cases += outcome.cases
      }
      process.stdout.write(`${operation.instruction}: ${cases} cases\n`)
    },
    120 * minutes,
  )
})
