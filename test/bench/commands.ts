/** What the commands themselves cost: building all engines from their specs, starting `isagen run`, and how long the specs are. */

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
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

/** Milliseconds, process start to end; medians of rounds that alternate. */
export interface StartResult {
  /** `isagen run` of a guest that ends at once. */
  readonly runMilliseconds: number
  /** Node alone, on an empty script. */
  readonly nodeMilliseconds: number
  /** `busybox true`, a program of a distribution, where it was unpacked. */
  readonly busyboxMilliseconds?: number
  /** A large program that starts, prints a line and ends: with an empty translation cache, and with what that run left there. */
  readonly large?: { readonly name: string; readonly firstMilliseconds: number; readonly secondMilliseconds: number }
}
type Start = 'own' | 'node' | 'box' | 'first' | 'second'

export function benchStart(rounds: number): StartResult {
  const guest = join(projectRoot, 'test/guests/fib.rv64.elf')
  const sysroot = join(process.env.ISAGEN_TEST_CACHE ?? join(projectRoot, '.cache'), 'sysroot-riscv64')
  const busybox = join(sysroot, 'usr/bin/busybox')
  const python = namesIn(join(sysroot, 'usr/bin')).find((name) => /^python3\.\d+$/.test(name))
  const times = { own: [], node: [], box: [], first: [], second: [] } as Record<Start, number[]>
  for (let round = 0; round < rounds; round++) {
    times.own.push(isagen('run', guest, '--', '1').milliseconds)
    times.node.push(run(process.execPath, ['-e', '0']).milliseconds)
    if (existsSync(busybox)) times.box.push(isagen('run', busybox, '--', 'true').milliseconds)
    if (python === undefined) continue
    const folder = mkdtempSync(join(tmpdir(), 'isagen-bench-'))
    try {
      const words = [
        'run',
        '-L',
        sysroot,
        `--translation-cache=${folder}`,
        `/usr/bin/${python}`,
        '--',
        '-c',
        'print(6*7)',
      ]
      times.first.push(isagen(...words).milliseconds)
      times.second.push(isagen(...words).milliseconds)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  return {
    runMilliseconds: median(times.own),
    nodeMilliseconds: median(times.node),
    ...(times.box.length > 0 && { busyboxMilliseconds: median(times.box) }),
    ...(python !== undefined && {
      large: { name: python, firstMilliseconds: median(times.first), secondMilliseconds: median(times.second) },
    }),
  }
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
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
