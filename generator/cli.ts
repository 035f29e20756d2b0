#!/usr/bin/env node
/**
 * The command line: finds the command, reads its arguments (yargs from the command's option table; see cli/command.ts for
 * the quick way), runs it, and turns whatever goes wrong into one line. Nothing of the generator or the runtime is loaded
 * here: each command imports what it needs.
 */

import { realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import {
  absentValue,
  type Command,
  CommandError,
  EXIT_OK,
  EXIT_USAGE,
  type Option,
  operandMistake,
  parseQuickly,
  type RawInvocation,
  splitArguments,
} from './cli/command.ts'
import { type CommandEntry, commands } from './cli/commands.ts'
import { processTerminal, type Terminal } from './cli/terminal.ts'

/** Runs one command line (without `node` and the script) and gives the exit code. */
export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const [name, ...rest] = argv
    if (name === undefined || name === '--help' || name === '-h') return await printOverview(terminal)
    if (name === '--version') {
      terminal.out(`${packageVersion()}\n`)
      return EXIT_OK
    }
    const entry = commands.find((c) => c.name === name) ?? (await rejectCommand(name))
    const { command } = await entry.load()
    const invocation =
      (command.quick && parseQuickly(command, rest)) || (await parseWithYargs(entry, command, rest, terminal))
    return invocation === undefined ? EXIT_OK : await command.run(invocation, terminal)
  } catch (error) {
    return reportFailure(error, terminal)
  }
}

/** undefined: help was asked for and printed. */
async function parseWithYargs(
  entry: CommandEntry,
  command: Command,
  argv: readonly string[],
  terminal: Terminal,
): Promise<RawInvocation | undefined> {
  const { default: yargs } = await import('yargs')
  const { own, rest } = splitArguments(argv, command.options)
  const parser = yargs()
    .scriptName('isagen')
    .locale('en')
    .usage(`isagen ${command.usage}\n\n${command.describe}`)
    .version(false)
    .help('help')
    .alias('help', 'h')
    .wrap(100)
    .exitProcess(false)
    .parserConfiguration({ 'greedy-arrays': false, 'parse-positional-numbers': false })
    .fail((message, error) => {
      throw new CommandError(`${entry.name}: ${mistakeText(message ?? error.message, command)}`)
    })
  for (const [name, option] of Object.entries(command.options)) {
    const { array, choices, alias, describe, type } = option
    parser.option(name, {
      type,
      describe,
      requiresArg: type !== 'boolean',
      ...(array ? { array } : {}),
      ...(choices ? { choices } : {}),
      ...(alias === undefined ? {} : { alias }),
      ...(option.default === undefined ? {} : { default: option.default }),
    })
  }
  for (const [line, what] of command.examples) parser.example(line, what)
  if (command.notes) parser.epilogue(command.notes)

  let printed = ''
  const values: Record<string, unknown> = await parser.parseAsync(
    own,
    {},
    (_error: unknown, _values: unknown, output: string) => {
      printed = output
    },
  )
  if (printed !== '') {
    terminal.out(`${printed}\n`)
    return undefined
  }
  await rejectUnknownOptions(entry.name, command, own)
  const operands = Array.isArray(values._) ? values._.map(String) : []
  const mistake = operandMistake(command, operands)
  if (mistake) throw new CommandError(`${mistake} (isagen ${entry.name} --help)`)
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, option]) => [
      name,
      checkedValue(name, option, values[name]) ?? absentValue(option),
    ]),
  )
  return { options, operands, rest }
}

/** yargs' words for a mistake, in one line of ours. */
function mistakeText(message: string, command: Command): string {
  const [, choice, given] = /Argument: ([\w-]+), Given: "([^"]*)"/.exec(message) ?? []
  if (choice !== undefined)
    return `--${choice} is one of ${command.options[choice]?.choices?.join(', ')}, not '${given}'`
  const [, lacking] = /^Not enough arguments following: ([\w-]+)/.exec(message) ?? []
  if (lacking !== undefined) return `--${lacking} needs a value`
  return message.replace(/\s*\n\s*/g, ' ')
}

