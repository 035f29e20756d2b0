/** `isagen conform`: does the engine do what the spec's own tests, a folder of single-step vectors, or a suite of programs say? In every tier. */

import type { Disassemble, GuestIsa, SpecTest } from '../../runtime/abi.ts'
import { CommandError, defineCommand, EXIT_FOUND, EXIT_OK } from './command.ts'
import { type Report, type ReportRow, reportOf, reportText } from './conform-report.ts'
import { type IsaChoice, isaForElf, loadIsaAndCompare } from './load-isa.ts'
import { hexBytes } from './numbers.ts'
import { programFiles } from './program-files.ts'
import type { Terminal } from './terminal.ts'
import { holdsVectors, ignoredKeys, mapForFolder, readVectors, vectorFiles } from './vector-files.ts'

const tiers = ['interpreter', 'wasm-interpreter', 'baseline', 'optimising', 'auto'] as const
type ConformTier = (typeof tiers)[number]
/** The other is for programs: a single instruction never gets hot. */
const stepTiers = ['interpreter', 'wasm-interpreter', 'baseline', 'optimising'] as const
type StepTier = (typeof stepTiers)[number]

export const command = defineCommand({
  usage: 'conform [DIR]',
  describe:
    "Run the tests in a spec or, with DIR, a suite: single-step vectors (OPCODE.jsonl.gz, or OPCODE.json with an array), as the spec's vectors item maps them; or ELF programs that check themselves.",
  operands: { least: 0, most: 1, name: 'a DIR' },
  options: {
    isa: { type: 'string', describe: "the machine; of programs it is read from the first one's header" },
    spec: { type: 'string', describe: 'a spec to take the machine from' },
    tier: { type: 'string', choices: ['all', ...tiers], default: 'all', describe: 'which tiers' },
    json: { type: 'boolean', describe: 'print one JSON object' },
    only: { type: 'string', array: true, describe: 'programs: those whose names match, * is any text' },
    reference: { type: 'string', describe: 'programs: a folder of reference signatures, NAME.*' },
    mailbox: { type: 'string', default: 'tohost', describe: 'programs: symbol of the word that ends a bare-metal one' },
    signature: {
      type: 'string',
      default: 'begin_signature,end_signature',
      describe: 'programs: symbols round the signature',
    },
    'max-instructions': { type: 'number', default: 1_000_000_000, describe: 'programs: how long one may take' },
  },
  examples: [
    ['isagen conform --spec mycpu.isa', "the spec's own tests"],
    ['isagen conform --isa mos6502 vectors/mos6502', 'a corpus'],
    ["isagen conform --spec bare.isa suite --only 'rv64ui-p-*'", 'programs for the bare machine'],
    ['isagen conform --spec bare.isa built --reference references', 'and compare their signatures'],
  ],
  notes:
    'Programs that define the mailbox symbol run on the bare machine until they write there: 1 is passed, another odd number n is a failure of test n >> 1. ' +
    'Others run as Linux programs and pass with exit status 0. Exit code 1 when anything fails.',
  run: async ({ options, operands: [folder] }, terminal) => {
    const chosen = tiers.filter((tier) => options.tier === 'all' || options.tier === tier)
    const { isa, noun, report } = await runSuite(options, chosen, folder, terminal)
    if (options.json) terminal.out(`${JSON.stringify({ isa: isa.name, ...report })}\n`)
    else terminal.out(reportText(report, noun))
    return report.failed > 0 ? EXIT_FOUND : EXIT_OK
  },
})

interface Options extends IsaChoice {
  readonly only: readonly string[]
  readonly reference: string | undefined
  readonly mailbox: string
  readonly signature: string
  readonly 'max-instructions': number
}
interface SuiteResult {
  readonly isa: GuestIsa
  /** What a row is of. */
  readonly noun: string
  readonly report: Report
}

async function runSuite(
  options: Options,
  chosen: readonly ConformTier[],
  folder: string | undefined,
  terminal: Terminal,
): Promise<SuiteResult> {
  if (folder !== undefined && !holdsVectors(folder)) return programSuite(options, chosen, folder, terminal)
  const steps = stepTiers.filter((tier) => chosen.includes(tier))
  if (steps.length === 0) throw new CommandError('tier auto is for programs: a single instruction never gets hot')
  const isa = await loadIsaAndCompare(options, terminal)
  if (folder === undefined) return { isa, noun: 'test', report: await runTests(isa, steps) }
  return { isa, noun: 'opcode', report: await runVectors(isa, steps, folder, terminal) }
}

