/**
 * The whole way of a spec, phase by phase: texts → parse → syntax trees → check → IR of each machine. Emitting files from IR is emit/index.ts;
 * commands put the two together.
 */

import { check, checkNamed } from './check/index.ts'
import { Session } from './diagnostics/session.ts'
import type { Isa } from './ir/isa.ts'
import type { SpecFile } from './syntax/ast.ts'
import { parseSpec } from './syntax/parse.ts'

export interface SourceText {
  /** Path as the user gave it; diagnostics show it. */
  readonly file: string
  readonly text: string
}
export interface Compilation {
  /** All diagnostics of all phases. */
  readonly session: Session
  /** Machines without errors. */
  readonly isas: readonly Isa[]
  readonly files: readonly SpecFile[]
  /** Text by file, for rendering diagnostics. */
  readonly sources: ReadonlyMap<string, string>
  /** Why the machine that was asked for is not there, though nothing is wrong with the specs. */
  readonly problem?: string
}
export interface CompileOptions {
  /** Only the machine of this name, or one that a family of the specs composes for it (`cpu32mf_simd`). */
  readonly isa?: string
}

export function compile(sources: readonly SourceText[], options: CompileOptions = {}): Compilation {
  const session = new Session()
  const files = sources.map(({ file, text }) => parseSpec(file, text, session))
  const { isa } = options
  const found = session.errors > 0 ? [] : isa === undefined ? check(files, session) : checkNamed(files, session, isa)
  return {
    session,
    files,
    sources: new Map(sources.map(({ file, text }) => [file, text])),
    ...('problem' in found ? { isas: [], problem: found.problem } : { isas: found }),
  }
}
