/**
 * Places: registers, parts of registers, views, memory, and registers of a space. A place reads and writes through closures that emit into
 * the path they are used on, so one place serves several branches.
 */

import { counted } from '../diagnostics/counted.ts'
import * as ir from '../ir/build.ts'
import type { Expr, Width } from '../ir/expr.ts'
import type { Expr as Ast, Span } from '../syntax/ast.ts'
import { afterWrite, onlyParts } from './access.ts'
import type { Code } from './code.ts'
import { bits, condition, sized, value } from './expressions.ts'
import { expandNames, templateText } from './register-names.ts'
import { type Env, type Global, type ItemOf, type MachineScope, report } from './scope.ts'
import { block } from './statements.ts'
import { bitsType } from './types.ts'
import { bitsOf, error, integer, type Label, type Place, type Value } from './value.ts'

type RegisterGlobal = Global & { kind: 'register' }

/** A register, or the index-th of a file. One with named bits is made of its cells. */
export function registerPlace(machine: MachineScope, name: string, global: RegisterGlobal, index?: Expr): Place {
  machine.used.add(name)
  const { box, access } = global
  if (!box) return cellPlace(name, global.width, index)
  const cell = (part: string, width: Width): Place => {
    const own = { ...cellPlace(`${name}.${part}`, width, index), roots: [name, `${name}.${part}`] }
    const rule = access.get(part)
    if (rule?.kind !== 'readonly') return own
    const { write: _, ...fixed } = own
    const { value: given } = rule
    return given ? { ...fixed, read: (code) => derived(code, part, given, width) } : fixed
  }
  /** The value of a part that follows from the others. */
  const derived = (code: Code, part: string, given: Ast, width: Width): Expr => {
    const others = box.parts.flatMap((p): [string, Value][] =>
      p.name === undefined || p.name === part ? [] : [[p.name, { kind: 'place', place: cell(p.name, p.width) }]],
    )
    const env: Env = {
      machine,
      widths: new Map(),
      locals: new Map(others),
      code,
      where: [`reg ${name}`],
      calls: [],
      placed: new Map(),
    }
    return bits(env, given, width)
  }
  return {
    name,
    width: global.width,
    roots: [name],
    box,
    read: (code) =>
      ir.concat(
        box.parts.map((p) =>
          p.name === undefined ? ir.constant(p.width, p.value ?? 0n) : cell(p.name, p.width).read(code),
        ),
      ),
    write: (code, v) => {
      // All parts of the new value are found before the first cell changes.
      const parts = box.parts.flatMap((p) => {
        if (p.name === undefined) return []
        const old = ir.read(`${name}.${p.name}`, p.width, index)
        const value = afterWrite(access.get(p.name), ir.slice(v, p.low, p.width), old)
        return value ? [{ name: p.name, width: p.width, value }] : []
      })
      const changed = parts.filter((p) => !ir.sameExpr(p.value, ir.read(`${name}.${p.name}`, p.width, index)))
      const reads = changed.length > 1 ? changed.map((p) => code.capture(p.value, p.name)) : changed.map((p) => p.value)
      changed.forEach((p, i) => {
        cell(p.name, p.width).write?.(code, reads[i] as Expr)
      })
    },
    member: (part) => {
      const found = box.parts.find((p) => p.name === part)
      return found && cell(part, found.width)
    },
  }
}

function cellPlace(name: string, width: Width, index?: Expr): Place {
  return {
    name: index ? `${name}[…]` : name,
    width,
    roots: [name, name.split('.')[0] as string],
    cell: index ? { register: name, index } : { register: name },
    read: () => ir.read(name, width, index),
    write: (code, v) =>
      code.emit(
        index ? { kind: 'write', register: name, index, value: v } : { kind: 'write', register: name, value: v },
      ),
  }
}

/** Bits low … low + width − 1 of a place; writing puts them into the rest. */
export function slicePlace(whole: Place, low: number, width: Width): Place {
  if (width === whole.width) return whole
  const { write } = whole
  const base = {
    name: `${whole.name}[${low + width - 1}:${low}]`,
    width,
    roots: whole.roots,
    read: (code: Code) => ir.slice(whole.read(code), low, width),
  }
  if (!write) return base
  return {
    ...base,
    write: (code, v) => {
      const old = whole.read(code)
      const parts = [v]
      if (low > 0) parts.push(ir.slice(old, 0, low))
      const above = whole.width - low - width
      if (above > 0) parts.unshift(ir.slice(old, low + width, above))
      write(code, ir.concat(parts))
    },
  }
}

export function concatPlace(parts: readonly Place[]): Place {
  const width = parts.reduce((sum, p) => sum + p.width, 0)
  return {
    name: `cat(${parts.map((p) => p.name).join(', ')})`,
    width,
    roots: parts.flatMap((p) => p.roots),
    read: (code) => ir.concat(parts.map((p) => p.read(code))),
    ...(parts.every((p) => p.write)
      ? {
          write: (code: Code, v: Expr) => {
            const whole = code.capture(v, 'whole')
            let at = width
            for (const part of parts) {
              at -= part.width
              part.write?.(code, ir.slice(whole, at, part.width))
            }
          },
        }
      : {}),
  }
}

