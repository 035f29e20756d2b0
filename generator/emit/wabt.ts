/**
 * wabt behind one function: assembles and validates a module at build time. Nothing else imports the package, which is
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
  const module = tools.parseWat(name, text)
  try {
    module.validate()
    return module.toBinary({ canonicalize_lebs: true }).buffer
  } finally {
    module.destroy()
  }
}
