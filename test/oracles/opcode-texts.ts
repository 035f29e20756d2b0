/**
 * What a machine's instructions are called: every opcode behind every prefix, with several fillings of the bytes behind it, boundary values and random ones. In: a machine and its
 * prefixes. Out: bytes and texts, each text once.
 */

import type { GuestIsa } from '../../runtime/abi.ts'
import { random as createRandom, type Random } from '../unit/random.ts'

export const seed = Number(process.env.ISAGEN_SEED ?? 1)

export interface OpcodeText {
  /** As long as the instruction. */
  readonly bytes: Uint8Array
  readonly text: string
}

export interface OpcodePlan {
  /** What stands before the opcode; an opcode that begins another one of these is left to that. */
  readonly prefixes: readonly (readonly number[])[]
  /** Bytes behind the opcode, for each that is tried. */
  readonly fillings: (random: Random, prefix: readonly number[]) => readonly (readonly number[])[]
  /** A byte of the filling stands before the opcode: the Z80's DD CB d. */
  readonly inner?: (prefix: readonly number[]) => boolean
}

/** Numbers at the ends of their ranges, then random ones. */
export function byteFillings(random: Random): number[][] {
  const boundaries = [0x00, 0x01, 0x7f, 0x80, 0xff].map((byte) => [byte, byte, byte, byte])
  const others = Array.from({ length: 5 }, () => [0, 0, 0, 0].map(() => random.below(256)))
  return [...boundaries, [0x34, 0x12, 0x56, 0x78], ...others]
}

/** Displacements of DD CB and FD CB stand before the opcode. */
export const z80Plan: OpcodePlan = {
  prefixes: [[], [0xcb], [0xed], [0xdd], [0xfd], [0xdd, 0xcb], [0xfd, 0xcb]],
  fillings: byteFillings,
  inner: (prefix) => prefix.length === 2,
}

export async function opcodeTexts(guest: GuestIsa, plan: OpcodePlan, pc: bigint): Promise<OpcodeText[]> {
  const disassemble = await guest.disassembler()
  const random = createRandom(seed)
  const found = new Map<string, OpcodeText>()
  for (const prefix of plan.prefixes) {
    for (let opcode = 0; opcode < 256; opcode++) {
      const isPrefix = plan.prefixes.some(
        (other) => other.length > prefix.length && [...prefix, opcode].every((byte, i) => byte === other[i]),
      )
      if (isPrefix) continue
      for (const filling of plan.fillings(random, prefix)) {
        const [first = 0, ...rest] = filling
        const bytes = Uint8Array.from(
          plan.inner?.(prefix) ? [...prefix, first, opcode, ...rest] : [...prefix, opcode, ...filling],
        )
        const { text, length } = disassemble(bytes, 0, pc) ?? {}
        if (text === undefined || found.has(text)) continue
        found.set(text, { bytes: bytes.slice(0, length), text })
      }
    }
  }
  return [...found.values()]
}
