/** `a[i]`, `a[high:low]`, `X[n]`, `M8[a]`, `M[N][a]`, `G[N][i]`, `csr[n]`, `rm[64]`: what stands in brackets depends on the name before them. */

import { counted } from '../diagnostics/counted.ts'
import * as ir from '../ir/build.ts'
import type { Expr } from '../ir/expr.ts'
import type { Expr as Ast, Span } from '../syntax/ast.ts'
import { generationInt, sized, value } from './expressions.ts'
import { operandValue, rebindWidth } from './operands.ts'
import { memoryPlace, registerPlace, slicePlace, spacePlace, viewPlace } from './places.ts'
import { type Env, findLocal, report } from './scope.ts'
import { bitsOf, error, type Value } from './value.ts'

interface Bracket {
  readonly index: Ast
  readonly low?: Ast
  readonly span: Span
}

export function indexValue(env: Env, e: Ast & { kind: 'index' }): Value {
  const brackets: Bracket[] = []
  let base: Ast = e
  while (base.kind === 'index') {
    brackets.unshift({ index: base.index, ...(base.low ? { low: base.low } : {}), span: base.span })
    base = base.object
  }
  let used = 0
  let current: Value | undefined
  if (base.kind === 'name') [current, used] = indexName(env, base.name, base.span, brackets)
  current ??= value(env, base)
  for (const bracket of brackets.slice(used)) current = part(env, current, bracket)
  return current
}

/** Brackets that belong to the name itself; how many were used. */
function indexName(env: Env, name: string, span: Span, brackets: readonly Bracket[]): [Value | undefined, number] {
  const [first, second] = brackets
  if (!first || findLocal(env, name) || env.form?.columns.has(name) || env.form?.lets.has(name)) return [undefined, 0]
  const { globals } = env.machine
  const global = globals.get(name)
  const operand = env.form?.operands.get(name)
  if (!operand && env.form?.fields.has(name)) return [undefined, 0]
  if (operand) {
    // rm[64] names a width, rm[3] would be a bit: an operand with a width parameter takes the first bracket.
    // A number that only the encoding or run time knows cannot be a width.
    if (!operand.item.width || first.low || operand.widthGiven) return [undefined, 0]
    const width = value(env, first.index)
    return width.kind === 'int' ? [{ kind: 'operand', operand: rebindWidth(operand, width.value) }, 1] : [undefined, 0]
  }
  if (!global) {
    if (name === 'code') return [codeByte(env, first), 1]
    const sizedMemory = /^(.+?)(\d+)$/.exec(name)
    const memory = sizedMemory && globals.get(sizedMemory[1] as string)
    if (memory?.kind === 'wrong') return [error, brackets.length]
    if (memory?.kind === 'memory' && sizedMemory) {
      return [memoryAccess(env, sizedMemory[1] as string, Number(sizedMemory[2]), first, span), 1]
    }
    return [undefined, 0]
  }
  switch (global.kind) {
    case 'register': {
      if (global.count === undefined) return [undefined, 0]
      const index = registerIndex(env, global.count, first)
      return index
        ? [{ kind: 'place', place: registerPlace(env.machine, name, global, index) }, 1]
        : [error, brackets.length]
    }
    case 'view': {
      const count = global.item.params.length
      if (count === 0) return [undefined, 0]
      const args = brackets.slice(0, count).map((b) => value(env, b.index))
      return [viewPlace(env, global.item, args, span), count]
    }
    case 'memory': {
      const width = generationInt(env, first.index)
      if (width === undefined) return [error, brackets.length]
      if (!second) {
        report(env, 'E0206', span, `${name}[${width}] lacks an address`, { help: `${name}${width}[a]` })
        return [error, brackets.length]
      }
      return [memoryAccess(env, name, Number(width), second, span), 2]
    }
    case 'space':
      env.machine.used.add(name)
      return [spacePlace(env, global.item, value(env, first.index), span), 1]
    case 'wrong':
      return [error, brackets.length]
    default:
      return [undefined, 0]
  }
}

