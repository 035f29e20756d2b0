/** Runs a Linux program: an engine, the platform of isagen/linux, and Node's files, streams and clocks from isagen/node. */

import {
  architectures,
  createMemoryHost,
  ElfError,
  LINUX_MEMORY,
  type LinuxResult,
  renderReport,
  runLinux as runProcess,
  type Symbols,
} from 'isagen/linux'
import { type CompiledUnit, createEngine, type Engine, type Inspection, type Tier } from 'isagen/runtime'
import type { GuestIsa } from '../../runtime/abi.ts'
import { createNodeHost, enableWasmFeatures, type Mapping, parseMapping } from '../host/index.ts'
import { CommandError } from './command.ts'
import type { ElfMachine } from './elf-file.ts'
import type { Terminal } from './terminal.ts'
import { parseWithout } from './without.ts'

export interface LinuxRunOptions {
  readonly argv: readonly string[]
  readonly tier: string
  readonly stats?: string | undefined
  readonly stress?: number | undefined
  readonly without: readonly string[]
  /** Absent: off. */
  readonly 'translation-cache'?: string
  readonly limit: number | undefined
  readonly map: readonly string[]
  readonly env: readonly string[]
  readonly cwd: string
  readonly strace?: boolean
  readonly sysroot: string | undefined
  /** The program's path in the guest, where it is not what argv[0] says. */
  readonly executable: string | undefined
}

/** What a tool adds to a run. */
export interface Watch {
  readonly inspection?: Inspection
  /** Where the inspection puts units with counters, for the statistics. */
  readonly units?: readonly CompiledUnit[]
  /** Called when the program is in memory: names of its addresses, and the engine that will run it. */
  readonly onLoad?: (symbols: () => Symbols, engine: Engine) => void
  /** Measure the time in each tier. */
  readonly timing?: boolean
  /** What the program prints goes nowhere, and there is nothing to read. */
  readonly quiet?: boolean
  /** Takes over what an earlier run compiled; gives what to call when the program has ended. */
  readonly useTranslations?: (engine: Engine) => () => void
}

export interface LinuxRun {
  readonly engine: Engine
  readonly result: LinuxResult
  readonly milliseconds: number
}

/** Programs of a distribution have several ten thousand blocks that run again and again: compiled blocks, bytes of Wasm. */
const CODE_CACHE = { entries: 1 << 16, bytes: 1 << 28 }
/** What --translation-cache says where nothing is kept. */
const CACHE_OFF = 'off'
/** Exit code of a program that --max-instructions ended: what timeout(1) gives. */
const EXIT_LIMIT = 124

/** Gives the exit code. */
export async function runLinux(
  isa: GuestIsa,
  file: Uint8Array,
  elf: ElfMachine,
  options: LinuxRunOptions,
  terminal: Terminal,
  watch: Watch = {},
): Promise<number> {
  const timing = options.stats !== undefined
  const useTranslations = await translations(file, options, watch, terminal)
  const started = { timing, ...watch, ...(useTranslations && { useTranslations }) }
  const { engine, result, milliseconds } = startLinux(isa, file, elf, options, terminal, started)
  await tellEnd(isa, result, terminal)
  if (options.stats !== undefined) {
    const { printStatistics } = await import('./statistics.ts')
    const facts = { isa: isa.name, tier: options.tier, stats: engine.stats(), milliseconds, units: watch.units }
    printStatistics(facts, options.stats, terminal)
  }
  return exitCode(result)
}

async function translations(
  file: Uint8Array,
  { 'translation-cache': cache }: LinuxRunOptions,
  { inspection }: Watch,
  terminal: Terminal,
): Promise<Watch['useTranslations']> {
  // Who looks into compiled code wants to see it made.
  if (inspection || cache === undefined || cache === CACHE_OFF) return undefined
  const { useTranslations } = await import('./translation-cache.ts')
  return (engine) => useTranslations(engine, file, cache, terminal)
}

export function exitCode(result: LinuxResult): number {
  return result.kind === 'exit' ? result.code : result.kind === 'signal' ? 128 + result.signal : EXIT_LIMIT
}

/** What ended it, if that was not the program itself. */
export async function tellEnd(isa: GuestIsa, result: LinuxResult, terminal: Terminal): Promise<void> {
  if (result.kind !== 'exit') terminal.err(renderReport(result.report, await isa.disassembler()))
}

/** Runs it to its end. */
export function startLinux(
  isa: GuestIsa,
  file: Uint8Array,
  { bits, machine }: ElfMachine,
  options: LinuxRunOptions,
  terminal: Terminal,
  { inspection, onLoad, timing = false, quiet = false, useTranslations }: Watch = {},
): LinuxRun {
  const [program = ''] = options.argv
  const arch = architectures.find((one) => one.bits === bits && one.machine === machine)
  if (!arch)
    throw new CommandError(
      `${program} is a ${bits}-bit program for ELF machine ${machine}, for which there is no Linux`,
    )
  const wrong = options.env.find((setting) => !/^[^=]+=/.test(setting))
  if (wrong !== undefined) throw new CommandError(`--env needs K=V, not '${wrong}'`)
  enableWasmFeatures()
  const engine = createEngine(isa, {
    memoryBytes: LINUX_MEMORY,
    cache: CODE_CACHE,
    tier: options.tier as Tier,
    timing,
    ...(inspection && { inspection }),
    ...(options.stress === undefined ? {} : { stress: options.stress }),
    without: parseWithout(options.without),
    keepTranslations: useTranslations !== undefined,
  })
  const keepTranslations = useTranslations?.(engine)
  const host = inWords(RangeError, () =>
    createNodeHost({
      map: mappings(options),
      directory: options.cwd,
      diagnostic: (message) => terminal.err(`isagen: ${message}\n`),
    }),
  )
  const { stdin, stdout, stderr } = createMemoryHost({ output: () => {} })
  const begun = performance.now()
  const result = inWords(ElfError, () =>
    runProcess(engine, file, {
      arch,
      argv: options.argv,
      ...(options.executable === undefined ? {} : { executable: options.executable }),
      env: options.env,
      host: quiet ? { ...host, stdin, stdout, stderr } : host,
      ...(onLoad && { onLoad: (symbols: () => Symbols) => onLoad(symbols, engine) }),
      ...(options.strace ? { trace: (line: string) => terminal.err(`${line}\n`) } : {}),
      ...(options.limit === undefined ? {} : { maxInstructions: options.limit }),
    }),
  )
  const milliseconds = performance.now() - begun
  keepTranslations?.()
  return { engine, result, milliseconds }
}

/** The system root lies under all that is mapped. */
function mappings({ map, sysroot }: LinuxRunOptions): readonly Mapping[] {
  const given = map.map(parseMapping)
  if (sysroot === undefined) return given
  if (given.some(({ guest }) => guest === '/'))
    throw new RangeError("-L and --map / both say what the program sees as '/'")
  return [{ guest: '/', host: sysroot, readOnly: true }, ...given]
}

/** What is wrong with a mapping or the program is the user's to mend: one line. */
function inWords<T>(kind: typeof RangeError | typeof ElfError, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof kind) throw new CommandError(error.message)
    throw error
  }
}
