/** Runs one guest program in one tier for the page of benchmarks, and tells how long it took. In: a BenchRequest a message; out: its BenchAnswer. */

import { isa as rv64gc } from 'isagen/generated/rv64gc'
import { isa as rv64imac } from 'isagen/generated/rv64imac'
import { createMemoryHost, LINUX_MEMORY, riscv64, runLinux } from 'isagen/linux'
import { createEngine } from 'isagen/runtime'
import type { BenchAnswer, BenchRequest } from './bench-programs.ts'

const isas = [rv64gc, rv64imac]

self.onmessage = async ({ data }: MessageEvent<BenchRequest>) => {
  self.postMessage(await measure(data).catch((error: unknown) => ({ error: String(error) })))
}

async function measure({ file, argv, tier }: BenchRequest): Promise<BenchAnswer> {
  const response = await fetch(file)
  if (!response.ok) throw new Error(`there is no ${file}`)
  const elf = new Uint8Array(await response.arrayBuffer())
  const named = riscv64.isaFor(new DataView(elf.buffer).getUint32(48, true))
  const isa = isas.find(({ name }) => name === named)
  if (!isa) throw new Error(`${file} wants ${named}, which is not in this page`)
  const decoder = new TextDecoder()
  let output = ''
  const host = createMemoryHost({
    output: (bytes) => {
      output += decoder.decode(bytes, { stream: true })
    },
  })
  const engine = createEngine(isa, { memoryBytes: LINUX_MEMORY, tier })
  if (engine.tier !== tier) throw new Error('this browser has no tail calls in WebAssembly')
  const begun = performance.now()
  const result = runLinux(engine, elf, { arch: riscv64, argv: [file, ...argv], host })
  const milliseconds = performance.now() - begun
  if (result.kind !== 'exit' || result.code !== 0) throw new Error(`${file} ended with ${result.kind}`)
  return { instructions: engine.stats().instructions, milliseconds, output }
}
