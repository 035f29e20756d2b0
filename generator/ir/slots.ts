/**
 * Moves decode-time values out of bodies into the pre-decoded record.
 *
 * In: the instructions of an isa. Out: *handlers*, the instructions with a body, whose decode-time parts became slots; and for every
 * instruction how decoding it fills a record: a handler and one decode-time expression over its own fields for each slot. An
 * instruction that delegates uses its target's handler, with the target's fields replaced by what the delegation says.
 *
 * A slot holds 1…32 bits in one word, zero-extended (32 bits fill the word). A decode-time register index becomes a slot that holds the cell's
 * WORD (runtime/abi.ts; a write to a hardwired cell goes to SINK_WORD). So the index of a read or write in a handler's body is either
 * absent, or a constant index, or a slot with the word, or a run-time index; see `placeOf`.
 */

import { HANDLER_FIRST, SINK_WORD } from '../../runtime/abi.ts'
import { type Attendance, attend } from './attend.ts'
import {
  binary,
  bit,
  children,
  compare,
  concat,
  constant,
  extend,
  mapChildren,
  mapExpr,
  select,
  slice,
} from './build.ts'
import { type ContextRegisters, contextRegisters, type InContext, specialise } from './context.ts'
import type { Expr, SlotRef, Width } from './expr.ts'
import { fuses } from './fusing.ts'
import type { Instruction, Isa, IsaFunction } from './isa.ts'
import { cellWord, type Layout, layoutOf, registerLayout } from './layout.ts'
import { lowerBody } from './lower.ts'
import { propagate } from './propagate.ts'
import { signedRange } from './range.ts'
import type { Body, Stmt } from './stmt.ts'
import { isDecodeTime } from './time.ts'

export interface Slot {
  /** For readers of generated code; not unique: "rd", "imm". */
  readonly name: string
  readonly width: Width
  /** Over the handler's own fields; never a constant. */
  readonly value: Expr
  /** Set when the slot holds the word of a cell of this register file. */
  readonly place?: { readonly register: string; readonly access: 'read' | 'write' }
}
export interface Handler {
  /** HANDLER_FIRST + its index. */
  readonly number: number
  readonly instruction: Instruction
  readonly body: Body
  readonly slots: readonly Slot[]
  readonly leaves?: Leaves
  /** It is for where registers of the decode context hold other than their reset values. */
  readonly inContext: boolean
}
export interface Decode extends Decoded {
  readonly instruction: Instruction
  /** With registers as decode context: what it is where they do not all hold their reset values. */
  readonly inContext?: Decoded
}
/** How a record is filled. */
export interface Decoded {
  readonly handler: Handler
  /** By slot of the handler; over the fields of the instruction; at most 32 bits each. */
  readonly slots: readonly Expr[]
  /** Over the same fields; with a context. */
  readonly leaves?: Leaves
}
/** What decoding knows behind an instruction (ir/context.ts). */
export type Leaves = Pick<InContext, 'after' | 'ends'>
export interface SlottedIsa {
  readonly isa: Isa
  readonly layout: Layout
  readonly handlers: readonly Handler[]
  /** Of the isa, lowered; and, where one of them is another there, for hosts that round a product and a sum once. */
  readonly functions: readonly IsaFunction[]
  readonly fusing: readonly IsaFunction[] | undefined
  /** In the order of Isa.instructions. */
  readonly decodes: readonly Decode[]
  /** Of ir/attend.ts. */
  readonly settled: Attendance['settled']
  /** The most slots that a handler has. */
  readonly slotCount: number
}

/** How an instruction with a body of its own is executed; the slots are over its own fields. */
interface Executed {
  readonly handler: Handler
  readonly slots: readonly Slot[]
}

const done = new WeakMap<Isa, SlottedIsa>()

