/**
 * The table of artefacts: what is generated for an isa, one emitter a file.
 *
 * In: a checked isa. Out: the texts of its folder under generated/, in a fixed order, the same for the same spec on every machine.
 */

import type { Isa } from '../ir/isa.ts'
import { emitAssembler } from './assembler.ts'
import { emitAssembly } from './assembly.ts'
import { emitConformance } from './conformance.ts'
import { emitDecoder } from './decoder.ts'
import { emitDisassembler } from './disassembler.ts'
import { emitEngineModule } from './engine-module.ts'
import { emitInterpreter } from './interpreter.ts'
import { emitLibrary, emitLibraryWat } from './library.ts'
import { emitMetadata } from './metadata.ts'
import { emitTemplates, emitTemplatesWat } from './templates.ts'
import { emitWasmInterpreter } from './wasm-interpreter.ts'
import { withBanner } from './writer.ts'

export { unsupported } from './limits.ts'

export interface Artefact {
  readonly file: string
  /** One sentence for the head of the file. */
  readonly purpose: string
  /** The text below the banner; undefined where the isa does not need the file. */
  readonly emit: (isa: Isa) => string | undefined | Promise<string | undefined>
}

export const artefacts: readonly Artefact[] = [
  { file: 'index.ts', purpose: 'the machine as the runtime takes it.', emit: emitEngineModule },
  { file: 'metadata.ts', purpose: 'registers, traps, and what each handler does.', emit: emitMetadata },
  { file: 'decoder.ts', purpose: 'from bytes to pre-decoded records.', emit: emitDecoder },
  { file: 'interpreter.ts', purpose: 'the interpreter.', emit: emitInterpreter },
  { file: 'templates.ts', purpose: 'WebAssembly of each handler, for the baseline compiler.', emit: emitTemplates },
  { file: 'templates.wat', purpose: 'the templates as text, for readers.', emit: emitTemplatesWat },
  { file: 'library.ts', purpose: 'functions of the spec that templates call.', emit: emitLibrary },
  { file: 'wasm-interpreter.ts', purpose: 'the interpreter as WebAssembly.', emit: emitWasmInterpreter },
  { file: 'library.wat', purpose: 'the library as text, for readers.', emit: emitLibraryWat },
  { file: 'assembly.ts', purpose: 'how instructions are written.', emit: emitAssembly },
  { file: 'disassembler.ts', purpose: 'from bytes to text.', emit: emitDisassembler },
  { file: 'assembler.ts', purpose: 'from text to bytes.', emit: emitAssembler },
  {
    file: 'conformance.ts',
    purpose: 'the tests in the spec, and how test vectors name the state.',
    emit: emitConformance,
  },
]

export interface EmittedFile {
  /** From the output folder, forward slashes: "NAME/decoder.ts". */
  readonly path: string
  readonly text: string
}

export async function emitIsa(isa: Isa): Promise<readonly EmittedFile[]> {
  const files: EmittedFile[] = []
  for (const { file, purpose, emit } of artefacts) {
    const mark = file.endsWith('.wat') ? ';;' : '//'
    const text = await emit(isa)
    if (text !== undefined) files.push({ path: `${isa.name}/${file}`, text: withBanner(isa, purpose, mark, text) })
  }
  return files
}
