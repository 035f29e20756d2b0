/**
 * Artefacts library.ts and library.wat: the functions of an isa as one WebAssembly module that imports nothing. Compiled code calls them.
 *
 * In: an isa's functions, lowered. Out: their module in text; and as base64 of the binary that wabt made of it, with each function's type. Where they can use that a host
 * rounds a product and a sum once, a second module has what is another function there.
 * Numbers of functions are those of the module's exports. What templates cannot say, the library cannot: such a function is left out, and instructions
 * that call it are left to the interpreter.
 */

import type { Isa, IsaFunction } from '../ir/isa.ts'
import { type SlottedIsa, slotted } from '../ir/slots.ts'
import { assembleWat } from './wabt.ts'
import { functionBody } from './wasm-body.ts'
import { typeOf, Unsupported } from './wasm-context.ts'
import { op, printWat, type WasmType, type Wat } from './wat.ts'

export interface LibraryFunction {
  readonly name: string
  readonly number: number
  readonly params: readonly WasmType[]
  readonly results: readonly WasmType[]
  readonly lines: readonly string[]
  /** Names of others that it calls. */
  readonly calls: ReadonlySet<string>
}

const built = new WeakMap<SlottedIsa, ReadonlyMap<string, LibraryFunction>>()

/** By name, in order of their numbers. */
export function libraryOf(all: SlottedIsa): ReadonlyMap<string, LibraryFunction> {
  let library = built.get(all)
  if (!library) built.set(all, (library = build(all, all.functions)))
  return library
}

function build(all: SlottedIsa, functions: readonly IsaFunction[]): ReadonlyMap<string, LibraryFunction> {
  const library = new Map<string, LibraryFunction>()
  let calls = new Set<string>()
  const call = (name: string, args: readonly Wat[]): Wat => {
    if (!library.has(name)) throw new Unsupported(`${name} is not in the library`)
    calls.add(name)
    return op(`call $${name}`, ...args)
  }
  for (const f of functions) {
    calls = new Set()
    try {
      const { statements, scratch } = functionBody(all, f, call)
      const params = f.params.map((id) => typeOf(f.body.locals.find((l) => l.id === id)?.width ?? 0))
      const results = f.results.map(typeOf)
      const named = params.map((type, i) => ` (param $p${i + 1} ${type})`).join('')
      const locals = [
        ...Array.from({ length: scratch.i32 }, (_, i) => ` (local $i${i + 1} i32)`),
        ...Array.from({ length: scratch.i64 }, (_, i) => ` (local $l${i + 1} i64)`),
      ]
      const head = `  (func $${f.name} (export "${library.size}")${named} (result ${results.join(' ')})${locals.join('')}`
      const lines = [head, ...statements.flatMap((wat) => printWat(wat, '    ')), '  )']
      library.set(f.name, { name: f.name, number: library.size, params, results, lines, calls })
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error
    }
  }
  return library
}

function moduleText(library: ReadonlyMap<string, LibraryFunction>): string {
  return ['(module', ...[...library.values()].flatMap(({ lines }) => lines), ')', ''].join('\n')
}

/** A module of those functions that are others in `fusing`; it imports what they call by its number as l.0, l.1 … */
function fusingText(library: ReadonlyMap<string, LibraryFunction>, fusing: readonly LibraryFunction[]): string {
  const others = fusing.filter(({ name, lines }) => lines.join() !== library.get(name)?.lines.join())
  const imports = [...new Set(others.flatMap(({ calls }) => [...calls]))].map((name) => {
    const { number, params, results } = library.get(name) as LibraryFunction
    return `  (import "l" "${number}" (func $${name} (param ${params.join(' ')}) (result ${results.join(' ')})))`
  })
  return ['(module', ...imports, ...others.flatMap(({ lines }) => lines), ')', ''].join('\n')
}

/** Artefact library.wat; undefined where there are no functions. */
export function emitLibraryWat(isa: Isa): string | undefined {
  const library = libraryOf(slotted(isa))
  return library.size === 0 ? undefined : moduleText(library)
}

/** Artefact library.ts; undefined where there are no functions. */
export async function emitLibrary(isa: Isa): Promise<string | undefined> {
  const all = slotted(isa)
  const library = libraryOf(all)
  if (library.size === 0) return undefined
  const binary = await assembleWat(`${isa.name} library`, moduleText(library))
  const fusing = all.fusing && fusingText(library, [...build(all, all.fusing).values()])
  const fusingBinary = fusing && (await assembleWat(`${isa.name} library`, fusing))
  const codes = (types: readonly WasmType[]): string => `[${types.map((type) => type.toUpperCase()).join(', ')}]`
  const functions = [...library.values()].map(
    ({ name, params, results }) => `    { params: ${codes(params)}, results: ${codes(results)} }, // ${name}`,
  )
  const text = functions.join('\n')
  const constants = ['I32', 'I64'].filter((name) => text.includes(name))
  return `${[
    `import { ${[...constants, 'type Library'].join(', ')} } from 'isagen/runtime/abi'`,
    '',
    'export const library: Library = {',
    '  functions: [',
    text,
    '  ],',
    '  code:',
    `${base64Lines(binary).join(' +\n')},`,
    ...(fusingBinary ? ['  fusing:', `${base64Lines(fusingBinary).join(' +\n')},`] : []),
    '}',
  ].join('\n')}\n`
}

const COLUMNS = 120

/** As string literals, a line each. */
export function base64Lines(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes).toString('base64')
  return Array.from(
    { length: Math.ceil(text.length / COLUMNS) },
    (_, i) => `    '${text.slice(i * COLUMNS, (i + 1) * COLUMNS)}'`,
  )
}
