/**
 * `isagen explain`: one instruction with its fields, documentation, semantics, derived facts and Wasm template; the forms of a mnemonic; or what is at an address
 * of a program that runs (explain-code.ts).
 */

import { readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import type { GuestIsa } from '../../runtime/abi.ts'
import { type BodyFacts, bodyFacts, type Place } from '../ir/facts.ts'
import type { Instruction, Isa } from '../ir/isa.ts'
import { printBody, printExpr } from '../ir/print.ts'
import { CommandError, defineCommand, EXIT_FOUND, EXIT_OK } from './command.ts'
import { compileSpecs } from './compile-specs.ts'
import { drawEncoding } from './draw-encoding.ts'
import { elfMachine } from './elf-file.ts'
import { formData, formsOf, placeText, printForms } from './instruction-forms.ts'
import { loadProgram, programOptions } from './linux-program.ts'
import { loadIsaAndCompare } from './load-isa.ts'
import { hex, hexBytes, parseAddress, parseHex } from './numbers.ts'
import { findSpecFiles, findSpecOfIsa } from './spec-files.ts'
import { table } from './terminal.ts'

export const command = defineCommand({
  usage: 'explain INSTRUCTION | --pc PC PROGRAM [-- ARGS…]',
  describe:
    'Show all that is known of an instruction, given as a word (0x00b50533), bytes (a9 80) or assembly ("add a0, a0, a1"); or the forms of a mnemonic (add). With a PROGRAM (ELF): run it, and show what is at an address then.',
  operands: { least: 1, most: Number.POSITIVE_INFINITY, name: 'an INSTRUCTION' },
  options: {
    ...programOptions,
    pc: { type: 'string', default: '0', describe: 'its address; of a program also a symbol' },
    json: { type: 'boolean', describe: 'print one JSON object' },
  },
  examples: [
    ['isagen explain --isa rv64imac 0x00b50533', 'a word'],
    ['isagen explain --isa mos6502 "lda ($10),y"', 'assembly'],
    ['isagen explain --isa mos6502 lda', 'its forms'],
    ['isagen explain --pc main program.elf -- 12', 'block, tier and compiled code at an address of a program'],
  ],
  run: async ({ options, operands, rest }, terminal) => {
    if (isElf(operands[0])) {
      if (options.pc === '0') throw new CommandError(`which address of ${operands[0]}? Say --pc PC`)
      const program = await loadProgram(options, [...operands, ...rest], terminal)
      const { explainCode } = await import('./explain-code.ts')
      return explainCode(program, options.pc, options, terminal)
    }
    const guest = await loadIsaAndCompare(options, terminal)
    const pc = parseAddress(options.pc, '--pc')
    const specs = findSpecFiles([options.spec ?? findSpecOfIsa(guest.name)])
    const place = (name: string) => specs.files.find(({ path }) => basename(path) === name)?.file ?? name
    const text = operands.join(' ')
    const bytes = await bytesOf(guest, text, pc)
    if (!(bytes instanceof Uint8Array)) {
      const [isa] = await compileSpecs(specs, terminal, guest.name)
      const forms = isa && !/\s/.test(text) ? formsOf(isa, text) : []
      if (forms.length === 0) throw new CommandError(`'${text}': ${bytes.message}`, EXIT_FOUND)
      terminal.out(options.json ? `${JSON.stringify({ forms: forms.map(formData) })}\n` : printForms(forms, place))
      return EXIT_OK
    }
    const found = (await guest.disassembler())(bytes, 0, pc)
    if (found === undefined) throw new CommandError(`${guest.name} has no instruction ${hexBytes(bytes)}`, EXIT_FOUND)

    const [isa] = await compileSpecs(specs, terminal, guest.name)
    const instruction = isa?.instructions.find((one) => one.id === found.id)
    if (!isa || !instruction) throw new CommandError(`the engine of ${guest.name} is older than its spec: isagen build`)
    const own = bytes.subarray(0, found.length)
    // Fields and the drawing are those of the instruction behind its prefixes.
    const behind = own.subarray(Math.max(0, own.length - instruction.encoding.length))
    const explained = explain(isa, instruction, behind)
    const { templateText } = await import('../emit/templates.ts')
    const template = templateText(isa, explained.target.id)
    if (options.json) {
      const { target, facts, ...rest } = explained
      const { source, id } = instruction
      const shown = { text: found.text, id, source, bytes: Buffer.from(own).toString('hex'), ...rest }
      terminal.out(`${JSON.stringify({ ...shown, target: target.id, facts: factRows(facts), template })}\n`)
      return EXIT_OK
    }
    const { family, source, doc } = instruction
    const spec = specs.files.find(({ path }) => basename(path) === source.file)?.text.split('\n') ?? []
    const rows = (source.rows ?? [source.line]).map((line) => [
      `${place(source.file)}:${line}`,
      spec[line - 1]?.trim() ?? '',
    ])
    terminal.out(`${found.text}\n  ${isa.name}: insn ${family} (${instruction.id})\n`)
    terminal.out(indented(lines(table(rows))))
    const section = (title: string, content: readonly string[]) => {
      if (content.length > 0) terminal.out(`\n${title}\n${indented(content)}`)
    }
    section(`encoding: ${hexBytes(own)}`, drawEncoding(isa, instruction, behind))
    section(
      'fields',
      lines(table(explained.fields.map(({ name, width, value }) => [name, `${width} bits`, `${value}`, hex(value)]))),
    )
    section('documentation', doc)
    section(
      explained.target === instruction
        ? 'semantics'
        : `semantics: those of ${explained.target.id}, ${placeText(explained.target, place)}`,
      explained.semantics,
    )
    section('facts', lines(table(factRows(explained.facts))))
    section('WebAssembly template', template)
    return EXIT_OK
  },
})

function isElf(path = ''): boolean {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false
  return elfMachine(new Uint8Array(readFileSync(path))) !== undefined
}

/** Of a word, bytes or a line of assembly; or why the line does not assemble. */
async function bytesOf(isa: GuestIsa, text: string, pc: bigint): Promise<Uint8Array | { readonly message: string }> {
  if (/^(?:0x[\da-f_]+|[\da-f]{2})(?:[\s,]+(?:0x[\da-f_]+|[\da-f]{2}))*$/i.test(text.trim()))
    return parseHex(text, isa.endian)
  const assembled = (await isa.assembler())(text, pc)
  return assembled.ok ? assembled.bytes : assembled
}

interface Explained {
  readonly fields: readonly { readonly name: string; readonly width: number; readonly value: number }[]
  /** Itself, or what it is a shorter encoding of. */
  readonly target: Instruction
  readonly semantics: readonly string[]
  readonly facts: BodyFacts
}

function explain(isa: Isa, instruction: Instruction, bytes: Uint8Array): Explained {
  const word = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  const fields = instruction.fields.map(({ name, width, pieces }) => {
    const value = pieces.reduce(
      (sum, { at, low, width: bits }) => sum | (BigInt.asUintN(bits, word >> BigInt(at)) << BigInt(low)),
      0n,
    )
    return { name, width, value: Number(value) }
  })
  const { semantics } = instruction
  const target =
    semantics.kind === 'delegate' ? isa.instructions.find((one) => one.id === semantics.target) : instruction
  if (target?.semantics.kind !== 'body') throw new Error(`${instruction.id} delegates to nothing that has a body`)
  const given =
    semantics.kind === 'delegate'
      ? Object.entries(semantics.fields).map(([name, value]) => `${name} is ${printExpr(value)}`)
      : []
  return {
    fields,
    target,
    semantics: [...given, ...printBody(target.semantics.body)],
    facts: bodyFacts(target.semantics.body, isa),
  }
}

function factRows(facts: BodyFacts): string[][] {
  const places = (list: readonly Place[]) =>
    list.map(({ register, index }) => (index ? `${register}[${printExpr(index)}]` : register)).join(', ')
  const rows: [string, string][] = [
    ['reads', places(facts.reads)],
    ['writes', places(facts.writes)],
    ['may write', places(facts.maybeWrites)],
    [
      'memory',
      [facts.loads && 'loads', facts.stores && 'stores', facts.faults && 'may fault'].filter(Boolean).join(', '),
    ],
    ['traps', facts.traps ? 'yes' : ''],
    ['effects', facts.effects.join(', ')],
    ['control', facts.flow === 'next' ? 'goes on with the next' : facts.flow],
    ['targets', facts.targets.map((target) => printExpr(target)).join(', ')],
    ['ends a block', facts.endsBlock ? 'yes' : 'no'],
  ]
  return rows.filter(([, value]) => value !== '')
}

function indented(content: readonly string[]): string {
  return content.map((line) => `  ${line}\n`).join('')
}
function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}
