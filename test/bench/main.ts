/**
 * `npm run bench`: measures the built package and prints tables, Markdown, or one JSON object. Everything is compared with something measured in the same
 * run: native code, qemu-user, glibc's malloc, Node alone. Options are explained in docs/benchmarks.md and by `--help`.
 */

import { existsSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { OPTIMISATIONS } from '../../runtime/optimisations.ts'
import { benchBuild, benchStart, specSizes } from './commands.ts'
import { benchGuests, type Column, type Lengths, nativeColumn, qemuColumn, tierColumn, tiers } from './guests.ts'
import { benchMachines, cycleNotes, machineTables } from './machine-bench.ts'
import { buildNative } from './native.ts'
import { isInstalled } from './processes.ts'
import { coremark, programs as ownPrograms, type Program } from './programs.ts'
import { gains, guestTables, markdown, means, plain, switchTables, type Table } from './report.ts'
import { benchSlab } from './slab.ts'

const parts = ['guests', 'slab', 'build', 'start', 'specs'] as const
const columnNames = ['native', 'qemu', ...tiers] as const
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version }

const help = `npm run bench -- [OPTIONS]
  --only LIST       parts (${parts.join(', ')}) or guest programs by name
  --columns LIST    of ${columnNames.join(', ')} (default: all)
  --runs N          rounds (default 3); figures are medians
  --switches LIST   what optimisations bring: the tier with each of them off, beside all on; all, or names (those of isagen run --without)
  --tier NAME       the tier of --switches (default auto)
  --units S,L       work of the shorter and the longer run of each program, in seconds under qemu-user (default 1,3)
  --machines        a sieve on each other machine, in three tiers, and the multiple of the real chip; nothing else
  --quick           one round, --units 0.3,1
  --coremark FILE   CoreMark built for RISC-V, see docs/benchmarks.md
  --coremark-native FILE  the same for the host
  --json            results as JSON
  --markdown        tables as Markdown

Examples
  npm run bench -- --only sieve,nbody --columns qemu,auto
  npm run bench -- --machines --runs 5 --json
`

const values = inWords(() =>
  parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      markdown: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      machines: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
      columns: { type: 'string' },
      switches: { type: 'string' },
      tier: { type: 'string', default: 'auto' },
      runs: { type: 'string' },
      units: { type: 'string' },
      coremark: { type: 'string' },
      'coremark-native': { type: 'string' },
    },
  }),
).values

inWords(() => {
  if (values.help) console.log(help)
  else main()
})