/** One place or the other: `view AX = if rexed { … } else { … }`. */
export function choicePlace(cond: Expr, then: Place, otherwise: Place): Place {
  if (cond.kind === 'const') return cond.value === 1n ? then : otherwise
  const readArm = (code: Code, place: Place): Expr => place.read(code)
  return {
    name: `${then.name} or ${otherwise.name}`,
    width: then.width,
    roots: [...then.roots, ...otherwise.roots],
    label: { kind: 'choice', cond, then: labelOf(then), otherwise: labelOf(otherwise) },
    read: (code) => ir.select(cond, readArm(code, then), readArm(code, otherwise)),
    ...(then.write && otherwise.write
      ? {
          write: (code: Code, v: Expr) => {
            const whole = code.capture(v, 'chosen')
            const a = code.branch(cond)
            const b = code.branch(ir.not(cond))
            then.write?.(a, whole)
            otherwise.write?.(b, whole)
            code.branchOn(cond, a, b)
          },
        }
      : {}),
  }
}

function labelOf(place: Place): Label {
  return place.label ?? { kind: 'text', text: place.name }
}

/** M8[a]: the address is found now, once. */
export function memoryPlace(
  env: Env,
  memory: string,
  addressWidth: Width,
  width: Width,
  address: Value,
  span: Span,
): Place {
  const wanted = sized(env, address, span, addressWidth)
  if (env.code.mayBeUndefined(wanted)) report(env, 'E0312', span, 'an undefined value decides which memory is accessed')
  const at = env.code.capture(wanted, 'address')
  return {
    name: `${memory}${width}[…]`,
    width,
    roots: [memory],
    read: () => ir.load(memory, width, at),
    write: (code, v) => code.emit({ kind: 'store', memory, address: at, value: v }),
  }
}

/** A view with its arguments, width parameters first as in `G[N][i]`. */
export function viewPlace(env: Env, item: ItemOf<'view'>, args: readonly Value[], span: Span): Value {
  const params = item.params.flat()
  if (args.length !== params.length) {
    report(
      env,
      'E0206',
      span,
      `${item.name.text} takes ${counted(params.length, 'index', 'indices')}, not ${args.length}`,
      {
        labels: [{ span: item.name.span, text: 'declared here' }],
      },
    )
    return error
  }
  if (env.calls.includes(item.name.text)) {
    report(env, 'E0210', span, `view ${item.name.text} is made of itself`)
    return error
  }
  env.machine.used.add(item.name.text)
  const widths = new Map<string, bigint>()
  const locals = new Map<string, Value>()
  const inside = (code: Code): Env => ({
    machine: env.machine,
    writes: env.writes,
    widths,
    locals: new Map(locals),
    code,
    where: [...env.where, `view ${item.name.text}`],
    calls: [...env.calls, item.name.text],
    placed: new Map(),
  })
  let known = true
  params.forEach((param, i) => {
    const arg = args[i] as Value
    if (arg.kind === 'error') known = false
    else if (param.type) {
      const width = bitsType(inside(env.code), param.type)?.width
      locals.set(
        param.name.text,
        arg.kind === 'int'
          ? numberArgument(arg.value, width)
          : bitsOf(env.code.capture(sized(env, arg, span, width), param.name.text)),
      )
    } else if (arg.kind === 'int') widths.set(param.name.text, arg.value)
    else if (arg.kind === 'bits' && arg.expr.kind === 'const') widths.set(param.name.text, arg.expr.value)
    else {
      known = false
      report(
        env,
        'E0307',
        span,
        `the width ${param.name.text} of ${item.name.text} must be known when the spec is built`,
      )
    }
  })
  if (!known) return error
  const type = bitsType(inside(env.code), item.type)
  if (!type) return error
  if (item.is?.kind === 'value') {
    const v = value(inside(env.code), item.is.value, type.width)
    if (v.kind !== 'place') return bitsOf(sized(inside(env.code), v, item.is.value.span, type.width), type.box)
    if (v.place.width !== type.width) {
      report(
        env,
        'E0302',
        item.is.value.span,
        `view ${item.name.text} has ${counted(type.width, 'bit')}, but this place has ${v.place.width}`,
      )
      return error
    }
    const only = item.clauses.flatMap((c) => (c.kind === 'only' ? c.names : []))
    const seen = only.length > 0 ? onlyParts(inside(env.code), v.place, only) : v.place
    return { kind: 'place', place: { ...seen, name: item.name.text, ...viewLabel(item, v.place) } }
  }
  const readClause = item.clauses.find((c) => c.kind === 'read')
  const writeClause = item.clauses.find((c) => c.kind === 'write')
  const roots: string[] = [item.name.text]
  return {
    kind: 'place',
    place: {
      name: item.name.text,
      width: type.width,
      roots,
      ...(type.box ? { box: type.box } : {}),
      names: () => printedNames(inside(env.code), item),
      read: (code) => {
        if (readClause?.kind !== 'read') {
          report(env, 'E0204', span, `view ${item.name.text} has no read`)
          return ir.constant(type.width, 0n)
        }
        const envInside = inside(code)
        return sized(envInside, block(envInside, readClause.body, type.width), readClause.span, type.width)
      },
      ...(writeClause?.kind === 'write'
        ? {
            write: (code: Code, v: Expr) => {
              const envInside = inside(code)
              envInside.locals.set(writeClause.param.text, bitsOf(code.capture(v, writeClause.param.text)))
              block(envInside, writeClause.body)
            },
          }
        : {}),
    },
  }
}

