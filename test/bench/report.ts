/** Tables of benchmark results: ratios of times, geometric means of groups; plain for the terminal, or as Markdown. */

import type { Cell, ProgramResult } from './guests.ts'
import type { Group } from './programs.ts'

/** A heading, and rows of cells: the first row names the columns. */
export interface Table {
  readonly title: string
  readonly rows: readonly (readonly string[])[]
}

export type Figure = 'peak' | 'cold'
const groups: readonly Group[] = ['integer', 'floating-point']
const references = ['qemu', 'native', 'interpreter'] as const
const measured = ['wasm-interpreter', 'baseline', 'optimising', 'auto']

/** Time of one column over that of another; for 'cold', runs of different length are compared by the instruction. */
export function ratio({ cells }: ProgramResult, what: Figure, column: string, over: string): number | undefined {
  const [a, b] = [seconds(cells[column], what), seconds(cells[over], what)]
  return a === undefined || b === undefined ? undefined : a / b
}
function seconds(cell: Cell | undefined, what: Figure): number | undefined {
  if (!cell) return undefined
  return what === 'peak' ? cell.peak : (cell.cold / cell.instructions) * 1e9
}

export function geometricMean(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0
    ? undefined
    : Math.exp(known.reduce((sum, value) => sum + Math.log(value), 0) / known.length)
}

export interface Mean {
  readonly group: Group
  readonly figure: Figure
  readonly column: string
  readonly over: string
  /** Of times; below 1 is faster. */
  readonly ratio: number
}
/** Of each tier over each reference, in each group. */
export function means(results: readonly ProgramResult[]): Mean[] {
  return (['peak', 'cold'] as const).flatMap((figure) =>
    groups.flatMap((group) =>
      measured.flatMap((column) =>
        references.flatMap((over) => {
          const some = results.filter((result) => result.group === group)
          const mean = geometricMean(some.map((result) => ratio(result, figure, column, over)))
          return mean === undefined ? [] : [{ group, figure, column, over, ratio: mean }]
        }),
      ),
    ),
  )
}

/** All tables of a run. */
export function guestTables(results: readonly ProgramResult[], columns: readonly string[]): Table[] {
  const long = results.filter(({ group }) => group !== 'short')
  const tables: Table[] = []
  if (long.length > 0) {
    tables.push({
      title: 'Peak: million guest instructions a second of processor time, after starting and compiling',
      rows: [
        ['', ...columns],
        ...long.map((result) => [result.name, ...columns.map((name) => speed(result.cells[name]))]),
      ],
    })
    const compared = columns.filter((name) => measured.includes(name))
    for (const over of references.filter((name) => columns.includes(name))) {
      if (compared.length === 0) continue
      tables.push(ratioTable(long, 'peak', compared, over))
    }
  }
  tables.push({
    title:
      'Cold: seconds of wall time for the whole process (the interpreter does a tenth of the work, the one in WebAssembly three)',
    rows: [
      ['', ...columns],
      ...results.map((result) => [result.name, ...columns.map((name) => shown(result.cells[name]?.cold, 2))]),
    ],
  })
  if (columns.includes('qemu') && columns.some((name) => measured.includes(name)))
    tables.push(
      ratioTable(
        results,
        'cold',
        columns.filter((name) => measured.includes(name)),
        'qemu',
      ),
    )
  return tables
}

/** What optimisations bring to a tier: time without each over the time with all of them. `columns`: without one each. */
export function switchTables(results: readonly ProgramResult[], columns: readonly string[], tier: string): Table[] {
  const long = results.filter(({ group }) => group !== 'short')
  const title = `${tier}, time without over time with all (more than 1: what it brings)`
  return [
    ratioTable(long, 'peak', columns, tier, `Peak, ${title}`),
    ratioTable(results, 'cold', columns, tier, `Cold, ${title}`),
  ]
}
export interface Gain {
  readonly column: string
  readonly figure: Figure
  readonly programs: Readonly<Record<string, number | undefined>>
  readonly groups: Readonly<Record<string, number | undefined>>
}
/** The same as data. */
export function gains(results: readonly ProgramResult[], columns: readonly string[], tier: string): Gain[] {
  return columns.flatMap((column) =>
    (['peak', 'cold'] as const).map((figure) => {
      const of = (some: readonly ProgramResult[]): number | undefined =>
        geometricMean(some.map((result) => ratio(result, figure, column, tier)))
      return {
        column,
        figure,
        programs: Object.fromEntries(results.map((result) => [result.name, of([result])])),
        groups: Object.fromEntries(
          groups.map((group) => [group, of(results.filter((result) => result.group === group))]),
        ),
      }
    }),
  )
}

/** A row a program, a column each of `columns`; then the means of the groups. */
export function ratioTable(
  results: readonly ProgramResult[],
  figure: Figure,
  columns: readonly string[],
  over: string,
  title = `${figure === 'peak' ? 'Peak' : 'Cold'}: time over that of ${over} (less than 1 is faster)`,
): Table {
  const row = (name: string, some: readonly ProgramResult[]): string[] => [
    name,
    ...columns.map((column) => shown(geometricMean(some.map((result) => ratio(result, figure, column, over))), 2)),
  ]
  const present = groups.filter((group) => results.some((result) => result.group === group))
  return {
    title,
    rows: [
      ['', ...columns],
      ...results.map((result) => row(result.name, [result])),
      ...present.map((group) =>
        row(
          `geometric mean, ${group}`,
          results.filter((result) => result.group === group),
        ),
      ),
    ],
  }
}

function speed(cell: Cell | undefined): string {
  return cell?.peak === undefined ? '-' : (1000 / cell.peak).toFixed(0)
}
function shown(value: number | undefined, digits: number): string {
  if (value === undefined) return '-'
  return value < 0.1 ? value.toPrecision(2) : value.toFixed(digits)
}

/** First column to the left, the others to the right. */
export function plain({ title, rows }: Table): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  )
  return `\n${title}\n${lines.map((line) => `  ${line}\n`).join('')}`
}

export function markdown({ title, rows }: Table): string {
  const [head = [], ...body] = rows
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`
  return `\n${title}:\n\n${line(head)}${line(head.map((_, i) => (i === 0 ? '---' : '---:')))}${body.map(line).join('')}`
}
