/**
 * Gives the commands a generated module to work with: a bundled one by its name, or one made from a spec on the spot. In: --isa and --spec. Out: the
 * module's `GuestIsa`. Loads no generator library unless a spec was given whose engine is not in the cache.
 */

import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { GuestIsa } from '../../runtime/abi.ts'
import { closest } from '../diagnostics/closest.ts'
import { CommandError } from './command.ts'
import type { ElfMachine } from './elf-file.ts'
import type { Terminal } from './terminal.ts'

/** Of the modules that `isagen/generated/NAME` names here: under dist/ unless sources are run. */
const enginesFolder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'generated')

export interface IsaChoice {
  readonly isa: string | undefined
  readonly spec: string | undefined
}

export async function loadIsa({ isa, spec }: IsaChoice, terminal: Terminal): Promise<GuestIsa> {
  if (spec !== undefined) {
    const { loadFromSpec } = await import('./engine-cache.ts')
    return loadFromSpec(spec, isa, terminal)
  }
  if (isa === undefined) throw new CommandError('which machine? Say --isa NAME or --spec FILE')
  if (!bundledIsas().includes(isa)) {
    const { packageBases, specOfIsa } = await import('./spec-files.ts')
    const file = specOfIsa(isa)
    if (file !== undefined) return (await import('./engine-cache.ts')).loadFromSpec(file, isa, terminal)
    throw noSuchIsa(isa, packageBases())
  }
  return loadBundled(isa)
}

/** As `loadIsa`, for commands that need not start at once: says so when the spec has changed since the engine was made from it. */
export async function loadIsaAndCompare(choice: IsaChoice, terminal: Terminal): Promise<GuestIsa> {
  const guest = await loadIsa(choice, terminal)
  if (choice.spec === undefined) {
    const { changedSpec } = await import('./compiled-engines.ts')
    const changed = changedSpec(enginesFolder, guest.name)
    if (changed !== undefined) terminal.err(`engine ${guest.name} is older than ${changed}: npx isagen build\n`)
  }
  return guest
}

/** An engine that comes with the package. */
export async function loadBundled(name: string): Promise<GuestIsa> {
  const known = bundledIsas()
  if (!known.includes(name)) throw noSuchIsa(name)
  return isaOf(await import(`isagen/generated/${name}`))
}

function noSuchIsa(name: string, bases: readonly string[] = []): CommandError {
  const known = bundledIsas()
  const meant = closest(name, known)
  const begin = bases.length > 0 ? `, and names that begin with ${bases.join(', ')}` : ''
  return new CommandError(
    `there is no isa '${name}'; ${meant ? `did you mean '${meant}'?` : `there are ${known.join(', ')}${begin}`}`,
  )
}

/** The engine that a platform takes for such programs. */
export async function isaForElf({ bits, machine, flags }: ElfMachine, file: string): Promise<string> {
  const { architectures } = await import('isagen/linux')
  const found = architectures.find((one) => one.bits === bits && one.machine === machine)
  if (!found)
    throw new CommandError(`${file} is a ${bits}-bit program for ELF machine ${machine}; say --isa NAME or --spec FILE`)
  return found.isaFor(flags)
}

export function bundledIsas(): string[] {
  const entries = readdirSync(enginesFolder, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
}

/** The `isa` that every generated module exports. */
export function isaOf(module: { readonly isa: GuestIsa }): GuestIsa {
  return module.isa
}
