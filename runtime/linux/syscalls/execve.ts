/** execve: another program takes the place of this one. Also scripts, whose first line names the program that reads them. */

import { word } from '../arguments.ts'
import { ElfError } from '../elf.ts'
import { E2BIG, EACCES, ELOOP, ENOEXEC, fail, LinuxError } from '../errno.ts'
import type { Handler, Kernel } from '../kernel.ts'
import { isDirectory, readWholeFile } from '../namespace.ts'
import { type NewProgram, prepareProgram } from '../start.ts'

/** Of arguments and environment together. */
const MOST_STRINGS = 1 << 16
/** Scripts that name scripts (BINPRM_MAX_RECURSION), and how much of a first line counts (BINPRM_BUF_SIZE). */
const MOST_SCRIPTS = 5
const FIRST_LINE = 256

export const execve: Handler = (kernel, [path, argv, env]) => {
  const name = kernel.memory.path(word(path))
  kernel.next = find(kernel, name, strings(kernel, word(argv)), strings(kernel, word(env)))
  return { kind: 'resume' }
}

/** Pointers to texts, up to a null one; a null list is empty. */
function strings({ memory }: Kernel, at: number): readonly string[] {
  const found: string[] = []
  if (at === 0) return found
  for (let i = 0; ; i++) {
    const pointer = memory.word(at + i * memory.wordBytes)
    if (pointer === 0) return found
    if (found.length >= MOST_STRINGS) fail(E2BIG)
    found.push(memory.path(pointer))
  }
}

function find(kernel: Kernel, name: string, argv: readonly string[], env: readonly string[]): NewProgram {
  let path = name
  let args = argv.length === 0 ? [''] : argv
  for (let scripts = 0; scripts < MOST_SCRIPTS; scripts++) {
    const place = kernel.names.existing(kernel.directory, path, true)
    if (isDirectory(place.stat) || (place.stat.mode & 0o111) === 0) fail(EACCES)
    const bytes = readWholeFile(kernel.names, place.path)
    const line = firstLine(bytes)
    if (line === undefined) return prepare(kernel, bytes, place.path, args, env)
    const [, interpreter = '', argument = ''] = /^[ \t]*([^ \t]*)[ \t]*(.*?)[ \t]*$/s.exec(line) ?? []
    if (interpreter === '') fail(ENOEXEC)
    args = [interpreter, ...(argument === '' ? [] : [argument]), path, ...args.slice(1)]
    path = interpreter
  }
  return fail(ELOOP)
}

/** Of a script: what follows `#!`. */
function firstLine(bytes: Uint8Array): string | undefined {
  if (bytes[0] !== 0x23 || bytes[1] !== 0x21) return undefined
  const head = bytes.subarray(2, FIRST_LINE)
  const end = head.indexOf(10)
  return new TextDecoder().decode(end < 0 ? head : head.subarray(0, end))
}

function prepare(
  kernel: Kernel,
  bytes: Uint8Array,
  path: string,
  argv: readonly string[],
  env: readonly string[],
): NewProgram {
  try {
    return prepareProgram(kernel, bytes, path, argv, env)
  } catch (error) {
    if (!(error instanceof ElfError)) throw error
    return fail(error.cause instanceof LinuxError ? error.cause.errno : ENOEXEC)
  }
}
