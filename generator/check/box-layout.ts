/**
 * From boxes to bit positions: mask, value and the places of each field, with the bytes of a box in the order of the isa. Bits of a field that are
 * placed twice or never are found here.
 */

import { counted } from '../diagnostics/counted.ts'
import type { Width } from '../ir/expr.ts'
import type { DrawnBits, Encoding, Field } from '../ir/isa.ts'
import type { Span } from '../syntax/ast.ts'
import type { Form, Piece } from './encodings.ts'
import { type Env, report } from './scope.ts'

export interface Layout {
  readonly encoding: Encoding
  readonly fields: readonly Field[]
}

/** Bit positions in the order of Encoding; undefined when the boxes are wrong (reported). */
export function layOut(env: Env, form: Form, span: Span): Layout | undefined {
  const { unit, endian, maxLength } = env.machine
  let mask = 0n
  let encoded = 0n
  let base = 0
  const fields = new Map<string, { at: number; low: number; width: number; span: Span }[]>()
  const drawing: DrawnBits[] = []
  for (const box of form.boxes) {
    const width = box.reduce((sum, p) => sum + p.width, 0)
    if (width === 0 || width % unit !== 0) {
      const near = Math.max(1, Math.round(width / unit)) * unit
      report(
        env,
        'E0405',
        box[0]?.span ?? span,
        `this box has ${counted(width, 'bit')}, but a box holds a multiple of ${unit}`,
        {
          labels: box.map((p) => ({ span: p.span, text: `${p.width}` })),
          help:
            width < near
              ? `${counted(near - width, 'more bit')} would make ${near}`
              : `${counted(width - near, 'bit')} too many for ${near}`,
        },
      )
      return undefined
    }
    const bytes = width / 8
    /** Position of the box's bit k in the whole. */
    const position = (k: number): number => base + (endian === 'little' ? k : (bytes - 1 - (k >> 3)) * 8 + (k & 7))
    let top = width
    for (const piece of box) {
      top -= piece.width
      for (let k = 0; k < piece.width; k++) {
        const at = position(top + k)
        if (piece.kind === 'const') {
          mask |= 1n << BigInt(at)
          encoded |= ((piece.value >> BigInt(k)) & 1n) << BigInt(at)
        } else if (piece.kind === 'field') addBit(fields, piece.name, at, piece.low + k, piece.span)
      }
      drawing.push({ width: piece.width, text: drawn(piece) })
    }
    base += width
  }
  const list: Field[] = []
  for (const [name, pieces] of fields) {
    const width = Math.max(...pieces.map((p) => p.low + p.width))
    if (!checkPlaces(env, name, pieces, width)) return undefined
    list.push({ name, width, pieces: pieces.map(({ at, low, width: w }) => ({ at, low, width: w })) })
  }
  const length = base / 8
  if (maxLength !== undefined && length > maxLength) {
    report(
      env,
      'E0408',
      span,
      `this is ${counted(length, 'byte')} long, but no instruction has more than ${maxLength}`,
      {
        help: `maxlen ${length}`,
      },
    )
  }
  return { encoding: { length, mask, value: encoded, drawing }, fields: list }
}

function addBit(
  fields: Map<string, { at: number; low: number; width: number; span: Span }[]>,
  name: string,
  at: number,
  low: number,
  span: Span,
): void {
  const pieces = fields.get(name) ?? []
  fields.set(name, pieces)
  const last = pieces.at(-1)
  if (last && last.at + last.width === at && last.low + last.width === low && last.span === span) last.width++
  else pieces.push({ at, low, width: 1, span })
}

function drawn(piece: Piece): string {
  if (piece.kind === 'const') return piece.value.toString(2).padStart(piece.width, '0')
  if (piece.kind === 'any') return '-'.repeat(piece.width)
  const high = piece.low + piece.width - 1
  return piece.low === 0
    ? piece.name
    : piece.width === 1
      ? `${piece.name}[${high}]`
      : `${piece.name}[${high}:${piece.low}]`
}

/** Every bit from the lowest placed one up is placed, and once. */
function checkPlaces(
  env: Env,
  name: string,
  pieces: readonly { at: number; low: number; width: number; span: Span }[],
  width: Width,
): boolean {
  const first = new Map<number, (typeof pieces)[number]>()
  for (const piece of pieces) {
    for (let bit = piece.low; bit < piece.low + piece.width; bit++) {
      const before = first.get(bit)
      if (before) {
        const witness = `0x${((1n << BigInt(before.at + bit - before.low)) | (1n << BigInt(piece.at + bit - piece.low))).toString(16)}`
        report(env, 'E0403', piece.span, `bit ${bit} of ${name} is placed twice`, {
          labels: before.span === piece.span ? [] : [{ span: before.span, text: 'first here' }],
          notes: [`both places are the bits of ${witness}`],
          help: 'each bit of a field stands in the encoding once',
        })
        return false
      }
      first.set(bit, piece)
    }
  }
  const lowest = Math.min(...pieces.map((p) => p.low))
  for (let bit = lowest; bit < width; bit++) {
    if (first.has(bit)) continue
    const [piece] = pieces
    report(env, 'E0409', piece?.span as Span, `bit ${bit} of ${name} is never placed`, {
      notes: [`${name} = 0x${(1n << BigInt(bit)).toString(16)} cannot be encoded`],
      help: `place it, as ${name}[${bit}]`,
    })
    return false
  }
  return true
}
