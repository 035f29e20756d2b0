/**
 * Declares what a machine has: parameters, registers with their names and parts, views, memories, traps, functions, operands. Gives the scope
 * in which everything else is elaborated.
 */

import { counted } from '../diagnostics/counted.ts'
import type { Session } from '../diagnostics/session.ts'
import type { Register, TrapKind } from '../ir/isa.ts'
import type { Expr as Ast, Item, Param, Span } from '../syntax/ast.ts'
import { accessRules } from './access.ts'
import { Code } from './code.ts'
import type { Machine, PartItem } from './compose.ts'
import { generationInt } from './expressions.ts'
import { registerPlace, viewPlace } from './places.ts'
import { expandNames, templateText } from './register-names.ts'
import { type Env, type Global, type ItemOf, type MachineScope, report } from './scope.ts'
import { bitsType, boxList } from './types.ts'
import type { BoxList, Place } from './value.ts'

export function emptyEnv(machine: MachineScope, where: readonly string[] = []): Env {
  return { machine, widths: new Map(), locals: new Map(), code: new Code(), where, calls: [], placed: new Map() }
}

export function declareMachine(machine: Machine, session: Session): MachineScope {
  const { params, context } = settleParams(machine, session)
  const last = <K extends Item['kind']>(kind: K): ItemOf<K> | undefined =>
    machine.items.findLast((i): i is PartItem & ItemOf<K> => i.kind === kind)
  const unit = last('unit')?.value ?? 8
  const digits = last('digits')?.value.text
  const scope: MachineScope = {
    session,
    name: machine.name,
    parts: machine.parts,
    globals: new Map(),
    params,
    context,
    unit,
    endian: endianOf(last('endian'), session),
    maxLength: last('maxlen')?.value,
    digits: digits === 'hex' || digits === 'octal' ? digits : 'bits',
    pcWidth: 16,
    registers: [],
    traps: [],
    spaces: new Map(),
    spellings: new Map(),
    mnemonics: new Set(),
    used: new Set(),
    reservation: { needed: false },
    functions: new Map(),
  }
  const env = emptyEnv(scope)
  for (const [name, number] of params) scope.globals.set(name, { kind: 'int', value: number, span: machine.span })
  for (const item of machine.items) declareSimple(env, item, params)
  // Types and widths may use lets and params, so they come after all names.
  for (const item of machine.items) declareSized(env, item)
  for (const item of machine.items) placeInSpaces(env, item)
  if (
    !scope.globals.has('pc') &&
    !machine.items.some((i) => i.kind === 'reg' && i.names.some((n) => n.name.text === 'pc'))
  ) {
    session.report('E0204', machine.span, `${machine.name} has no pc`, { help: 'reg pc : b16' })
  }
  return scope
}

function endianOf(item: ItemOf<'endian'> | undefined, session: Session): 'little' | 'big' {
  if (!item) return 'little'
  if (item.value.kind === 'name' && (item.value.name === 'little' || item.value.name === 'big')) return item.value.name
  if (item.value.kind === 'name')
    session.report('E0208', item.value.span, `${item.value.name} is no byte order`, { help: 'endian little' })
  return 'little'
}

function settleParams(machine: Machine, session: Session): { params: Map<string, bigint>; context: string[] } {
  const params = new Map<string, bigint>()
  const context: string[] = []
  const number = (e: Ast): bigint | undefined => {
    if (e.kind === 'number') return e.value
    session.report('E0307', e.span, 'a parameter is a number')
    return undefined
  }
  const declared = new Map(machine.items.flatMap((i) => (i.kind === 'param' ? [[i.name.text, i] as const] : [])))
  for (const [name, item] of declared) {
    const fixing = machine.items.findLast(
      (i): i is PartItem & ItemOf<'let'> => i.kind === 'let' && i.name.text === name,
    )
    const setting = machine.settings.findLast((s) => s.name.text === name)
    const chosen = setting?.value ?? fixing?.value ?? item.value
    const choices = item.choices.flatMap((c) => number(c) ?? [])
    // A parameter without a good value goes on with its first choice, so that its uses are checked all the same.
    const [fallback = 1n] = choices
    const settled = chosen && number(chosen)
    if (!chosen)
      session.report('E0704', machine.span, `parameter ${name} has no value`, {
        help: `isa ${machine.name} = … with ${name} = …`,
      })
    const refused = settled !== undefined && choices.length > 0 && !choices.includes(settled)
    if (chosen && refused) {
      session.report('E0704', chosen.span, `${name} cannot be ${settled}`, {
        labels: [{ span: item.name.span, text: `in ${choices.join(', ')}` }],
      })
    }
    params.set(name, settled === undefined || refused ? fallback : settled)
    if (!fixing || setting) context.push(`when ${name} = ${params.get(name)}`)
  }
  for (const setting of machine.settings) {
    if (!declared.has(setting.name.text))
      session.report('E0201', setting.name.span, `there is no parameter ${setting.name.text}`)
  }
  return { params, context: context.filter((c) => declared.size > 0 && c !== '') }
}

