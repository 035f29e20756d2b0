/** What the commands themselves cost: building all engines from their specs, starting `isagen run`, and how long the specs are. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isagen, median, projectRoot, run } from './processes.ts'

export interface BuildResult {
  readonly seconds: number
  readonly peakMegabytes: number
}
/** Whole processes, into an empty folder. */
export function benchBuild(rounds: number): BuildResult {
  const results = Array.from({ length: rounds }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'isagen-bench-'))
    try {
      const { out, milliseconds } = isagen('build', '--out', folder, '--json')
      const { peakMegabytes } = JSON.parse(out) as { readonly peakMegabytes: number }
      return { seconds: milliseconds / 1000, peakMegabytes }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
  return {
    seconds: median(results.map((result) => result.seconds)),
    peakMegabytes: Math.max(...results.map((result) => result.peakMegabytes)),
  }
}

export interface StartResult {
  /** `isagen run` of a guest that ends at once, process start to end. */
  readonly runMilliseconds: number
  /** Node alone, on an empty script. */
  readonly nodeMilliseconds: number
}
export function benchStart(rounds: number): StartResult {
  const guest = join(projectRoot, 'test/guests/fib.rv64.elf')
  const own: number[] = []
  const node: number[] = []
  for (let round = 0; round < rounds; round++) {
    own.push(isagen('run', guest, '--', '1').milliseconds)
    node.push(run(process.execPath, ['-e', '0']).milliseconds)
  }
  return { runMilliseconds: median(own), nodeMilliseconds: median(node) }
}

export interface SpecSize {
  /** A file, or an isa with all its parts. */
  readonly name: string
  /** Neither blank nor comment. */
  readonly lines: number
}
export function specSizes(): SpecSize[] {
  const { files, isas } = JSON.parse(isagen('size', '--json').out) as {
    readonly files: readonly { readonly file: string; readonly lines: number }[]
    readonly isas: readonly { readonly isa: string; readonly lines: number }[]
  }
  return [
    ...files.map(({ file, lines }) => ({ name: file, lines })),
    ...isas.map(({ isa, lines }) => ({ name: isa, lines })),
  ]
}
