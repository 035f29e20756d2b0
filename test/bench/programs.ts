/**
 * The guest programs that are measured, and how much work each does: `args(1)` takes about a second under qemu-user on two cores of 2020s server hardware, `args(3)`
 * three times as long. Sources and what they print: test/guests. Each prints a checksum, by which runs are compared.
 */

import { join } from 'node:path'
import { projectRoot } from './processes.ts'

export type Group = 'integer' | 'floating-point' | 'short' | 'other'

export interface Program {
  readonly name: string
  readonly group: Group
  readonly what: string
  /** The RISC-V program. */
  readonly file: string
  /** C file of test/guests without its ending, for a native program; absent where there is none to build. */
  readonly source?: string
  /** A native program that is there already. */
  readonly native?: string
  /** Command line for so many units of work; a program in the group 'short' does the same whatever it is told. */
  args(units: number): readonly string[]
  /** The part of what it prints that must be the same everywhere; default: all of it. */
  result?(output: string): string
}

type Row = readonly [name: string, what: string, unit: number | ((units: number) => readonly string[])]

const integers: readonly Row[] = [
  ['sieve', 'sieve of Eratosthenes: bytes, short loops', 1600],
  ['matmul', 'matrix product of 32-bit integers', 1600],
  ['fib', 'recursive calls', (units) => ['27', count(64 * units)]],
  ['interpreter', 'a bytecode interpreter, 13 operations', 1_500_000],
  ['coremix', 'lists, matrices, a state machine, CRC-16', 4500],
  ['virtual', 'calls through pointers', 3300],
  ['strings', 'strings: search, split, compare, convert', 1800],
  ['sha256', 'SHA-256', 400],
  ['hashtable', 'hash table, open addressing', 1000],
  ['sort', 'quicksort and heapsort', 45],
  ['pointers', 'memory-bound walks through a list and a tree', 60],
  ['bigswitch', 'a switch with 120 cases', 5500],
  ['lz', 'LZ77 compression and back', 700],
  ['jit', 'a program that writes and patches its code', 25_000],
]
const doubles: readonly Row[] = [
  ['nbody', 'gravity of five bodies', 400_000],
  ['mandelbrot', 'Mandelbrot set', (units) => [count(730 * Math.sqrt(units))]],
  ['spectral', 'spectral norm: divisions', (units) => [count(880 * Math.sqrt(units))]],
  ['linear', 'linear equations by elimination', 150],
  ['rounding', 'interval arithmetic: changes of the rounding mode', 2000],
]

const folder = join(projectRoot, 'test/guests')

export const programs: readonly Program[] = [
  ...integers.map((row) => ofRow(row, 'integer')),
  ...doubles.map((row) => ofRow(row, 'floating-point')),
  {
    name: 'short',
    group: 'short',
    what: 'a short run: coremix, 20 rounds',
    file: join(folder, 'coremix.rv64.elf'),
    source: 'coremix',
    args: () => ['20'],
  },
]

function ofRow([name, what, unit]: Row, group: Group): Program {
  const args = typeof unit === 'function' ? unit : (units: number) => [count(unit * units)]
  return { name, group, what, file: join(folder, `${name}.rv64.elf`), source: name, args }
}

function count(value: number): string {
  return String(Math.max(1, Math.round(value)))
}

/**
 * CoreMark as built by docs/benchmarks.md: arguments are three seeds, iterations, and all three kernels in one context of 2,000 bytes. What it prints of times differs
 * from run to run, its CRCs do not.
 */
export function coremark(file: string, native: string | undefined): Program {
  return {
    name: 'coremark',
    group: 'other',
    what: 'CoreMark',
    file,
    ...(native === undefined ? {} : { native }),
    args: (units) => ['0x0', '0x0', '0x66', count(5000 * units), '7', '1', '2000'],
    result: (output) => {
      const sums = output.split('\n').filter((line) => /^\[0\]crc/.test(line))
      if (sums.length < 4 || /ERROR! (list|matrix|state)/.test(output)) throw new Error(`CoreMark fails:\n${output}`)
      return sums.join('\n')
    },
  }
}
