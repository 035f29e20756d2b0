/**
 * `isagen conform` for suites of ELF programs, in every tier. One that defines the mailbox symbol runs on the bare machine until it writes there, and its
 * signature is compared where references are given; any other is a Linux program, which passes when its exit status is 0.
 */

import { readFileSync } from 'node:fs'
import {
  architectures,
  ElfError,
  LINUX_MEMORY,
  type LinuxHost,
  MemoryFiles,
  type OpenFile,
  readSymbols,
  renderReport,
  runLinux,
} from 'isagen/linux'
import { compareSignature, createEngine, EXEC, READ, runProgram, type Tier, WRITE } from 'isagen/runtime'
import type { GuestIsa } from '../../runtime/abi.ts'
import { createNodeHost } from '../host/index.ts'
import { CommandError } from './command.ts'
import type { ReportRow } from './conform-report.ts'
import { elfImage } from './elf-file.ts'
import { hex } from './numbers.ts'
import { type ProgramFile, readReference } from './program-files.ts'
import type { Terminal } from './terminal.ts'

export interface SuiteOptions {
  /** Symbol of the mailbox. */
  readonly mailbox: string
  /** Symbols where the signature begins and ends. */
  readonly signature: readonly [begin: string, end: string]
  /** Folder of reference signatures. */
  readonly reference: string | undefined
  /** Instructions a program may run. */
  readonly limit: number
}

/** Memory behind the program's last segment, for stacks and heaps that it does not declare. */
const SPARE = 1 << 20
const PAGE = 0x10000
/** Guest memory ends below 4 GiB (runtime/abi.ts). */
const MOST_MEMORY = 0xfc000000n

export async function runPrograms(
  isa: GuestIsa,
  tiers: readonly Tier[],
  programs: readonly ProgramFile[],
  options: SuiteOptions,
  terminal: Terminal,
): Promise<ReportRow[]> {
  const rows: ReportRow[] = []
  for (const [index, program] of programs.entries()) {
    terminal.progress(`${program.name} (${index + 1} of ${programs.length})`)
    const run = await prepare(isa, program, options)
    for (const way of tiers) {
      const difference = run(way)
      const row = { name: program.name, mnemonic: '', way }
      rows.push(
        difference === undefined
          ? { ...row, passed: 1, failed: 0 }
          : { ...row, passed: 0, failed: 1, first: { name: program.name, difference } },
      )
    }
  }
  terminal.progress('')
  return rows
}

/** Runs in a tier; gives why the program failed. */
type Run = (tier: Tier) => string | undefined

async function prepare(isa: GuestIsa, program: ProgramFile, options: SuiteOptions): Promise<Run> {
  const bytes = new Uint8Array(readFileSync(program.path))
  const { bits } = program.machine
  if (bits !== isa.pcWidth)
    throw new CommandError(
      `${program.path} is a ${bits}-bit program, ${isa.name} has a pc of ${isa.pcWidth} bits; --only PATTERN leaves programs out`,
    )
  const symbols = readSymbols(bytes, bits, 0)
  const mailbox = symbols.address(options.mailbox)
  if (mailbox !== undefined) return bare(isa, program, bytes, mailbox, options, symbols.address)
  if (options.reference !== undefined)
    throw new CommandError(`${program.path} has no symbol ${options.mailbox}; --mailbox SYMBOL names another`)
  return underLinux(isa, program, bytes, options.limit, await isa.disassembler())
}

function bare(
  isa: GuestIsa,
  { name, path, machine: { bits } }: ProgramFile,
  bytes: Uint8Array,
  mailbox: number,
  { reference, signature, limit }: SuiteOptions,
  address: (symbol: string) => number | undefined,
): Run {
  const { entry, segments } = inWords(path, RangeError, () => elfImage(bytes, bits))
  const start = segments.reduce((least, { address }) => (address < least ? address : least), MOST_MEMORY)
  const end = segments.reduce((most, s) => (s.address + s.memorySize > most ? s.address + s.memorySize : most), 0n)
  if (segments.length === 0 || end > MOST_MEMORY)
    throw new CommandError(
      `${path}: ${segments.length === 0 ? 'nothing to load' : `it ends at ${hex(end)}, memory at ${hex(MOST_MEMORY)}`}`,
    )
  const from = Math.floor(Number(start) / PAGE) * PAGE
  const to = Math.min(Math.ceil((Number(end) + SPARE) / PAGE) * PAGE, Number(MOST_MEMORY))
  const wanted = reference === undefined ? undefined : readReference(reference, name)
  const [begin = 0, finish = 0] = signature.map((symbol) => {
    const found = address(symbol)
    if (found === undefined && wanted)
      throw new CommandError(`${path} has no symbol ${symbol}; --signature names others`)
    return found ?? 0
  })
  return (tier) => {
    const engine = createEngine(isa, { memoryBytes: to, tier })
    if (isa.memory.faults) engine.memory.map(from, to - from, READ | WRITE | EXEC)
    for (const segment of segments) engine.memory.write(Number(segment.address), segment.bytes)
    engine.state.pc = entry
    return runProgram(engine, mailbox, limit) ?? (wanted && compareSignature(engine, begin, finish, wanted))
  }
}

function underLinux(
  isa: GuestIsa,
  { name, path, machine: { bits, machine } }: ProgramFile,
  bytes: Uint8Array,
  limit: number,
  disassemble: Awaited<ReturnType<GuestIsa['disassembler']>>,
): Run {
  const arch = architectures.find((one) => one.bits === bits && one.machine === machine)
  if (!arch) throw new CommandError(`${path} is for ELF machine ${machine}, for which there is no Linux`)
  return (tier) => {
    const engine = createEngine(isa, { memoryBytes: LINUX_MEMORY, tier })
    const result = inWords(path, ElfError, () =>
      runLinux(engine, bytes, { arch, argv: [name], host: silentHost(), maxInstructions: limit }),
    )
    if (result.kind !== 'exit') return renderReport(result.report, disassemble).split('\n')[0]
    return result.code === 0 ? undefined : `exit status ${result.code}`
  }
}

/** No files but an empty /tmp, nothing to read; what the program prints is not wanted. */
function silentHost(): LinuxHost {
  const host = createNodeHost({ diagnostic: () => {} })
  const sink: OpenFile = {
    seekable: false,
    stat: host.stdout.stat,
    read: () => 0,
    write: (data) => data.length,
    close: () => {},
  }
  const temporary = { at: '/tmp', files: new MemoryFiles(), readOnly: false }
  return { ...host, mounts: [temporary], stdin: sink, stdout: sink, stderr: sink }
}

function inWords<T>(path: string, kind: typeof ElfError | typeof RangeError, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof kind) throw new CommandError(`${path}: ${error.message}`)
    throw error
  }
}
