/** Elaborates statements and blocks: emits IR into the path's Code; a block's value is that of its last statement. */

import { suggest } from '../diagnostics/closest.ts'
import { counted } from '../diagnostics/counted.ts'
import * as ir from '../ir/build.ts'
import type { Width } from '../ir/expr.ts'
import type { Block, Span, Stmt } from '../syntax/ast.ts'
import { bits, sized, value, widthOf } from './expressions.ts'
import { operandValue } from './operands.ts'
import { declareLocal, type Env, inner, report } from './scope.ts'
import { bitsType } from './types.ts'
import { bitsOf, error, integer, never, nothing, type Value } from './value.ts'

export function block(env: Env, b: Block, want?: Width): Value {
  let result: Value = nothing
  let last: Stmt | undefined
  const scope = inner(env)
  for (const [i, s] of b.statements.entries()) {
    if (env.code.ended) {
      if (last && !env.code.endsByChance) reportDead(env, s, last)
      break
    }
    const isLast = i === b.statements.length - 1
    result = statement(scope, s, isLast ? want : undefined)
    if (!isLast) reportDropped(scope, s)
    last = s
  }
  return env.code.ended ? never : result
}

/** A computation as a statement does nothing: most often `==` was written for `=`. Calls and branches may be there for their effect. */
export function reportDropped(env: Env, s: Stmt): void {
  if (s.kind !== 'value') return
  const { kind } = s.value
  if (kind !== 'binary' && kind !== 'unary' && kind !== 'number' && kind !== 'index' && kind !== 'member') return
  const compares = s.value.kind === 'binary' && s.value.op === '=='
  report(env, 'E0212', s.span, 'this value goes nowhere', {
    help: compares ? '`==` compares, `=` writes' : 'PLACE = …',
  })
}

/** What stands behind the end of a path. Only what the text itself says is reported: a function or column that ends it may do so elsewhere alone. */
function reportDead(env: Env, s: Stmt, last: Stmt): void {
  const labels = [{ span: last.span, text: 'the path ends here' }]
  if (last.kind === 'jump' || last.kind === 'call' || last.kind === 'return' || last.kind === 'trap') {
    report(env, 'E0601', s.span, `nothing may follow ${last.kind}`, { labels })
  } else if (last.kind === 'value' && (last.value.kind === 'if' || last.value.kind === 'match')) {
    report(env, 'E0601', s.span, `nothing may follow this ${last.value.kind}: all its arms end the path`, { labels })
  }
}

function statement(env: Env, s: Stmt, want?: Width): Value {
  const { code, machine } = env
  switch (s.kind) {
    case 'let':
      letStatement(env, s)
      return nothing
    case 'var': {
      const type = s.type && bitsType(env, s.type)
      const v = value(env, s.value, type?.width)
      const initial = sized(env, v, s.value.span, type?.width)
      const made = code.newLocal(s.name.text, initial.width, true)
      code.emit({ kind: 'set', local: made.id, value: initial })
      declareLocal(env, s.name.text, s.name.span, {
        kind: 'place',
        place: {
          name: s.name.text,
          width: initial.width,
          roots: [],
          read: () => ir.local(made.id, made.width),
          write: (at, x) => at.emit({ kind: 'set', local: made.id, value: x }),
        },
      })
      return nothing
    }
    case 'for':
      return forStatement(env, s)
    case 'jump':
    case 'call':
    case 'return': {
      const target = bits(env, s.value, machine.pcWidth)
      if (!code.ended) code.emit({ kind: 'jump', hint: s.kind, target })
      return never
    }
    case 'cycles':
      addCycles(env, value(env, s.value), s.value.span)
      return nothing
    case 'trap': {
      const trap = machine.globals.get(s.name.text)
      if (trap?.kind !== 'trap') {
        const traps = [...machine.globals].filter(([, g]) => g.kind === 'trap').map(([name]) => name)
        report(env, 'E0201', s.name.span, `there is no trap ${s.name.text}`, { help: suggest(s.name.text, traps) })
        return error
      }
      machine.used.add(s.name.text)
      const { params } = trap.trap
      if (params.length !== s.args.length) {
        report(
          env,
          'E0206',
          s.span,
          `trap ${s.name.text} takes ${counted(params.length, 'value')}, not ${s.args.length}`,
          {
            labels: [{ span: trap.span, text: 'declared here' }],
          },
        )
        return never
      }
      code.emit({ kind: 'trap', trap: s.name.text, args: s.args.map((a, i) => bits(env, a, params[i]?.width)) })
      return never
    }
    case 'fence':
      code.emit({ kind: 'effect', effect: 'fence' })
      return nothing
    case 'wait':
      code.emit({ kind: 'effect', effect: 'wait' })
      return nothing
    case 'commit':
      code.commit()
      return nothing
    case 'execute':
      if (env.execute) code.chosen(() => env.execute?.(code))
      else report(env, 'E0604', s.span, 'execute stands only in on step')
      return nothing
    case 'atomic':
      // One thread of a guest runs, so an atomic block is its statements.
      return block(env, s.body, want)
    case 'assign':
      assign(env, s)
      return nothing
    case 'value':
      return value(env, s.value, want)
  }
}