/** A number is as wide as the parameter that it is given for. */
function numberArgument(value: bigint, width: Width | undefined): Value {
  return width === undefined || value < 0n || value >> BigInt(width) !== 0n
    ? integer(value)
    : bitsOf(ir.constant(width, value))
}

/** A view without parameters prints its own name, unless it is one of several places: then theirs. */
function viewLabel(item: ItemOf<'view'>, place: Place): { label: Label } | undefined {
  if (item.params.length > 0 || place.label?.kind === 'choice') return undefined
  const names = item.clauses.find((c) => c.kind === 'names')
  return { label: { kind: 'text', text: names?.kind === 'names' ? templateText(names.template) : item.name.text } }
}

/** The `names` clause that holds for these widths, with the view's last parameter as the number. */
function printedNames(env: Env, item: ItemOf<'view'>): ReturnType<NonNullable<Place['names']>> {
  const last = item.params.flat().at(-1)
  const number = last && env.locals.get(last.name.text)
  const index =
    number?.kind === 'bits' ? number.expr : number?.kind === 'int' ? ir.constant(8, number.value) : undefined
  if (!index) return undefined
  for (const clause of item.clauses) {
    if (clause.kind !== 'names') continue
    const holds = clause.when ? condition(env, clause.when) : ir.bit(true)
    if (holds.kind === 'const' && holds.value === 0n) continue
    return { names: numbered(expandNames(templateText(clause.template))), index }
  }
  return undefined
}

const tables = new WeakMap<readonly string[], Readonly<Record<string, bigint>>>()
/** Each name with its place in the list; one table a list. */
function numbered(names: readonly string[]): Readonly<Record<string, bigint>> {
  const table = tables.get(names) ?? Object.fromEntries(names.map((name, i) => [name, BigInt(i)]))
  tables.set(names, table)
  return table
}

/** csr[number]: the register there; a hole does what the space's `missing` says. */
export function spacePlace(env: Env, item: ItemOf<'space'>, index: Value, span: Span): Value {
  const type = bitsType(env, item.type)
  const indexType = bitsType(env, item.index)
  if (!type || !indexType) return error
  const number = sized(env, index, span, indexType.width)
  const entries = [...(env.machine.spaces.get(item.name.text) ?? [])]
  const missing = item.clauses.find((c) => c.kind === 'missing')
  const hole = (code: Code): Expr => {
    if (missing?.kind !== 'missing') return ir.constant(type.width, 0n)
    const inside: Env = {
      machine: env.machine,
      writes: env.writes,
      widths: new Map(),
      locals: new Map(),
      code,
      where: [...env.where, `space ${item.name.text}`],
      calls: env.calls,
      placed: new Map(),
    }
    const v = block(inside, missing.body, type.width)
    return v.kind === 'never' || v.kind === 'void'
      ? ir.constant(type.width, 0n)
      : sized(inside, v, missing.span, type.width)
  }
  const widened = (place: Place, v: Expr): Expr => (place.width < type.width ? ir.extend(false, type.width, v) : v)
  return {
    kind: 'place',
    place: {
      name: `${item.name.text}[…]`,
      width: type.width,
      roots: [item.name.text],
      read: (code) => {
        if (entries.length === 0) return hole(code)
        const result = code.newLocal(item.name.text, type.width, true)
        const go = (at: Code, rest: typeof entries): void => {
          const [first] = rest
          if (!first) {
            const v = hole(at)
            if (!at.ended) at.emit({ kind: 'set', local: result.id, value: v })
            return
          }
          const cond = ir.compare('eq', number, ir.constant(number.width, first[0]))
          const then = at.branch(cond)
          then.emit({ kind: 'set', local: result.id, value: widened(first[1].place, first[1].place.read(then)) })
          const otherwise = at.branch()
          go(otherwise, rest.slice(1))
          at.branchOn(cond, then, otherwise)
        }
        go(code, entries)
        return ir.local(result.id, type.width)
      },
      write: (code, v) => {
        const go = (at: Code, rest: typeof entries): void => {
          const [first] = rest
          if (!first) {
            hole(at)
            return
          }
          const cond = ir.compare('eq', number, ir.constant(number.width, first[0]))
          const then = at.branch(cond)
          first[1].place.write?.(then, ir.slice(v, 0, first[1].place.width))
          const otherwise = at.branch()
          go(otherwise, rest.slice(1))
          at.branchOn(cond, then, otherwise)
        }
        go(code, entries)
      },
    },
  }
}
