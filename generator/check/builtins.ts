/** The built-in functions of the language, a closed list. Each says how many arguments it takes and what IR it becomes. */

import { counted } from '../diagnostics/counted.ts'
import * as ir from '../ir/build.ts'
import type { Expr, FloatOp, Width } from '../ir/expr.ts'
import type { Expr as Ast, Span } from '../syntax/ast.ts'
import { bits, generationInt, sized, value, valuesInOrder, widthOf } from './expressions.ts'
import { concatPlace } from './places.ts'
import { type Env, report } from './scope.ts'
import { CYCLES_WIDTH } from './statements.ts'
import { bitsOf, error, integer, nothing, type Value } from './value.ts'

interface Builtin {
  readonly min: number
  readonly max: number
  readonly call: (env: Env, args: readonly Ast[], span: Span, want?: Width) => Value
}
const fixedCount = (count: number, call: Builtin['call']): Builtin => ({ min: count, max: count, call })

export const builtins: Readonly<Record<string, Builtin>> = {
  sx: { min: 1, max: 2, call: (env, args, span) => extension(env, true, args, span) },
  zx: { min: 1, max: 2, call: (env, args, span) => extension(env, false, args, span) },
  cat: { min: 1, max: 16, call: (env, args) => concatenation(env, args) },
  zero: fixedCount(1, (env, [n]) => withCount(env, n, (width) => ir.constant(width, 0n))),
  min_signed: fixedCount(1, (env, [n]) => withCount(env, n, (width) => ir.constant(width, 1n << BigInt(width - 1)))),
  ones: fixedCount(1, ones),
  popcount: fixedCount(1, (env, [a]) => unaryCount(env, 'popcount', a as Ast)),
  leading_zeros: fixedCount(1, (env, [a]) => unaryCount(env, 'clz', a as Ast)),
  trailing_zeros: fixedCount(1, (env, [a]) => unaryCount(env, 'ctz', a as Ast)),
  highest_one: fixedCount(1, highestOne),
  rotr: fixedCount(2, (env, [a, n]) => {
    const whole = bits(env, a as Ast)
    return bitsOf(rotate(whole, amount(env, n as Ast, whole.width), whole.width))
  }),
  rotr_in: fixedCount(3, rotateIn),
  replicate: fixedCount(2, replicate),
  carry: fixedCount(1, (env, [sum]) => carryOf(env, sum as Ast, false)),
  overflow: fixedCount(1, (env, [sum]) => carryOf(env, sum as Ast, true)),
  writes: fixedCount(1, writes),
  has: fixedCount(1, (env, [part]) => {
    const name = part?.kind === 'name' ? part.name : ''
    return bitsOf(ir.bit(env.machine.parts.includes(name) || env.machine.globals.has(name)))
  }),
  elapsed: fixedCount(0, (env) => {
    env.machine.used.add('cycles')
    return bitsOf(ir.read('cycles', CYCLES_WIDTH))
  }),
  forget: { min: 1, max: 3, call: forget },
  load_reserved: fixedCount(1, loadReserved),
  store_conditional: fixedCount(2, storeConditional),
  letters: fixedCount(2, (env, _args, span) => {
    report(env, 'E0209', span, 'letters(…) stands only in an asm template')
    return error
  }),
  native_add: fixedCount(2, (env, args) => native(env, 'add', args)),
  native_sub: fixedCount(2, (env, args) => native(env, 'sub', args)),
  native_mul: fixedCount(2, (env, args) => native(env, 'mul', args)),
  native_div: fixedCount(2, (env, args) => native(env, 'div', args)),
  native_sqrt: fixedCount(1, (env, args) => native(env, 'sqrt', args)),
  native_mul_add: fixedCount(3, (env, args) => native(env, 'mul_add', args)),
  native_convert: fixedCount(2, (env, [a, n]) => native(env, 'convert', [a as Ast], n)),
  native_from_integer: fixedCount(2, (env, [i, n]) => native(env, 'from_int', [i as Ast], n)),
  native_to_integer: fixedCount(2, (env, [a, n]) => native(env, 'to_int', [a as Ast], n)),
  canonical_nan: fixedCount(1, (env, [n]) => withCount(env, n, canonicalNan)),
}

