/** z80dasm, which names all that a Z80 does undocumented. In: instructions. Out: their texts, in its style. */

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { oracle } from './oracle.ts'

const run = promisify(execFile)
const SLOT = 8

/** Each is padded with `nop`, which end what went before. */
export async function z80Texts(instructions: readonly Uint8Array[]): Promise<(string | undefined)[]> {
  const folder = mkdtempSync(join(tmpdir(), 'isagen-z80-'))
  try {
    const bytes = new Uint8Array(SLOT * instructions.length)
    for (const [i, instruction] of instructions.entries()) bytes.set(instruction, SLOT * i)
    const file = join(folder, 'a.bin')
    writeFileSync(file, bytes)
    const { stdout } = await run(oracle('z80dasm') ?? 'z80dasm', ['-u', '-a', '-g', '0', file], { maxBuffer: 1 << 26 })
    const texts = new Map<number, string>()
    for (const [, text = '', at = ''] of stdout.matchAll(/^\t([^;\n]+?)\s*;([\da-f]{4})/gm))
      texts.set(parseInt(at, 16), text)
    return instructions.map((_, i) => texts.get(SLOT * i))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
