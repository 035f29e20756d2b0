/**
 * A whole assembly file → one piece of memory. Labels may be used before they stand; since the length of an instruction may depend on them,
 * the file is laid out again and again, each instruction keeping at least the length it had, until no address moves.
 *
 * Directives: .byte .half .word .dword .ascii .asciz .zero .org .balign .p2align .equ, `name = value`. Comments: `;`, `//`, `# `.
 */

import type { Assemble } from '../abi.ts'
import { type Layout, placeDirective } from './directives.ts'
import { type Failure, isFailure, type Names, parseExpression, skipBlanks } from './expression.ts'
import { type Statement, splitSource } from './source.ts'

export interface ProgramOptions {
  /** Address of the first byte; default 0. */
  readonly origin?: bigint
  /** Of numbers in directives; default little. */
  readonly endian?: 'little' | 'big'
  /** Bits of an address; default 64. */
  readonly pcWidth?: number
}
export interface Program {
  readonly origin: bigint
  readonly bytes: Uint8Array
  readonly symbols: ReadonlyMap<string, bigint>
  /** What each statement that gave bytes became, in order. */
  readonly listing: readonly { readonly line: number; readonly address: bigint; readonly length: number }[]
  /** Empty when all went well; else the bytes mean nothing. */
  readonly errors: readonly ProgramError[]
}
export interface ProgramError {
  readonly message: string
  /** From 1. */
  readonly line: number
  /** From 0. */
  readonly column: number
}

const MAX_ROUNDS = 100
const MAX_BYTES = 1n << 28n

export function assembleProgram(assemble: Assemble, source: string, options: ProgramOptions = {}): Program {
  const statements = splitSource(source)
  const declared = new Set(statements.filter((s) => s.kind === 'label' || s.kind === 'assignment').map((s) => s.name))
  const lengths = new Map<Statement, number>()
  let symbols: ReadonlyMap<string, bigint> = new Map()
  for (let round = 0; ; round++) {
    const pass = layOut(assemble, statements, options, symbols, declared, lengths)
    const settled = round > 0 && sameSymbols(symbols, pass.symbols)
    symbols = pass.symbols
    if (settled) return join(pass, symbols)
    if (round === MAX_ROUNDS) {
      return join(
        { ...pass, errors: [...pass.errors, { message: 'addresses do not settle', line: 1, column: 0 }] },
        symbols,
      )
    }
  }
}

interface Pass {
  readonly origin: bigint
  readonly chunks: readonly { readonly address: bigint; readonly bytes: Uint8Array; readonly line: number }[]
  readonly symbols: ReadonlyMap<string, bigint>
  readonly errors: readonly ProgramError[]
}

/** One round. Symbols that no round has met yet count as the current address, which gives the shortest branches. */
function layOut(
  assemble: Assemble,
  statements: readonly Statement[],
  options: ProgramOptions,
  before: ReadonlyMap<string, bigint>,
  declared: ReadonlySet<string>,
  lengths: Map<Statement, number>,
): Pass {
  const pcWidth = options.pcWidth ?? 64
  const layout: Layout = { endian: options.endian ?? 'little', wordBytes: pcWidth <= 16 ? 2 : 4 }
  const symbols = new Map<string, bigint>()
  const chunks: { address: bigint; bytes: Uint8Array; line: number }[] = []
  const errors: ProgramError[] = []
  let origin = options.origin ?? 0n
  let pc = origin

  const fail = ({ line }: Statement, { message, column }: Failure): void => void errors.push({ message, line, column })
  const put = ({ line }: Statement, bytes: Uint8Array): void => {
    if (bytes.length > 0) chunks.push({ address: pc, bytes, line })
    pc += BigInt(bytes.length)
  }
  const moveTo = (s: Statement, address: bigint): void => {
    // Before the first byte it says where the program starts.
    if (chunks.length === 0 && s.name !== '.balign' && s.name !== '.p2align') origin = pc = address
    else if (address < pc) fail(s, { message: 'cannot go back to a lower address', column: s.column })
    else if (address - origin > MAX_BYTES) fail(s, { message: 'the program gets too long', column: s.column })
    else pc = address
  }
  const define = (s: Statement, value: bigint): void => {
    if (symbols.has(s.name)) fail(s, { message: `${s.name} is defined twice`, column: 0 })
    symbols.set(s.name, value)
  }

  for (const s of statements) {
    const here = pc
    const symbol = (name: string): bigint | undefined =>
      before.get(name) ?? symbols.get(name) ?? (declared.has(name) ? here : undefined)
    const names: Names = { pc: here, symbol }
    switch (s.kind) {
      case 'label':
        define(s, pc)
        break
      case 'assignment': {
        const read = parseExpression(s.text, s.column, names)
        if (isFailure(read)) fail(s, read)
        else if (skipBlanks(s.text, read.end) < s.text.length) {
          fail(s, { message: 'unexpected text behind the value', column: read.end })
        } else if (s.name === '*') moveTo(s, read.value)
        else define(s, read.value)
        break
      }
      case 'directive': {
        const placed = placeDirective(s, names, layout)
        if (isFailure(placed)) fail(s, placed)
        else if ('address' in placed) moveTo(s, placed.address)
        else put(s, placed.bytes)
        break
      }
      case 'instruction': {
        const result = assemble(s.text, pc, { symbol, atLeast: lengths.get(s) ?? 0 })
        if (result.ok) {
          lengths.set(s, Math.max(lengths.get(s) ?? 0, result.bytes.length))
          put(s, result.bytes)
        } else {
          fail(s, result)
          pc += BigInt(lengths.get(s) ?? 0)
        }
        break
      }
    }
  }
  return { origin, chunks, symbols, errors }
}

function sameSymbols(a: ReadonlyMap<string, bigint>, b: ReadonlyMap<string, bigint>): boolean {
  return a.size === b.size && [...a].every(([name, value]) => b.get(name) === value)
}

function join({ origin, chunks, errors }: Pass, symbols: ReadonlyMap<string, bigint>): Program {
  const last = chunks.at(-1)
  const bytes = new Uint8Array(last ? Number(last.address - origin) + last.bytes.length : 0)
  for (const chunk of chunks) bytes.set(chunk.bytes, Number(chunk.address - origin))
  const listing = chunks.map(({ line, address, bytes }) => ({ line, address, length: bytes.length }))
  return { origin, bytes, symbols, listing, errors }
}
