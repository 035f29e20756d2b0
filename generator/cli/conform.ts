/** `isagen conform`: does the engine do what the spec's own tests, or a folder of single-step vectors, say? In every tier. */

import type { Disassemble, GuestIsa, SpecTest } from '../../runtime/abi.ts'
import { CommandError, defineCommand, EXIT_FOUND, EXIT_OK } from './command.ts'
import { loadIsaAndCompare } from './load-isa.ts'
import { hexBytes } from './numbers.ts'
import { counted, grouped, type Terminal, table } from './terminal.ts'
import { ignoredKeys, mapForFolder, readVectors, vectorFiles } from './vector-files.ts'

const tiers = ['interpreter', 'baseline'] as const

export const command = defineCommand({
  usage: 'conform [DIR]',
  describe:
    "Run the tests in a spec or, with DIR, a folder of single-step vectors (OPCODE.jsonl.gz), as the spec's vectors item maps them.",
  operands: { least: 0, most: 1, name: 'a DIR' },
  options: {
    isa: { type: 'string', describe: 'the machine' },
    spec: { type: 'string', describe: 'a spec to take the machine from' },
    tier: { type: 'string', choices: ['all', ...tiers], default: 'all', describe: 'which tiers' },
    json: { type: 'boolean', describe: 'print one JSON object' },
  },
  examples: [
    ['isagen conform --spec mycpu.isa', "the spec's own tests"],
    ['isagen conform --isa mos6502 vectors/mos6502', 'a corpus'],
  ],
  notes: 'Exit code 1 when anything fails.',
  run: async ({ options, operands: [folder] }, terminal) => {
    const isa = await loadIsaAndCompare(options, terminal)
    const chosen = tiers.filter((tier) => options.tier === 'all' || options.tier === tier)
    const report = folder === undefined ? await runTests(isa, chosen) : await runVectors(isa, chosen, folder, terminal)
    if (options.json) terminal.out(`${JSON.stringify({ isa: isa.name, ...report })}\n`)
    else terminal.out(reportText(report, folder === undefined ? 'test' : 'opcode'))
    return report.failed > 0 ? EXIT_FOUND : EXIT_OK
  },
})

interface Report {
  readonly passed: number
  readonly failed: number
  /** Keys of the vectors that the spec does not map. */
  readonly ignored: readonly string[]
  readonly rows: readonly ReportRow[]
}
/** One opcode of a corpus, or one test of a spec, in one way of running it. */
interface ReportRow {
  readonly name: string
  /** What the disassembler makes of an opcode whose operands are zero; '' for a test, or when it knows none. */
  readonly mnemonic: string
  readonly way: string
  readonly passed: number
  readonly failed: number
  readonly first?: { readonly name: string; readonly difference: string }
}

function reportOf(rows: readonly ReportRow[], ignored: readonly string[] = []): Report {
  const sum = (of: (row: ReportRow) => number) => rows.reduce((total, row) => total + of(row), 0)
  return { passed: sum((row) => row.passed), failed: sum((row) => row.failed), ignored, rows }
}

async function runTests(isa: GuestIsa, chosen: readonly (typeof tiers)[number][]): Promise<Report> {
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
  chosen: readonly (typeof tiers)[number][],
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

/** A line a name: how many passed each way; below it the first difference of those that failed. */
function reportText({ rows, passed, failed, ignored }: Report, noun: string): string {
  const ways = [...new Set(rows.map(({ way }) => way))]
  const mnemonics = new Map(rows.map(({ name, mnemonic }) => [name, mnemonic]))
  const names = [...mnemonics.keys()]
  const found = new Map(rows.map((row) => [`${row.name} ${row.way}`, row]))
  const cells = names.map((name) => [
    `${name} ${mnemonics.get(name) ?? ''}`.trim(),
    ...ways.map((way) => {
      const row = found.get(`${name} ${way}`)
      return row ? `${row.passed}/${row.passed + row.failed}` : '-'
    }),
  ])
  const [head = '', ...lines] = table(
    [['', ...ways], ...cells],
    ways.map((_, i) => i + 1),
  ).split('\n')
  const out = [head]
  for (const [i, name] of names.entries()) {
    out.push(lines[i] ?? '')
    for (const way of ways) {
      const first = found.get(`${name} ${way}`)?.first
      if (first) out.push(`    ${way}: ${first.name}: ${first.difference}`)
    }
  }
  if (ignored.length > 0) out.push(`keys without a place, ignored: ${ignored.join(', ')}`)
  out.push(
    `${counted(names.length, noun)}, ${ways.join(' and ')}: ${grouped(passed)} passed, ${grouped(failed)} failed`,
  )
  return `${out.join('\n')}\n`
}
