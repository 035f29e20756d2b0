/**
 * Assemblers of 8-bit machines as oracles: ca65 (cc65) for the 6502 family, z80asm for the Z80. Each line is assembled at the same address, in a slot of eight
 * bytes, all in one call: so each instruction's bytes are found without a listing.
 */

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { oracle, type Tool } from './oracle.ts'

const run = promisify(execFile)
/** Where each line lies for the assembler, and bytes kept for it. */
export const ADDRESS = 0x200
const SLOT = 8

export interface SmallAssembler {
  readonly tools: readonly Tool[]
  /** Lines before all others. */
  readonly head: string
  /** A line that sets the address, and one that fills the slot. */
  readonly at: string
  readonly fill: string
  readonly commands: (source: string, object: string, binary: string) => readonly (readonly [Tool, ...string[]])[]
}

export const z80asm: SmallAssembler = {
  tools: ['z80asm'],
  head: '',
  at: ` org ${ADDRESS}`,
  fill: ` ds ${ADDRESS + SLOT}-$`,
  commands: (source, _, binary) => [['z80asm', '-o', binary, source]],
}
/** `cpu` as its `.setcpu` takes it. */
export const ca65 = (cpu: string): SmallAssembler => ({
  tools: ['ca65', 'ld65'],
  head: `.setcpu "${cpu}"\n`,
  at: `.org ${ADDRESS}`,
  fill: ` .res ${ADDRESS + SLOT}-*`,
  commands: (source, object, binary) => [
    ['ca65', '-o', object, source],
    ['ld65', '-t', 'none', '-o', binary, object],
  ],
})

/** The slots of all lines: an instruction's bytes, then zeros. Throws where a line is refused. */
export async function assembleSlots(assembler: SmallAssembler, lines: readonly string[]): Promise<Uint8Array[]> {
  const folder = mkdtempSync(join(tmpdir(), 'isagen-asm-'))
  try {
    const [source, object, binary] = ['a.s', 'a.o', 'a.bin'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    const slots = lines.map((line) => `${assembler.at}\n ${line}\n${assembler.fill}\n`)
    writeFileSync(source, assembler.head + slots.join(''))
    for (const [tool, ...options] of assembler.commands(source, object, binary))
      await run(oracle(tool) ?? tool, options)
    const bytes = readFileSync(binary)
    return lines.map((_, i) => bytes.subarray(SLOT * i, SLOT * (i + 1)))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
