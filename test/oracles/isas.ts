/** Machines for the tests: what was generated and checked in, and the IR that the specs in isa/ compile to. */

import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { findSpecFiles, type SpecFiles } from '../../generator/cli/spec-files.ts'
import { compile } from '../../generator/compile.ts'
import { emitIsa } from '../../generator/emit/index.ts'
import { enableWasmFeatures } from '../../generator/host/index.ts'
import type { Isa } from '../../generator/ir/isa.ts'
import type { GuestIsa } from '../../runtime/abi.ts'
import { cacheFolder, projectRoot } from './oracle.ts'

// As `isagen run` does.
enableWasmFeatures()

/** What comes with the project, and one of each kind that a family composes. */
export const bundledMachines = [
  'rv32imac',
  'rv64imac',
  'rv64gc',
  'mos6502',
  'nmos6502_undocumented',
  'wdc65c02',
  'sm83',
  'z80',
  'i8086',
  'r3000',
  'r3000eb',
  'chip8',
] as const

/** generated/NAME; or, of a machine that a family composes, an engine made for this test alone. */
export async function loadGuest(name: string): Promise<GuestIsa> {
  const file = join(projectRoot, 'generated', name, 'index.ts')
  const module = (await import(pathToFileURL(existsSync(file) ? file : await emitted(name)).href)) as {
    readonly isa: GuestIsa
  }
  return module.isa
}

const emittedEngines = new Map<string, Promise<string>>()
function emitted(name: string): Promise<string> {
  const known = emittedEngines.get(name) ?? emit(name)
  emittedEngines.set(name, known)
  return known
}

/** Inside the project, so that the package's own name resolves in what is emitted. */
async function emit(name: string): Promise<string> {
  mkdirSync(cacheFolder, { recursive: true })
  const folder = mkdtempSync(join(cacheFolder, 'engine-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, name))
  for (const { path, text } of await emitIsa(loadIr(name))) writeFileSync(join(folder, path), text)
  return join(folder, name, 'index.ts')
}

const compiled = new Map<string, Isa>()

/** A machine of isa/ by its name, or one that a family there composes: rv64gc_zba. */
export function loadIr(name: string): Isa {
  const known = compiled.get(name)
  if (known) return known
  specs ??= findSpecFiles([join(projectRoot, 'isa')])
  const { session, isas, problem } = compile(specs.files, { isa: name })
  if (session.errors > 0) throw new Error(`the specs in isa/ have errors: ${session.diagnostics[0]?.message}`)
  const [isa] = isas
  if (!isa) throw new Error(problem ?? `no isa ${name} in isa/`)
  compiled.set(name, isa)
  return isa
}
let specs: SpecFiles | undefined

/** What the RISC-V family of isa/ knows beyond G and C. */
export const extensions = ['zfh', 'zba', 'zbb', 'zbc', 'zbs', 'zicond', 'zihintpause', 'zawrs', 'zicntr'] as const

/** "rv64gc" → the machine with all of them. */
export function withExtensions(name: string): string {
  return [name, ...extensions].join('_')
}
