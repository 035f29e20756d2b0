/**
 * What the spec says happens between instructions, in interpreter.ts of a generated isa, beside the functions that it may call: when an instruction
 * traps (`on trap`), and at what comes from outside (`on reset`, `on irq when …`, `on nmi`). The runtime calls it.
 */

import * as abi from '../../runtime/abi.ts'
import { bit, pc } from '../ir/build.ts'
import { registerLayout } from '../ir/layout.ts'
import type { SlottedIsa } from '../ir/slots.ts'
import type { Stmt } from '../ir/stmt.ts'
import type { HelperName } from './ts-arithmetic.ts'
import { eventLines, type Flow } from './ts-body.ts'
import { literal } from './ts-code.ts'
import { accessFunctions } from './ts-memory.ts'
import type { TsWriter } from './writer.ts'

const flow: Flow = {
  jump: (lo, hi) => [`m[${abi.PC_LO}] = ${lo}`, `m[${abi.PC_HI}] = ${hi}`, `return ${abi.EXIT_LEAVE}`],
  next: () => [`return ${abi.EXIT_LEAVE}`],
  trap: () => [`return ${abi.EXIT_TRAP}`],
  attend: () => [],
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
      memoryOf(w, all)
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

function memoryOf(w: TsWriter, all: SlottedIsa): void {
  w.line('const m = new Int32Array(host.buffer)')
  w.line('const octets = new Uint8Array(host.buffer)')
  w.line('const bytes = octets')
  w.line('const view = new DataView(host.buffer)').line()
  accessFunctions(w, all.isa)
}

/** A condition as a function's body: it jumps where it holds. */
const test: Flow = {
  jump: () => ['return true'],
  next: () => ['return false'],
  trap: () => ['return false'],
  attend: () => [],
}

/** Writes `createEvents`; undefined where the spec has none but `on trap`. */
export function machineEvents(all: SlottedIsa, helpers: Set<HelperName>): ((w: TsWriter) => void) | undefined {
  const events = all.isa.events
    .filter(({ name }) => name !== 'trap')
    .map((event) => {
      const { name, when, body } = event
      const taken: Stmt = { kind: 'jump', hint: 'jump', target: pc(all.isa.pcWidth) }
      const asked = {
        ...body,
        statements: [{ kind: 'if', cond: when ?? bit(true), then: [taken], otherwise: [] } as const],
      }
      const condition = when && eventLines(all, { name: `${name} when`, params: [], body: asked }, test, helpers).lines
      return { name, condition, lines: eventLines(all, event, flow, helpers).lines }
    })
  if (events.length === 0) return undefined
  return (w) => {
    w.block(`export const createEvents: ${w.type('CreateEvents')} = (host) =>`, () => {
      memoryOf(w, all)
      w.doc(['What an event does; an access to memory that is not there leaves it.'])
      w.block('const guarded = (event: () => number) => (): number =>', () => {
        w.block('try', () => w.line('return event()'))
        w.block('catch (error)', () => w.line('if (error !== host.fault) throw error').line(`return ${abi.EXIT_FAULT}`))
      })
      for (const { name, condition, lines } of events) {
        w.block(`function on_${name}(): number`, () => w.lines(lines)).line()
        if (condition) w.block(`function may_${name}(): boolean`, () => w.lines(condition)).line()
      }
      w.block('return', () => {
        for (const { name, condition } of events)
          w.line(
            `${name}: { when: ${condition ? `may_${name}` : '() => true'}, run: guarded(on_${name})${name === 'irq' ? attended(all) : ''} },`,
          )
      })
    })
  }
}

/** Whether only instructions that look at ATTENTION can let an irq in from here. */
function attended({ layout, settled }: SlottedIsa): string {
  if (!settled) return ''
  const tests = [...settled].map(
    ([name, value]) => `m[${registerLayout(layout, name).word}] === ${literal(Number(value))}`,
  )
  return `, isAttended: () => ${tests.length === 0 ? 'true' : tests.join(' && ')}`
}

function low(name: string, width: number): string {
  return width === 32 ? name : `${name} & ${literal(2 ** width - 1)}`
}
