/** Bundles the page of benchmarks and serves it with the guest programs that it runs. */

import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { programs } from '../bench/programs.ts'
import type { BenchProgram } from './bench-programs.ts'
import { bundle } from './bundle.ts'
import { type PageServer, servePages } from './server.ts'

/** Work for the interpreter, for tiers that compile, and for a glance, in the suite's units: a second of qemu-user each. */
const SHORT = 0.05
const LONG = 1
const QUICK = 0.001

export const benchPrograms: readonly BenchProgram[] = programs.map(({ name, group, file, args }) => ({
  name,
  group,
  file: basename(file),
  short: args(SHORT),
  long: args(LONG),
  quick: args(QUICK),
}))

/** `root` is the project's folder. */
export async function serveBench(root: string, port = 0): Promise<PageServer> {
  const page = readFileSync(join(root, 'test/browser/bench-page.html'), 'utf8')
  const script = await bundle(root, 'test/browser/bench-page.ts')
  const worker = await bundle(root, 'test/browser/bench-worker.ts')
  const guests = new Set(benchPrograms.map(({ file }) => file))
  return servePages((path) => {
    if (path === '') return { text: page }
    if (path === 'page.js') return { text: script }
    if (path === 'worker.js') return { text: worker }
    if (path === 'programs.json') return { text: JSON.stringify(benchPrograms) }
    return guests.has(path) ? { file: join(root, 'test/guests', path) } : undefined
  }, port)
}
