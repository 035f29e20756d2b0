/** `isagen asm FILE`: assembles a source text to plain bytes, or shows them as a listing. See assemble-file.ts for what a source may hold. */

import { readFileSync, writeFileSync } from 'node:fs'
import { assembleText } from './assemble-file.ts'
import { CommandError, defineCommand, EXIT_FOUND, EXIT_OK } from './command.ts'
import { loadIsa } from './load-isa.ts'
import { hexBytes, parseAddress } from './numbers.ts'
import { bytes, table } from './terminal.ts'

export const command = defineCommand({
  usage: 'asm FILE|-',
  describe: 'Assemble a file, or standard input with -. Without -o or --json the listing is printed.',
  operands: { least: 1, most: 1, name: 'a FILE (- for standard input)' },
  options: {
    isa: { type: 'string', describe: 'the machine' },
    spec: { type: 'string', describe: 'a spec to take the machine from' },
    org: { type: 'string', describe: 'address of the first byte', default: '0' },
    output: { type: 'string', alias: 'o', describe: 'write the bytes to this file' },
    listing: { type: 'boolean', describe: 'print addresses and bytes beside the source' },
    json: { type: 'boolean', describe: 'print one JSON object: bytes (hex), labels, mistakes' },
  },
  examples: [
    ['isagen asm sum.s --isa mos6502 --org 0x0600 -o sum.bin', 'bytes to a file'],
    ['echo "add a0, a0, a1" | isagen asm - --isa rv64imac', 'a listing'],
  ],
  notes:
    'A source has labels (name:), constants (name = 1), comments (; and //) and the directives .org .align .byte .half\n' +
    '.word .dword .ascii .asciz .space. Exit code 1 when it has mistakes.',
  run: async ({ options, operands: [file = '-'] }, terminal) => {
    const isa = await loadIsa(options, terminal)
    const text = readFileSync(file === '-' ? 0 : file, 'utf8')
    const origin = parseAddress(options.org, '--org')
    const result = assembleText(text, await isa.assembler(), isa.endian, origin)
    if (options.json) {
      const labels = Object.fromEntries([...result.labels].map(([name, value]) => [name, Number(value)]))
      const code = Buffer.from(result.bytes).toString('hex')
      terminal.out(
        `${JSON.stringify({ origin: Number(result.origin), bytes: code, labels, mistakes: result.mistakes })}\n`,
      )
      return result.mistakes.length > 0 ? EXIT_FOUND : EXIT_OK
    }
    if (result.mistakes.length > 0) {
      const shown = file === '-' ? 'standard input' : file
      const lines = text.split(/\r?\n/)
      for (const { line, column, message } of result.mistakes) {
        terminal.err(`${shown}:${line}:${column}: ${message}\n  ${(lines[line - 1] ?? '').trim()}\n`)
      }
      throw new CommandError(
        `${result.mistakes.length} mistake${result.mistakes.length === 1 ? '' : 's'} in ${shown}`,
        EXIT_FOUND,
      )
    }
    if (options.output !== undefined) {
      writeFileSync(options.output, result.bytes)
      terminal.err(`${options.output}: ${bytes(result.bytes.length)} from address 0x${result.origin.toString(16)}\n`)
    }
    if (options.listing || options.output === undefined) {
      const rows = result.lines.map((line) => [
        `${line.address.toString(16).padStart(4, '0')}:`,
        hexBytes(line.bytes),
        line.text.trim(),
      ])
      terminal.out(table(rows))
    }
    return EXIT_OK
  },
})
