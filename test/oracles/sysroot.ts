/**
 * Runs programs of a foreign Debian (unpacked by sysroot.sh) under isagen and under qemu-user, each seeing the same: the sysroot as '/', one folder
 * to work in, an environment that says nothing of this machine.
 */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type ExecuteOptions, execute, type Finished, isagen } from './command-line.ts'
import { cacheFolder, oracle, oracleFile } from './oracle.ts'

export const sysroot = join(cacheFolder, 'sysroot-riscv64')
const environment = { PATH: '/usr/bin:/bin', TZ: 'UTC', LC_ALL: 'C', HOME: '/root' }

/** undefined: not here. `program` is a path in the sysroot. */
export function sysrootProgram(program: string): string | undefined {
  return oracleFile(join(sysroot, program))
}

export interface ForeignRun extends Pick<ExecuteOptions, 'input'> {
  /** Path in the sysroot, or of the host. */
  readonly program: string
  readonly args: readonly string[]
  /** Folder of this machine that the program sees under the same name, and may change. */
  readonly folder: string
}

export function underQemu({ program, args, input }: ForeignRun): Promise<Finished> {
  const inside = join(sysroot, program)
  const command = ['-L', sysroot, '-0', program, existsSync(inside) ? inside : program, ...args]
  return execute(oracle('qemu-riscv64') ?? '', command, { input, env: environment })
}

export function underIsagen({ program, args, folder, input }: ForeignRun, tier: string): Promise<Finished> {
  const env = Object.entries(environment).flatMap(([name, value]) => ['--env', `${name}=${value}`])
  const options = ['-L', sysroot, '--map', `${folder}:rw`, '--tier', tier, ...env]
  return isagen(['run', ...options, program, '--', ...args], { input })
}