/** What is wrong is said in a line. */
function inWords<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : error}`)
    process.exit(1)
  }
}

function main(): void {
  const all: readonly Program[] = values.coremark
    ? [...ownPrograms, coremark(file(values.coremark), values['coremark-native'] && file(values['coremark-native']))]
    : ownPrograms
  if (values.coremark === undefined && values.only?.join(',').split(',').includes('coremark'))
    throw new Error(
      'CoreMark is not part of this repository: --coremark FILE says where it is, docs/benchmarks.md how it is built',
    )
  const only = chosen(values.only?.join(','), [...parts, ...all.map(({ name }) => name)], 'part or program')
  const wanted = (part: (typeof parts)[number]): boolean => only === undefined || only.includes(part)
  const programs = all.filter(({ name }) => wanted('guests') || only?.includes(name))
  const rounds = values.runs === undefined ? (values.quick ? 1 : 3) : positive(values.runs, '--runs')
  const [short = 0, long = 0] = (values.units ?? (values.quick ? '0.3,1' : '1,3'))
    .split(',')
    .map((text) => positive(text, '--units'))
  if (!(short < long)) throw new Error('--units needs the work of a shorter and a longer run: 1,3')

  const notes: string[] = []
  const progress = (text: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
    else if (text !== '') process.stderr.write(`${text}\n`)
  }
  if (values.machines) {
    const results = benchMachines(rounds, values.quick ? 1 / 3 : 1, progress)
    progress('')
    if (values.json) console.log(JSON.stringify({ machine, rounds, machines: results }, undefined, 2))
    else print(machineTables(results), rounds, cycleNotes(results))
    return
  }
  if (programs.length > 0 && !isInstalled('bash')) throw new Error('bash is not installed: it measures processor time')
  const lengths = { short, long, rounds }
  if (values.switches !== undefined) {
    benchSwitches(programs, lengths, notes, progress)
    return
  }
  const native = programs.length > 0 && isWanted('native') ? buildNative(programs) : undefined
  let guests: ReturnType<typeof benchGuests> | undefined
  const columns = programs.length > 0 ? guestColumns(native, notes) : []
  try {
    if (programs.length > 0) guests = benchGuests(programs, columns, lengths, notes, progress)
  } finally {
    native?.remove()
    progress('')
  }
  const results = {
    machine,
    lengths,
    notes,
    guests,
    means: guests && means(guests),
    slab: wanted('slab') ? benchSlab(rounds) : undefined,
    build: wanted('build') ? benchBuild(rounds) : undefined,
    start: wanted('start') ? benchStart(5 * rounds) : undefined,
    specs: wanted('specs') ? specSizes() : undefined,
  }
  if (values.json) {
    console.log(JSON.stringify(results, undefined, 2))
    return
  }
  const { slab, build, start, specs } = results
  const tables: Table[] = guests
    ? guestTables(
        guests,
        columns.map(({ name }) => name),
      )
    : []
  if (slab)
    tables.push({
      title: 'Allocate and free objects of 1–256 bytes, ns a pair',
      rows: [['', 'ns'], ...slab.map(({ name, nanoseconds }) => [name, nanoseconds.toFixed(1)])],
    })
  if (specs)
    tables.push({
      title: 'Lines of spec, neither blank nor comment',
      rows: [['', 'lines'], ...specs.map(({ name, lines }) => [name, String(lines)])],
    })
  print(tables, rounds, notes)
  if (build)
    console.log(`\nisagen build of all specs: ${build.seconds.toFixed(2)} s, ${build.peakMegabytes.toFixed(0)} MB peak`)
  if (start) {
    const line = (what: string, milliseconds: number): string =>
      `${what}: ${milliseconds.toFixed(0)} ms, ${(milliseconds - start.nodeMilliseconds).toFixed(0)} ms more than Node alone`
    console.log(`\n${line('isagen run', start.runMilliseconds)}`)
    if (start.busyboxMilliseconds !== undefined) console.log(line('busybox true', start.busyboxMilliseconds))
    if (start.large) {
      const { name, firstMilliseconds: first, secondMilliseconds: second } = start.large
      const faster = (first / second).toFixed(2)
      console.log(
        `${name} starts and ends: ${first.toFixed(0)} ms, with the translations of that run ${second.toFixed(0)} ms (${faster} times faster)`,
      )
    }
  }
}

function benchSwitches(
  programs: readonly Program[],
  lengths: Lengths,
  notes: string[],
  progress: (text: string) => void,
): void {
  const tier = tiers.find((name) => name === values.tier)
  if (!tier) throw new Error(`no tier is called '${values.tier}': ${tiers.join(', ')}`)
  const names: readonly string[] = OPTIMISATIONS
  const wanted = values.switches === 'all' ? names : (chosen(values.switches, names, 'optimisation') ?? [])
  const columns = wanted.map((name) => tierColumn(tier, name))
  const results = benchGuests(programs, [tierColumn(tier), ...columns], lengths, notes, progress)
  progress('')
  const columnNames = columns.map(({ name }) => name)
  if (values.json) {
    const switches = gains(results, columnNames, tier)
    console.log(JSON.stringify({ machine, lengths, notes, tier, switches, guests: results }, undefined, 2))
  } else print(switchTables(results, columnNames, tier), lengths.rounds, notes)
}

function print(tables: readonly Table[], rounds: number, notes: readonly string[]): void {
  console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; medians of ${rounds}`)
  for (const note of notes) console.log(note)
  for (const table of tables) process.stdout.write(values.markdown ? markdown(table) : plain(table))
}

function guestColumns(native: ReturnType<typeof buildNative>, notes: string[]): Column[] {
  const columns: Column[] = []
  if (native) {
    columns.push(nativeColumn(native))
    notes.push(...native.notes)
  } else if (isWanted('native')) notes.push('no column for native code: gcc is not installed')
  if (isWanted('qemu')) {
    if (isInstalled('qemu-riscv64')) columns.push(qemuColumn())
    else notes.push('no column for qemu-user: qemu-riscv64 is not installed')
  }
  return [...columns, ...tiers.filter(isWanted).map((tier) => tierColumn(tier))]
}

function isWanted(column: string): boolean {
  return chosen(values.columns, columnNames, 'column')?.includes(column) ?? true
}

/** The names of a list; undefined when there is no list. */
function chosen(list: string | undefined, known: readonly string[], what: string): readonly string[] | undefined {
  const names = list?.split(',')
  const wrong = names?.find((name) => !known.includes(name))
  if (wrong !== undefined) throw new Error(`no ${what} is called '${wrong}': ${known.join(', ')}`)
  return names
}

function positive(text: string, option: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`${option} needs a number above 0, not '${text}'`)
  return value
}

function file(path: string): string {
  if (!existsSync(path)) throw new Error(`${path} is not there`)
  return path
}
