/** Runs the built command line as a user would: `npm test` has built it before. */

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from './oracle.ts'

const cli = join(projectRoot, 'dist/generator/cli.js')

export interface Finished {
  /** The signal's name when there was no exit code. */
  readonly status: number | string
  readonly out: Buffer
  readonly err: string
}

export function isagen(args: readonly string[], options: ExecuteOptions = {}): Promise<Finished> {
  if (!existsSync(cli)) throw new Error('dist/ is missing: npm run build makes it')
  return execute(process.execPath, [cli, ...args], options)
}

export interface ExecuteOptions {
  readonly input?: Uint8Array | undefined
  readonly env?: Readonly<Record<string, string>>
}

export function execute(command: string, args: readonly string[], options: ExecuteOptions = {}): Promise<Finished> {
  const child = spawn(command, args, { cwd: projectRoot, env: { ...process.env, ...options.env } })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  // A guest that ends without reading its input closes the pipe.
  child.stdin.on('error', () => {})
  child.stdin.end(options.input)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      resolve({ status: code ?? signal ?? 'unknown', out: Buffer.concat(out), err: Buffer.concat(err).toString() })
    })
  })
}
