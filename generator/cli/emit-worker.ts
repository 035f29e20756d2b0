/** The second thread of emit-machines.ts: gets checked machines, gives back their files. */

import { parentPort, workerData } from 'node:worker_threads'
import { type EmittedFile, emitIsa } from '../emit/index.ts'
import type { Isa } from '../ir/isa.ts'

const files: EmittedFile[] = []
for (const isa of workerData as readonly Isa[]) files.push(...(await emitIsa(isa)))
parentPort?.postMessage(files)
