/**
 * What a command of the command line is: a table of options and a function. cli.ts turns the table into yargs' wiring;
 * `parseQuickly` reads plain command lines with Node's own parser, for commands that must start before yargs would be loaded.
 * Either way a command gets the same `Invocation`, and gives an exit code.
 */

import { parseArgs } from 'node:util'
import type { Terminal } from './terminal.ts'

/** Exit codes; `isagen run` gives its guest's instead. */
export const EXIT_OK = 0
/** The command worked and found something wrong: errors in a spec, stale files, a failed test. */
export const EXIT_FOUND = 1
/** The command could not be done: wrong use, or a file that cannot be read. */
export const EXIT_USAGE = 2

export interface Option {
  readonly type: 'string' | 'boolean' | 'number'
  readonly describe: string
  /** May be given several times. */
  readonly array?: true
  readonly choices?: readonly string[]
  readonly default?: string | boolean | number
  /** One letter. */
  readonly alias?: string
  /** The value that the bare flag stands for: `--stats` is `--stats=text`. */
  readonly bare?: string
}
export type OptionTable = Readonly<Record<string, Option>>

type Scalar<O extends Option> = O['type'] extends 'boolean' ? boolean : O['type'] extends 'number' ? number : string
type Value<O extends Option> = O extends { readonly array: true }
  ? readonly Scalar<O>[]
  : O extends { readonly default: string | boolean | number } | { readonly type: 'boolean' }
    ? Scalar<O>
    : Scalar<O> | undefined
/** Options by name; one that was not given is its default, false, an empty list or undefined. */
export type Values<T extends OptionTable> = { readonly [K in keyof T]: Value<T[K]> }

export interface Invocation<T extends OptionTable> {
  readonly options: Values<T>
  /** What is neither option nor value, in order. */
  readonly operands: readonly string[]
  /** Everything after `--`. */
  readonly rest: readonly string[]
}

export interface CommandSpec<T extends OptionTable> {
  /** What follows `isagen`: "check SPEC…". */
  readonly usage: string
  readonly describe: string
  readonly options: T
  /** How many operands: least, most; and what the first one is called when it is missing. */
  readonly operands: { readonly least: number; readonly most: number; readonly name: string }
  readonly examples: readonly (readonly [command: string, what: string])[]
  /** Printed under the options. */
  readonly notes?: string
  /** Must start at once: read by `parseQuickly` when the command line is plain. */
  readonly quick?: boolean
  readonly run: (invocation: Invocation<T>, terminal: Terminal) => Promise<number>
}
/** A command whose options only its own file knows. */
export type Command = Omit<CommandSpec<OptionTable>, 'run'> & {
  readonly run: (invocation: RawInvocation, terminal: Terminal) => Promise<number>
}
export interface RawInvocation {
  readonly options: Readonly<Record<string, unknown>>
  readonly operands: readonly string[]
  readonly rest: readonly string[]
}

export function defineCommand<const T extends OptionTable>(spec: CommandSpec<T>): Command {
  return { ...spec, run: (raw, terminal) => spec.run(raw as Invocation<T>, terminal) }
}

/** A mistake of the user's, said in one line. Never shown with a stack. */
export class CommandError extends Error {
  readonly exitCode: number
  constructor(message: string, exitCode: number = EXIT_USAGE) {
    super(message)
    this.exitCode = exitCode
  }
}

/** Splits at the first `--`, and gives bare flags their value. */
export function splitArguments(argv: readonly string[], options: OptionTable): { own: string[]; rest: string[] } {
  const at = argv.indexOf('--')
  const own = at < 0 ? [...argv] : argv.slice(0, at)
  const bare = new Map<string, string>()
  for (const [name, option] of Object.entries(options))
    if (option.bare) bare.set(`--${name}`, `--${name}=${option.bare}`)
  return { own: own.map((word) => bare.get(word) ?? word), rest: at < 0 ? [] : argv.slice(at + 1) }
}

/** undefined: not plain (help wanted, or something is wrong), so yargs should read it and say what. */
export function parseQuickly(command: Command, argv: readonly string[]): RawInvocation | undefined {
  const { own, rest } = splitArguments(argv, command.options)
  const table: Record<string, { type: 'string' | 'boolean'; multiple: boolean; short?: string }> = {}
  for (const [name, option] of Object.entries(command.options)) {
    table[name] = {
      type: option.type === 'boolean' ? 'boolean' : 'string',
      multiple: option.array ?? false,
      ...(option.alias === undefined ? {} : { short: option.alias }),
    }
  }
  let parsed: { values: Record<string, unknown>; positionals: string[] }
  try {
    parsed = parseArgs({ args: own, options: table, allowPositionals: true, strict: true })
  } catch {
    return undefined
  }
  const values: Record<string, unknown> = {}
  for (const [name, option] of Object.entries(command.options)) {
    const given = parsed.values[name]
    if (given === undefined) values[name] = absentValue(option)
    else if (option.type === 'number') {
      const number = Number(given)
      if (given === '' || !Number.isFinite(number)) return undefined
      values[name] = number
    } else if (option.choices && !option.choices.includes(String(given))) return undefined
    else values[name] = given
  }
  if (operandMistake(command, parsed.positionals)) return undefined
  return { options: values, operands: parsed.positionals, rest }
}

export function absentValue(option: Option): unknown {
  if (option.array) return []
  return option.default ?? (option.type === 'boolean' ? false : undefined)
}

export function operandMistake(command: Command, operands: readonly string[]): string | undefined {
  const { least, most, name } = command.operands
  const verb = command.usage.split(' ')[0]
  if (operands.length < least) return `${verb} needs ${name}`
  if (operands.length > most) return `${verb}: unexpected '${operands[most]}'`
  return undefined
}
