/**
 * Guest programs in columns: native, qemu-user, and isagen in each tier or without one of its optimisations. Rounds alternate between columns, so that a change in the
 * machine's speed hits all alike. Each program runs at two lengths in each column: the longer run's wall time, start of the process to its end, is the *cold* figure; the
 * difference of both runs' processor times, over the difference in work, the *peak*: starting and compiling are in both, and cancel out.
 */

import { type NativePrograms, sameDoubles } from './native.ts'
import { cli, isagen, median, runTimed } from './processes.ts'
import type { Group, Program } from './programs.ts'

export interface Column {
  readonly name: string
  /** Units of work of the two runs are multiplied by this: slow columns do less. */
  readonly share: number
  /** Command and its arguments, or undefined where the column has no such program. */
  command(program: Program, args: readonly string[]): readonly [string, ...string[]] | undefined
  /** Whether its results of floating point may differ in their last digits. */
  readonly mayDiffer?: boolean
}

export const tiers = ['interpreter', 'wasm-interpreter', 'baseline', 'optimising', 'auto'] as const
export type Tier = (typeof tiers)[number]

export function qemuColumn(): Column {
  return { name: 'qemu', share: 1, command: ({ file }, args) => ['qemu-riscv64', file, ...args] }
}
export function nativeColumn(native: NativePrograms): Column {
  return {
    name: 'native',
    share: 1,
    mayDiffer: !sameDoubles(),
    command: (program, args) => {
      const path = native.path(program)
      return path === undefined ? undefined : [path, ...args]
    },
  }
}
/** `without`: as `isagen run --without` takes it. */
export function tierColumn(tier: Tier, without = ''): Column {
  const switches = without === '' ? [] : ['--without', without]
  return {
    name: without === '' ? tier : `without ${without}`,
    share: tier === 'interpreter' ? 0.1 : tier === 'wasm-interpreter' ? 0.3 : 1,
    command: ({ file }, args) => [process.execPath, cli, 'run', file, '--tier', tier, ...switches, '--', ...args],
  }
}

export interface Cell {
  /** Wall time of the longer run, seconds. */
  readonly cold: number
  /** Guest instructions of that run. */
  readonly instructions: number
  /**
   * Seconds of processor time for 10⁹ guest instructions in the steady state (for native code: for the work of so many); undefined where the two runs cannot
   * be told apart.
   */
  readonly peak: number | undefined
}
export interface ProgramResult {
  readonly name: string
  readonly group: Group
  readonly cells: Readonly<Record<string, Cell>>
}

export interface Lengths {
  /** Units of work: programs.ts. */
  readonly short: number
  readonly long: number
  readonly rounds: number
}

export function benchGuests(
  programs: readonly Program[],
  columns: readonly Column[],
  lengths: Lengths,
  notes: string[],
  progress: (text: string) => void,
): ProgramResult[] {
  return programs.map((program, i) => {
    progress(`${program.name} (${i + 1} of ${programs.length})`)
    return benchProgram(program, columns, lengths, (failure) => {
      notes.push(failure)
      process.exitCode = 1
    })
  })
}

interface Times {
  readonly cold: number[]
  readonly shortCpu: number[]
  readonly longCpu: number[]
}

/** A column in which the program fails, or prints what it does not print elsewhere, is told of and left out. */
function benchProgram(
  program: Program,
  columns: readonly Column[],
  lengths: Lengths,
  fail: (message: string) => void,
): ProgramResult {
  const isShort = program.group === 'short'
  const results = new Map<string, string>()
  const measure = (column: Column, units: number, times: { cpu: number[]; wall?: number[] }): boolean => {
    const args = program.args(units * column.share)
    const command = column.command(program, args)
    if (!command) return false
    const [path, ...rest] = command
    const finished = runTimed(path, rest)
    times.cpu.push(finished.cpuMilliseconds / 1000)
    times.wall?.push(finished.milliseconds / 1000)
    if (program.group === 'floating-point' && column.mayDiffer) return true
    const key = args.join(' ')
    const result = program.result?.(finished.out) ?? finished.out
    const known = results.get(key)
    if (known === undefined) results.set(key, result)
    else if (known !== result) throw new Error(`'${result.trim()}' is not '${known.trim()}', as elsewhere`)
    return true
  }
  const all = new Map<Column, Times>()
  const failed = new Set<Column>()
  for (let round = 0; round < lengths.rounds; round++) {
    for (const column of columns) {
      if (failed.has(column)) continue
      const times = all.get(column) ?? { cold: [], shortCpu: [], longCpu: [] }
      try {
        if (!measure(column, lengths.long, { cpu: times.longCpu, wall: times.cold })) continue
        if (!isShort) measure(column, lengths.short, { cpu: times.shortCpu })
        all.set(column, times)
      } catch (error) {
        fail(`${program.name} in column ${column.name}: ${error instanceof Error ? error.message : error}`)
        failed.add(column)
        all.delete(column)
      }
    }
  }
  const cells: Record<string, Cell> = {}
  for (const [column, { cold, shortCpu, longCpu }] of all) {
    const instructions = countInstructions(program, lengths.long * column.share)
    const seconds = isShort ? 0 : median(longCpu) - median(shortCpu)
    const work = isShort ? 0 : instructions - countInstructions(program, lengths.short * column.share)
    const peak = seconds > 0 && work > 0 ? (seconds / work) * 1e9 : undefined
    cells[column.name] = { cold: median(cold), instructions, peak }
  }
  return { name: program.name, group: program.group, cells }
}

const counted = new Map<string, number>()
/** By a run that is not timed. */
function countInstructions(program: Program, units: number): number {
  const args = program.args(units)
  const key = [program.file, ...args].join(' ')
  const known = counted.get(key)
  if (known !== undefined) return known
  const { err } = isagen('run', program.file, '--stats=json', '--', ...args)
  const { instructions } = JSON.parse(err) as { readonly instructions: number }
  counted.set(key, instructions)
  return instructions
}
