/** Compiles spec files for a command: prints the diagnostics when there are errors, and gives the machines that were asked for. */

import type { Isa } from '../ir/isa.ts'
import { CommandError, EXIT_FOUND } from './command.ts'
import type { SpecFiles } from './spec-files.ts'
import { counted, type Terminal } from './terminal.ts'

/** Every isa of the files that were asked for, or the one that is named. Throws when the specs have errors, after printing them. */
export async function compileSpecs(found: SpecFiles, terminal: Terminal, isa?: string): Promise<readonly Isa[]> {
  const { compile } = await import('../compile.ts')
  const { render } = await import('../diagnostics/render.ts')
  const { session, isas, sources, problem } = compile(found.files, isa === undefined ? {} : { isa })
  if (session.errors > 0) {
    terminal.progress('')
    terminal.err(render(session.diagnostics, sources, { color: terminal.color }))
    throw new CommandError(`${counted(session.errors, 'error')} in ${found.files[0]?.file ?? 'the spec'}`, EXIT_FOUND)
  }
  if (problem !== undefined) throw new CommandError(problem)
  return isas.filter(({ name }) => (isa === undefined ? found.isas.includes(name) : name === isa))
}
