/**
 * Emits several machines on two threads: emitting takes about as long as compiling, and each machine is independent. In: checked machines. Out:
 * their files, in the machines' order. Run from TypeScript sources, or with one machine, it stays on this thread.
 */

import { Worker } from 'node:worker_threads'
import type { EmittedFile } from '../emit/index.ts'
import type { Isa } from '../ir/isa.ts'
import type { Stmt } from '../ir/stmt.ts'

export async function emitMachines(isas: readonly Isa[], started: (isa: Isa) => void): Promise<readonly EmittedFile[]> {
  const compiled = import.meta.url.endsWith('.js')
  const [here, there] = isas.length > 1 && compiled ? halves(isas) : [isas, []]
  const elsewhere = there.length > 0 ? emitInWorker(there) : Promise.resolve([])
  const { emitIsa } = await import('../emit/index.ts')
  const files: EmittedFile[] = []
  for (const isa of here) {
    started(isa)
    files.push(...(await emitIsa(isa)))
  }
  const all = [...files, ...(await elsewhere)]
  return isas.flatMap((isa) => all.filter(({ path }) => path.startsWith(`${isa.name}/`)))
}

/** Two lists of about the same weight: the heaviest first, each to the lighter side. */
function halves(isas: readonly Isa[]): [Isa[], Isa[]] {
  const side = (): { isas: Isa[]; weight: number } => ({ isas: [], weight: 0 })
  const [a, b] = [side(), side()]
  const weighed = isas.map((isa) => ({ isa, weight: weightOf(isa) })).sort((x, y) => y.weight - x.weight)
  for (const { isa, weight } of weighed) {
    const lighter = a.weight <= b.weight ? a : b
    lighter.isas.push(isa)
    lighter.weight += weight
  }
  return [a.isas, b.isas]
}
function weightOf(isa: Isa): number {
  const count = (statements: readonly Stmt[]): number =>
    statements.reduce((sum, s) => sum + (s.kind === 'if' ? 1 + count(s.then) + count(s.otherwise) : 1), 0)
  return isa.instructions.reduce(
    (sum, { semantics }) => sum + 4 + (semantics.kind === 'body' ? count(semantics.body.statements) : 0),
    0,
  )
}

function emitInWorker(isas: readonly Isa[]): Promise<readonly EmittedFile[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./emit-worker.js', import.meta.url), { workerData: isas })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}
