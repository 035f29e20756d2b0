/**
 * Suites of programs: ELF files in a folder, and their reference signatures in another. A reference is a file with the program's name and another ending; it holds
 * a word of 32 bits a line, in hex.
 */

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { CommandError } from './command.ts'
import { type ElfMachine, elfMachine } from './elf-file.ts'

export interface ProgramFile {
  readonly name: string
  readonly path: string
  readonly machine: ElfMachine
}

/** The ELF executables of a folder, or the one file, whose names match one of the patterns (`*` is any text); none: all. By name. */
export function programFiles(path: string, patterns: readonly string[]): ProgramFile[] {
  const single = statSync(path).isFile()
  const folder = single ? dirname(path) : path
  const names = single ? [basename(path)] : readdirSync(folder).sort()
  const wanted = patterns.map((pattern) => new RegExp(`^${pattern.split('*').map(literal).join('.*')}$`))
  const programs = names
    .filter((name) => wanted.length === 0 || wanted.some((one) => one.test(name)))
    .flatMap((name): ProgramFile[] => {
      const file = join(folder, name)
      if (!statSync(file).isFile()) return []
      const machine = elfMachine(new Uint8Array(readFileSync(file)))
      return machine ? [{ name, path: file, machine }] : []
    })
  if (programs.length > 0) return programs
  throw new CommandError(
    patterns.length > 0
      ? `there is no ELF program called ${patterns.join(' or ')} in ${folder}`
      : `${path} holds neither vectors (OPCODE.jsonl.gz) nor ELF programs`,
  )
}

/** The words of a program's reference signature. */
export function readReference(folder: string, program: string): readonly number[] {
  const stem = program.replace(/\.[^.]*$/, '')
  const found = readdirSync(folder).filter((name) => name.replace(/\.[^.]*$/, '') === stem)
  const [name, ...more] = found
  if (name === undefined) throw new CommandError(`there is no ${stem}.* in ${folder}`)
  if (more.length > 0) throw new CommandError(`${folder} has ${found.join(' and ')}: which one is it?`)
  const lines = readFileSync(join(folder, name), 'utf8').split('\n')
  return lines.flatMap((line, index) => {
    const digits = line.trim()
    if (digits === '') return []
    if (!/^[\da-f]{8}$/i.test(digits))
      throw new CommandError(`${join(folder, name)}:${index + 1}: no word of 8 hex digits`)
    return [Number.parseInt(digits, 16)]
  })
}

const literal = (text: string): string => text.replace(/[\\^$.|?+()[\]{}]/g, '\\$&')
