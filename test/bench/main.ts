/**
 * `npm run bench [-- --json] [--quick] [--only guests|slab|build|start|specs]`: measures the built package and prints tables, or one JSON object.
 * Everything is compared with something measured in the same run: qemu-user, glibc's malloc, Node alone.
 */

import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { benchBuild, benchStart, specSizes } from './commands.ts'
import { benchGuests, type GuestResult } from './guests.ts'
import { benchSlab, type SlabResult } from './slab.ts'

const parts = ['guests', 'slab', 'build', 'start', 'specs'] as const
type Part = (typeof parts)[number]

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
  },
})
const wanted = (part: Part): boolean => values.only === undefined || values.only.includes(part)
const rounds = values.quick ? 1 : 5

const results = {
  machine: { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version },
  guests: wanted('guests') ? benchGuests(rounds) : undefined,
  slab: wanted('slab') ? benchSlab(rounds) : undefined,
  build: wanted('build') ? benchBuild(values.quick ? 1 : 3) : undefined,
  start: wanted('start') ? benchStart(values.quick ? 3 : 15) : undefined,
  specs: wanted('specs') ? specSizes() : undefined,
}

if (values.json) console.log(JSON.stringify(results, undefined, 2))
else print()

function print(): void {
  const { machine, guests, slab, build, start, specs } = results
  console.log(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}; medians of ${rounds}`)
  if (guests) {
    console.log('\nMillion guest instructions a second (× that of qemu-user in the same run)')
    table([['', 'interpreter', 'baseline', 'auto', 'qemu-user', 'baseline / interpreter'], ...guests.map(guestRow)])
  }
  if (slab) {
    console.log('\nAllocate and free objects of 1–256 bytes, ns a pair')
    table([['', 'ns'], ...slab.map(({ name, nanoseconds }: SlabResult) => [name, nanoseconds.toFixed(1)])])
  }
  if (build)
    console.log(`\nisagen build of all specs: ${build.seconds.toFixed(2)} s, ${build.peakMegabytes.toFixed(0)} MB peak`)
  if (start) {
    const own = start.runMilliseconds - start.nodeMilliseconds
    console.log(`\nisagen run: ${start.runMilliseconds.toFixed(0)} ms, ${own.toFixed(0)} ms more than Node alone`)
  }
  if (specs) {
    console.log('\nLines of spec, neither blank nor comment')
    table([['', 'lines'], ...specs.map(({ name, lines }) => [name, String(lines)])])
  }
}

function guestRow({ name, mips, qemuMips, ofQemu }: GuestResult): string[] {
  const cell = (tier: keyof typeof mips): string => {
    const ratio = ofQemu === undefined ? '' : ` (${ofQemu[tier].toFixed(2)})`
    return `${mips[tier].toFixed(0)}${ratio}`
  }
  const gain = (mips.baseline / mips.interpreter).toFixed(1)
  return [name, cell('interpreter'), cell('baseline'), cell('auto'), qemuMips?.toFixed(0) ?? '-', gain]
}

/** First column to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  for (const row of rows) {
    const cells = row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
    console.log(`  ${cells.join('  ')}`)
  }
}
