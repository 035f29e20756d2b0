/** Runs bytes on a bare machine until something stops it, and prints the registers: for small machines without a system. */

import {
  type CompiledUnit,
  createEngine,
  type Engine,
  EXEC,
  type Exit,
  type Inspection,
  READ,
  type Tier,
  WRITE,
} from 'isagen/runtime'
import type { GuestIsa } from '../../runtime/abi.ts'
import { enableWasmFeatures } from '../host/wasm-features.ts'
import { CommandError, EXIT_FOUND, EXIT_OK } from './command.ts'
import { hex, hexBytes, parseAddress } from './numbers.ts'
import { printStatistics } from './statistics.ts'
import { type Terminal, table } from './terminal.ts'
import { parseWithout } from './without.ts'

export interface RawOptions {
  readonly tier: string
  readonly stats: string | undefined
  readonly stress: number | undefined
  readonly without: readonly string[]
  readonly limit: number | undefined
  readonly load: string
  readonly start: string | undefined
  readonly until: string | undefined
  readonly set: readonly string[]
  readonly screen: string | undefined
  readonly keys: string | undefined
  readonly speed: number
}

/** How often a run without --until looks whether the guest only jumps to itself: after so many instructions, then twice as many, up to the most. */
const FIRST_CHUNK = 1_000
const MOST_CHUNK = 1_000_000

/** What a tool adds to a run. */
export interface RawWatch {
  readonly inspection: Inspection
  /** Called when the bytes are in memory; there are no symbols. */
  readonly onLoad: (symbols: undefined, engine: Engine) => void
  readonly units?: readonly CompiledUnit[]
}

export async function runRaw(
  isa: GuestIsa,
  file: Uint8Array,
  options: RawOptions,
  terminal: Terminal,
  watch?: RawWatch,
): Promise<number> {
  enableWasmFeatures()
  const engine = createEngine(isa, {
    tier: options.tier as Tier,
    timing: options.stats !== undefined,
    ...(watch && { inspection: watch.inspection }),
    ...(options.stress === undefined ? {} : { stress: options.stress }),
    without: parseWithout(options.without),
  })
  const { memory, state } = engine
  const load = Number(parseAddress(options.load, '--load'))
  if (load + file.length > memory.size)
    throw new CommandError(
      `${file.length} bytes from ${hex(load)} on do not fit the ${hex(memory.size)} bytes of memory`,
    )
  if (isa.memory.faults) memory.map(0, memory.size, READ | WRITE | EXEC)
  memory.write(load, file)
  if (options.screen !== undefined) engine.reset()
  for (const setting of options.set) setRegister(engine, setting)
  state.pc = options.start === undefined ? BigInt(load) : parseAddress(options.start, '--start')
  const until = options.until === undefined ? undefined : parseAddress(options.until, '--until')

  watch?.onLoad(undefined, engine)
  if (options.screen !== undefined) return onScreen(engine, { ...options, screen: options.screen }, terminal)
  const begun = performance.now()
  const end = runUntil(engine, until, options.limit ?? Number.POSITIVE_INFINITY)
  const milliseconds = performance.now() - begun
  terminal.out(`${describeEnd(end)}\n\n${registers(engine)}`)
  if (options.stats !== undefined) {
    const facts = { isa: isa.name, tier: options.tier, stats: engine.stats(), milliseconds, units: watch?.units }
    printStatistics(facts, options.stats, terminal)
  }
  return typeof end === 'object' && (end.kind === 'fault' || end.kind === 'illegal') ? EXIT_FOUND : EXIT_OK
}

async function onScreen(
  engine: Engine,
  options: RawOptions & { readonly screen: string },
  terminal: Terminal,
): Promise<number> {
  const { GuestConsole, play } = await import('./run-console.ts')
  const exit = await play(
    new GuestConsole(engine, options),
    engine,
    options.limit ?? Number.POSITIVE_INFINITY,
    terminal.out,
  )
  if (!exit) return EXIT_OK
  terminal.err(`${describeEnd(exit)}\n`)
  return EXIT_FOUND
}

type End = Exit | { readonly kind: 'reached' | 'loop'; readonly pc: bigint }

function runUntil(engine: Engine, until: bigint | undefined, limit: number): End {
  let left = limit
  let chunk = FIRST_CHUNK
  while (left > 0) {
    const pc = engine.state.pc
    if (pc === until) return { kind: 'reached', pc }
    // Without an address to stop at, one step a chunk shows a jump to itself.
    const exit = engine.step()
    left--
    if (exit.kind !== 'limit') return exit
    if (until !== undefined) continue
    if (engine.state.pc === pc && left > 0) return { kind: 'loop', pc }
    if (left === 0) break
    const count = Math.min(left, chunk)
    const longer = engine.run({ maxInstructions: count })
    left -= count
    chunk = Math.min(2 * chunk, MOST_CHUNK)
    if (longer.kind !== 'limit') return longer
  }
  return { kind: 'limit', pc: engine.state.pc }
}

function setRegister(engine: Engine, setting: string): void {
  const [, name, value] = /^([^=]+)=(.+)$/.exec(setting) ?? []
  if (name === undefined || value === undefined) throw new CommandError(`--set needs REGISTER=VALUE, not '${setting}'`)
  try {
    engine.state.write(name, parseAddress(value, '--set'))
  } catch (error) {
    if (error instanceof RangeError) throw new CommandError(`--set: ${error.message}`)
    throw error
  }
}

function describeEnd(end: End): string {
  const at = `at ${hex(end.pc)}`
  switch (end.kind) {
    case 'reached':
      return `stopped ${at}`
    case 'loop':
      return `a jump to itself ${at}`
    case 'limit':
    case 'stop':
      return `instruction limit reached ${at}`
    case 'wait':
      return `waiting for an event ${at}`
    case 'trap':
      return `trap ${end.trap}${end.args.length > 0 ? `(${end.args.map((arg) => hex(arg)).join(', ')})` : ''} ${at}`
    case 'fault':
      return `fault ${at}: ${end.access} of address ${hex(end.address)}`
    case 'illegal':
      return `no instruction ${at}: ${hexBytes(end.bytes)}`
  }
}

/** Every register but those that a view shows as a whole, four a line. */
function registers({ isa, state }: Engine): string {
  const inViews = new Set(
    isa.views.flatMap((view) => view.parts.flatMap((part) => (part.kind === 'cell' ? [part.register] : []))),
  )
  const shown: [name: string, value: bigint, width: number][] = [['pc', state.pc, isa.pcWidth]]
  for (const { name, width, count, file, names, hidden } of isa.registers) {
    if (hidden || inViews.has(name)) continue
    for (let index = 0; index < count; index++) {
      const value = file ? state.read(name, index) : state.read(name)
      shown.push([names[index] ?? (file ? `${name}[${index}]` : name), value, width])
    }
  }
  for (const { name, width } of isa.views) shown.push([name, state.read(name), width])
  const cells = shown.map(([name, value, width]) => [name, hex(value, Math.ceil(width / 4))])
  const rows: string[][] = []
  for (let at = 0; at < cells.length; at += 4) rows.push(cells.slice(at, at + 4).flat())
  return table(rows)
}
