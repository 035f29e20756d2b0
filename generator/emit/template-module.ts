/**
 * All templates of an isa as one WebAssembly module in text: a function a handler, an import a hole. This text is the
 * artefact `templates.wat`, and what wabt assembles and validates; templates.ts takes the result apart.
 */

import type { Isa } from '../ir/isa.ts'
import { printSyntax } from '../ir/print.ts'
import { type Handler, slotted } from '../ir/slots.ts'
import { libraryOf } from './library.ts'
import { HoleTable, type NamedHole, printImport } from './template-holes.ts'
import { handlerBody, type WasmBody } from './wasm-body.ts'
import { Unsupported } from './wasm-context.ts'
import { printWat, type Wat } from './wat.ts'

export interface TemplateModule {
  /** In the order of handlers, which is that of the module's functions. */
  readonly templates: readonly TemplateText[]
  /** In the order of imports. */
  readonly holes: readonly NamedHole[]
  /** Scratch locals that every function has: as many as the neediest uses. */
  readonly scratch: { readonly i32: number; readonly i64: number }
}
export interface TemplateText extends WasmBody {
  readonly handler: Handler
  /** Its statements as text, with the end of the function. */
  readonly lines: readonly string[]
}

const built = new WeakMap<Isa, TemplateModule>()

/** Kept: several artefacts are made of it. */
export function templateModule(isa: Isa): TemplateModule {
  let module = built.get(isa)
  if (!module) built.set(isa, (module = buildModule(isa)))
  return module
}

function buildModule(isa: Isa): TemplateModule {
  const all = slotted(isa)
  const { handlers } = all
  const holes = new HoleTable()
  const library = libraryOf(all)
  const call = (name: string, args: readonly Wat[]): Wat => {
    const found = library.get(name)
    if (!found) throw new Unsupported(`${name} is not in the library`)
    const { number, params, results } = found
    return holes.call({ kind: 'call', name, number, params, results }, ...args)
  }
  const templates = handlers.map((handler) => {
    const body = handlerBody(all, holes, handler.body, call)
    return { handler, ...body, lines: closed(body.statements.flatMap((wat) => printWat(wat, '    '))) }
  })
  return {
    templates,
    holes: holes.holes,
    scratch: {
      i32: Math.max(0, ...templates.map(({ scratch }) => scratch.i32)),
      i64: Math.max(0, ...templates.map(({ scratch }) => scratch.i64)),
    },
  }
}

/**
 * The module as text. To be assembled all functions must have the same locals, so that a local has the same number in
 * each and in the function that a template is written into; for readers each declares what it uses.
 */
export function moduleText(module: TemplateModule, purpose: 'assemble' | 'read'): string {
  const forReaders = purpose === 'read'
  const functions = module.templates.flatMap((template) => {
    const locals = declarations(forReaders ? template.scratch : module.scratch)
    return [
      ...(forReaders ? ['', ...comments(template).map((line) => `  ;; ${line}`)] : []),
      `  (func $${template.handler.instruction.id} ${PARAMETERS}${locals}`,
      ...template.lines,
    ]
  })
  const imports = module.holes.map((hole) => `  ${printImport(hole, forReaders)}`)
  return ['(module', ...imports, '  (memory 1)', ...functions, ')', ''].join('\n')
}

/** Those of compiled functions; templates leave them alone. There are FIRST_SCRATCH of them. */
const PARAMETERS = '(param $fuel i32) (param $depth i32) (param $expected i64)'

function declarations(scratch: TemplateModule['scratch']): string {
  const names = (letter: string, count: number): string[] =>
    Array.from({ length: count }, (_, i) => `$${letter}${i + 1}`)
  return [
    ...names('i', scratch.i32).map((name) => ` (local ${name} i32)`),
    ...names('l', scratch.i64).map((name) => ` (local ${name} i64)`),
  ].join('')
}

function closed(lines: readonly string[]): string[] {
  return lines.length === 0 ? ['  )'] : [...lines.slice(0, -1), `${lines.at(-1)})`]
}
/** What the template is of: assembly, slots, and why it is left to the interpreter if so. */
export function comments({ handler, interpreted }: TemplateText): string[] {
  const { instruction, slots } = handler
  const syntax = instruction.syntaxes[0]
  const assembly = syntax ? printSyntax(syntax) : instruction.id
  const named = slots.map(({ name }, i) => `slot${i} ${name}`).join(', ')
  return [
    named === '' ? assembly : `${assembly}  (${named})`,
    ...(interpreted === undefined ? [] : [`left to the interpreter: ${interpreted}`]),
  ]
}
