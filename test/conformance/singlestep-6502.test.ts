/**
 * Single-step vectors of the 6502 and the 65C02 with all 256 opcodes, undocumented and reserved ones too, in every tier: ISAGEN_65X02_TESTS is the checkout, with 6502/v1/00.json and so
 * on. What may differ is listed; of it, much only in copies from before upstream's corrections. One vector in 20 is run, all with ISAGEN_LONG=1.
 */

import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mapForFolder, readVectors, vectorFiles } from '../../generator/cli/vector-files.ts'
import { createConformance } from '../../runtime/conform/index.ts'
import { loadGuest } from '../oracles/isas.ts'
import { suitePath } from '../oracles/suites.ts'

const suite = suitePath('ISAGEN_65X02_TESTS', 'a checkout of github.com/SingleStepTests/65x02')
const oneOf = process.env.ISAGEN_LONG === '1' ? 1 : 20
const tiers = ['interpreter', 'wasm-interpreter', 'baseline', 'optimising'] as const

interface Excuse {
  readonly opcodes: RegExp
  readonly difference: RegExp
}
const corpora: readonly { readonly machine: string; readonly folder: string; readonly mayDiffer: readonly Excuse[] }[] =
  [
    {
      machine: 'nmos6502_undocumented',
      folder: '6502/v1',
      mayDiffer: [
        // It stands still for ever: how many cycles of that are recorded is nobody's fact.
        { opcodes: /^[0-79bdf]2$/, difference: /^cycles: expected \d+, got 2$/ },
        // Before correction, the access of nop was missing.
        { opcodes: /^(?:0|[1357df])c$/, difference: /^cycles: expected (?:3, got 4|4, got 5)$/ },
        // Before correction, the address stayed whole where the index carries.
        { opcodes: /^9[3bcef]$/, difference: /^memory at \w+: expected \w+, got \w+(?:; memory at [^;]+)?$/ },
      ],
    },
    {
      machine: 'wdc65c02',
      folder: 'wdc65c02/v1',
      mayDiffer: [
        // Before correction, branches taken or not were the same, and the long nop shorter.
        { opcodes: /^.f$/, difference: /^cycles: expected 6, got [57]$/ },
        { opcodes: /^5c$/, difference: /^cycles: expected 4, got 8$/ },
        // Before correction: decimal numbers with digits above 9.
        { opcodes: /^(?:[ef][159d]|f2)$/, difference: /^A: [^;]+(?:; P\.N: [^;]+)?$/ },
      ],
    },
  ]

describe.skipIf(!suite).each(corpora)('$folder on $machine', ({ machine, folder, mayDiffer }) => {
  test.each(tiers)('%s', { timeout: 1_200_000 }, async (tier) => {
    const guest = await loadGuest(machine)
    const map = mapForFolder((await guest.conformance()).vectors, folder, machine)
    const checks = createConformance(guest, tier)
    const failures: string[] = []
    let [passed, run] = [0, 0]
    const files = vectorFiles(join(suite ?? '', folder))
    for (const { opcode, path } of files) {
      const vectors = readVectors(path).filter((_, i) => i % oneOf === 0)
      const all = checks.vectors(map, vectors)
      passed += all.passed
      run += vectors.length
      if (all.failed === 0) continue
      const excuses = mayDiffer.filter(({ opcodes }) => opcodes.test(opcode))
      for (const vector of excuses.length > 0 ? vectors : []) {
        const { difference } = checks.vectors(map, [vector]).first ?? {}
        if (difference !== undefined && !excuses.some((excuse) => excuse.difference.test(difference)))
          failures.push(`${opcode}: ${difference}`)
      }
      if (excuses.length === 0) failures.push(`${opcode}: ${all.failed} fail; ${all.first?.difference}`)
    }
    expect(failures).toEqual([])
    expect(files.length).toBe(256)
    expect(passed).toBeGreaterThan(run * 0.85)
  })
})
