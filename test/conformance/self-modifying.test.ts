/**
 * Programs that overwrite their own code (test/filetests/run/NAME.ISA.s): after each, registers and memory are what its comments say, and in every tier what an
 * interpreter gives that decodes one instruction at a time.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { assembleProgram } from '../../runtime/assembly/index.ts'
import { createEngine, type Engine, type EngineOptions, EXEC, READ, WRITE } from '../../runtime/index.ts'
import { OPTIMISATIONS } from '../../runtime/optimisations.ts'
import { loadGuest } from '../oracles/isas.ts'
import { projectRoot } from '../oracles/oracle.ts'

const folder = join(projectRoot, 'test/filetests/run')
/** More than any of them takes. */
const LIMIT = 100_000_000
const CHUNK = 1_000_000
const tiers: Readonly<Record<string, EngineOptions>> = {
  'wasm-interpreter': { tier: 'wasm-interpreter' },
  baseline: { tier: 'baseline' },
  optimising: { tier: 'optimising' },
  auto: { tier: 'auto' },
}
const hasty = { tier: 'auto', hotThreshold: 1, sampling: { every: 128, hits: 1 } } as const
/** For what does not run long. */
const variants: typeof tiers = {
  ...tiers,
  ...Object.fromEntries(OPTIMISATIONS.map((name) => [`without ${name}`, { ...hasty, without: [name] }])),
  'without all': { ...hasty, without: OPTIMISATIONS },
  interpreter: { tier: 'interpreter' },
  'auto, hasty': hasty,
  'auto, a cache of one': { tier: 'auto', hotThreshold: 1, cache: { entries: 1 } },
  stress: { tier: 'auto', stress: 7, debug: true },
}

/** Stores that met code, or were taken for such: of the interpreter, and of compiled code. */
function misses(engine: Engine): readonly [interpreted: number, compiled: number] {
  const { interpreter, baseline, optimising } = engine.stats()
  return [interpreter.exits.leave, baseline.exits.step + optimising.exits.step]
}

describe.each(readdirSync(folder).filter((file) => file.endsWith('.s')))('%s', (file) => {
  const text = readFileSync(join(folder, file), 'utf8')
  const all = Object.entries(/^(jit|data)/.test(file) ? tiers : variants)
  let expected: Promise<Engine> | undefined

  test.each(all)('%s', async (_, options) => {
    expected ??= finished({ tier: 'interpreter', blockLength: 1 })
    const reference = await expected
    const engine = await finished(options)
    for (const [, name = '', value = ''] of text.matchAll(/expect (\w+) = (\S+)/g))
      expect(engine.state.read(name), name).toBe(BigInt(value))
    for (const [, at = '', value = ''] of text.matchAll(/memory (\w+) = (\S+)/g))
      expect(engine.memory.bytes[Number(at)], at).toBe(Number(value))
    expect(engine.state.snapshot()).toEqual(reference.state.snapshot())
    expect(Buffer.compare(engine.memory.bytes, reference.memory.bytes)).toBe(0)
    engine.check()
    const [interpreted, compiled] = misses(engine)
    if (text.includes('few misses')) expect(compiled).toBeLessThan(5000)
    if (/few misses$/m.test(text)) expect(interpreted).toBeLessThan(5000)
  })

  async function finished(options: EngineOptions): Promise<Engine> {
    const isa = await loadGuest(file.split('.')[1] ?? '')
    const program = assembleProgram(await isa.assembler(), text, { endian: isa.endian, pcWidth: isa.pcWidth })
    expect(program.errors).toEqual([])
    const engine = createEngine(isa, { memoryBytes: 0x40000, ...options })
    if (isa.memory.faults) engine.memory.map(0, 0x40000, READ | WRITE | EXEC)
    engine.memory.write(Number(program.origin), program.bytes)
    engine.state.pc = program.symbols.get('start') ?? program.origin
    const done = program.symbols.get('done')
    for (let run = 0; run < LIMIT && engine.state.pc !== done; run += CHUNK) {
      const exit = engine.run({ maxInstructions: CHUNK })
      expect(exit).toEqual({ kind: 'limit', pc: engine.state.pc })
    }
    expect(engine.state.pc).toBe(done)
    return engine
  }
})
