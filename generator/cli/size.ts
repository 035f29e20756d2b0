/** `isagen size`: how long specs are, in lines that are neither blank nor comment; a file each, and a machine with all it is composed of. */

import { existsSync } from 'node:fs'
import { CommandError, defineCommand, EXIT_OK } from './command.ts'
import { findSpecFiles, type Outline } from './spec-files.ts'
import { type Terminal, table } from './terminal.ts'

export const command = defineCommand({
  usage: 'size [SPEC…]',
  describe: 'Count the lines of specs that are neither blank nor comment. No SPEC: those of ./isa.',
  operands: { least: 0, most: Number.POSITIVE_INFINITY, name: 'a SPEC' },
  options: { json: { type: 'boolean', describe: 'print one JSON object' } },
  examples: [['isagen size isa/mos6502', 'files and machines under a folder']],
  run: async ({ options, operands }, terminal) => printSizes(operands, options.json, terminal),
})

export function printSizes(specs: readonly string[], json: boolean, terminal: Terminal): number {
  if (specs.length === 0 && !existsSync('isa')) throw new CommandError('size needs a SPEC: there is no folder isa here')
  const { files, isas } = findSpecFiles(specs.length > 0 ? specs : ['isa'])
  const byFile = files.map(({ file, text }) => ({ file, lines: countLines(text) }))
  const byIsa = isas.map((isa) => ({ isa, lines: sizeOfIsa(isa, files) }))
  if (json) {
    terminal.out(`${JSON.stringify({ files: byFile, isas: byIsa })}\n`)
    return EXIT_OK
  }
  terminal.out(table([['file', 'lines'], ...byFile.map(({ file, lines }) => [file, String(lines)])], [1]))
  if (byIsa.length > 0) {
    terminal.out('\n')
    terminal.out(
      table([['isa, with all its parts', 'lines'], ...byIsa.map(({ isa, lines }) => [isa, String(lines)])], [1]),
    )
  }
  return EXIT_OK
}

/** Lines that hold something beside blanks and comments (`//`, `///`, `//!`). */
export function countLines(text: string): number {
  return text.split('\n').filter((line) => /\S/.test(line) && !/^\s*\/\//.test(line)).length
}

function sizeOfIsa(isa: string, files: readonly Outline[]): number {
  const homes = new Set<Outline>()
  const names = new Set([isa])
  for (const name of names) {
    for (const file of files) {
      const item = file.declared.find((one) => one.name === name)
      if (!item) continue
      homes.add(file)
      for (const need of item.needs) names.add(need)
    }
  }
  return [...homes].reduce((sum, file) => sum + countLines(file.text), 0)
}
