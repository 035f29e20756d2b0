/**
 * Which file `isagen run` runs, and the name under which the program finds itself. In: PROGRAM and the folder of --sysroot, if any. Out: the host's
 * file, and the guest's path of it where the two differ.
 */

import { existsSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, join, relative, sep } from 'node:path'
import { CommandError } from './command.ts'

export interface ProgramFile {
  readonly host: string
  /** undefined: what PROGRAM says. */
  readonly guest: string | undefined
}

/** An absolute PROGRAM that the system root has is meant there; else it is a path of the host. Inside the root a program is called as it is there. */
export function findProgram(program: string, sysroot: string | undefined): ProgramFile {
  if (sysroot === undefined) return { host: program, guest: undefined }
  if (!existsSync(sysroot) || !statSync(sysroot).isDirectory()) throw new CommandError(`-L: ${sysroot} is no folder`)
  const root = realpathSync(sysroot)
  const inside = join(root, program)
  if (isAbsolute(program) && existsSync(inside)) return { host: inside, guest: program }
  if (!existsSync(program)) return { host: program, guest: undefined }
  const path = relative(root, realpathSync(program))
  const outside = path.startsWith('..') || isAbsolute(path)
  return { host: program, guest: outside ? undefined : `/${path.split(sep).join('/')}` }
}