/** The result is kept: all emitters of one isa see the same handlers. */
export function slotted(isa: Isa): SlottedIsa {
  const known = done.get(isa)
  if (known) return known
  const context = contextRegisters(isa)
  const bodies = isa.instructions.flatMap((instruction) => bodiesOf(isa, context, instruction))
  const attended = attend(
    isa,
    bodies.map(({ body }) => propagate(body)),
  )
  const layout = layoutOf(isa, attended.bodies)
  const handlers: Handler[] = []
  const byBody = new Map<string, Handler>()
  const byId = new Map<string, Executed>()
  for (const [index, { instruction, leaves, inContext }] of bodies.entries()) {
    const { body, slots } = slotBody(lowerBody(isa, attended.bodies[index]!), layout)
    // Forms of an instruction that differ only in what decoding knows are executed by the same code.
    const key = leaves || inContext ? instruction.id : dataKey([body, slots.map(({ width, place }) => [width, place])])
    let handler = byBody.get(key)
    if (!handler) {
      handler = {
        number: HANDLER_FIRST + handlers.length,
        instruction,
        inContext,
        ...(leaves && { leaves }),
        body,
        slots,
      }
      handlers.push(handler)
      byBody.set(key, handler)
    }
    byId.set(instruction.id, { handler, slots })
  }
  const instructions = new Map(isa.instructions.map((i) => [i.id, i]))
  const decodes = isa.instructions.map((instruction) => decodeOf(instruction, byId, instructions))
  const slotCount = Math.max(0, ...handlers.map((h) => h.slots.length))
  const functions = isa.functions.map((f) => ({ ...f, body: lowerBody(isa, f.body) }))
  const fusing = isa.functions.some(({ body }) => fuses(body))
    ? isa.functions.map((f, at) => (fuses(f.body) ? { ...f, body: lowerBody(isa, f.body, true) } : functions[at]!))
    : undefined
  const { settled } = attended
  const result = { isa, layout, handlers, functions, fusing, decodes, slotCount, settled }
  done.set(isa, result)
  return result
}

/** The handlers of an instruction, not yet lowered: one, or with a context one for where it is as at reset, and one for all else. */
function bodiesOf(
  isa: Isa,
  context: ContextRegisters | undefined,
  instruction: Instruction,
): Pick<Handler, 'instruction' | 'body' | 'leaves' | 'inContext'>[] {
  const { semantics, id } = instruction
  if (semantics.kind !== 'body') return []
  if (!context) return [{ instruction, body: semantics.body, inContext: false }]
  return [true, false].map((atRest) => {
    const { body, ...leaves } = specialise(isa, context, propagate(semantics.body), atRest)
    return {
      instruction: atRest ? instruction : { ...instruction, id: inContext(id) },
      body,
      leaves,
      inContext: !atRest,
    }
  })
}
const inContext = (id: string): string => `${id}_in_context`

/** Where a read or write of a handler's body goes. */
export type Place =
  | { readonly kind: 'word'; readonly word: number }
  /** The record's slot holds the word. */
  | { readonly kind: 'slot'; readonly slot: number }
  /** word + stride × the value of index. */
  | { readonly kind: 'index'; readonly word: number; readonly stride: number; readonly index: Expr }

export function placeOf(layout: Layout, register: string, index: Expr | undefined, access: 'read' | 'write'): Place {
  if (!index) return { kind: 'word', word: cellWord(layout, register, 0, access) }
  if (index.kind === 'const') return { kind: 'word', word: cellWord(layout, register, Number(index.value), access) }
  if (index.kind === 'slot') return { kind: 'slot', slot: index.slot }
  const { word, stride } = registerLayout(layout, register)
  return { kind: 'index', word, stride, index }
}

/** The handler, and its slots over this instruction's fields. */
function decodeOf(
  instruction: Instruction,
  executed: ReadonlyMap<string, Executed>,
  instructions: ReadonlyMap<string, Instruction>,
): Decode {
  let fields: ReadonlyMap<string, Expr> | undefined
  let target = instruction
  while (target.semantics.kind === 'delegate') {
    const outer = fields
    const given = Object.entries(target.semantics.fields)
    fields = new Map(given.map(([name, value]) => [name, outer ? substitute(value, outer) : value]))
    const found = instructions.get(target.semantics.target)
    if (!found)
      throw new Error(`isagen internal: ${target.id} delegates to ${target.semantics.target}, which is missing`)
    target = found
  }
  const by = executed.get(target.id)
  if (!by) throw new Error(`isagen internal: no handler for ${target.id}`)
  const other = executed.get(inContext(target.id))
  return {
    instruction,
    ...decoded(by, fields),
    ...(other && by.handler.leaves && { inContext: decoded(other, fields) }),
  }
}

function decoded({ handler, slots: own }: Executed, fields: ReadonlyMap<string, Expr> | undefined): Decoded {
  const put = (e: Expr): Expr => (fields ? substitute(e, fields) : e)
  const slots = own.map(({ value }) => put(value))
  const { leaves } = handler
  if (!leaves) return { handler, slots }
  const after = new Map(
    [...leaves.after].map(([name, { known, value }]) => [name, { known: put(known), value: put(value) }]),
  )
  return { handler, slots, leaves: { after, ends: put(leaves.ends) } }
}

