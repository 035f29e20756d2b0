/**
 * Functions of unit modules, taken out of their modules: the bodies in a module's code section, with the hints for their branches, and copies of them with other numbers of
 * functions and slots. It walks instructions by the Wasm binary format (WebAssembly Core Specification 2.0, 5.4), as far as templates and the compilers here use it; what it
 * does not know throws.
 */

import { ByteWriter } from './byte-writer.ts'
import type { BranchHint, FunctionBody } from './function-body.ts'
import { FIRST_OWN_FUNCTION, GO_FUNCTION } from './function-numbers.ts'
import { BRANCH_HINTS } from './module-sections.ts'
import { CALL, I32_CONST, RETURN_CALL, SECTION_CODE, SECTION_CUSTOM } from './opcodes.ts'

export interface Relocation {
  /** New number of a function, by its old one; not asked for `go` and `meets`. */
  readonly callee: (index: number) => number
  /** New slot for the constant that `go` is called with; absent: the same. */
  readonly slot?: (slot: number) => number
}

class Cursor {
  readonly bytes: Uint8Array
  at: number

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes
    this.at = at
  }
  u8(): number {
    const byte = this.bytes[this.at++]
    if (byte === undefined) throw new RangeError('Wasm code ends too early')
    return byte
  }
  /** LEB128: the low 32 bits, with the sign where it is signed. */
  leb(signed = false): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.u8()
      if (shift < 32) value |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        if (signed && shift + 7 < 32 && byte & 0x40) value |= -1 << (shift + 7)
        return signed ? value : value >>> 0
      }
    }
  }
}

/** Bodies of the functions of a module that imports this many, the library's included; code as views. */
export function functionBodies(module: Uint8Array, imports = FIRST_OWN_FUNCTION): FunctionBody[] {
  const cursor = new Cursor(module, 8)
  let hints = new Map<number, BranchHint[]>()
  while (cursor.at < module.length) {
    const id = cursor.u8()
    const end = cursor.leb() + cursor.at
    if (id === SECTION_CUSTOM && nameAt(cursor) === BRANCH_HINTS) hints = branchHints(cursor)
    else if (id === SECTION_CODE) {
      return Array.from({ length: cursor.leb() }, (_, index) => {
        const size = cursor.leb()
        cursor.at += size
        return { code: module.subarray(cursor.at - size, cursor.at), hints: hints.get(imports + index) ?? [] }
      })
    }
    cursor.at = end
  }
  return []
}

function nameAt(cursor: Cursor): string {
  return String.fromCharCode(...Array.from({ length: cursor.leb() }, () => cursor.u8()))
}

/** By number of the function. */
function branchHints(cursor: Cursor): Map<number, BranchHint[]> {
  return new Map(
    Array.from({ length: cursor.leb() }, () => {
      const number = cursor.leb()
      const hints = Array.from({ length: cursor.leb() }, () => {
        const at = cursor.leb()
        cursor.at++
        return { at, isLikely: cursor.u8() === 1 }
      })
      return [number, hints]
    }),
  )
}

/** A copy of a body with other numbers. */
export function relocate({ code: body, hints }: FunctionBody, { callee, slot }: Relocation): FunctionBody {
  const out = new ByteWriter(body.length + 64)
  const cursor = new Cursor(body, 0)
  let copied = 0
  /** Hints before the bytes that were copied last are moved. */
  const moved: BranchHint[] = []
  const copyTo = (end: number): void => {
    const by = out.length - copied
    for (let hint = hints[moved.length]; hint && hint.at < end; hint = hints[moved.length])
      moved.push({ ...hint, at: hint.at + by })
    out.append(body.subarray(copied, end))
  }
  /** Puts another number for the bytes from `start` to here. */
  const replace = (start: number, write: () => void): void => {
    copyTo(start)
    write()
    copied = cursor.at
  }
  for (let groups = cursor.leb(); groups > 0; groups--) {
    cursor.leb()
    cursor.u8()
  }
  // The constant that may be a slot: where it stands, when the instruction before was one.
  let constant = -1
  while (cursor.at < body.length) {
    const before = constant
    constant = -1
    const opcode = cursor.u8()
    if (opcode === I32_CONST) {
      constant = cursor.at
      cursor.leb()
    } else if (opcode === CALL || opcode === RETURN_CALL) {
      const start = cursor.at
      const index = cursor.leb()
      if (index >= FIRST_OWN_FUNCTION) replace(start, () => out.u32(callee(index)))
      else if (slot && index === GO_FUNCTION && before >= 0) {
        const end = cursor.at
        cursor.at = before
        const old = cursor.leb(true)
        replace(before, () => out.s32(slot(old)))
        cursor.at = end
      }
    } else skip(cursor, opcode)
  }
  copyTo(body.length)
  return { code: out.bytes().slice(), hints: moved }
}

/** The immediates of an instruction. */
function skip(cursor: Cursor, opcode: number): void {
  if (opcode >= 0x45 && opcode <= 0xc4) return
  if (opcode >= 0x28 && opcode <= 0x3e) {
    cursor.leb()
    cursor.leb()
    return
  }
  switch (opcode) {
    case 0x00:
    case 0x01:
    case 0x05:
    case 0x0b:
    case 0x0f:
    case 0x1a:
    case 0x1b:
      return
    case 0x02:
    case 0x03:
    case 0x04:
    case 0x0c:
    case 0x0d:
    case 0x20:
    case 0x21:
    case 0x22:
    case 0x23:
    case 0x24:
    case 0x42:
      cursor.leb()
      return
    case 0x0e:
      for (let count = cursor.leb(); count >= 0; count--) cursor.leb()
      return
    case 0x11:
    case 0x13:
      cursor.leb()
      cursor.leb()
      return
    case 0x43:
      cursor.at += 4
      return
    case 0x44:
      cursor.at += 8
      return
    case 0xfc:
      // Conversions that saturate.
      if (cursor.leb() <= 7) return
  }
  throw new RangeError(`Wasm opcode 0x${opcode.toString(16)} is not known here`)
}
