/**
 * Programs for the bare machine that say themselves whether they passed: each writes a word in memory at its end (its *mailbox*, often the symbol
 * tohost), and may leave a *signature* there, words that a reference lists. Nothing here knows a machine: addresses come from the caller.
 */

import type { Engine } from '../engine.ts'
import type { Exit } from '../exit.ts'

/** What the word at the mailbox says: 0, the program runs on; 1, it passed; an odd number n, its test number n >> 1 failed. */
const PASSED = 1

/** How many instructions run between two looks at the mailbox, at first and at most. */
const FIRST_LOOK = 1_000
const MOST_LOOK = 1_000_000
/** Words that differ which a message lists. */
const LISTED = 3

/** Runs from state.pc on until the mailbox is written. Gives why the program did not pass; undefined: it did. */
export function runProgram(engine: Engine, mailbox: number, limit: number): string | undefined {
  let left = limit
  let look = FIRST_LOOK
  for (;;) {
    const count = Math.min(look, left)
    const exit = engine.run({ maxInstructions: count })
    left -= count
    look = Math.min(2 * look, MOST_LOOK)
    const said = words(engine, mailbox, mailbox + 4)[0]
    if (said === PASSED) return undefined
    if (said !== undefined && said !== 0)
      return said % 2 === 1
        ? `its test ${said >>> 1} failed`
        : `it asks its host for ${hex(said)}, which is not known here`
    if (exit.kind !== 'limit') return stopped(exit)
    if (left === 0) return `it did not end within ${limit} instructions (at ${hex(exit.pc)})`
  }
}

/** Gives the first words of memory from `begin` to `end` (not included) that are not as expected; undefined: all are. */
export function compareSignature(
  engine: Engine,
  begin: number,
  end: number,
  expected: readonly number[],
): string | undefined {
  const found = words(engine, begin, end)
  if (found.length !== expected.length)
    return `the signature has ${found.length} words, the reference ${expected.length}`
  const wrong = [...found.keys()].filter((i) => found[i] !== expected[i])
  if (wrong.length === 0) return undefined
  const listed = wrong
    .slice(0, LISTED)
    .map((i) => `${i} (at ${hex(begin + 4 * i)}): expected ${hex(expected[i]!)}, got ${hex(found[i]!)}`)
  const more = wrong.length - listed.length
  return `word ${listed.join('; word ')}${more > 0 ? `; and ${more} more` : ''}`
}

function words({ memory, isa }: Engine, begin: number, end: number): number[] {
  const bytes = memory.read(begin, end - begin)
  const view = new DataView(bytes.buffer)
  return Array.from({ length: bytes.length >> 2 }, (_, i) => view.getUint32(4 * i, isa.endian === 'little'))
}

function stopped(exit: Exit): string {
  const at = `at ${hex(exit.pc)}`
  switch (exit.kind) {
    case 'trap':
      return `trap ${exit.trap} ${at}`
    case 'fault':
      return `${exit.access} of ${hex(exit.address)} ${at}: there is no memory`
    case 'illegal':
      return `no instruction ${at}`
    default:
      return `stopped ${at}`
  }
}
const hex = (value: number | bigint): string => `0x${value.toString(16)}`
