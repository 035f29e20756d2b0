/** `isagen asm FILE`: assembles a source text to plain bytes, or shows them as a listing. runtime/assembly/program.ts says what a source may hold. */

import { readFileSync, writeFileSync } from 'node:fs'
import { CommandError, defineCommand, EXIT_FOUND, EXIT_OK } from './command.ts'
import { loadIsaAndCompare } from './load-isa.ts'
import { hex, hexBytes, parseAddress } from './numbers.ts'
import { bytes, counted, table } from './terminal.ts'

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
    json: { type: 'boolean', describe: 'print one JSON object: bytes (hex), symbols, errors' },
  },
  examples: [
    ['isagen asm sum.s --isa mos6502 --org 0x0600 -o sum.bin', 'bytes to a file'],
    ['echo "add a0, a0, a1" | isagen asm - --isa rv64imac', 'a listing'],
  ],
  notes:
    'A source has labels (name:), constants (name = 1), comments (; and //) and the directives .org .balign .p2align ' +
    '.byte .half .word .dword .ascii .asciz .zero. Exit code 1 when it has errors.',
  run: async ({ options, operands: [file = '-'] }, terminal) => {
    const isa = await loadIsaAndCompare(options, terminal)
    const text = readFileSync(file === '-' ? 0 : file, 'utf8')
    const { assembleProgram } = await import('isagen/runtime/assembly')
    const result = assembleProgram(await isa.assembler(), text, {
      origin: parseAddress(options.org, '--org'),
      endian: isa.endian,
      pcWidth: isa.pcWidth,
    })
    const { origin, errors } = result
    if (options.json) {
      const symbols = Object.fromEntries([...result.symbols].map(([name, value]) => [name, hex(value)]))
      const code = Buffer.from(result.bytes).toString('hex')
      terminal.out(`${JSON.stringify({ origin: hex(origin), bytes: code, symbols, errors })}\n`)
      return errors.length > 0 ? EXIT_FOUND : EXIT_OK
    }
    const lines = text.split(/\r?\n/)
    if (errors.length > 0) {
      const shown = file === '-' ? 'standard input' : file
      for (const { line, column, message } of errors) {
        const source = lines[line - 1] ?? ''
        terminal.err(`${shown}:${line}:${column + 1}: ${message}\n  ${source}\n  ${' '.repeat(column)}^\n`)
      }
      throw new CommandError(`${counted(errors.length, 'error')} in ${shown}`, EXIT_FOUND)
    }
    if (options.output !== undefined) {
      writeFileSync(options.output, result.bytes)
      terminal.err(`${options.output}: ${bytes(result.bytes.length)} from address ${hex(origin)}\n`)
    }
    if (options.listing || options.output === undefined) {
      const rows = result.listing.map(({ line, address, length }) => {
        const at = Number(address - origin)
        const source = (lines[line - 1] ?? '').trim()
        return [`${address.toString(16).padStart(4, '0')}:`, hexBytes(result.bytes.subarray(at, at + length)), source]
      })
      terminal.out(table(rows))
    }
    return EXIT_OK
  },
})