function declare(env: Env, name: string, global: Global): void {
  const before = env.machine.globals.get(name)
  if (before && !(global.kind === 'let' && before.kind === 'int')) {
    report(env, 'E0202', global.span, `${name} is declared twice`, {
      labels: [{ span: before.span, text: 'first here' }],
    })
    return
  }
  if (!before) env.machine.globals.set(name, global)
}

/** Each name stands once in a list of parameters. */
function declareParams(env: Env, params: readonly Param[]): void {
  const seen = new Map<string, Span>()
  for (const { name } of params) {
    const before = seen.get(name.text)
    if (before)
      report(env, 'E0202', name.span, `parameter ${name.text} is declared twice`, {
        labels: [{ span: before, text: 'first here' }],
      })
    else seen.set(name.text, name.span)
  }
}

function declareSimple(env: Env, item: PartItem, params: ReadonlyMap<string, bigint>): void {
  switch (item.kind) {
    case 'let':
      if (!params.has(item.name.text)) declare(env, item.name.text, { kind: 'let', item, span: item.name.span })
      break
    case 'fn':
    case 'view':
    case 'space':
      if (item.kind === 'fn') declareParams(env, item.params)
      if (item.kind === 'view') declareParams(env, item.params.flat())
      declare(env, item.name.text, { kind: item.kind, item, span: item.name.span } as Global)
      break
    case 'operand':
      for (const name of item.names) declare(env, name.text, { kind: 'operand', item, span: name.span })
      break
    default:
      break
  }
}

function declareSized(env: Env, item: PartItem): void {
  switch (item.kind) {
    case 'reg':
      declareRegisters(env, item)
      break
    case 'mem': {
      const type = bitsType(env, item.type)
      const { span } = item.name
      for (const clause of item.clauses) if (clause.kind === 'through') env.machine.used.add(clause.name.text)
      declare(env, item.name.text, type ? { kind: 'memory', addressWidth: type.width, span } : { kind: 'wrong', span })
      break
    }
    case 'type': {
      const type = bitsType(env, item.type)
      const list = item.clauses.find((c) => c.kind === 'bits')
      const plain = type && { width: type.width, parts: [] }
      const box = type && list?.kind === 'bits' ? boxList(env, list.enc, type.width, list.span) : plain
      const { span } = item.name
      declare(env, item.name.text, box ? { kind: 'type', box, span } : { kind: 'wrong', span })
      break
    }
    case 'context': {
      const type = bitsType(env, item.type)
      for (const { text, span } of item.names) {
        declare(env, text, type ? { kind: 'context', width: type.width, span } : { kind: 'wrong', span })
      }
      break
    }
    case 'trap': {
      const params = item.params.map((p) => ({
        name: p.name.text,
        width: (p.type && bitsType(env, p.type)?.width) ?? 1,
      }))
      const number = item.value ? generationInt(env, item.value) : BigInt(env.machine.traps.length)
      const trap: TrapKind = { name: item.name.text, number: Number(number ?? 0n), params }
      env.machine.traps.push(trap)
      declareParams(env, item.params)
      declare(env, item.name.text, { kind: 'trap', trap, span: item.name.span })
      break
    }
    default:
      break
  }
}

const MAX_FILE = 1024n

function declareRegisters(env: Env, item: ItemOf<'reg'>): void {
  const type = bitsType(env, item.type)
  const list = item.clauses.find((c) => c.kind === 'bits')
  const box = list?.kind === 'bits' && type ? boxList(env, list.enc, type.width, list.span) : type?.box
  for (const { name, count: countAst } of item.names) {
    const { text, span } = name
    const count = countAst && generationInt(env, countAst)
    if (count !== undefined && (count < 1n || count > MAX_FILE)) {
      report(env, 'E0307', (countAst as Ast).span, `a file has 1 to ${MAX_FILE} registers, not ${count}`)
    }
    const refused = countAst && (count === undefined || count < 1n || count > MAX_FILE)
    if (!type || refused || (list && !box)) {
      declare(env, text, { kind: 'wrong', span })
      continue
    }
    const size = count === undefined ? undefined : Number(count)
    if (text === 'pc') {
      ;(env.machine as { pcWidth: number }).pcWidth = type.width
      continue
    }
    declare(env, text, {
      kind: 'register',
      width: type.width,
      span,
      ...(size === undefined ? {} : { count: size }),
      ...(box ? { box } : {}),
      access: accessRules(env, item.clauses, box),
    })
    addRegister(env, item, text, type.width, size, box)
  }
}

