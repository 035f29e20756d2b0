/** Machines for the tests: what was generated and checked in, and the IR that the specs in isa/ compile to. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { findSpecFiles } from '../../generator/cli/spec-files.ts'
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

let compiled: ReadonlyMap<string, Isa> | undefined

export function loadIr(name: string): Isa {
  if (!compiled) {
    const { session, isas } = compile(findSpecFiles([join(projectRoot, 'isa')]).files)
    if (session.errors > 0) throw new Error(`the specs in isa/ have errors: ${session.diagnostics[0]?.message}`)
    compiled = new Map(isas.map((isa) => [isa.name, isa]))
  }
  const isa = compiled.get(name)
  if (!isa) throw new Error(`no isa ${name} in isa/`)
  return isa
}
