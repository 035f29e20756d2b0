/** `isagen size`: how long specs are, in lines that are neither blank nor comment; a file each, and a machine with all it is composed of. */

import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { CommandError, defineCommand, EXIT_OK } from './command.ts'
import { compileSpecs } from './compile-specs.ts'
import { findSpecFiles, findSpecOfIsa, type Outline, specOfIsa } from './spec-files.ts'
import { type Terminal, table } from './terminal.ts'

export const command = defineCommand({
  usage: 'size [SPEC…]',
  describe:
    'Count the lines of specs that are neither blank nor comment. A SPEC is a file, a folder, or the name of a machine that comes with the package; no SPEC: those of ./isa.',
  operands: { least: 0, most: Number.POSITIVE_INFINITY, name: 'a SPEC' },
  options: { json: { type: 'boolean', describe: 'print one JSON object' } },
  examples: [
    ['isagen size isa/mos6502', 'files and machines under a folder'],
    ['isagen size rv64gc_zba_zbb', 'a machine, and the files it is composed of'],
  ],
  run: async ({ options, operands }, terminal) => {
    if (operands.length === 0 && !existsSync('isa'))
      throw new CommandError('size needs a SPEC: there is no folder isa here')
    const names = operands.filter((operand) => !existsSync(operand) && specOfIsa(operand) !== undefined)
    const paths = operands.length === 0 ? ['isa'] : operands.filter((operand) => !names.includes(operand))
    const machines: Sizes[] = []
    for (const name of names) machines.push(await sizesOfMachine(name, terminal))
    if (paths.length > 0) machines.push(sizesUnder(paths))
    printSizes(merged(machines), options.json, terminal)
    return EXIT_OK
  },
})

/** Lines by file, and by machine with all its parts. */
interface Sizes {
  readonly files: readonly { readonly file: string; readonly lines: number }[]
  readonly isas: readonly { readonly isa: string; readonly lines: number }[]
}

export function sizesUnder(specs: readonly string[]): Sizes {
  const { files, isas } = findSpecFiles(specs)
  return { files: files.map(sizeOfFile), isas: isas.map((isa) => ({ isa, lines: sizeOfIsa(isa, files) })) }
}

/** Of a machine of the package that an isa item declares or a family composes: the compiler tells which files it is made of. */
async function sizesOfMachine(name: string, terminal: Terminal): Promise<Sizes> {
  const found = findSpecFiles([findSpecOfIsa(name)])
  const [isa] = await compileSpecs(found, terminal, name)
  const own = new Set(isa?.sources.map(({ file }) => file))
  const files = found.files.filter(({ path }) => own.has(basename(path))).map(sizeOfFile)
  return { files, isas: [{ isa: name, lines: files.reduce((sum, { lines }) => sum + lines, 0) }] }
}

/** A file that several have counts once. */
function merged(all: readonly Sizes[]): Sizes {
  const files = new Map(all.flatMap(({ files }) => files.map((one) => [one.file, one])))
  return { files: [...files.values()], isas: all.flatMap(({ isas }) => isas) }
}

export function printSizes({ files, isas }: Sizes, json: boolean, terminal: Terminal): void {
  if (json) {
    terminal.out(`${JSON.stringify({ files, isas })}\n`)
    return
  }
  terminal.out(table([['file', 'lines'], ...files.map(({ file, lines }) => [file, String(lines)])], [1]))
  if (isas.length > 0) {
    terminal.out('\n')
    terminal.out(
      table([['isa, with all its parts', 'lines'], ...isas.map(({ isa, lines }) => [isa, String(lines)])], [1]),
    )
  }
}

function sizeOfFile({ file, text }: Outline): Sizes['files'][number] {
  return { file, lines: countLines(text) }
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
