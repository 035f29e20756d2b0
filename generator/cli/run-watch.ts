/** What `isagen run` watches of the engine when asked: units for --dump-wasm, and counters for --stats. Loaded only then. */

import type { Symbols } from 'isagen/linux'
import type { CompiledUnit, Engine, Inspection } from 'isagen/runtime'
import type { GuestIsa } from '../../runtime/abi.ts'
import { WasmDump } from './dump-wasm.ts'

/** A Watch of run-linux.ts and of run-raw.ts. */
export interface RunWatch {
  readonly inspection: Inspection
  readonly onLoad: (symbols: (() => Symbols) | undefined, engine: Engine) => void
  /** Units with counters; undefined where none were asked for. */
  readonly units?: readonly CompiledUnit[]
  readonly dump?: WasmDump
}

/** `wanted`: what --dump-wasm names. */
export async function watchRun(
  isa: GuestIsa,
  { wanted, counters }: { readonly wanted: string | undefined; readonly counters: boolean },
): Promise<RunWatch> {
  const dump = wanted === undefined ? undefined : await WasmDump.create(isa, wanted)
  const units: CompiledUnit[] = []
  return {
    inspection: {
      marks: dump !== undefined,
      counters,
      onUnit: (unit) => {
        if (counters) units.push(unit)
        dump?.keep(unit)
      },
    },
    onLoad: (symbols, engine) => dump?.start(engine, symbols?.()),
    ...(counters && { units }),
    ...(dump && { dump }),
  }
}
