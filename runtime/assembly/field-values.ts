/** Which values a field can have: for messages that say what fits, and for fields that no operand gives. */

import type { FieldLayout } from './table.ts'

/** How many bits of the encoding the field has. */
export function placedBits({ pieces }: FieldLayout): number {
  return pieces.reduce((sum, [, , width]) => sum + width, 0)
}

/** All values, in order; 2^placedBits of them. */
export function allValues({ placed }: FieldLayout): bigint[] {
  const values: bigint[] = []
  // Counts through the placed bits only.
  for (let value = 0n; ; ) {
    values.push(value)
    value = (value - placed) & placed
    if (value === 0n) return values
  }
}
