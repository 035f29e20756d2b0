/**
 * gcc's c-torture execution tests (test/oracles/torture.sh brings them): C programs that end with exit status 0 when the compiler and the machine did right,
 * and abort when not. Here they are compiled for riscv64, static, and cached as programs.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { execute } from './command-line.ts'

export interface TortureTest {
  /** "20000112-1", "ieee/compare-fp-1". */
  readonly name: string
  readonly path: string
}

/** Of the folder and its folder `ieee`; `builtins` are pieces of programs. */
export function tortureTests(folder: string): TortureTest[] {
  const inFolder = (sub: string): TortureTest[] =>
    readdirSync(join(folder, sub))
      .filter((file) => file.endsWith('.c'))
      .sort()
      .map((file) => ({ name: join(sub, file.slice(0, -2)), path: join(folder, sub, file) }))
  return [...inFolder(''), ...inFolder('ieee')]
}

/** Compiles into `programs`, NAME.LEVEL; undefined where gcc refuses (the test is for another target, or a newer dialect). */
export async function compileTorture(
  gcc: string,
  { name, path }: TortureTest,
  level: string,
  programs: string,
): Promise<string | undefined> {
  mkdirSync(programs, { recursive: true })
  const program = `${name.replace('/', '-')}.${level}`
  const target = join(programs, program)
  if (existsSync(target)) return program
  const draft = `${target}.${process.pid}.draft`
  const options = [
    `-${level}`,
    '-march=rv64gc',
    '-mabi=lp64d',
    '-static',
    '-w',
    ...ownOptions(readFileSync(path, 'latin1')),
  ]
  const { status } = await execute(gcc, [...options, path, '-o', draft, '-lm'])
  if (status !== 0) {
    rmSync(draft, { force: true })
    return undefined
  }
  renameSync(draft, target)
  return program
}

/** What the test's own comments ask of every target. */
function ownOptions(text: string): string[] {
  const asked = text.matchAll(/dg-(?:additional-)?options\s+(?:"([^"]*)"|\{\s*"([^"]*)"\s*\})\s*\}/g)
  return [...asked].flatMap(([, plain, braced]) => (plain ?? braced ?? '').split(/\s+/)).filter((word) => word !== '')
}
