/**
 * Finds the programs that results are compared with. A missing one skips the tests that need it, and says so; with
 * ISAGEN_REQUIRE_ORACLES=1 (CI) it is an error. `bash .ci/oracles.sh` installs all of them on Debian.
 */

import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Programs by their role; the first name found on PATH is taken. */
const candidates = {
  'llvm-mc': ['llvm-mc-19', 'llvm-mc'],
  'qemu-riscv64': ['qemu-riscv64', 'qemu-riscv64-static'],
  'qemu-riscv32': ['qemu-riscv32', 'qemu-riscv32-static'],
  'riscv64-gcc': ['riscv64-linux-gnu-gcc'],
  gcc: ['gcc'],
  chromium: ['chromium'],
  ca65: ['ca65'],
  ld65: ['ld65'],
  z80asm: ['z80asm'],
  pasmo: ['pasmo'],
  z80dasm: ['z80dasm'],
  sdasgb: ['sdasgb'],
  nasm: ['nasm'],
  ndisasm: ['ndisasm'],
} as const

export type Tool = keyof typeof candidates

/** Texts of LLVM's disassembler change from release to release; the tests speak of this one. */
const llvmRelease = 19

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url))
/** Foreign packages and built guests, outside git. */
export const cacheFolder = process.env.ISAGEN_TEST_CACHE ?? join(projectRoot, '.cache')
/** One level above the clone unless ISAGEN_VECTORS says otherwise; see its README for the corpora. */
export const vectorsFolder = process.env.ISAGEN_VECTORS ?? join(projectRoot, '..', 'shared', 'vectors')

const required = process.env.ISAGEN_REQUIRE_ORACLES === '1'
const found = new Map<Tool, string | undefined>()

/** The tool's path, or undefined: then the caller skips its tests. Throws where oracles are required. */
export function oracle(tool: Tool): string | undefined {
  if (!found.has(tool)) {
    const path = search(tool)
    if (path === undefined) missing(tool, installs)
    found.set(tool, path)
  }
  return found.get(tool)
}

/** A file or folder; undefined (or an error where oracles are required) when it is not there. `how` says how to get it. */
export function oracleFile(path: string, how = installs): string | undefined {
  if (existsSync(path)) return path
  missing(path, how)
  return undefined
}

const installs = 'bash .ci/oracles.sh installs what comparisons need'

function missing(what: string, how: string): void {
  const message = `${what} is missing: ${how}`
  if (required) throw new Error(message)
  process.stderr.write(`skipped: ${message}\n`)
}

function search(tool: Tool): string | undefined {
  for (const name of candidates[tool]) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      const path = join(folder, name)
      if (executable(path) && (tool !== 'llvm-mc' || isRelease(path, llvmRelease))) return path
    }
  }
  return undefined
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function isRelease(path: string, release: number): boolean {
  const version = /LLVM version (\d+)\./.exec(execFileSync(path, ['--version'], { encoding: 'utf8' }))
  return Number(version?.[1]) === release
}
