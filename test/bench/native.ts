/** The guest programs compiled for the host: gcc -O2 without vectorising (RISC-V's base has no vectors), sums and products fused where the host can, as RISC-V's gcc does. */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isInstalled, projectRoot } from './processes.ts'
import type { Program } from './programs.ts'

export interface NativePrograms {
  /** undefined where it has no source, or none that this host's compiler takes. */
  path(program: Program): string | undefined
  /** What was left out, and why. */
  readonly notes: readonly string[]
  remove(): void
}

const flags = ['-std=gnu11', '-O2', '-fno-tree-vectorize', '-fno-math-errno']

/** undefined, and a note, where there is no gcc. */
export function buildNative(programs: readonly Program[]): NativePrograms | undefined {
  if (!isInstalled('gcc')) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'isagen-bench-'))
  const guests = join(projectRoot, 'test/guests')
  const built = new Map<string, string>()
  const notes: string[] = []
  for (const { source } of programs) {
    if (source === undefined || built.has(source)) continue
    const output = join(folder, source)
    const sources = [join(guests, 'guest.c'), join(guests, `${source}.c`)]
    const { status, stderr } = spawnSync('gcc', [...flags, ...fused(), '-o', output, ...sources, '-lm'], {
      encoding: 'utf8',
    })
    if (status === 0) built.set(source, output)
    else notes.push(`native ${source} is left out: gcc says ${stderr.trim().split('\n').at(-1)}`)
  }
  return {
    path: ({ native, source = '' }) => native ?? built.get(source),
    notes,
    remove: () => rmSync(folder, { recursive: true }),
  }
}

/** x86-64 has fused sums and products since 2013 but compilers must be told. Without them programs print other last digits. */
function fused(): readonly string[] {
  return process.arch === 'x64' && hasFma() ? ['-mfma'] : []
}
function hasFma(): boolean {
  try {
    return /^flags\s*:.*\bfma\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'))
  } catch {
    return false
  }
}
/** Whether a native program gives the same floating-point results as RISC-V's. */
export function sameDoubles(): boolean {
  return process.arch === 'x64' ? hasFma() : process.arch === 'arm64'
}
