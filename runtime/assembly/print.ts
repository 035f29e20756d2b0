/** How the value of a hole is written. */

import type { DisassembleOptions } from '../abi.ts'
import { signed } from './bits.ts'
import type { AssemblyTable, Hole } from './table.ts'

type Style = Pick<AssemblyTable, 'hexPrefix' | 'pcWidth'>

/** `value` has the hole's width. */
export function printHole(hole: Hole, value: bigint, pc: bigint, style: Style, options: DisassembleOptions): string {
  const { print } = hole
  switch (print.kind) {
    case 'register':
      return print.file.names[Number(value)] ?? `${print.file.name}[${value}]`
    case 'named':
      return print.names.byNumber.get(value) ?? String(value)
    case 'number': {
      const number = print.signed ? signed(value, hole.width) : value
      if (print.style === 'decimal') return String(number)
      if (print.style === 'hex') return printHex(number, hole.width, style)
      return number === 0n ? '' : number < 0n ? String(number) : `+${number}`
    }
    case 'label':
      return (
        options.symbol?.(value) ??
        (options.labels === 'relative'
          ? String(signed(value - pc, style.pcWidth))
          : printHex(value, style.pcWidth, style))
      )
    case 'letters':
      return printLetters(print.letters, value)
  }
}

export function printHex(value: bigint, width: number, { hexPrefix }: Pick<AssemblyTable, 'hexPrefix'>): string {
  const digits = (value < 0n ? -value : value).toString(16)
  const padded = hexPrefix === '$' ? digits.padStart(Math.ceil(width / 4), '0') : digits
  return `${value < 0n ? '-' : ''}${hexPrefix}${padded}`
}

function printLetters(letters: string, value: bigint): string {
  const set = [...letters].filter((_, i) => ((value >> BigInt(letters.length - 1 - i)) & 1n) === 1n)
  return set.length === 0 ? '0' : set.join('')
}
