/**
 * `isagen explain --pc PC PROGRAM`: runs a Linux program, quietly, and shows what is at an address of it then: symbol, block, tier, and each compiled function
 * that holds the address, with what it ran and the ways out of it. In: the program as run-linux.ts takes it. Out: text or JSON on stdout.
 */

import type { Symbols } from 'isagen/linux'
import type { CodeBlock, CompiledExit, CompiledFunction, CompiledUnit, Engine } from 'isagen/runtime'
import type { Disassemble } from '../../runtime/abi.ts'
import { EXIT_FOUND, EXIT_OK } from './command.ts'
import { disassembleRun, findAddress, placeName } from './dump-wasm.ts'
import { instructionLimit, type LoadedProgram, type ProgramOptions } from './linux-program.ts'
import { hex, hexBytes } from './numbers.ts'
import { startLinux, tellEnd } from './run-linux.ts'
import { counted, grouped, type Terminal, table } from './terminal.ts'

/** Ways out of one function that are listed. */
const LISTED = 12

interface Holder {
  readonly unit: CompiledUnit
  readonly part: CompiledFunction
}

/** `wanted`: an address or a symbol. Gives the exit code: EXIT_FOUND where no code is. */
export async function explainCode(
  program: LoadedProgram,
  wanted: string,
  options: ProgramOptions & { readonly json: boolean },
  terminal: Terminal,
): Promise<number> {
  const { isa, file, elf } = program
  const disassemble = await isa.disassembler()
  const holders: Holder[] = []
  let symbols: Symbols | undefined
  let address = 0
  const limit = instructionLimit(options)
  const { engine, result } = startLinux(isa, file, elf, { ...options, ...program, limit }, terminal, {
    quiet: true,
    onLoad: (read) => {
      symbols = read()
      address = findAddress(wanted, symbols, '--pc')
    },
    inspection: {
      counters: true,
      onUnit: (unit) => {
        for (const part of unit.functions)
          if (part.runs.some(({ pc, end }) => pc <= address && address < end)) holders.push({ unit, part })
      },
    },
  })
  await tellEnd(isa, result, terminal)
  const blocks = engine.blocksAt(address)
  const facts = { engine, disassemble, symbols, address, blocks, holders }
  terminal.out(options.json ? jsonOf(facts) : textOf(facts))
  return blocks.length + holders.length > 0 ? EXIT_OK : EXIT_FOUND
}

interface CodeFacts {
  readonly engine: Engine
  readonly disassemble: Disassemble
  readonly symbols: Symbols | undefined
  readonly address: number
  readonly blocks: readonly CodeBlock[]
  readonly holders: readonly Holder[]
}

/** Where code at an address may go, as text. */
function exitText(exit: CompiledExit, symbols: Symbols | undefined): string {
  if (exit.kind === 'computed') return exit.call ? 'calls a computed address' : 'a computed jump'
  const place = placeName(symbols, exit.pc)
  if (exit.kind === 'engine') return `${exit.exit} at ${place}`
  const how = { function: 'of the same unit', slot: 'by its slot', lookup: 'looked up' }[exit.kind]
  return `${exit.call ? 'calls' : 'on to'} ${place}, ${how}`
}

/** Each once, with how often the code has it. */
function exitTexts({ exits }: CompiledFunction, symbols: Symbols | undefined): string[] {
  const times = new Map<string, number>()
  for (const exit of exits) {
    const text = exitText(exit, symbols)
    times.set(text, (times.get(text) ?? 0) + 1)
  }
  return [...times].map(([text, count]) => (count > 1 ? `${text} (${count} places)` : text))
}

function instructionsOf({ runs }: CompiledFunction): number {
  return runs.reduce((sum, run) => sum + run.instructions, 0)
}

function textOf({ engine, disassemble, symbols, address, blocks, holders }: CodeFacts): string {
  const here = placeName(symbols, address)
  let text = `${hex(address)}${here === hex(address) ? '' : ` ${here}`}\n`
  if (blocks.length + holders.length === 0) return `${text}  no code here ran\n`
  for (const { pc, bytes, instructions, tier } of blocks) {
    text += `\nblock ${placeName(symbols, pc)}: ${counted(instructions, 'instruction')}; entered at its start it runs in tier ${tier}\n`
    const lines = disassembleRun(engine, disassemble, pc, pc + bytes)
    text += table(lines.map((line) => [line.pc === address ? '>' : ' ', hex(line.pc), hexBytes(line.bytes), line.text]))
  }
  for (const { unit, part } of holders) {
    const counts = part.counts()
    const state = unit.alive ? '' : ', dropped since'
    const { runs } = part
    text +=
      `\n${unit.tier}: ${unit.tier === 'optimising' ? 'region' : 'function'} from ${placeName(symbols, part.pc)}${state}\n` +
      `  ${counted(instructionsOf(part), 'instruction')} in ${counted(runs.length, 'run')}, ${placeName(symbols, Math.min(...runs.map(({ pc }) => pc)))} … ` +
      `${placeName(symbols, Math.max(...runs.map(({ end }) => end)))}; one of ${counted(unit.functions.length, 'function')} in its unit\n`
    if (counts) {
      const left = Object.entries(counts.exits).filter(([, count]) => count > 0)
      text += `  ran ${counted(counts.instructions, 'instruction')}; came back to the engine: ${left.map(([name, count]) => `${name} ${grouped(count)}`).join(', ') || 'never'}\n`
    }
    const ways = exitTexts(part, symbols)
    for (const way of ways.slice(0, LISTED)) text += `  exit: ${way}\n`
    if (ways.length > LISTED) text += `  and ${ways.length - LISTED} more (--json has all)\n`
  }
  return text
}

function jsonOf({ engine, disassemble, symbols, address, blocks, holders }: CodeFacts): string {
  return `${JSON.stringify({
    address,
    symbol: placeName(symbols, address),
    blocks: blocks.map((block) => ({
      ...block,
      code: disassembleRun(engine, disassemble, block.pc, block.pc + block.bytes).map(({ pc, bytes, text }) => ({
        pc,
        bytes: Buffer.from(bytes).toString('hex'),
        text,
      })),
    })),
    functions: holders.map(({ unit, part }) => ({
      tier: unit.tier,
      alive: unit.alive,
      pc: part.pc,
      symbol: placeName(symbols, part.pc),
      runs: part.runs,
      counts: part.counts(),
      exits: part.exits,
    })),
  })}\n`
}