/** sx, zx: to the width given, else to that of where the value goes. */
function extension(env: Env, signed: boolean, args: readonly Ast[], span: Span): Value {
  const [a, width] = args
  if (!a) return error
  const v = value(env, a)
  if (v.kind === 'error') return error
  const name = signed ? 'sx' : 'zx'
  if (v.kind === 'int') {
    if (!width) return v
    const to = generationInt(env, width)
    return to === undefined ? error : bitsOf(sized(env, v, span, Number(to)))
  }
  const from = v.kind === 'open' ? undefined : sized(env, v, a.span)
  if (!from) {
    report(env, 'E0303', a.span, `nothing says how wide the value inside ${name} is`)
    return error
  }
  const at = (to: Width): Expr => {
    if (to < from.width) {
      report(
        env,
        'E0302',
        span,
        `${name} extends, but ${from.width === 1 ? '1 bit goes' : `${from.width} bits go`} to ${to}`,
        { help: `take a slice: (…)[${to - 1}:0]` },
      )
      return ir.constant(to, 0n)
    }
    return ir.extend(signed, to, from)
  }
  if (!width) return { kind: 'open', at, why: `${name} of ${counted(from.width, 'bit')}` }
  const to = generationInt(env, width)
  return to === undefined ? error : bitsOf(at(Number(to)))
}

function concatenation(env: Env, args: readonly Ast[]): Value {
  const inOrder = valuesInOrder(env, args)
  const values = args.map((arg, i) => ({ arg, v: inOrder[i] ?? error }))
  if (values.every(({ v }) => v.kind === 'place')) {
    return { kind: 'place', place: concatPlace(values.flatMap(({ v }) => (v.kind === 'place' ? [v.place] : []))) }
  }
  // A binary literal in cat is as wide as it is written.
  return bitsOf(
    ir.concat(
      values.map(({ arg, v }) => {
        if (v.kind === 'int' && arg.kind === 'number' && /^0[bx]/.test(arg.text)) {
          const digits = arg.text.slice(2).replace(/_/g, '').length
          return ir.constant(arg.text.startsWith('0b') ? digits : digits * 4, v.value)
        }
        return sized(env, v, arg.span)
      }),
    ),
  )
}

function withCount(env: Env, n: Ast | undefined, make: (width: Width) => Expr): Value {
  const width = n && generationInt(env, n)
  if (width === undefined) return error
  if (width < 1n || width > 4096n) {
    report(env, 'E0307', (n as Ast).span, `${width} is not a width`)
    return error
  }
  return bitsOf(make(Number(width)))
}

/** ones(n): n ones at the bottom; n may be known at decode time only, then the width comes from outside. */
function ones(env: Env, args: readonly Ast[]): Value {
  const [n] = args
  if (!n) return error
  const count = value(env, n)
  if (count.kind === 'error') return error
  if (count.kind === 'int') return integer((1n << count.value) - 1n)
  const by = sized(env, count, n.span)
  return {
    kind: 'open',
    why: 'ones(…)',
    at: (width) => ir.unary('not', ir.binary('shl', ir.constant(width, -1n), by)),
  }
}

function unaryCount(env: Env, op: 'popcount' | 'clz' | 'ctz', a: Ast): Value {
  const v = value(env, a)
  if (v.kind === 'open') return { kind: 'open', why: op, at: (width) => ir.unary(op, v.at(width)) }
  const of = sized(env, v, a.span)
  const counted = ir.unary(op, of)
  return {
    kind: 'open',
    why: op,
    at: (width) => (width >= counted.width ? ir.extend(false, width, counted) : ir.slice(counted, 0, width)),
  }
}

/** Index of the highest one, in as many bits as the value has; all ones when there is none. */
function highestOne(env: Env, args: readonly Ast[]): Value {
  const of = bits(env, args[0] as Ast)
  return bitsOf(ir.binary('sub', ir.constant(of.width, of.width - 1), ir.unary('clz', of)))
}

function amount(env: Env, n: Ast, width: Width): Expr {
  const v = value(env, n, width)
  return v.kind === 'int' || v.kind === 'open' ? sized(env, v, n.span, width) : sized(env, v, n.span)
}
function rotate(a: Expr, by: Expr, size: Width): Expr {
  const n = by.width >= 8 ? by : ir.extend(false, 8, by)
  const within = ir.binary('urem', n, ir.constant(n.width, size))
  const rest = ir.binary('sub', ir.constant(n.width, size), within)
  return ir.binary('or', ir.binary('lshr', a, within), ir.binary('shl', a, rest))
}