async function programSuite(
  options: Options,
  chosen: readonly ConformTier[],
  folder: string,
  terminal: Terminal,
): Promise<SuiteResult> {
  const [begin, end, ...more] = options.signature.split(',')
  if (!begin || !end || more.length > 0)
    throw new CommandError(`--signature needs BEGIN,END, not '${options.signature}'`)
  const limit = options['max-instructions']
  if (!(limit >= 1)) throw new CommandError('--max-instructions needs a number from 1')
  const programs = programFiles(folder, options.only)
  const [first] = programs
  const named =
    options.isa ?? (options.spec === undefined && first ? await isaForElf(first.machine, first.path) : undefined)
  const isa = await loadIsaAndCompare({ isa: named, spec: options.spec }, terminal)
  const { runPrograms } = await import('./conform-programs.ts')
  const { mailbox, reference } = options
  const suite = { mailbox, reference, limit, signature: [begin, end] } as const
  return { isa, noun: 'program', report: reportOf(await runPrograms(isa, chosen, programs, suite, terminal)) }
}

async function runTests(isa: GuestIsa, chosen: readonly StepTier[]): Promise<Report> {
  const { createConformance } = await import('isagen/runtime')
  const { tests } = await isa.conformance()
  const outcomes = new Map([['assembly', await checkAssembly(isa, tests)]])
  for (const tier of chosen) outcomes.set(tier, createConformance(isa, tier).tests(tests))
  const rows = [...outcomes].flatMap(([way, differences]) =>
    tests.map(({ text, file, line }, i): ReportRow => {
      const difference = differences[i]
      const name = `${file}:${line}`
      return difference === undefined
        ? { name, mnemonic: '', way, passed: 1, failed: 0 }
        : { name, mnemonic: '', way, passed: 0, failed: 1, first: { name: text, difference } }
    }),
  )
  return reportOf(rows)
}

/** Each test's text must give its bytes, and what the disassembler makes of the bytes must give them back. */
async function checkAssembly(isa: GuestIsa, tests: readonly SpecTest[]): Promise<(string | undefined)[]> {
  const assemble = await isa.assembler()
  const disassemble = await isa.disassembler()
  return tests.map(({ text, bytes, before }) => {
    const wanted = Uint8Array.from(bytes)
    const same = (line: string, atLeast: number): string | undefined => {
      const result = assemble(line, before.pc, { atLeast })
      if (!result.ok) return `'${line}' does not assemble: ${result.message}`
      const equal = result.bytes.length === wanted.length && result.bytes.every((byte, i) => byte === wanted[i])
      return equal ? undefined : `'${line}' gives ${hexBytes(result.bytes)}, expected ${hexBytes(wanted)}`
    }
    const back = disassemble(wanted, 0, before.pc)
    // A test of an instruction that also has a shorter encoding is of the encoding its bytes say.
    return (
      same(text, wanted.length) ?? (back === undefined ? 'no instruction has these bits' : same(back.text, back.length))
    )
  })
}

async function runVectors(
  isa: GuestIsa,
  chosen: readonly StepTier[],
  folder: string,
  terminal: Terminal,
): Promise<Report> {
  const { createConformance } = await import('isagen/runtime')
  const map = mapForFolder((await isa.conformance()).vectors, folder, isa.name)
  const files = vectorFiles(folder)
  const runners = chosen.map((tier) => ({ tier, conformance: createConformance(isa, tier) }))
  const disassemble = await isa.disassembler()
  const rows: ReportRow[] = []
  const ignored = new Set<string>()
  for (const [index, { opcode, path }] of files.entries()) {
    terminal.progress(`${opcode} (${index + 1} of ${files.length})`)
    const mnemonic = mnemonicOf(disassemble, opcode)
    const vectors = readVectors(path)
    for (const key of ignoredKeys(map, vectors[0])) ignored.add(key)
    for (const { tier, conformance } of runners) {
      try {
        rows.push({ name: opcode, mnemonic, way: tier, ...conformance.vectors(map, vectors) })
      } catch (error) {
        throw new CommandError(`${path}: ${error instanceof Error ? error.message : error}`)
      }
    }
  }
  terminal.progress('')
  return reportOf(rows, [...ignored])
}

/** The instruction of a file's opcode ("6a", "cb 00"), as it is written with operands of zero: "ror A". */
function mnemonicOf(disassemble: Disassemble, opcode: string): string {
  const digits = opcode.replace(/[\s_]/g, '')
  if (!/^(?:[\da-f]{2})+$/i.test(digits)) return ''
  return disassemble(Uint8Array.from(Buffer.from(digits.padEnd(32, '0'), 'hex')), 0, 0n)?.text ?? ''
}
