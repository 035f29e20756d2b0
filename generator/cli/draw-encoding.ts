/**
 * Draws an encoding as manuals do: a box a field with its bit numbers, the digits of one instruction below. In: an instruction of the IR
 * and its bytes. Out: lines of text.
 */

import type { DrawnBits, Instruction, Isa } from '../ir/isa.ts'

interface Box {
  /** What the manual writes there: digits, or a field with its bits. */
  readonly text: string
  /** Number of its highest and lowest bit, within the word or byte that it is part of. */
  readonly high: number
  readonly low: number
  /** The instruction's own digits. */
  readonly digits: string
  /** First of a word or byte of its own. */
  readonly starts: boolean
}

export function drawEncoding(
  isa: Pick<Isa, 'unit' | 'endian'>,
  { encoding, fields }: Instruction,
  bytes: Uint8Array,
): string[] {
  // A box with the low part of a field is drawn under the field's bare name.
  const widths = new Map(fields.map(({ name, width }) => [name, width]))
  const drawing = encoding.drawing.map(({ width, text }) => {
    const part = width < (widths.get(text) ?? 0)
    return { width, text: part ? `${text}[${width === 1 ? 0 : `${width - 1}:0`}]` : text }
  })
  // One word, or several: the drawing does not say, but only one reading agrees with the constant digits.
  const readings = isa.unit === 8 ? [8] : [8 * encoding.length, isa.unit]
  const boxes = readings.map((unit) => boxesOf(drawing, unit, isa.endian, bytes)).find(constantsAgree)
  if (!boxes) return []
  const cells = boxes.map((box) => {
    const numbers = box.high === box.low ? `${box.high}` : `${box.high} ${box.low}`
    return { ...box, numbers, width: Math.max(box.text.length, box.digits.length, numbers.length) }
  })
  const line = (left: string, edge: string, show: (cell: (typeof cells)[number]) => string): string =>
    cells.map((cell, i) => `${i === 0 ? left : cell.starts ? `${edge}${left}` : edge}${show(cell)}`).join('') + edge
  const rule = line('+', '+', (cell) => '-'.repeat(cell.width + 2))
  return [
    line(' ', ' ', (cell) => spread(cell.numbers, cell.width)),
    rule,
    line('|', '|', (cell) => centred(cell.text, cell.width)),
    line('|', '|', (cell) => centred(cell.digits, cell.width)),
    rule,
  ]
}

/** Splits the drawing into words of `unit` bits (bytes: of as many bytes as their boxes need) and gives each box its digits. */
function boxesOf(drawing: readonly DrawnBits[], unit: number, endian: 'little' | 'big', bytes: Uint8Array): Box[] {
  const boxes: Box[] = []
  let word: DrawnBits[] = []
  let from = 0
  for (const drawn of drawing) {
    word.push(drawn)
    const width = word.reduce((sum, one) => sum + one.width, 0)
    if (width % unit !== 0) continue
    const own = bytes.subarray(from, from + width / 8)
    const digits = [...(endian === 'little' ? own.toReversed() : own)]
      .map((b) => b.toString(2).padStart(8, '0'))
      .join('')
    let high = width
    for (const { width: bits, text } of word) {
      boxes.push({
        text,
        high: high - 1,
        low: high - bits,
        digits: digits.slice(width - high, width - high + bits),
        starts: high === width,
      })
      high -= bits
    }
    from += width / 8
    word = []
  }
  return boxes
}

function constantsAgree(boxes: readonly Box[]): boolean {
  return (
    boxes.length > 0 &&
    boxes.every(({ text, digits }) => !/^[01]+$/.test(text) || text.length !== digits.length || text === digits)
  )
}

function centred(text: string, width: number): string {
  const left = Math.floor((width - text.length) / 2)
  return ` ${' '.repeat(left)}${text}${' '.repeat(width - text.length - left)} `
}
/** "31 25" with the numbers at either end. */
function spread(text: string, width: number): string {
  const [high = '', low] = text.split(' ')
  return low === undefined ? centred(high, width) : ` ${high}${low.padStart(width - high.length)} `
}
