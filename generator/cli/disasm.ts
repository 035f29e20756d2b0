/** `isagen disasm`: the code of an ELF file with its symbols, a plain binary, or bytes from the command line. */

import { readFileSync } from 'node:fs'
import type { GuestIsa } from '../../runtime/abi.ts'
import { CommandError, defineCommand, EXIT_OK } from './command.ts'
import { type CodeRange, elfCode, elfMachine } from './elf-file.ts'
import { isaForElf, loadIsaAndCompare } from './load-isa.ts'
import { hexBytes, parseAddress, parseHex } from './numbers.ts'
import type { Terminal } from './terminal.ts'

export const command = defineCommand({
  usage: 'disasm FILE | --hex BYTES',
  describe: 'Disassemble an ELF file (its executable sections), a plain binary, or bytes.',
  operands: { least: 0, most: 1, name: 'a FILE or --hex' },
  options: {
    isa: { type: 'string', describe: "the machine; an ELF file's is read from its header" },
    spec: { type: 'string', describe: 'a spec to take the machine from' },
    hex: { type: 'string', describe: 'bytes in memory order (a9 80), or words (0x00b50533)' },
    base: { type: 'string', describe: 'address of the first byte of what is not ELF', default: '0' },
    aliases: {
      type: 'boolean',
      default: true,
      describe: 'print aliases where they fit; --no-aliases prints what they stand for',
    },
    json: { type: 'boolean', describe: 'print one JSON object a line' },
  },
  examples: [
    ['isagen disasm program.elf', 'every executable section'],
    ['isagen disasm --isa rv64imac --hex 0x00b50533', 'one instruction'],
    ['isagen disasm rom.bin --isa mos6502 --base 0xC000', 'a plain binary'],
  ],
  run: async ({ options, operands: [file] }, terminal) => {
    if ((file === undefined) === (options.hex === undefined))
      throw new CommandError('disasm needs a FILE or --hex BYTES, one of them')
    const base = parseAddress(options.base, '--base')
    const bytes = file === undefined ? undefined : new Uint8Array(readFileSync(file))
    const elf = bytes && elfMachine(bytes)
    const isa = await loadIsaAndCompare(
      {
        ...options,
        isa: options.isa ?? (elf && options.spec === undefined ? await isaForElf(elf, file ?? '') : undefined),
      },
      terminal,
    )
    const code = bytes ?? parseHex(options.hex ?? '', isa.endian)
    const ranges = elf && bytes ? elfCode(bytes, elf.bits) : [{ name: '', address: base, bytes: code }]
    const symbol = elf && bytes ? await symbolsOf(bytes, elf.bits) : () => undefined
    await printRanges(isa, ranges, symbol, options, terminal)
    return EXIT_OK
  },
})

async function symbolsOf(file: Uint8Array, bits: 32 | 64): Promise<(address: bigint) => string | undefined> {
  const { readSymbols } = await import('isagen/linux')
  const symbols = readSymbols(file, bits, 0)
  return (address) => {
    const found = symbols.near(Number(address))
    return found?.offset === 0 ? found.name : undefined
  }
}

async function printRanges(
  isa: GuestIsa,
  ranges: readonly CodeRange[],
  symbol: (address: bigint) => string | undefined,
  options: { readonly aliases: boolean; readonly json: boolean },
  terminal: Terminal,
): Promise<void> {
  const disassemble = await isa.disassembler()
  const unit = isa.unit / 8
  const digits = Math.max(4, ...ranges.map((range) => (range.address + BigInt(range.bytes.length)).toString(16).length))
  for (const { name, address, bytes } of ranges) {
    if (name !== '' && !options.json) terminal.out(`\nsection ${name}\n`)
    let lines: string[] = []
    for (let at = 0; at < bytes.length; ) {
      const pc = address + BigInt(at)
      const label = symbol(pc)
      const found = disassemble(bytes, at, pc, { aliases: options.aliases, symbol })
      // An instruction that the range cuts off is data.
      const known = found && at + found.length <= bytes.length ? found : undefined
      const length = known?.length ?? Math.min(unit, bytes.length - at)
      const own = bytes.subarray(at, at + length)
      const text =
        known?.text ?? `.byte ${Array.from(own, (byte) => `0x${byte.toString(16).padStart(2, '0')}`).join(', ')}`
      if (options.json) {
        lines.push(
          JSON.stringify({ address: Number(pc), bytes: Buffer.from(own).toString('hex'), text, id: known?.id, label }),
        )
      } else {
        if (label !== undefined) lines.push(`\n${label}:`)
        lines.push(`${pc.toString(16).padStart(digits, '0')}:  ${hexBytes(own).padEnd(3 * isa.maxLength)} ${text}`)
      }
      at += length
      if (lines.length > 1000) {
        terminal.out(`${lines.join('\n')}\n`)
        lines = []
      }
    }
    if (lines.length > 0) terminal.out(`${lines.join('\n')}\n`)
  }
}
