/** Runs the built command line and other programs for the benchmarks, one process a measurement. */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Whether from test/bench or from .cache/bench/test/bench, where this file is compiled to. */
export const projectRoot = folderWith('package.json', fileURLToPath(new URL('.', import.meta.url)))
export const cli = join(projectRoot, 'dist/generator/cli.js')

function folderWith(file: string, folder: string): string {
  return existsSync(join(folder, file)) ? folder : folderWith(file, dirname(folder))
}

export interface Finished {
  readonly out: string
  readonly err: string
  /** Wall time, start of the process to its end. */
  readonly milliseconds: number
}

/** Throws when the program cannot be started or does not end with 0. */
export function run(command: string, args: readonly string[]): Finished {
  const start = performance.now()
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: projectRoot,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const milliseconds = performance.now() - start
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}\n${stderr}`)
  return { out: stdout, err: stderr, milliseconds }
}

/** The shell measures its child's processor time; what the child itself says on stderr stays apart. */
const timed = 'TIMEFORMAT=\'%U %S\'; { time "$@" 2>&4; } 4>&2 2>&3'

export interface Timed extends Finished {
  /** Processor time of all its threads, user and system. */
  readonly cpuMilliseconds: number
}

/** As `run`, with processor time; wants bash. */
export function runTimed(command: string, args: readonly string[]): Timed {
  const start = performance.now()
  const { status, output, error } = spawnSync('bash', ['-c', timed, 'bash', command, ...args], {
    cwd: projectRoot,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const milliseconds = performance.now() - start
  if (error) throw error
  const [out, err, times] = [output[1] ?? '', output[2] ?? '', output[3] ?? '']
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}\n${err}`)
  const [user, system] = times.trim().split(' ').map(Number)
  if (user === undefined || system === undefined) throw new Error(`bash tells no times: ${times}`)
  return { out, err, milliseconds, cpuMilliseconds: (user + system) * 1000 }
}

export function isagen(...args: readonly string[]): Finished {
  return run(process.execPath, [cli, ...args])
}

export function isInstalled(command: string): boolean {
  return spawnSync(command, ['--version']).error === undefined
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[middle]]
  if (low === undefined || high === undefined) throw new Error('the median of nothing')
  return (low + high) / 2
}
