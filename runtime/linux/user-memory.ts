/**
 * Guest memory as system calls see it: every access is checked against the guest's own permissions and fails with EFAULT, never with a trap.
 * Structures are little-endian; a *word* is a long or a pointer of the guest.
 */

import { type GuestMemory, READ, WRITE } from '../memory.ts'
import { EFAULT, ENAMETOOLONG, fail } from './errno.ts'

const utf8 = new TextDecoder()
const encoder = new TextEncoder()

/** Longest path, with its final zero byte. */
const PATH_MAX = 4096

export class UserMemory {
  readonly guest: GuestMemory
  readonly wordBytes: 4 | 8

  constructor(guest: GuestMemory, wordBytes: 4 | 8) {
    this.guest = guest
    this.wordBytes = wordBytes
  }

  /** A live view, to be used up before the guest runs again. */
  readable(address: number, length: number): Uint8Array {
    if (!this.#allowed(address, length, READ)) fail(EFAULT)
    return this.guest.bytes.subarray(address, address + length)
  }

  checkWritable(address: number, length: number): void {
    if (!this.#allowed(address, length, WRITE)) fail(EFAULT)
  }

  /** A live view, to be written at once. */
  writable(address: number, length: number): Uint8Array {
    this.checkWritable(address, length)
    return this.guest.writable(address, length)
  }

  write(address: number, bytes: Uint8Array): void {
    this.checkWritable(address, bytes.length)
    if (bytes.length > 0) this.guest.write(address, bytes)
  }

  #allowed(address: number, length: number, permissions: number): boolean {
    if (length === 0) return true
    return address + length <= this.guest.size && this.guest.firstForbidden(address, length, permissions) === undefined
  }

  u32(address: number): number {
    return view(this.readable(address, 4)).getUint32(0, true)
  }
  u64(address: number): bigint {
    return view(this.readable(address, 8)).getBigUint64(0, true)
  }
  i64(address: number): bigint {
    return BigInt.asIntN(64, this.u64(address))
  }
  word(address: number): number {
    return this.wordBytes === 8 ? Number(this.u64(address)) : this.u32(address)
  }
  setU32(address: number, value: number): void {
    view(this.writable(address, 4)).setUint32(0, value, true)
  }
  setU64(address: number, value: bigint): void {
    view(this.writable(address, 8)).setBigUint64(0, BigInt.asUintN(64, value), true)
  }
  setWord(address: number, value: number): void {
    if (this.wordBytes === 8) this.setU64(address, BigInt(value))
    else this.setU32(address, value)
  }

  /** Text up to a zero byte, at most PATH_MAX − 1 bytes (ENAMETOOLONG). */
  path(address: number): string {
    const { bytes, size } = this.guest
    if (!(address >= 0 && address < size)) fail(EFAULT)
    const limit = Math.min(address + PATH_MAX, size)
    const end = this.guest.firstForbidden(address, limit - address, READ) ?? limit
    const zero = bytes.subarray(address, end).indexOf(0)
    if (zero < 0) return fail(end === address + PATH_MAX ? ENAMETOOLONG : EFAULT)
    return utf8.decode(bytes.subarray(address, address + zero))
  }
}

/** The bytes of a C structure, zero where `fill` writes nothing. */
export function struct(length: number, fill: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(length)
  fill(view(bytes))
  return bytes
}

export const text = (value: string): Uint8Array => encoder.encode(value)

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
