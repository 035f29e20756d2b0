/**
 * Suites from upstream repositories, which no package brings: built beside the project by whoever wants to run them, and found by an environment variable.
 * So a missing one only skips its tests, also where other oracles are required; the message says how to get it.
 */

import { existsSync } from 'node:fs'
import { isagen } from './command-line.ts'

/** The folder or file that the variable names; undefined: the caller skips its tests. Throws when the variable leads nowhere. */
export function suitePath(variable: string, how: string): string | undefined {
  const path = process.env[variable]
  if (path === undefined || path === '') {
    process.stderr.write(`skipped: ${variable} is not set: ${how}\n`)
    return undefined
  }
  if (!existsSync(path)) throw new Error(`${variable} is ${path}, which does not exist`)
  return path
}

export interface SuiteReport {
  readonly passed: number
  readonly failed: number
  readonly rows: readonly {
    readonly name: string
    readonly way: string
    readonly first?: { readonly difference: string }
  }[]
}

/** `isagen conform` with these arguments. Throws when it could not be done. */
export async function conform(args: readonly string[]): Promise<SuiteReport> {
  const { status, out, err } = await isagen(['conform', '--json', ...args])
  if (status !== 0 && status !== 1) throw new Error(err)
  return JSON.parse(out.toString()) as SuiteReport
}

/** "NAME, TIER: DIFFERENCE" of each program that failed. */
export function failures({ rows }: SuiteReport): string[] {
  return rows.flatMap(({ name, way, first }) => (first ? [`${name}, ${way}: ${first.difference}`] : []))
}