function addRegister(
  env: Env,
  item: ItemOf<'reg'>,
  name: string,
  width: number,
  count: number | undefined,
  box: BoxList | undefined,
): void {
  const { registers, spellings } = env.machine
  const resetClause = item.clauses.find((c) => c.kind === 'reset')
  const reset = resetClause?.kind === 'reset' ? (generationInt(env, resetClause.value) ?? 0n) : 0n
  const contextNames = item.clauses.flatMap((c) => (c.kind === 'context' ? c.places : []))
  /** A `context` clause names the registers or parts that are. */
  const isContext = (text: string): boolean => contextNames.some((p) => p.kind === 'name' && p.name === text)
  const context = isContext(name)
  const names = registerNames(env, item, name, count)
  const also: Record<string, number> = {}
  for (const clause of item.clauses) {
    if (clause.kind !== 'also') continue
    const listed = expandNames(templateText(clause.template))
    const at = clause.value && generationInt(env, clause.value)
    listed.forEach((spelling, i) => {
      also[spelling] = at === undefined ? i : Number(at)
    })
  }
  names.forEach((spelling, index) => {
    spellings.set(spelling, { register: name, index })
  })
  for (const [spelling, index] of Object.entries(also)) spellings.set(spelling, { register: name, index })
  const wired = item.clauses.find((c) => c.kind === 'hardwired')
  const base = { ...(count === undefined ? {} : { count }), context, hidden: false }
  if (box) {
    for (const p of box.parts) {
      if (p.name === undefined) continue
      const part = `${name}.${p.name}`
      const partNames = Array.from({ length: count ?? 1 }, (_, i) => (count === undefined ? part : `${part}${i}`))
      registers.push({
        name: part,
        width: p.width,
        names: partNames,
        also: {},
        reset: (reset >> BigInt(p.low)) & ((1n << BigInt(p.width)) - 1n),
        ...base,
        context: context || isContext(p.name),
      })
    }
    return
  }
  const register: Register = { name, width, names, also, reset, ...base }
  if (wired?.kind === 'hardwired') {
    const index = generationInt(env, wired.index)
    const fixed = generationInt(env, wired.value)
    if (index !== undefined && fixed !== undefined) {
      registers.push({ ...register, hardwired: { index: Number(index), value: fixed } })
      return
    }
  }
  registers.push(register)
}

function registerNames(env: Env, item: ItemOf<'reg'>, name: string, count: number | undefined): readonly string[] {
  const clause = item.clauses.find((c) => c.kind === 'names')
  if (clause?.kind !== 'names')
    return count === undefined ? [name] : Array.from({ length: count }, (_, i) => `${name}${i}`)
  const names = expandNames(templateText(clause.template))
  if (names.length !== (count ?? 1)) {
    report(env, 'E0206', clause.span, `${counted(names.length, 'name')} for ${counted(count ?? 1, 'register')}`, {
      help: 'a range is written t0-t6',
    })
  }
  return names
}

/** Registers and views that are `at csr[n]`. */
function placeInSpaces(env: Env, item: PartItem): void {
  if ((item.kind !== 'reg' && item.kind !== 'view') || !item.at) return
  const { space, index } = item.at
  const found = env.machine.globals.get(space.text)
  if (found?.kind !== 'space') {
    report(env, 'E0201', space.span, `there is no space ${space.text}`)
    return
  }
  const number = generationInt(env, index)
  const name = item.kind === 'reg' ? item.names[0]?.name.text : item.name.text
  if (number === undefined || name === undefined) return
  const entries = env.machine.spaces.get(space.text) ?? new Map<bigint, { name: string; place: Place }>()
  env.machine.spaces.set(space.text, entries)
  const taken = entries.get(number)
  if (taken) report(env, 'E0202', item.at.index.span, `${space.text}[${number}] is ${taken.name} already`)
  const global = env.machine.globals.get(name)
  if (item.kind === 'view') {
    const v = viewPlace(env, item, [], item.name.span)
    if (v.kind === 'place') entries.set(number, { name, place: v.place })
  } else if (global?.kind === 'register') entries.set(number, { name, place: registerPlace(env.machine, name, global) })
}
