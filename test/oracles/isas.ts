/** Machines for the tests: what was generated and checked in, and the IR that the specs in isa/ compile to. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { findSpecFiles, type SpecFiles } from '../../generator/cli/spec-files.ts'
import { compile } from '../../generator/compile.ts'
import type { Isa } from '../../generator/ir/isa.ts'
import type { GuestIsa } from '../../runtime/abi.ts'
import { projectRoot } from './oracle.ts'

/** generated/NAME. */
export async function loadGuest(name: string): Promise<GuestIsa> {
  const file = join(projectRoot, 'generated', name, 'index.ts')
  if (!existsSync(file)) throw new Error(`generated/${name} does not exist: isagen build makes it`)
  const module = (await import(pathToFileURL(file).href)) as { readonly isa: GuestIsa }
  return module.isa
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
