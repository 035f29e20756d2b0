/**
 * What a page's worker runs for the tests: a machine's own tests, or a Linux program, in one tier. The test bundles it with all bundled machines. In: a
 * `Request` a message; out: its `Answer`.
 */

import { architectures, createMemoryHost, LINUX_MEMORY, runLinux } from 'isagen/linux'
import {
  type CompiledStats,
  type ConformanceTier,
  createConformance,
  createEngine,
  type GuestIsa,
  type Tier,
} from 'isagen/runtime'
import { TranslationDatabase } from 'isagen/runtime/browser'

export type Request =
  | { readonly kind: 'tests'; readonly isa: string; readonly tier: ConformanceTier }
  | {
      readonly kind: 'program'
      readonly isa: string
      readonly tier: Tier
      readonly url: string
      readonly argv: readonly string[]
      /** Keep compiled code in the browser's database, and use what is there. */
      readonly keeps?: boolean
    }
export type Answer =
  | { readonly kind: 'tests'; readonly count: number; readonly failures: readonly string[] }
  | {
      readonly kind: 'program'
      readonly output: string
      readonly end: string
      /** What it ran in: not what was asked for where the host cannot compile. */
      readonly tier: Tier
      readonly instructions: Readonly<Record<'interpreter' | 'baseline' | 'optimising', number>>
      /** Modules compiled in this run; pieces of stored code that were there, and that were used. */
      readonly modules: number
      readonly stored: CompiledStats['stored'] | undefined
      /** What was wrong with kept translations. */
      readonly notes: readonly string[]
    }
  | { readonly kind: 'error'; readonly message: string }

export function answerRequests(isas: readonly GuestIsa[]): void {
  self.onmessage = async ({ data }: MessageEvent<Request>) => {
    self.postMessage(await answer(data, isas).catch((error: unknown) => ({ kind: 'error', message: String(error) })))
  }
}

async function answer(request: Request, isas: readonly GuestIsa[]): Promise<Answer> {
  const isa = isas.find(({ name }) => name === request.isa)
  if (!isa) throw new Error(`no isa ${request.isa}`)
  return request.kind === 'tests' ? runTests(isa, request.tier) : runProgram(isa, request)
}

async function runTests(isa: GuestIsa, tier: ConformanceTier): Promise<Answer> {
  const { tests } = await isa.conformance()
  const failures = createConformance(isa, tier)
    .tests(tests)
    .flatMap((difference, i) => (difference === undefined ? [] : [`${tests[i]?.text}: ${difference}`]))
  return { kind: 'tests', count: tests.length, failures }
}

async function runProgram(
  isa: GuestIsa,
  { url, argv, tier, keeps = false }: Extract<Request, { kind: 'program' }>,
): Promise<Answer> {
  const elf = new Uint8Array(await (await fetch(url)).arrayBuffer())
  const arch = architectures.find(({ bits }) => bits === (elf[4] === 1 ? 32 : 64))
  if (!arch) throw new Error(`${url} is for no machine that has Linux`)
  const text = new TextDecoder()
  let output = ''
  const host = createMemoryHost({
    output: (bytes) => {
      output += text.decode(bytes, { stream: true })
    },
  })
  const engine = createEngine(isa, { memoryBytes: LINUX_MEMORY, tier, keepTranslations: keeps })
  const translations = keeps ? new TranslationDatabase(indexedDB) : undefined
  const notes = [await translations?.load(engine, elf)]
  const result = runLinux(engine, elf, { arch, argv, host })
  notes.push(await translations?.save(engine, elf))
  const { interpreter, baseline, optimising, compiled } = engine.stats()
  return {
    kind: 'program',
    output,
    end: result.kind === 'exit' ? `exit ${result.code}` : `${result.kind}: ${result.report.reason}`,
    tier: engine.tier,
    instructions: {
      interpreter: interpreter.instructions,
      baseline: baseline.instructions,
      optimising: optimising.instructions,
    },
    modules: compiled?.modules ?? 0,
    stored: compiled?.stored,
    notes: notes.filter((note) => note !== undefined),
  }
}