/** Of an option that was given twice the last value counts, unless it is a list. */
function checkedValue(name: string, { type, array }: Option, value: unknown): unknown {
  const one: unknown = Array.isArray(value) && !array ? value.at(-1) : value
  if (type === 'number' && one !== undefined && !Number.isFinite(one)) {
    throw new CommandError(`--${name} needs a number`)
  }
  return one
}

async function rejectUnknownOptions(verb: string, command: Command, argv: readonly string[]): Promise<void> {
  const known = [...Object.keys(command.options), 'help']
  const letters = ['h', ...Object.values(command.options).flatMap((o) => o.alias ?? [])]
  for (const word of argv) {
    const long = /^--(?:no-)?([^=]+)/.exec(word)?.[1]
    const short = /^-([a-zA-Z])/.exec(word)?.[1]
    if ((long === undefined || known.includes(long)) && (short === undefined || letters.includes(short))) continue
    const { closest } = await import('./diagnostics/closest.ts')
    const meant = closest(long ?? '', known)
    throw new CommandError(
      `${verb} has no option ${word.replace(/=.*/, '')}${meant ? `; did you mean --${meant}?` : ` (isagen ${verb} --help)`}`,
    )
  }
}

async function rejectCommand(name: string): Promise<never> {
  const { closest } = await import('./diagnostics/closest.ts')
  const meant = closest(
    name,
    commands.map((c) => c.name),
  )
  throw new CommandError(
    `there is no command '${name}'${meant ? `; did you mean '${meant}'?` : ' (isagen --help lists them)'}`,
  )
}

async function printOverview(terminal: Terminal): Promise<number> {
  const { default: yargs } = await import('yargs')
  const parser = yargs()
    .scriptName('isagen')
    .locale('en')
    .usage(
      'isagen COMMAND …\n\nFrom a CPU written as one spec: decoder, disassembler, assembler, interpreter, WebAssembly JIT.',
    )
    .version(packageVersion())
    .help('help')
    .alias('help', 'h')
    .wrap(100)
    .example('isagen new mycpu', 'write a starter spec and say what to do with it')
    .example('isagen run program.elf --stats -- one two', 'run a Linux program')
    .epilogue(
      'isagen COMMAND --help says more.\n\nExit codes: 0 done; 1 something is wrong with what was looked at (a spec, stale files, a test); ' +
        "2 the command could not be done (wrong use, an unreadable file). isagen run gives its guest's own.",
    )
  for (const { name, describe } of commands) parser.command(name, describe)
  terminal.out(`${await parser.getHelp()}\n`)
  return EXIT_OK
}

function reportFailure(error: unknown, terminal: Terminal): number {
  terminal.progress('')
  if (error instanceof CommandError) {
    terminal.err(`isagen: ${error.message}\n`)
    return error.exitCode
  }
  if (process.env.ISAGEN_DEBUG && error instanceof Error) terminal.err(`${error.stack}\n`)
  terminal.err(`isagen: ${failureText(error)}\n`)
  return EXIT_USAGE
}

/** System errors in words; anything else is ours, and ISAGEN_DEBUG=1 shows where. */
function failureText(error: unknown): string {
  const { code, path, message } = (error instanceof Error ? error : new Error(String(error))) as NodeJS.ErrnoException
  const line = message.split('\n')[0] ?? ''
  if (code === 'ENOENT') return `there is no file ${path}`
  if (code === 'EACCES' || code === 'EPERM') return `no permission for ${path}`
  if (code === 'EISDIR') return `${path ?? 'that'} is a folder`
  if (path !== undefined) return line
  return `internal error: ${line} (ISAGEN_DEBUG=1 shows where)`
}

function packageVersion(): string {
  const { version }: { version: string } = createRequire(import.meta.url)('isagen/package.json')
  return version
}

/** True when this file is the program, also through a link in node_modules/.bin. */
function isProgram(): boolean {
  const script = process.argv[1]
  return script !== undefined && realpathSync(script) === fileURLToPath(import.meta.url)
}

if (isProgram()) {
  // A reader that has seen enough (`isagen disasm x | head`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  process.exitCode = await main(process.argv.slice(2), processTerminal())
}
