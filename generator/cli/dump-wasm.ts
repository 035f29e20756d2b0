/**
 * `isagen run --dump-wasm`: the compiled units that hold a guest address, as text. In: units as the engine makes them, with marks (MARK) at each guest
 * instruction. Out: a file a tier, wabt's text in which the marks are comments: the address, its symbol, and the guest instruction as it was when the unit was made.
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Symbols } from 'isagen/linux'
import { type CompiledUnit, type Engine, EXEC, MARK } from 'isagen/runtime'
import type { Disassemble, GuestIsa } from '../../runtime/abi.ts'
import { CommandError } from './command.ts'
import { hex, parseAddress } from './numbers.ts'
import { counted, type Terminal } from './terminal.ts'

/** What an option names: an address (0x11330), or a symbol's (main, main+0x10) once the program is loaded. */
export function findAddress(text: string, symbols: Symbols | undefined, what: string): number {
  if (/^[\d$]/.test(text)) return Number(parseAddress(text, what))
  const [, name = text, offset = '0'] = /^(.+)\+(0x[\da-f]+|\d+)$/i.exec(text) ?? []
  const found = symbols?.address(name)
  if (found === undefined) throw new CommandError(`${what}: the program has no symbol '${name}' (an address is 0x…)`)
  return found + Number(offset)
}

/** `name+0x10`, or the address alone. */
export function placeName(symbols: Symbols | undefined, address: number): string {
  const near = symbols?.near(address)
  if (!near) return hex(address)
  return near.offset === 0 ? near.name : `${near.name}+${hex(near.offset)}`
}

export const holds = (unit: CompiledUnit, address: number): boolean =>
  unit.functions.some(({ runs }) => runs.some(({ pc, end }) => pc <= address && address < end))

interface Kept {
  readonly unit: CompiledUnit
  /** Guest instructions by address. */
  readonly listing: ReadonlyMap<number, string>
}

export class WasmDump {
  readonly #wanted: string
  readonly #disassemble: Disassemble
  readonly #kept = new Map<CompiledUnit['tier'], Kept>()
  #engine: Engine | undefined
  #symbols: Symbols | undefined
  #address = 0

  private constructor(wanted: string, disassemble: Disassemble) {
    this.#wanted = wanted
    this.#disassemble = disassemble
  }

  static async create(isa: GuestIsa, wanted: string): Promise<WasmDump> {
    return new WasmDump(wanted, await isa.disassembler())
  }

  /** Before the first instruction runs. */
  start(engine: Engine, symbols?: Symbols): void {
    this.#engine = engine
    this.#symbols = symbols
    this.#address = findAddress(this.#wanted, symbols, '--dump-wasm')
  }

  /** Files of the last unit of each tier, in a folder that is made if need be. */
  async write(folder: string, terminal: Terminal): Promise<void> {
    const address = hex(this.#address)
    if (this.#kept.size === 0)
      terminal.err(`isagen: no compiled code held ${address}: it never ran, or in the interpreter only\n`)
    for (const [tier, { unit, listing }] of this.#kept) {
      const { printWasm } = await import('../emit/wabt.ts')
      const file = join(folder, `${address}.${tier}.wat`)
      const text = annotate(await printWasm(unit.bytes), unit, (pc) => this.#comment(pc, listing))
      mkdirSync(folder, { recursive: true })
      writeFileSync(file, `${this.#heading(tier, unit)}${text}`)
      terminal.err(
        `isagen: ${file}: ${counted(unit.functions.length, 'function')}, ${unit.bytes.length} bytes of Wasm\n`,
      )
    }
  }

  #heading(tier: string, unit: CompiledUnit): string {
    const holding = unit.functions.flatMap((one, i) =>
      one.runs.some(({ pc, end }) => pc <= this.#address && this.#address < end)
        ? [`${i} (${this.#place(one.pc)})`]
        : [],
    )
    const alive = unit.alive ? '' : '; the engine has dropped it since'
    return (
      `;; ${this.#place(this.#address)} in tier ${tier}: a unit of ${counted(unit.functions.length, 'function')}${alive}\n` +
      `;; it is in function ${holding.join(', ')}\n` +
      ';; parameters: fuel, depth of calls, expected return address; the comments stand for marks that were put in for this text\n'
    )
  }

  #place(address: number): string {
    const name = placeName(this.#symbols, address)
    return name === hex(address) ? name : `${hex(address)} ${name}`
  }

  #comment(pc: number, listing: ReadonlyMap<number, string>): string {
    const symbol = this.#symbols?.near(pc)
    return `${hex(pc)}  ${listing.get(pc) ?? ''}${symbol?.offset === 0 ? `  <${symbol.name}>` : ''}`
  }

  keep(unit: CompiledUnit): void {
    const engine = this.#engine
    if (!engine || !holds(unit, this.#address)) return
    const listing = new Map<number, string>()
    for (const { pc, end } of unit.functions.flatMap(({ runs }) => runs)) {
      for (const line of disassembleRun(engine, this.#disassemble, pc, end)) listing.set(line.pc, line.text)
    }
    this.#kept.set(unit.tier, { unit, listing })
  }
}

export interface GuestLine {
  readonly pc: number
  readonly bytes: Uint8Array
  readonly text: string
}

/** Instructions from an address up to another, as memory has them now. */
export function disassembleRun(engine: Engine, disassemble: Disassemble, from: number, end: number): GuestLine[] {
  const { memory, isa } = engine
  const lines: GuestLine[] = []
  for (let pc = from; pc < end; ) {
    const wanted = Math.min(isa.maxLength, memory.size - pc)
    const room = isa.memory.faults ? (memory.firstForbidden(pc, wanted, EXEC) ?? pc + wanted) - pc : wanted
    const found = room > 0 ? disassemble(memory.read(pc, room), 0, BigInt(pc)) : undefined
    const length = Math.max(found?.length ?? isa.unit / 8, 1)
    lines.push({ pc, bytes: memory.read(pc, Math.min(length, Math.max(room, 0))), text: found?.text ?? '?' })
    pc += length
  }
  return lines
}

/** Marks of wabt's text become comments; each function gets one that says which guest code it begins with. */
function annotate(text: string, unit: CompiledUnit, comment: (pc: number) => string): string {
  const imported = [...text.matchAll(/^ {2}\(import .*\(func /gm)].length
  const lines: string[] = []
  const all = text.split('\n')
  for (let at = 0; at < all.length; at++) {
    const line = all[at] ?? ''
    const mark = /^( *)i64\.const (-?\d+)$/.exec(line)
    if (mark && all[at + 1]?.trim() === `i32.const ${MARK}` && all[at + 3]?.trim() === 'drop') {
      lines.push(`${mark[1]};; ${comment(Number(BigInt.asUintN(64, BigInt(mark[2] ?? '0'))))}`)
      at += 3
      continue
    }
    const number = /^ {2}\(func \(;(\d+);\)/.exec(line)?.[1]
    const begins = number === undefined ? undefined : unit.functions[Number(number) - imported]
    if (begins) lines.push(`  ;; function ${Number(number) - imported}: ${comment(begins.pc)}`)
    lines.push(line)
  }
  return lines.join('\n')
}
