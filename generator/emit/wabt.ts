/**
 * wabt behind two functions: assembles and validates a module at build time, prints one for people. Nothing else imports the package, which is
 * large: it is loaded when first asked for, and once.
 */

import type wabt from 'wabt'

let loaded: ReturnType<typeof wabt> | undefined

/**
 * The module's binary. Throws with wabt's own message and the offending lines when it does not assemble or validate.
 */
export async function assembleWat(name: string, text: string): Promise<Uint8Array> {
  loaded ??= import('wabt').then((module) => module.default())
  const tools = await loaded
  const module = tools.parseWat(name, text, { tail_call: true, relaxed_simd: true })
  try {
    module.validate()
    return module.toBinary({ canonicalize_lebs: true }).buffer
  } finally {
    module.destroy()
  }
}

/** The text of a valid module, one instruction a line; functions are numbered, imported ones first. */
export async function printWasm(bytes: Uint8Array): Promise<string> {
  loaded ??= import('wabt').then((module) => module.default())
  const tools = await loaded
  // wabt pads what it gets with zeros, which it then takes for a broken custom section: unchecked, it passes over that.
  const module = tools.readWasm(bytes, { readDebugNames: false, check: false, tail_call: true })
  try {
    return module.toText({ foldExprs: false, inlineExport: false })
  } finally {
    module.destroy()
  }
}
