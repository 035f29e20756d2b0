/**
 * Translations of one guest program as bytes, to be kept from one run for the next: one Wasm module with the functions of many units, and what it takes to link them.
 * Each unit comes with the guest's bytes it was made from, and is used only where those very bytes lie. Bytes that are cut short, changed, or made by another engine
 * are refused in words: a set is worth nothing but time.
 */

import { ABI_VERSION, type GuestIsa } from './abi.ts'
import type { KeptSite } from './access-sites.ts'
import { VERSION } from './version.ts'

/** A block's guest code: its address of code, and bytes. */
export type CodeRange = readonly [pc: number, bytes: number]

export interface TranslatedUnit {
  /** Blocks that the unit's functions are for, and those that are part of them. */
  readonly functions: readonly CodeRange[]
  readonly inlined: readonly CodeRange[]
  /** Slots (of the set) that its code goes on through. */
  readonly references: readonly number[]
  /** Its first function's number among the module's own. */
  readonly first: number
  /** Where its guest bytes start in `code`: those of `functions`, then of `inlined`. */
  readonly code: number
  /** Of Wasm. */
  readonly bytes: number
}

export interface TranslationSet {
  /** Addresses of code of slots 1, 2 … */
  readonly slots: readonly number[]
  /** Jumps with a table of targets, in order of the tables, and what the tables held. */
  readonly tables: readonly (readonly [from: number, targets: readonly number[]])[]
  /** What was learnt of loads and stores. */
  readonly sites: readonly KeptSite[]
  /** Addresses that guest code calls. */
  readonly called: readonly number[]
  readonly units: readonly TranslatedUnit[]
  readonly code: Uint8Array
  /** Functions of the library that the module imports. */
  readonly library: readonly number[]
  readonly module: Uint8Array
}

/** "isat", and the version of the format. */
const MAGIC = 0x74617369
const FORMAT = 3
/** Words before the parts: magic, format, bytes of the three parts, two words of checksum. */
const HEADER = 7

/** What two engines must have in common to share translations, as text. `options`: all that changes what compiled code is like. */
export function signatureOf(isa: GuestIsa, options: unknown): string {
  const text = [isa.decode, ...isa.templates].map(String).join('\n')
  const facts = JSON.stringify([isa.handlers, isa.registers, isa.library], (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  const digest = checksum(new TextEncoder().encode(text + facts))
  return JSON.stringify([FORMAT, VERSION, ABI_VERSION, isa.name, digest, options])
}

export function encodeTranslations(set: TranslationSet, signature: string): Uint8Array {
  const { slots, tables, called, sites, units, code, library, module } = set
  const index = new TextEncoder().encode(JSON.stringify({ signature, slots, tables, called, sites, units, library }))
  const parts = [index, code, module]
  const total = parts.reduce((sum, { length }) => sum + length, 0)
  const bytes = new Uint8Array(HEADER * 4 + total)
  let at = HEADER * 4
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  const header = new DataView(bytes.buffer)
  const words = [MAGIC, FORMAT, ...parts.map(({ length }) => length), ...checksum(bytes.subarray(HEADER * 4))]
  words.forEach((word, place) => header.setUint32(4 * place, word, true))
  return bytes
}

/** A text says why the bytes cannot be used. */
export function decodeTranslations(bytes: Uint8Array, signature: string): TranslationSet | string {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < HEADER * 4 || header.getUint32(0, true) !== MAGIC) return 'they are no translations'
  const [, format, indexLength, codeLength, moduleLength, ...sum] = Array.from({ length: HEADER }, (_, place) =>
    header.getUint32(4 * place, true),
  ) as [number, number, number, number, number, number, number]
  if (format !== FORMAT) return `their format is ${format}, not ${FORMAT}`
  const body = bytes.subarray(HEADER * 4)
  if (body.length !== indexLength + codeLength + moduleLength) return 'they are cut short'
  if (checksum(body).some((word, place) => word !== sum[place])) return 'they are damaged'
  const read = JSON.parse(new TextDecoder().decode(body.subarray(0, indexLength))) as Omit<
    TranslationSet,
    'code' | 'module'
  > & { readonly signature: string }
  if (read.signature !== signature) return 'they were made by another engine, or for other options'
  const code = body.subarray(indexLength, indexLength + codeLength)
  return { ...read, code, module: body.subarray(indexLength + codeLength) }
}

/** Two sums of 32 bits that go different ways through the bytes (after FNV-1a, and a rotating one). Against accidents, not against malice. */
export function checksum(bytes: Uint8Array): [number, number] {
  let a = 0x811c9dc5
  let b = bytes.length
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    a = Math.imul(a ^ byte, 0x01000193)
    b = ((b << 5) | (b >>> 27)) + (byte ^ (a >>> 16))
  }
  return [a >>> 0, b >>> 0]
}
