/**
 * `isagen run --raw --screen … --keys …`: a bare machine with a screen and keys, in the terminal. In: an engine that holds a program; which register files are rows of
 * pixels and keys. The machine's own `on tick` comes 60 times a second. Without a terminal it runs as fast as it can, and
 * what the screen shows at the end is printed.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine, Exit } from 'isagen/runtime'
import { CommandError } from './command.ts'

export interface ConsoleOptions {
  /** A register file, a row of pixels a register, its highest bit leftmost. */
  readonly screen: string
  /** FILE=CHARACTERS: register i of the file is 1 while the i-th character's key is down. */
  readonly keys: string | undefined
  /** Instructions a second. */
  readonly speed: number
}

export const TICKS_A_SECOND = 60
/** Terminals tell of keys that go down, not up: one counts as down for so many ticks. */
const HELD = 8

export class GuestConsole {
  readonly #engine: Engine
  readonly #screen: string
  readonly #rows: number
  readonly #width: number
  readonly #keys: string
  readonly #characters: readonly string[]
  readonly #held: number[]
  readonly #perTick: number

  constructor(engine: Engine, { screen, keys = '=', speed }: ConsoleOptions) {
    const { registers } = engine.isa
    const fileOf = (name: string, option: string) => {
      const file = registers.find((register) => register.name === name && register.file)
      if (!file) throw new CommandError(`${option}: ${engine.isa.name} has no register file ${name}`)
      return file
    }
    const rows = fileOf(screen, '--screen')
    const [, keyFile = '', characters = ''] = /^(\w*)=(.*)$/.exec(keys) ?? []
    const room = keyFile === '' ? 0 : fileOf(keyFile, '--keys').count
    if (characters.length !== room)
      throw new CommandError(`--keys needs FILE=CHARACTERS, of each register a character, not '${keys}'`)
    if (!(speed >= TICKS_A_SECOND)) throw new CommandError(`--speed needs a number from ${TICKS_A_SECOND}`)
    this.#engine = engine
    this.#screen = screen
    this.#rows = rows.count
    this.#width = rows.width
    this.#keys = keyFile
    this.#characters = [...characters]
    this.#held = this.#characters.map(() => 0)
    this.#perTick = Math.round(speed / TICKS_A_SECOND)
  }

  press(character: string): void {
    const index = this.#characters.indexOf(character.toLowerCase())
    if (index >= 0) this.#held[index] = HELD
  }

  /** The instructions of one tick, and the tick. What stopped it, if anything did. */
  tick(): Exit | undefined {
    this.#held.forEach((left, index) => {
      this.#engine.state.write(this.#keys, index, left > 0 ? 1n : 0n)
      this.#held[index] = Math.max(left - 1, 0)
    })
    const exit = this.#engine.run({ maxInstructions: this.#perTick })
    if (exit.kind !== 'limit') return exit
    this.#engine.tick()
    return undefined
  }

  get perTick(): number {
    return this.#perTick
  }

  /** Lines of text, two rows of pixels each. */
  picture(): string[] {
    const row = (index: number): string =>
      index < this.#rows
        ? this.#engine.state.read(this.#screen, index).toString(2).padStart(this.#width, '0')
        : '0'.repeat(this.#width)
    return Array.from({ length: Math.ceil(this.#rows / 2) }, (_, line) => {
      const [upper, lower] = [row(2 * line), row(2 * line + 1)]
      return Array.from(upper, (bit, x) => ' ▀▄█'[Number(bit) + 2 * Number(lower[x])])
        .join('')
        .trimEnd()
    })
  }
}

/** Until the machine stops, it only jumps to itself with nobody at the keys, `limit` instructions ran, or Escape is pressed. */
export async function play(
  console: GuestConsole,
  engine: Engine,
  limit: number,
  out: (text: string) => void,
): Promise<Exit | undefined> {
  const { stdin, stdout } = process
  const isTerminal = stdin.isTTY === true && stdout.isTTY === true
  let wantsOut = false
  const typed = (bytes: Buffer): void => {
    const text = bytes.toString()
    if (text === '\x1b' || text === '\x03') wantsOut = true
    for (const character of text) console.press(character)
  }
  if (isTerminal) {
    stdin.setRawMode(true).on('data', typed).resume()
    out('\x1b[2J\x1b[?25l')
  }
  try {
    let exit: Exit | undefined
    let shown = ''
    for (let ran = 0; !exit && !wantsOut && ran < limit; ran += console.perTick) {
      const { pc } = engine.state
      exit = console.tick()
      if (!isTerminal) {
        if (engine.state.pc === pc && engine.step().kind === 'limit' && engine.state.pc === pc) break
        continue
      }
      const picture = console.picture().join('\x1b[K\n')
      if (picture !== shown) out(`\x1b[H${picture}\x1b[K\n`)
      shown = picture
      await sleep(1000 / TICKS_A_SECOND)
    }
    return exit
  } finally {
    if (isTerminal) {
      out('\x1b[?25h')
      stdin.setRawMode(false).off('data', typed).pause()
    } else out(`${console.picture().join('\n').trimEnd()}\n`)
  }
}
