/**
 * The interpreter as Wasm, for cold code where Wasm may be compiled: makes the generated module (GuestIsa.wasmInterpreter) one that runs on an engine's linear
 * memory. And the library, which it and compiled code call.
 */

import { EXIT_HOT, FUEL, type GuestIsa, type Interpreter, type Library } from './abi.ts'
import { fuses } from './fusing.ts'
import { type Shifts, type StoreCheck, storeCheck } from './jit/store-check.ts'

/** Runs the compiled function in a slot: gives an exit with its mark. */
export type Enter = (fuel: number, slot: number) => number
/** Leaves compiled code to the engine. */
export function enterNothing(words: Int32Array): Enter {
  return (fuel) => {
    words[FUEL] = fuel
    return EXIT_HOT
  }
}

/** Undefined where the machine has none. */
export function createWasmInterpreter(
  isa: GuestIsa,
  memory: WebAssembly.Memory,
  shifts: Shifts,
  enter: Enter,
  meetsExactly: StoreCheck,
): Interpreter | undefined {
  if (isa.wasmInterpreter === undefined) return undefined
  const module = new WebAssembly.Module(binaryOf(isa.wasmInterpreter) as BufferSource)
  const meets = storeCheck(memory, shifts, meetsExactly)
  const imports = { m: { m: memory, enter, meets }, ...(isa.library && { l: libraryExports(isa.library) }) }
  return new WebAssembly.Instance(module, imports).exports.run as Interpreter
}

const libraries = new WeakMap<Library, WebAssembly.Exports>()

/** Pure functions: one instance does for all engines. */
export function libraryExports(library: Library): WebAssembly.Exports {
  let exports = libraries.get(library)
  if (!exports) {
    exports = instance(library.code, {})
    if (library.fusing !== undefined && fuses()) exports = { ...exports, ...instance(library.fusing, { l: exports }) }
    libraries.set(library, exports)
  }
  return exports
}

function instance(code: string, imports: WebAssembly.Imports): WebAssembly.Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(binaryOf(code) as BufferSource), imports).exports
}

function binaryOf(base64: string): Uint8Array {
  const text = atob(base64)
  const bytes = new Uint8Array(text.length)
  for (let at = 0; at < bytes.length; at++) bytes[at] = text.charCodeAt(at)
  return bytes
}
