/**
 * What the commands that run a Linux program have in common: options, and the file with the engine that it needs. Loads that one engine and no part of the
 * generator; run-linux.ts runs it.
 */

import { readFileSync } from 'node:fs'
import type { GuestIsa } from '../../runtime/abi.ts'
import { CommandError, type OptionTable, type Values } from './command.ts'
import { type ElfMachine, elfMachine } from './elf-file.ts'
import { isaForElf, loadIsa } from './load-isa.ts'
import { findProgram } from './run-program.ts'
import type { Terminal } from './terminal.ts'

/** Options of each command that runs a Linux program. */
export const programOptions = {
  isa: { type: 'string', describe: "the machine; an ELF file's is read from its header" },
  spec: { type: 'string', describe: 'a spec to take the machine from' },
  tier: {
    type: 'string',
    choices: ['interpreter', 'wasm-interpreter', 'baseline', 'optimising', 'auto'],
    default: 'auto',
    describe: 'how to run',
  },
  without: {
    type: 'string',
    array: true,
    describe:
      'optimisations to leave out, with commas between them, or all: the same results, only later (a wrong name lists them)',
  },
  'max-instructions': { type: 'number', describe: 'stop after so many' },
  map: {
    type: 'string',
    array: true,
    describe: 'GUEST[=HOST][:ro|rw]: let the program see a folder or file (default ro)',
  },
  sysroot: {
    type: 'string',
    alias: 'L',
    describe: "the folder that the program sees as '/' (default: none), read-only: a system's libraries",
  },
  env: { type: 'string', array: true, describe: 'K=V: set a variable of its environment' },
  cwd: { type: 'string', default: '/', describe: 'where the program starts, a path it sees' },
} as const satisfies OptionTable
export type ProgramOptions = Values<typeof programOptions>

export interface LoadedProgram {
  readonly isa: GuestIsa
  readonly file: Uint8Array
  readonly elf: ElfMachine
  /** The program's path in the guest, where it is not what argv[0] says. */
  readonly executable: string | undefined
  readonly argv: readonly string[]
}

/** `words`: PROGRAM and its arguments. */
export async function loadProgram(
  options: ProgramOptions,
  words: readonly string[],
  terminal: Terminal,
): Promise<LoadedProgram> {
  const [program = ''] = words
  const { host, guest } = findProgram(program, options.sysroot)
  const file = new Uint8Array(readFileSync(host))
  const elf = elfMachine(file)
  if (elf === undefined) throw new CommandError(`${program} is no ELF program (plain bytes run with isagen run --raw)`)
  const named = options.isa ?? (options.spec === undefined ? await isaForElf(elf, program) : undefined)
  const isa = await loadIsa({ isa: named, spec: options.spec }, terminal)
  return { isa, file, elf, executable: guest, argv: words }
}

/** Throws CommandError. */
export function instructionLimit(options: { readonly 'max-instructions': number | undefined }): number | undefined {
  const limit = options['max-instructions']
  if (limit !== undefined && !(limit >= 0)) throw new CommandError('--max-instructions needs a number from 0')
  return limit
}