/** rotr_in(a, n, size): the low `size` bits rotated right by n; what lies above is dropped. */
function rotateIn(env: Env, args: readonly Ast[]): Value {
  const [a, n, size] = args as readonly [Ast, Ast, Ast]
  const v = value(env, a)
  const by = value(env, n)
  const within = value(env, size)
  const at = (width: Width): Expr => {
    const whole = sized(env, v, a.span, v.kind === 'open' || v.kind === 'int' ? width : undefined)
    const wide = (x: Value, span: Span): Expr => {
      const e = sized(env, x, span, x.kind === 'int' || x.kind === 'open' ? 16 : undefined)
      return e.width < 16 ? ir.extend(false, 16, e) : e
    }
    const k = wide(by, n.span)
    const s = wide(within, size.span)
    const low = ir.unary('not', ir.binary('shl', ir.constant(whole.width, -1n), s))
    const x = ir.binary('and', whole, low)
    const turned = ir.binary('or', ir.binary('lshr', x, k), ir.binary('shl', x, ir.binary('sub', s, k)))
    return ir.binary('and', turned, low)
  }
  const width = widthOf(env, v)
  return width === undefined ? { kind: 'open', at, why: 'rotr_in' } : bitsOf(at(width))
}

/** replicate(element, size): the low `size` bits again and again over the width. size is a power of two. */
function replicate(env: Env, args: readonly Ast[]): Value {
  const [a, size] = args as readonly [Ast, Ast]
  const v = value(env, a)
  const s = value(env, size)
  return {
    kind: 'open',
    why: 'replicate',
    at: (width) => {
      const period = s.kind === 'int' || s.kind === 'open' ? sized(env, s, size.span, 16) : sized(env, s, size.span)
      const step = period.width < 16 ? ir.extend(false, 16, period) : period
      let out = sized(env, v, a.span, width)
      for (let by = 1; by < width; by *= 2) {
        const moved = ir.binary('or', out, ir.binary('shl', out, ir.constant(16, by)))
        out = ir.select(ir.compare('ule', step, ir.constant(step.width, by)), moved, out)
      }
      return out
    },
  }
}

/** Whether a + b + c or a − b − c leaves its range. The argument must be such a sum; c is `zx` of one bit. */
function carryOf(env: Env, sum: Ast, signed: boolean): Value {
  const terms = termsOf(sum)
  if (!terms) {
    report(
      env,
      'E0209',
      sum.span,
      `${signed ? 'overflow' : 'carry'} asks about a sum: a + b, a - b, a + b + zx(c), a - b - zx(c)`,
    )
    return error
  }
  const [a = error, b = error] = valuesInOrder(env, [terms.a, terms.b])
  const width = widthOf(env, a) ?? widthOf(env, b)
  if (width === undefined) {
    report(env, 'E0303', sum.span, 'nothing says how wide this sum is')
    return error
  }
  let c: Expr | undefined
  if (terms.c) {
    const inner =
      terms.c.kind === 'call' && terms.c.callee.kind === 'name' && terms.c.callee.name === 'zx'
        ? terms.c.args[0]
        : terms.c
    c = inner && bits(env, inner, 1)
  }
  return bitsOf(ir.carry(terms.op, signed, sized(env, a, terms.a.span, width), sized(env, b, terms.b.span, width), c))
}
function termsOf(sum: Ast): { op: 'add' | 'sub'; a: Ast; b: Ast; c?: Ast } | undefined {
  if (sum.kind !== 'binary' || (sum.op !== '+' && sum.op !== '-')) return undefined
  const op = sum.op === '+' ? 'add' : 'sub'
  if (sum.left.kind === 'binary' && sum.left.op === sum.op)
    return { op, a: sum.left.left, b: sum.left.right, c: sum.right }
  return { op, a: sum.left, b: sum.right }
}

/** Whether this instruction writes the place: known after a first round over its statements. */
function writes(env: Env, args: readonly Ast[]): Value {
  const [of] = args
  if (of?.kind !== 'name') {
    report(env, 'E0209', (of as Ast).span, 'writes(…) names a memory or register')
    return error
  }
  if (!env.machine.globals.has(of.name)) report(env, 'E0201', of.span, `there is no ${of.name}`)
  env.writes?.asked.add(of.name)
  return bitsOf(ir.bit(env.writes?.known.has(of.name) === true))
}

function forget(env: Env, args: readonly Ast[]): Value {
  const [what] = args
  const code = what?.kind === 'name' && what.name === 'code'
  if (!code && !(what?.kind === 'name' && env.machine.globals.get(what.name)?.kind === 'memory')) {
    report(env, 'E0209', (what as Ast).span, 'forget(code), or forget(MEMORY, …)')
    return error
  }
  env.code.emit({ kind: 'effect', effect: code ? 'forgetCode' : 'forgetTlb' })
  return nothing
}

