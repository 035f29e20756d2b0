/** The specs in test/specs/samples: slices of machines that no engine is built for yet. Names, widths, encodings and assembly must check. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { compile } from '../../generator/compile.ts'
import { render } from '../../generator/diagnostics/render.ts'

const folder = join(import.meta.dirname, '../specs/samples')
/** Parts of RISC-V, whose complete specs are in isa/, are kept for the parser alone. */
const parsedOnly = /^rv/

const samples = readdirSync(folder).filter((file) => file.endsWith('.isa') && !parsedOnly.test(file))

test.each(samples)('%s', { timeout: 60_000 }, (sample) => {
  const sources = [{ file: sample, text: readFileSync(join(folder, sample), 'utf8') }]
  const { session, isas, sources: texts } = compile(sources)
  expect(session.diagnostics.length, render(session.diagnostics, texts)).toBe(0)
  expect(isas.at(-1)?.instructions.length).toBeGreaterThan(10)
})
