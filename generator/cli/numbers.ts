/** Numbers and bytes as people write them on a command line. All throw CommandError. */

import { CommandError } from './command.ts'

/** `4096`, `0x1000`, `$1000`. `what` names the option for the message. */
export function parseAddress(text: string, what: string): bigint {
  const word = text.replaceAll('_', '').replace(/^\$/, '0x')
  if (!/^(?:\d+|0x[\da-f]+)$/i.test(word)) throw new CommandError(`${what}: '${text}' is no address (4096, 0x1000)`)
  return BigInt(word)
}

/** Bytes in memory order (`a9 80`, `A980`), or words with 0x that are stored as the machine stores them (`0x00b50533`). */
export function parseHex(text: string, endian: 'little' | 'big'): Uint8Array {
  const words = text.split(/[\s,]+/).filter((word) => word !== '')
  return Uint8Array.from(
    words.flatMap((word) => {
      const digits = word.replace(/^0x/i, '').replaceAll('_', '')
      if (!/^(?:[\da-f]{2})+$/i.test(digits))
        throw new CommandError(`'${word}' is no row of hex bytes (two digits each)`)
      const bytes = (digits.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16))
      return /^0x/i.test(word) && endian === 'little' ? bytes.reverse() : bytes
    }),
  )
}

export function hex(value: bigint | number, digits = 0): string {
  return `0x${value.toString(16).padStart(digits, '0')}`
}

export function hexBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ')
}
