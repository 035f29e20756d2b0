/**
 * Reads the code bodies of an assembled module, instruction by instruction: just the opcodes that templates are made
 * of.
 *
 * In: a binary from wabt. Out: for each function the pieces between which the template writer takes part: runs of plain
 * bytes, calls of imported functions (the holes), and the structured instructions. Source of the encodings: WebAssembly
 * Core Specification 2.0, chapter 5.
 */

export type CodePiece =
  | { readonly kind: 'bytes'; readonly bytes: readonly number[] }
  /** A call of imported function number `hole`. */
  | { readonly kind: 'hole'; readonly hole: number }
  /** `type` is the binary code of the result, 0x40 for none. */
  | { readonly kind: 'if'; readonly type: number }
  | { readonly kind: 'else' }
  | { readonly kind: 'end' }

const CODE_SECTION = 10

/** One list a function of the module, in order, without the function's own `end`. */
export function readCodeBodies(binary: Uint8Array, importedFunctions: number): CodePiece[][] {
  const reader: Reader = { bytes: binary, at: 8 }
  while (reader.at < binary.length) {
    const id = byte(reader)
    const length = unsigned(reader)
    if (id !== CODE_SECTION) {
      reader.at += length
      continue
    }
    return Array.from({ length: unsigned(reader) }, () => {
      const end = unsigned(reader) + reader.at
      for (let groups = unsigned(reader); groups > 0; groups--) {
        unsigned(reader)
        byte(reader)
      }
      return readBody(reader, end, importedFunctions)
    })
  }
  return []
}

interface Reader {
  readonly bytes: Uint8Array
  at: number
}

function byte(reader: Reader): number {
  const value = reader.bytes[reader.at++]
  if (value === undefined) throw new Error('isagen internal: the module ends inside an instruction')
  return value
}

function unsigned(reader: Reader): number {
  let value = 0
  for (let shift = 0; ; shift += 7) {
    const next = byte(reader)
    value += (next & 0x7f) * 2 ** shift
    if (next < 0x80) return value
  }
}

/** A LEB128 number that need not be known: signed and unsigned end alike. */
function skipNumber(reader: Reader): void {
  while (byte(reader) >= 0x80);
}

const IF = 0x04
const ELSE = 0x05
const END = 0x0b
const CALL = 0x10

function readBody(reader: Reader, end: number, importedFunctions: number): CodePiece[] {
  const pieces: CodePiece[] = []
  let run: number[] = []
  const put = (piece: CodePiece): void => {
    if (run.length > 0) pieces.push({ kind: 'bytes', bytes: run })
    run = []
    pieces.push(piece)
  }
  while (reader.at < end) {
    const start = reader.at
    const opcode = byte(reader)
    if (opcode === IF) put({ kind: 'if', type: byte(reader) })
    else if (opcode === ELSE) put({ kind: 'else' })
    else if (opcode === END) put({ kind: 'end' })
    else if (opcode === CALL) {
      const hole = unsigned(reader)
      if (hole >= importedFunctions) throw new Error('isagen internal: a template calls what is not a hole')
      put({ kind: 'hole', hole })
    } else {
      skipImmediates(reader, opcode)
      run.push(...reader.bytes.subarray(start, reader.at))
    }
  }
  // The last `end` is the function's own.
  const last = pieces.pop()
  if (last?.kind !== 'end') throw new Error('isagen internal: a function body has no end')
  return pieces
}

/** Moves behind the immediates of an instruction without control flow. */
function skipImmediates(reader: Reader, opcode: number): void {
  const isLocal = opcode >= 0x20 && opcode <= 0x22
  const isConstant = opcode === 0x41 || opcode === 0x42
  const isMemory = opcode >= 0x28 && opcode <= 0x3e
  // drop, select; numeric instructions and sign extensions
  const isPlain = opcode === 0x1a || opcode === 0x1b || (opcode >= 0x45 && opcode <= 0xc4)
  if (isLocal || isConstant) skipNumber(reader)
  // saturating truncations
  else if (opcode === 0xfc && (reader.bytes[reader.at] ?? 0xff) <= 7) reader.at++
  else if (isMemory) {
    // alignment and offset
    skipNumber(reader)
    skipNumber(reader)
  } else if (!isPlain) throw new Error(`isagen internal: opcode 0x${opcode.toString(16)} in a template`)
}