function letStatement(env: Env, s: Stmt & { kind: 'let' }): void {
  if (s.tuple) {
    const v = value(env, s.value)
    if (v.kind === 'error') {
      for (const name of s.names) env.locals.set(name.text, error)
      return
    }
    if (v.kind !== 'tuple' || v.items.length !== s.names.length) {
      report(
        env,
        'E0209',
        s.value.span,
        v.kind === 'tuple'
          ? `${counted(v.items.length, 'value')} for ${counted(s.names.length, 'name')}`
          : 'this is not a tuple',
      )
      for (const name of s.names) env.locals.set(name.text, error)
      return
    }
    s.names.forEach((name, i) => {
      declareLocal(env, name.text, name.span, fixed(env, v.items[i] as Value, name.text, s.value.span))
    })
    return
  }
  const [name] = s.names
  if (!name) return
  const type = s.type && bitsType(env, s.type)
  const v = value(env, s.value, type?.width)
  if (v.kind === 'void') report(env, 'E0309', s.value.span, 'this gives no value')
  const bound = type
    ? bitsOf(env.code.capture(sized(env, v, s.value.span, type.width), name.text), type.box)
    : fixed(env, v, name.text, s.value.span)
  declareLocal(env, name.text, name.span, bound)
}

/** The value as it is now: a place is read, what could change later goes to a local. */
function fixed(env: Env, v: Value, name: string, span: Span): Value {
  switch (v.kind) {
    case 'bits':
      return bitsOf(env.code.capture(v.expr, name), v.box)
    case 'place':
      return bitsOf(env.code.capture(v.place.read(env.code), name), v.place.box)
    case 'operand': {
      const inside = operandValue(env, v.operand, span)
      return inside.kind === 'operand' ? inside : fixed(env, inside, name, span)
    }
    case 'tuple':
      return { kind: 'tuple', items: v.items.map((item) => fixed(env, item, name, span)) }
    case 'void':
    case 'never':
      return error
    default:
      return v
  }
}

function forStatement(env: Env, s: Stmt & { kind: 'for' }): Value {
  const range = value(env, s.range)
  if (range.kind !== 'range') {
    if (range.kind !== 'error') report(env, 'E0307', s.range.span, 'the bounds of for are numbers: for i in 0..16')
    return error
  }
  if (range.high - range.low > 256n) {
    report(env, 'E0307', s.range.span, `${range.high - range.low} rounds are too many: a for is unrolled`)
    return error
  }
  for (let i = range.low; i < range.high && !env.code.ended; i++) {
    const round = inner(env)
    declareLocal(round, s.name.text, s.name.span, integer(i))
    block(round, s.body)
  }
  return nothing
}

function assign(env: Env, s: Stmt & { kind: 'assign' }): void {
  const target = value(env, s.target)
  if (target.kind === 'error') {
    value(env, s.value)
    return
  }
  const place = target.kind === 'operand' ? operandValue(env, target.operand, s.target.span) : target
  if (place.kind === 'error') return
  if (place.kind !== 'place' || !place.place.write) {
    const known = place.kind === 'place' ? place.place.name : 'this'
    report(env, 'E0207', s.target.span, `${known} cannot be written`, {
      ...(s.target.kind === 'name' && s.target.name === 'pc' ? { help: 'jump …' } : {}),
      ...(place.kind === 'bits' ? { notes: ['it is a value, not a place'] } : {}),
    })
    value(env, s.value)
    return
  }
  const { width } = place.place
  const v = value(env, s.value, width)
  if (v.kind === 'never') return
  const has = widthOf(env, v)
  if (has !== undefined && has !== width) {
    report(env, 'E0302', s.value.span, `${place.place.name} has ${counted(width, 'bit')}, but the value has ${has}`, {
      labels: [{ span: s.target.span, text: `this is ${counted(width, 'bit')}` }],
      help: has < width ? 'extend the value: sx(…) or zx(…)' : `take a slice: (…)[${width - 1}:0]`,
    })
    return
  }
  const expr = sized(env, v, s.value.span, width)
  if (!env.code.ended) place.place.write(env.code, expr)
}

/** Adds to the cycle counter, if the machine counts cycles at all. */
export function addCycles(env: Env, cost: Value, span: Span): void {
  const count =
    cost.kind === 'int'
      ? ir.constant(CYCLES_WIDTH, cost.value)
      : (() => {
          const c = cost.kind === 'open' ? cost.at(CYCLES_WIDTH) : sized(env, cost, span)
          return c.width < CYCLES_WIDTH ? ir.extend(false, CYCLES_WIDTH, c) : ir.slice(c, 0, CYCLES_WIDTH)
        })()
  if (count.kind === 'const' && count.value === 0n) return
  env.code.emit({ kind: 'write', register: 'cycles', value: ir.binary('add', ir.read('cycles', CYCLES_WIDTH), count) })
}
export const CYCLES_WIDTH = 64
