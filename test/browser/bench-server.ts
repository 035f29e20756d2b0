/** Bundles the page of benchmarks and serves it with the guest programs that it runs. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { benchPrograms } from './bench-programs.ts'
import { bundle } from './bundle.ts'
import { type PageServer, servePages } from './server.ts'

/** `root` is the project's folder. */
export async function serveBench(root: string, port = 0): Promise<PageServer> {
  const page = readFileSync(join(root, 'test/browser/bench-page.html'), 'utf8')
  const script = await bundle(root, 'test/browser/bench-page.ts')
  const worker = await bundle(root, 'test/browser/bench-worker.ts')
  const guests = new Set(benchPrograms.map(({ name }) => `${name}.rv64.elf`))
  return servePages((path) => {
    if (path === '') return { text: page }
    if (path === 'page.js') return { text: script }
    if (path === 'worker.js') return { text: worker }
    return guests.has(path) ? { file: join(root, 'test/guests', path) } : undefined
  }, port)
}
