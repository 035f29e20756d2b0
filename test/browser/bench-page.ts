/**
 * The page of benchmarks: a table, a row a guest program and a column a tier, filled while a worker measures. Rounds alternate between tiers, so that a
 * change in the machine's speed hits all alike. `?quick` runs each once, with small arguments; `?rounds=N` (default 3); `?only=NAME,NAME`.
 */

import { type BenchAnswer, type BenchProgram, type BenchRequest, type BenchTier, benchTiers } from './bench-programs.ts'

const query = new URLSearchParams(location.search)
const quick = query.has('quick')
const rounds = quick ? 1 : Math.max(1, Number(query.get('rounds') ?? 3))
const worker = new Worker('worker.js', { type: 'module' })
const table = document.querySelector('table')
const state = document.querySelector('#state')
if (!table || !state) throw new Error('the page has no table')

const head = table.createTHead().insertRow()
for (const title of ['', ...benchTiers]) head.append(element('th', title))
const body = table.createTBody()

try {
  const programs = (await (await fetch('programs.json')).json()) as readonly BenchProgram[]
  const only = query.get('only')?.split(',')
  for (const program of programs) if (only?.includes(program.name) !== false) await measureProgram(program)
  state.textContent = `done: ${navigator.userAgent}`
} catch (error) {
  state.textContent = `failed: ${error instanceof Error ? error.message : error}`
}

async function measureProgram(program: BenchProgram): Promise<void> {
  const row = body.insertRow()
  row.append(element('th', program.name))
  const cells = benchTiers.map(() => row.insertCell())
  const speeds = benchTiers.map((): number[] => [])
  const outputs = new Set<string>()
  for (let round = 0; round < rounds; round++) {
    for (const [column, tier] of benchTiers.entries()) {
      show(`${program.name}, ${tier}, round ${round + 1} of ${rounds}`)
      const { instructions, milliseconds, output } = await ask(program, tier)
      speeds[column]?.push(instructions / Math.max(milliseconds, 0.001) / 1000)
      if (quick || !tier.endsWith('interpreter')) outputs.add(output)
      const [interpreter = 0] = speeds.map(median)
      for (const [i, cell] of cells.entries()) {
        const speed = median(speeds[i] ?? [])
        if (speed > 0) cell.textContent = `${speed.toFixed(0)} (${(speed / interpreter).toFixed(1)})`
      }
    }
  }
  if (outputs.size !== 1) throw new Error(`${program.name} gives different results: ${[...outputs].join(' and ')}`)
}

function ask(program: BenchProgram, tier: BenchTier): Promise<Exclude<BenchAnswer, { error: string }>> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<BenchAnswer>) =>
      'error' in data ? reject(new Error(data.error)) : resolve(data)
    worker.onerror = ({ message }) => reject(new Error(message))
    const { file, short, long } = program
    const request: BenchRequest = {
      file,
      tier,
      argv: quick ? program.quick : tier.endsWith('interpreter') ? short : long,
    }
    worker.postMessage(request)
  })
}

function show(text: string): void {
  if (state) state.textContent = text
}
function element(tag: string, text: string): HTMLElement {
  const made = document.createElement(tag)
  made.textContent = text
  return made
}
/** 0 of nothing. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2
}