/** Fields that a delegation does not set are 0. */
function substitute(e: Expr, fields: ReadonlyMap<string, Expr>): Expr {
  const given = (name: string, width: Width): Expr => fields.get(name) ?? constant(width, 0)
  return mapExpr(e, (x) => (x.kind === 'field' && !x.name.startsWith('@') ? given(x.name, x.width) : x))
}

/** Slots of one body, in order of first use. */
function slotBody(body: Body, layout: Layout): { body: Body; slots: Slot[] } {
  const slots: Slot[] = []
  const byKey = new Map<string, number>()

  const slot = (name: string, value: Expr, place?: Slot['place']): SlotRef => {
    const key = exprKey(value)
    let at = byKey.get(key)
    if (at === undefined) {
      at = slots.length
      byKey.set(key, at)
      slots.push(place ? { name, width: value.width, value, place } : { name, width: value.width, value })
    }
    return { kind: 'slot', width: value.width, slot: at }
  }

  /** A decode-time value of any width from slots of at most 32 bits. */
  const known = (e: Expr): Expr => {
    if (e.kind === 'const') return e
    if (e.width <= 32) return slot(nameOf(e), e)
    const range = signedRange(e)
    if (range.low >= -0x80000000n && range.high <= 0x7fffffffn)
      return extend(true, e.width, slot(nameOf(e), slice(e, 0, 32)))
    if (range.low >= 0n && range.high <= 0xffffffffn) return extend(false, e.width, slot(nameOf(e), slice(e, 0, 32)))
    const parts: Expr[] = []
    for (let low = 0; low < e.width; low += 32) parts.unshift(known(slice(e, low, Math.min(32, e.width - low))))
    return concat(parts)
  }

  const place = (register: string, index: Expr | undefined, access: 'read' | 'write'): Expr | undefined => {
    if (!index || index.kind === 'const') return index
    if (!isDecodeTime(index)) return lift(index)
    return slot(nameOf(index), wordExpr(layout, register, index, access), { register, access })
  }

  const lift = (e: Expr): Expr => {
    if (isDecodeTime(e)) return known(e)
    if (e.kind === 'read') {
      const index = place(e.register, e.index, 'read')
      return index ? { ...e, index } : e
    }
    return mapChildren(e, lift)
  }

  const walk = (statements: readonly Stmt[]): Stmt[] =>
    statements.map((s): Stmt => {
      switch (s.kind) {
        case 'set':
          return { ...s, value: lift(s.value) }
        case 'write': {
          const index = place(s.register, s.index, 'write')
          return index ? { ...s, index, value: lift(s.value) } : { ...s, value: lift(s.value) }
        }
        case 'store':
          return { ...s, address: lift(s.address), value: lift(s.value) }
        case 'if':
          return { ...s, cond: lift(s.cond), then: walk(s.then), otherwise: walk(s.otherwise) }
        case 'jump':
          return { ...s, target: lift(s.target) }
        case 'trap':
        case 'call':
          return { ...s, args: s.args.map(lift) }
        case 'effect':
        case 'return':
          return s
      }
    })
  return { body: { locals: body.locals, statements: walk(body.statements) }, slots }
}

/** The word of a cell as a 32-bit decode-time expression over its index. */
function wordExpr(layout: Layout, register: string, index: Expr, access: 'read' | 'write'): Expr {
  const file = registerLayout(layout, register)
  const wide = index.width > 32 ? slice(index, 0, 32) : extend(false, 32, index)
  const word = binary('add', binary('mul', wide, constant(32, file.stride)), constant(32, file.word))
  const { hardwired } = file.register
  if (access === 'read' || !hardwired) return word
  const isHardwired = fits(hardwired.index, index.width)
    ? compare('eq', index, constant(index.width, hardwired.index))
    : bit(false)
  return select(isHardwired, constant(32, SINK_WORD), word)
}
const fits = (index: number, width: Width): boolean => index < 2 ** width

/** A field's name, when the value is a field or one bit of arithmetic around it. */
function nameOf(e: Expr): string {
  const names = new Set<string>()
  const collect = (x: Expr): void => {
    if (x.kind === 'field') names.add(x.name)
    children(x).forEach(collect)
  }
  collect(e)
  return [...names].join('_') || 'value'
}

/** Structural identity as text. */
export function exprKey(e: Expr): string {
  return dataKey(e)
}
function dataKey(data: unknown): string {
  return JSON.stringify(data, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))
}
