/**
 * What the spec says happens when an instruction traps (`on trap`), in interpreter.ts of a generated isa, beside the functions that it may call. The runtime
 * calls it between instructions; it does not drive the other events yet, so nothing is made of them.
 */

import * as abi from '../../runtime/abi.ts'
import type { SlottedIsa } from '../ir/slots.ts'
import type { HelperName } from './ts-arithmetic.ts'
import { eventLines, type Flow } from './ts-body.ts'
import { literal } from './ts-code.ts'
import { accessFunctions } from './ts-memory.ts'
import type { TsWriter } from './writer.ts'

const flow: Flow = {
  jump: (lo, hi) => [`m[${abi.PC_LO}] = ${lo}`, `m[${abi.PC_HI}] = ${hi}`, `return ${abi.EXIT_LEAVE}`],
  next: () => [`return ${abi.EXIT_LEAVE}`],
  trap: () => [`return ${abi.EXIT_TRAP}`],
}
/** Of abi.TrapEvent. */
const given = [
  ['causeLo', 'causeHi'],
  ['valueLo', 'valueHi'],
] as const

/** Writes `createTrapEvent`; undefined where the spec leaves traps to the embedder. */
export function trapEvent(all: SlottedIsa, helpers: Set<HelperName>): ((w: TsWriter) => void) | undefined {
  const event = all.isa.events.find(({ name }) => name === 'trap')
  if (!event) return undefined
  const { params, lines } = eventLines(all, event, flow, helpers)
  const widths = event.params.map((id) => event.body.locals.find((local) => local.id === id)?.width ?? 0)
  const args = widths.flatMap((width, i) => {
    const [lo = '', hi = ''] = given[i] ?? []
    return width <= 32 ? [low(lo, width)] : [lo, low(hi, width - 32)]
  })
  return (w) => {
    w.block(`export const createTrapEvent: ${w.type('CreateTrapEvent')} = (host) =>`, () => {
      w.line('const m = new Int32Array(host.buffer)')
      w.line('const octets = new Uint8Array(host.buffer)')
      w.line('const bytes = octets')
      w.line('const view = new DataView(host.buffer)').line()
      accessFunctions(w, all.isa)
      w.block(`function onTrap(${params.map((name) => `${name}: number`).join(', ')}): number`, () =>
        w.lines(lines),
      ).line()
      w.block(`return (${given.flat().join(', ')}) =>`, () => {
        w.block('try', () => w.line(`return onTrap(${args.join(', ')})`))
        w.block('catch (error)', () => w.line('if (error !== host.fault) throw error').line(`return ${abi.EXIT_FAULT}`))
      })
    })
  }
}

function low(name: string, width: number): string {
  return width === 32 ? name : `${name} & ${literal(2 ** width - 1)}`
}
