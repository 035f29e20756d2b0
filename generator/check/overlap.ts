/**
 * Encodings against each other. One strictly inside another wins; the same or a partly common set of words is an error with a witness, unless
 * the conditions (`when`) exclude each other, or what is common is an encoding of its own.
 */

import type { Session } from '../diagnostics/session.ts'
import type { Expr } from '../ir/expr.ts'
import type { Encoding, Field } from '../ir/isa.ts'
import type { Span } from '../syntax/ast.ts'
import { type Condition, commonWord, conditionOver, type Known } from './known-bits.ts'

export interface Encoded {
  readonly name: string
  readonly span: Span
  readonly encoding: Encoding
  readonly fields: readonly Field[]
  readonly when: Expr
  readonly where: readonly string[]
}

/** `fixed` holds the constant bits, and those that the condition requires. */
interface Prepared {
  readonly one: Encoded
  readonly condition: Condition
  readonly fixed: Known
  /** Its first 32 bits as numbers: they decide most pairs, at a fraction of the price. */
  readonly first: Key
}
const together = (a: Known, b: Known): Known => ({ mask: a.mask | b.mask, value: a.value | b.value })

export function checkOverlaps(
  all: readonly Encoded[],
  unit: number,
  context: readonly string[],
  session: Session,
): void {
  const prepared = all.map((one): Prepared => {
    const condition = conditionOver(one.fields, one.when)
    const fixed = together(one.encoding, condition.required)
    const first = { mask: Number(fixed.mask & 0xffffffffn) | 0, value: Number(fixed.value & 0xffffffffn) | 0 }
    return { one, condition, fixed, first }
  })
  for (const [first, second] of candidates(prepared)) {
    const [a, b] = [first.one, second.one]
    if (nested(a.encoding, b.encoding) || nested(b.encoding, a.encoding)) continue
    const witness = commonWord([first.fixed, second.fixed], [first.condition, second.condition])
    if (witness === undefined || prepared.some((third) => coversBoth(third, first, second))) continue
    const length = Math.max(a.encoding.length, b.encoding.length)
    session.report('E0401', b.span, `${b.name} and ${a.name} overlap`, {
      context: [...b.where, ...context],
      labels: [{ span: a.span, text: `${a.name} is here` }],
      notes: [`${showWord(witness, length, unit)} is both`],
      help: 'narrow one of them with a constant or a `when`',
    })
  }
}

/** Pairs whose constant bits agree, in the order of the text. Only encodings that may have the same byte at one place are compared at all. */
function candidates(all: readonly Prepared[]): [Prepared, Prepared][] {
  const at = tellingByte(all)
  const keys = all.map(({ fixed }) => byteAt(fixed, at))
  const buckets = Array.from({ length: 256 }, (): number[] => [])
  for (const [i, key] of keys.entries()) for (const value of valuesOf(key)) buckets[value]?.push(i)
  const pairs: [number, number][] = []
  for (const [value, members] of buckets.entries()) {
    for (let m = 0; m < members.length; m++) {
      const i = members[m] as number
      const own = (keys[i] as Key).value
      for (let n = m + 1; n < members.length; n++) {
        const j = members[n] as number
        // Two that share several buckets meet in the lowest one.
        if ((own | (keys[j] as Key).value) === value && agree(all[i] as Prepared, all[j] as Prepared))
          pairs.push([i, j])
      }
    }
  }
  return pairs.sort((a, b) => a[0] - b[0] || a[1] - b[1]).map(([i, j]) => [all[i] as Prepared, all[j] as Prepared])
}

function agree({ fixed: a, first: x }: Prepared, { fixed: b, first: y }: Prepared): boolean {
  if (((x.value ^ y.value) & x.mask & y.mask) !== 0) return false
  // Beyond the end of the shorter one its mask is 0.
  return ((a.value ^ b.value) & a.mask & b.mask) === 0n
}

/** Constant bits of one byte or word of an encoding. */
interface Key {
  readonly mask: number
  readonly value: number
}
function byteAt(fixed: Known, at: number): Key {
  return {
    mask: Number((fixed.mask >> BigInt(8 * at)) & 0xffn),
    value: Number((fixed.value >> BigInt(8 * at)) & 0xffn),
  }
}
function valuesOf({ mask, value }: Key): number[] {
  const values: number[] = []
  for (let free = 0; free < 256; free++) if ((free & mask) === 0) values.push(value | free)
  return values
}
/** The byte with the most constant bits over all encodings. */
function tellingByte(all: readonly Prepared[]): number {
  let best = 0
  let most = -1
  for (let at = 0; at < 4; at++) {
    const fixed = all.reduce((sum, one) => sum + valuesOf(byteAt(one.fixed, at)).length, 0)
    if (most < 0 || fixed < most) {
      most = fixed
      best = at
    }
  }
  return best
}

/** The words of a are a strict part of those of b. */
function nested(a: Encoding, b: Encoding): boolean {
  return a.length >= b.length && (a.mask & b.mask) === b.mask && a.mask !== b.mask
}

/** Some word satisfies the condition. */
export function isReachable(encoding: Encoding, fields: readonly Field[], when: Expr): boolean {
  if (when.kind === 'const') return when.value === 1n
  return commonWord([encoding], [conditionOver(fields, when)]) !== undefined
}

/** What a and b have in common is all inside a third one, which wins over both: 76, where `ld r, (hl)` and `ld (hl), r` meet, is `halt`. */
function coversBoth({ one: third }: Prepared, { one: a }: Prepared, { one: b }: Prepared): boolean {
  const { encoding, when } = third
  if (when.kind !== 'const' || !nested(encoding, a.encoding) || !nested(encoding, b.encoding)) return false
  const common = together(a.encoding, b.encoding)
  return (encoding.mask & ~common.mask) === 0n && (common.value & encoding.mask) === encoding.value
}

function showWord(word: bigint, length: number, unit: number): string {
  if (unit > 8) return `0x${word.toString(16).padStart(length * 2, '0')}`
  return Array.from({ length }, (_, i) => ((word >> BigInt(8 * i)) & 0xffn).toString(16).padStart(2, '0')).join(' ')
}