function memoryAccess(env: Env, name: string, width: number, bracket: Bracket, span: Span): Value {
  const memory = env.machine.globals.get(name)
  if (memory?.kind !== 'memory') return error
  env.machine.used.add(name)
  if (![8, 16, 32, 64, 128].includes(width)) {
    report(env, 'E0302', span, `memory is read in 8, 16, 32, 64 or 128 bits, not ${width}`)
    return error
  }
  return {
    kind: 'place',
    place: memoryPlace(
      env,
      name,
      memory.addressWidth,
      width,
      value(env, bracket.index, memory.addressWidth),
      bracket.index.span,
    ),
  }
}

function registerIndex(env: Env, count: number, bracket: Bracket): Expr | undefined {
  const v = value(env, bracket.index)
  const needed = Math.max(1, (count - 1).toString(2).length)
  if (v.kind === 'error') return undefined
  if (v.kind === 'int') {
    if (v.value < 0n || v.value >= BigInt(count)) {
      report(env, 'E0306', bracket.index.span, `there is no register ${v.value}: the file has ${count}`)
      return undefined
    }
    return ir.constant(needed, v.value)
  }
  if (v.kind === 'open') return v.at(needed)
  return env.code.capture(sized(env, v, bracket.index.span), 'index')
}

/** Bytes of the instruction, known at decode time. */
function codeByte(env: Env, bracket: Bracket): Value {
  const at = generationInt(env, bracket.index)
  return at === undefined ? error : bitsOf(ir.field(`@code${at}`, 8))
}

/** A slice or a bit. */
function part(env: Env, object: Value, bracket: Bracket): Value {
  if (object.kind === 'error' || object.kind === 'undef') return object
  const whole = object.kind === 'operand' ? operandValue(env, object.operand, bracket.span) : object
  if (whole.kind === 'error') return error
  if (whole.kind !== 'bits' && whole.kind !== 'place') {
    if (whole.kind === 'int') return partOfInt(env, whole.value, bracket)
    report(env, 'E0303', bracket.span, 'only what has a width has parts', {
      help: 'give it a width first: zx(a, 32)[3:0]',
    })
    return error
  }
  const width = whole.kind === 'bits' ? whole.expr.width : whole.place.width
  if (bracket.low) {
    const high = generationInt(env, bracket.index)
    const low = generationInt(env, bracket.low)
    if (high === undefined || low === undefined) return error
    if (low < 0n || high < low || high >= BigInt(width)) {
      report(env, 'E0306', bracket.span, `bits ${high} to ${low} of a value of ${counted(width, 'bit')}`, {
        notes: [`its bits are ${width - 1} to 0`],
      })
      return error
    }
    return cut(whole, Number(low), Number(high - low) + 1)
  }
  const index = value(env, bracket.index)
  if (index.kind === 'error') return error
  const known =
    index.kind === 'int'
      ? index.value
      : index.kind === 'bits' && index.expr.kind === 'const'
        ? index.expr.value
        : undefined
  if (known !== undefined) {
    if (known < 0n || known >= BigInt(width)) {
      report(env, 'E0306', bracket.span, `bit ${known} of a value of ${counted(width, 'bit')}`)
      return error
    }
    return cut(whole, Number(known), 1)
  }
  const amount = sized(env, index, bracket.index.span, index.kind === 'open' ? width : undefined)
  const from = whole.kind === 'bits' ? whole.expr : whole.place.read(env.code)
  return bitsOf(ir.slice(ir.binary('lshr', from, amount), 0, 1))
}

function cut(whole: Value & { kind: 'bits' | 'place' }, low: number, width: number): Value {
  return whole.kind === 'bits'
    ? bitsOf(ir.slice(whole.expr, low, width))
    : { kind: 'place', place: slicePlace(whole.place, low, width) }
}

function partOfInt(env: Env, number: bigint, bracket: Bracket): Value {
  const high = generationInt(env, bracket.index)
  const low = bracket.low ? generationInt(env, bracket.low) : high
  if (high === undefined || low === undefined || low < 0n || high < low) return error
  return bitsOf(ir.constant(Number(high - low) + 1, number >> low))
}
