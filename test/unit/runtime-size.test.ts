/**
 * The runtime stays small: its core (engine, JIT, caches, slab; no platform, no assembler, no conformance tests, no generated code) as a page would
 * load it, bundled and minified by rolldown, gzipped.
 */

import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { bundle } from '../browser/bundle.ts'
import { projectRoot } from '../oracles/oracle.ts'

const LIMIT = 40_000

test(`the runtime's core is at most ${LIMIT} bytes, minified and gzipped`, async () => {
  const code = await bundle(projectRoot, 'runtime/index.ts', { minify: true, without: /\bconform\// })
  // The engine is in it, platforms are not.
  expect(code).toContain('WebAssembly.Module')
  expect(code).not.toContain('ENOSYS')
  expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(LIMIT)
})