// Load-reserved and store-conditional: the reservation is an address and the value seen there, in hidden registers. A store-conditional
// succeeds when the address is reserved and memory still holds that value.
const RESERVED = { valid: 'reserved', address: 'reserved_at', value: 'reserved_value' } as const

function reservedPlace(
  env: Env,
  arg: Ast,
): { place: Value & { kind: 'place' }; address: Expr; load: Expr } | undefined {
  const v = value(env, arg)
  const load = v.kind === 'place' ? v.place.read(env.code) : undefined
  if (v.kind !== 'place' || load?.kind !== 'load') {
    if (v.kind !== 'error') report(env, 'E0209', arg.span, 'this asks for a place in memory: M32[a]')
    return undefined
  }
  env.machine.reservation.needed = true
  return { place: v, address: load.address, load }
}
function loadReserved(env: Env, args: readonly Ast[]): Value {
  const at = reservedPlace(env, args[0] as Ast)
  if (!at) return error
  const { code } = env
  const loaded = code.capture(at.load, 'loaded')
  code.emit({
    kind: 'write',
    register: RESERVED.address,
    value: at.address.width < 64 ? ir.extend(false, 64, at.address) : at.address,
  })
  code.emit({
    kind: 'write',
    register: RESERVED.value,
    value: loaded.width < 64 ? ir.extend(false, 64, loaded) : loaded,
  })
  code.emit({ kind: 'write', register: RESERVED.valid, value: ir.bit(true) })
  return bitsOf(loaded)
}
function storeConditional(env: Env, args: readonly Ast[]): Value {
  const at = reservedPlace(env, args[0] as Ast)
  if (!at) return error
  const { code } = env
  const stored = bits(env, args[1] as Ast, at.load.width)
  const address = at.address.width < 64 ? ir.extend(false, 64, at.address) : at.address
  const done = code.newLocal('done', 1, true)
  code.emit({ kind: 'set', local: done.id, value: ir.bit(false) })
  const reserved = ir.binary(
    'and',
    ir.read(RESERVED.valid, 1),
    ir.compare('eq', ir.read(RESERVED.address, 64), address),
  )
  const then = code.branch(reserved)
  const seen = then.capture(at.load.width < 64 ? ir.extend(false, 64, at.load) : at.load, 'seen')
  const same = ir.compare('eq', ir.read(RESERVED.value, 64), seen)
  const store = then.branch(same)
  at.place.place.write?.(store, stored)
  store.emit({ kind: 'set', local: done.id, value: ir.bit(true) })
  then.branchOn(same, store, then.branch())
  code.branchOn(reserved, then, code.branch())
  code.emit({ kind: 'write', register: RESERVED.valid, value: ir.bit(false) })
  return bitsOf(ir.local(done.id, 1))
}

/** The host's floating-point arithmetic (ir/expr.ts); `n` is the width of the result where operands do not say it. */
function native(env: Env, op: FloatOp['op'], args: readonly Ast[], n?: Ast): Value {
  const values = valuesInOrder(env, args)
  const known = values.map((v) => widthOf(env, v)).find((w) => w !== undefined)
  const operands = args.map((arg, i) => sized(env, values[i] ?? error, arg.span, known))
  const to = n && generationInt(env, n)
  if (values.some((v) => v.kind === 'error') || (n && to === undefined)) return error
  const width = to === undefined ? operands[0]?.width : Number(to)
  const isFormat = (w: Width | undefined): w is Width => w === 32 || w === 64
  const odd = args.find((_, i) => !isFormat(operands[i]?.width)) ?? (isFormat(width) ? undefined : n)
  if (odd || !isFormat(width)) {
    report(env, 'E0307', (odd ?? (args[0] as Ast)).span, 'hosts compute with floats and integers of 32 and 64 bits')
    return error
  }
  return bitsOf(ir.float(op, width, ...operands))
}

/** IEEE 754 quiet NaN with an otherwise zero payload, positive. */
function canonicalNan(width: Width): Expr {
  const exponent = { 16: 5, 32: 8, 64: 11 }[width] ?? 15
  const fraction = width - 1 - exponent
  return ir.constant(width, ((1n << BigInt(exponent + 1)) - 1n) << BigInt(fraction - 1))
}
