/**
 * A handler's body as Wasm statements: the text of its template.
 *
 * In: a lowered, slotted body. Out: instructions that leave the stack as it was. A path that traps becomes `step`: the
 * interpreter does the instruction again and raises the trap precisely. What templates cannot say becomes one `step`
 * altogether. Functions of the isa are written in the same way (library.ts), with `call`s of each other.
 */

import { ATTENTION } from '../../runtime/abi.ts'
import type { IsaFunction } from '../ir/isa.ts'
import { repeatable } from '../ir/repeatable.ts'
import type { SlottedIsa } from '../ir/slots.ts'
import type { Body, If, Jump, Stmt, Store } from '../ir/stmt.ts'
import { bindingTime } from '../ir/time.ts'
import { type Holes, HoleTable } from './template-holes.ts'
import { reversed } from './wasm-byte-order.ts'
import { typeOf, Unsupported, WasmContext } from './wasm-context.ts'
import { writeRegister } from './wasm-state.ts'
import { addressOf, cleanAs, cleanValue, condition, isNeeded, looseValue } from './wasm-values.ts'
import { constant, ifStatement, op, setLocal, type WasmType, type Wat } from './wat.ts'

export interface WasmBody {
  readonly statements: readonly Wat[]
  /** Scratch locals used, by type. */
  readonly scratch: Readonly<Record<WasmType, number>>
  /** Why the interpreter always does it; absent when it is compiled. */
  readonly interpreted?: string
}

type CallWriter = WasmContext['call']

/** What a handler's beginning sets: locals of the IR, by id. */
export type FirstLoads = readonly { readonly local: number; readonly value: Wat }[]

export function handlerBody(
  all: SlottedIsa,
  holes: Holes,
  body: Body,
  call: CallWriter,
  loads: FirstLoads = [],
): WasmBody {
  const { isa } = all
  const compiled = repeatable(isa, body)
  const context = contextOf(all, holes, compiled ?? body, call)
  const interpreted = (why: string): WasmBody => ({
    statements: [holes.call({ kind: 'step' })],
    scratch: { i32: 0, i64: 0 },
    interpreted: why,
  })
  if (!compiled) return interpreted('it may be left halfway and could not be begun again')
  try {
    const first = loads.map(({ local, value }) => setLocal(context.local(local), value))
    return { statements: [...first, ...list(context, compiled.statements)], scratch: context.scratch }
  } catch (error) {
    if (error instanceof Unsupported) return interpreted(error.message)
    throw error
  }
}

/** The body of a function of the isa, with its results on the stack at the end; parameters are $p1, $p2 … Throws Unsupported. */
export function functionBody(all: SlottedIsa, { body, params }: IsaFunction, call: CallWriter): WasmBody {
  const holes = new HoleTable()
  const context = contextOf(all, holes, body, call)
  params.forEach((id, i) => context.name(id, `$p${i + 1}`))
  const statements = list(context, body.statements)
  if (holes.holes.length > 0) throw new Error('isagen internal: a function that depends on the instruction at hand')
  return { statements, scratch: context.scratch }
}

function contextOf({ isa, layout }: SlottedIsa, holes: Holes, body: Body, call: CallWriter): WasmContext {
  return new WasmContext(holes, layout, isa.memories[0]?.addressWidth ?? isa.pcWidth, isa.endian, body, call)
}

function list(context: WasmContext, statements: readonly Stmt[]): Wat[] {
  return statements.flatMap((stmt) => statement(context, stmt))
}

function statement(context: WasmContext, stmt: Stmt): readonly Wat[] {
  switch (stmt.kind) {
    case 'set':
      if (!isNeeded(context, stmt.local)) return []
      return [setLocal(context.local(stmt.local), cleanValue(context, stmt.value))]
    case 'write': {
      const value = cleanValue(context, stmt.value)
      return [writeRegister(context, stmt, value, ({ index }) => cleanAs(context, 'i32', index))]
    }
    case 'store':
      return [storeValue(context, stmt)]
    case 'if':
      return [conditional(context, stmt)]
    case 'jump':
      return [jump(context, stmt)]
    case 'trap':
      return [context.holes.call({ kind: 'step' })]
    case 'effect':
      // One guest processor: its own accesses are in order already; and each store takes away the code that it changes.
      if (stmt.effect === 'fence' || stmt.effect === 'forgetCode') return []
      if (stmt.effect === 'attend') {
        const attention = op(`i32.load offset=${ATTENTION * 4}`, constant('i32', 0))
        return [ifStatement(attention, [context.holes.call({ kind: 'step' })], [])]
      }
      throw new Unsupported(`${stmt.effect} concerns the engine`)
    case 'call': {
      const called = context.call(
        stmt.function,
        stmt.args.map((arg) => cleanValue(context, arg)),
      )
      // The last result lies on top.
      return [called, ...[...stmt.results].reverse().map((id) => op(`local.set ${context.local(id)}`))]
    }
    case 'return':
      return stmt.values.map((value) => cleanValue(context, value))
  }
}

/** A store looks at low bits only, so a piece of an i64 is stored as it is. */
function storeValue(context: WasmContext, { address, value }: Store): Wat {
  const from = value.kind === 'slice' && value.low === 0 && bindingTime(value) === 'run' ? value.a : value
  const type = typeOf(from.width)
  const size = value.width / 8
  const { address: way, operands } = addressOf(context, address)
  const low = looseValue(context, from)
  const stored = context.endian === 'big' && size > 1 ? reversed(context, type, size, low) : low
  return context.holes.call({ kind: 'store', type, address: way, size }, ...operands, stored)
}

function conditional(context: WasmContext, { cond, then, otherwise }: If): Wat {
  if (bindingTime(cond) !== 'run') {
    const decided = context.holes.call({ kind: 'when', cond })
    return ifStatement(decided, list(context, then), list(context, otherwise))
  }
  const [first, second] = [list(context, then), list(context, otherwise)]
  const test = condition(context, cond)
  if (first.length > 0) return ifStatement(test, first, second)
  return second.length > 0 ? ifStatement(op('i32.eqz', test), second, []) : op('drop', test)
}

function jump(context: WasmContext, { target, hint }: Jump): Wat {
  if (bindingTime(target) !== 'run') return context.holes.call({ kind: 'jump', target, hint })
  if (target.kind === 'select') {
    // Two addresses known beforehand make a branch, which can be chained; a computed one cannot.
    const arms = [target.then, target.otherwise]
    if (arms.some((arm) => bindingTime(arm) !== 'run')) {
      const [then, otherwise] = arms.map((arm): Stmt => ({ kind: 'jump', hint, target: arm }))
      if (then && otherwise)
        return conditional(context, { kind: 'if', cond: target.cond, then: [then], otherwise: [otherwise] })
    }
  }
  return context.holes.call({ kind: 'jumpTo', type: typeOf(target.width), hint }, cleanValue(context, target))
}
