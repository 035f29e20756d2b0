/** Runs test/filetests/<phase>/*: one file, one test. README.md has the format. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { render } from '../../generator/diagnostics/render.ts'
import { differences, readExpectations } from './expectations.ts'
import { phases } from './phases.ts'

const folder = fileURLToPath(new URL('.', import.meta.url))

for (const [phase, run] of Object.entries(phases)) {
  describe(phase, () => {
    const files = readdirSync(join(folder, phase)).filter((file) => file.endsWith('.isa'))
    test.each(files)('%s', (file) => {
      const text = readFileSync(join(folder, phase, file), 'utf8')
      const expected = readExpectations(text)
      const silent = !expected.ok && expected.diagnostics.length === 0
      expect(silent, 'a filetest without an expectation').toBe(false)
      const reported = run(file, text)
      const found = differences(expected, reported, text)
      expect(found, render(reported, new Map([[file, text]]))).toEqual([])
    })
  })
}
