/**
 * llvm-mc as an oracle, in batches: machine code → text, and text → machine code.
 *
 * Disassembly puts each item in an atomic block (`[0x13 0x00 …]`), so that llvm-mc gives exactly one answer a line: a warning that
 * carries the line's number, or an instruction on standard output. 200,000 words take about a second.
 */

import { spawn } from 'node:child_process'
import { oracle } from './oracle.ts'

export interface Target {
  readonly triple: string
  /** Subtarget features: "+m,+a,+c". */
  readonly features: string
  /** A processor, where features alone do not say it. */
  readonly cpu?: string
}

/** Texts ("addi a0, a1, 4"), or undefined where LLVM sees no instruction. `items` are the bytes of one instruction each. */
export async function llvmDisassemble(
  target: Target,
  items: readonly Uint8Array[],
  aliases: boolean,
): Promise<(string | undefined)[]> {
  const input = items.map((bytes) => `[${Array.from(bytes, (b) => `0x${b.toString(16)}`).join(' ')}]`).join('\n')
  const options = ['--disassemble', ...(aliases ? [] : ['-M', 'no-aliases'])]
  const { out, err } = await run(target, options, `${input}\n`)
  const invalid = new Set<number>()
  for (const match of err.matchAll(/^<stdin>:(\d+):\d+: warning: (?:invalid|potentially undefined)/gm)) {
    invalid.add(Number(match[1]) - 1)
  }
  const texts = instructionLines(out)
  let next = 0
  const answers = items.map((_, i) => (invalid.has(i) ? undefined : texts[next++]))
  if (next !== texts.length) throw new Error(`llvm-mc gave ${texts.length} instructions, ${next} expected`)
  return answers
}

/** Machine code of each line, or undefined where LLVM refuses it. A line must be one instruction. */
export async function llvmAssemble(target: Target, lines: readonly string[]): Promise<(Uint8Array | undefined)[]> {
  const { out, err } = await run(target, ['--assemble', '--show-encoding'], `${lines.join('\n')}\n`)
  const refused = new Set<number>()
  for (const match of err.matchAll(/^<stdin>:(\d+):\d+: error: /gm)) refused.add(Number(match[1]) - 1)
  // With errors there is no output at all: then once more without the lines that were refused.
  if (refused.size > 0) {
    const accepted = await llvmAssemble(
      target,
      lines.filter((_, i) => !refused.has(i)),
    )
    let next = 0
    return lines.map((_, i) => (refused.has(i) ? undefined : accepted[next++]))
  }
  const encodings = [...out.matchAll(/# encoding: \[([^\]]*)\]/g)].map((match) =>
    Uint8Array.from((match[1] ?? '').split(','), Number),
  )
  if (encodings.length !== lines.length) {
    throw new Error(`llvm-mc gave ${encodings.length} instructions for ${lines.length} lines`)
  }
  return encodings
}

/** "\taddi\ta0, a1, 4" → "addi a0, a1, 4"; directives are dropped. */
function instructionLines(out: string): string[] {
  const lines: string[] = []
  for (const line of out.split('\n')) {
    const text = line.replaceAll('\t', ' ').trim()
    if (text !== '' && !text.startsWith('.')) lines.push(text)
  }
  return lines
}

function run(target: Target, options: readonly string[], input: string): Promise<{ out: string; err: string }> {
  const tool = oracle('llvm-mc')
  if (tool === undefined) throw new Error('llvm-mc is missing')
  const child = spawn(tool, [
    ...options,
    `-triple=${target.triple}`,
    `-mattr=${target.features}`,
    ...(target.cpu ? [`-mcpu=${target.cpu}`] : []),
  ])
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () =>
      resolve({ out: Buffer.concat(out).toString('latin1'), err: Buffer.concat(err).toString('latin1') }),
    )
    child.stdin.end(input)
  })
}
