/**
 * Assemblers of small machines as oracles: ca65 (cc65) for the 6502 family, z80asm and pasmo for the Z80, sdasgb (sdcc) for the SM83, nasm for the 8086. In: lines of assembly. Out: the
 * bytes of each, as if each stood alone at ADDRESS (for nasm: wherever it stands). All lines go through one call.
 */

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { oracle, type Tool } from './oracle.ts'

const run = promisify(execFile)
/** Where each line lies for the assembler. */
export const ADDRESS = 0x200
/** Bytes kept for each line where a file is all bytes: what an instruction leaves of them is 0. */
const SLOT = 16

interface Files {
  readonly source: string
  readonly object: string
  readonly binary: string
}
export interface SmallAssembler {
  readonly tools: readonly Tool[]
  /** Text before all lines, and round each. */
  readonly head: string
  readonly slot: (line: string) => string
  readonly commands: (files: Files) => readonly (readonly [Tool, ...string[]])[]
  /** The bytes of each line, out of what the commands have written. */
  readonly read: (files: Files, count: number) => Uint8Array[]
}

function readSlots({ binary }: Files, count: number): Uint8Array[] {
  const bytes = readFileSync(binary)
  if (bytes.length !== SLOT * count) throw new Error(`${bytes.length} bytes of ${count} lines`)
  return Array.from({ length: count }, (_, i) => bytes.subarray(SLOT * i, SLOT * (i + 1)))
}

const dsSlot = (line: string): string => ` org ${ADDRESS}\n ${line}\n ds ${ADDRESS + SLOT}-$\n`
export const z80asm: SmallAssembler = {
  tools: ['z80asm'],
  head: '',
  slot: dsSlot,
  commands: ({ source, binary }) => [['z80asm', '-o', binary, source]],
  read: readSlots,
}
/** Its file has one run of addresses: so lines go on behind each other, and say addresses by their distance. */
export const pasmo: SmallAssembler = {
  tools: ['pasmo'],
  head: '',
  slot: (line) => `start defl $\n ${line}\n ds start+${SLOT}-$\n`,
  commands: ({ source, binary }) => [['pasmo', source, binary]],
  read: readSlots,
}
/** `cpu` as its `.setcpu` takes it. */
export const ca65 = (cpu: string): SmallAssembler => ({
  tools: ['ca65', 'ld65'],
  head: `.setcpu "${cpu}"\n`,
  slot: (line) => `.org ${ADDRESS}\n ${line}\n .res ${ADDRESS + SLOT}-*\n`,
  commands: ({ source, object, binary }) => [
    ['ca65', '-o', object, source],
    ['ld65', '-t', 'none', '-o', binary, object],
  ],
  read: readSlots,
})
/** Labels are `$` and a distance. */
export const nasm: SmallAssembler = {
  tools: ['nasm'],
  head: 'bits 16\ncpu 8086\n',
  slot: (line) => `align ${SLOT}, db 0\n${line}\n`,
  commands: ({ source, binary }) => [['nasm', '-w-all', '-f', 'bin', '-o', binary, source]],
  read: (files, count) => {
    const bytes = readFileSync(files.binary)
    return Array.from({ length: count }, (_, i) => bytes.subarray(SLOT * i, SLOT * (i + 1)))
  },
}
/** Only its linker would write a file of bytes; its object file is text, a record an instruction: T, the address in three bytes, the instruction. */
export const sdasgb: SmallAssembler = {
  tools: ['sdasgb'],
  head: ' .area CODE (ABS)\n',
  slot: (line) => ` .org ${ADDRESS}\n ${line}\n`,
  commands: ({ source, object }) => [['sdasgb', '-o', object, source]],
  read: ({ object }, count) => {
    const records = [...readFileSync(object, 'latin1').matchAll(/^T \w\w \w\w \w\w((?: \w\w)+)\s*$/gm)]
    if (records.length !== count) throw new Error(`${records.length} records of ${count} lines`)
    return records.map(([, bytes = '']) => Uint8Array.from(Buffer.from(bytes.replaceAll(' ', ''), 'hex')))
  },
}

/** So many lines a call: z80asm gives up without a word at some 1,000, and their slots fit into what ld65 takes for a memory. */
const LINES = 700

/** The bytes of all lines, perhaps with zeros behind them. Throws where a line is refused, with the line. */
export async function assembleLines(assembler: SmallAssembler, lines: readonly string[]): Promise<Uint8Array[]> {
  const found: Uint8Array[] = []
  for (let at = 0; at < lines.length; at += LINES)
    found.push(...(await assembleSome(assembler, lines.slice(at, at + LINES))))
  return found
}

async function assembleSome(assembler: SmallAssembler, lines: readonly string[]): Promise<Uint8Array[]> {
  const folder = mkdtempSync(join(tmpdir(), 'isagen-asm-'))
  try {
    const files = { source: join(folder, 'a.s'), object: join(folder, 'a.o'), binary: join(folder, 'a.bin') }
    const source = assembler.head + lines.map(assembler.slot).join('')
    writeFileSync(files.source, source)
    for (const [tool, ...options] of assembler.commands(files)) {
      const { stdout, stderr } = await run(oracle(tool) ?? tool, options).catch(refused)
      if (/error/i.test(stdout + stderr)) throw new Error(withLines(stdout + stderr, source.split('\n')))
    }
    return assembler.read(files, lines.length)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function refused(error: unknown): { stdout: string; stderr: string } {
  const { stdout = '', stderr = '', message = '' } = error as { stdout?: string; stderr?: string; message?: string }
  return { stdout: `error: ${message}\n${stdout}`, stderr }
}

/** Messages with what stands in the line that they name. */
function withLines(messages: string, source: readonly string[]): string {
  const named = [...messages.matchAll(/(?:a\.s[:(]|line )(\d+)/g)].map(
    ([, line]) => source[Number(line) - 1]?.trim() ?? '',
  )
  return [...new Set(named), messages].slice(0, 60).join('\n')
}
