/** ndisasm of nasm, for the 8086. In: instructions. Out: their texts, in its style. */

import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { oracle } from './oracle.ts'

const run = promisify(execFile)
const SLOT = 16
const NOP = 0x90

/** Each is disassembled as if it stood at `pc`: what it says about addresses is moved there. */
export async function ndisasm(instructions: readonly Uint8Array[], pc: number): Promise<(string | undefined)[]> {
  const folder = mkdtempSync(join(tmpdir(), 'isagen-ndisasm-'))
  try {
    const bytes = new Uint8Array(SLOT * instructions.length).fill(NOP)
    for (const [i, instruction] of instructions.entries()) bytes.set(instruction, SLOT * i)
    const file = join(folder, 'a.bin')
    writeFileSync(file, bytes)
    const { stdout } = await run(oracle('ndisasm') ?? 'ndisasm', ['-b', '16', file], { maxBuffer: 1 << 27 })
    const texts = new Map<number, string>()
    for (const [, at = '', text = ''] of stdout.matchAll(/^(\w{8}) {2}\w+ +(.+)$/gm)) {
      const slot = Number.parseInt(at, 16)
      const here = text
        .trim()
        .replace(/^((?:j\w+|loop\w*|call) (?:short |near )?)0x(\w+)$/, (_, head: string, target: string) => {
          return `${head}0x${((Number.parseInt(target, 16) - slot + pc) & 0xffff).toString(16)}`
        })
      texts.set(slot, here)
    }
    return instructions.map((_, i) => texts.get(SLOT * i))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
