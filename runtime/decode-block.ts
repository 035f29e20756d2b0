/**
 * Block discovery: guest bytes at a pc → header and records of a basic block (layout in abi.ts), up to an instruction that ends it, an illegal
 * or unfetchable one, or the limit. Writes at a place the caller chose; who owns the memory, and what becomes stale, is blocks.ts's business.
 */

import {
  BLOCK_BYTES,
  BLOCK_COUNT,
  BLOCK_HEADER,
  BLOCK_PC_HI,
  BLOCK_PC_LO,
  type GuestIsa,
  HANDLER_END,
  HANDLER_FIRST,
  RECORD_HANDLER,
  RECORD_PC_HI,
  RECORD_PC_LO,
} from './abi.ts'
import { EXEC, type GuestMemory } from './memory.ts'

/** Most instructions of a block. */
export const MAX_BLOCK = 64

/** Why not even one instruction could be decoded. */
export type Undecodable = { readonly kind: 'illegal' } | { readonly kind: 'unfetchable'; readonly address: number }

/** What code is known by: its pc (below 2^32), and above that the key of the decode context. */
export function codeAddress(lo: number, hi: number): number {
  return (hi >>> 0) * 2 ** 32 + (lo >>> 0)
}
/** The pc in an address of code. */
export function guestAddress(address: number): number {
  return address >>> 0
}

export interface BlockDecoder {
  /** Words that a block of `count` instructions takes. */
  size(count: number): number
  /**
   * Decodes at most `limit` instructions from an address of code on (codeAddress) into words[header …], which has room for size(limit). The block's heat is
   * left alone. Gives the number of instructions, or what is wrong with the first.
   */
  decode(address: number, limit: number, header: number): number | Undecodable
}

export function createBlockDecoder(isa: GuestIsa, memory: GuestMemory, words: Int32Array): BlockDecoder {
  const { recordWords, maxLength, pcWidth, context } = isa
  const wrapped = new Uint8Array(2 * maxLength)

  /** pc after an instruction, in a record. */
  const storePc = (record: number, pc: number, key: number): void => {
    words[record + RECORD_PC_LO] = pcWidth < 32 ? pc & ((1 << pcWidth) - 1) : pc
    words[record + RECORD_PC_HI] = pcWidth > 32 && pc >= 2 ** 32 ? 1 : key
  }

  /** Length of the instruction at pc, whose record is written; 0 when illegal. */
  const decodeOne = (pc: number, record: number): number => {
    if (pc + maxLength <= memory.size || isa.memory.faults) return isa.decode(memory.bytes, pc, words, record)
    // The end of a small address space: instructions go on at address 0.
    for (let at = 0; at < wrapped.length; at++) wrapped[at] = memory.bytes[(pc + at) % memory.size]!
    return isa.decode(wrapped, 0, words, record)
  }

  const unfetchable = (pc: number, length: number): number | undefined => memory.firstForbidden(pc, length, EXEC)
  const endsBlock = Uint8Array.from(isa.handlers, (handler) => (handler.endsBlock ? 1 : 0))
  const pageMask = memory.pageSize - 1

  return {
    size: (count) => BLOCK_HEADER + (count + 1) * recordWords,

    decode(address, limit, header) {
      const pc = guestAddress(address)
      let key = Math.floor(address / 2 ** 32)
      context?.start(key, pc)
      let end = pc
      let record = header + BLOCK_HEADER
      let at = pc
      let count = 0
      // Up to here bytes may be fetched, as far as it was asked: of a page all or none.
      let open = isa.memory.faults ? pc : Number.POSITIVE_INFINITY
      while (count < limit && (at < memory.size || count === 0)) {
        let forbidden: number | undefined
        if (at >= open) {
          forbidden = unfetchable(at, 1)
          open = ((at | pageMask) >>> 0) + 1
        }
        const bytes = forbidden === undefined ? decodeOne(at, record) : 0
        if (at + bytes > open) forbidden = unfetchable(at, bytes)
        if (forbidden !== undefined || bytes === 0) {
          if (count > 0) break
          return forbidden === undefined ? { kind: 'illegal' } : { kind: 'unfetchable', address: forbidden }
        }
        storePc(record, at, key)
        const head = words[record + RECORD_HANDLER]!
        record += recordWords
        end = at + bytes
        at += (head >>> 16) & 0xff
        count++
        if (context) key = context.after()
        if (context ? context.ends() : endsBlock[(head & 0xffff) - HANDLER_FIRST] === 1) break
      }
      words[record + RECORD_HANDLER] = HANDLER_END
      storePc(record, at, key)
      words[header + BLOCK_PC_LO] = pc
      words[header + BLOCK_PC_HI] = Math.floor(address / 2 ** 32)
      words[header + BLOCK_COUNT] = count
      words[header + BLOCK_BYTES] = end - pc
      return count
    },
  }
}
