/**
 * IR expressions as TypeScript: the code that interpreter and decoder compute values with.
 *
 * In: an expression, and where its leaves come from (Leaves). Out: a value as text, and before it the lines that it needs. Values of up to 32 bits are one
 * *word* (ts-code.ts), of up to 64 bits a *pair* of words (low, high), wider ones BigInts: correct, slow, and rare after legalize.ts.
 * Text of a value may be put into several places only after `name` has bound it to a constant.
 */

import { binary, constant, extend, slice } from '../ir/build.ts'
import type { Binary, Compare, Concat, Expr, Extend, FloatOp, Slice, Unary, Width } from '../ir/expr.ts'
import { legalCarry } from '../ir/legalize.ts'
import { bigBinary, bigCompare, bigUnary } from './ts-big.ts'
import {
  add,
  bitwise,
  type Code,
  call,
  clean,
  cleanWord,
  code,
  complement,
  constantWord,
  infix,
  isZero,
  literal,
  looseWord,
  operand,
  shiftLeft,
  shiftRight,
  signExtend,
  subtract,
  truncateWord,
  unsigned,
  type Word,
  widen,
} from './ts-code.ts'
import { type FloatContext, floatValue, numberText } from './ts-floats.ts'
import type { Lines } from './ts-lines.ts'
import { addPairs, multiplyPairs, shiftPair, subtractPairs, wideHelper } from './ts-pairs.ts'
import {
  type Amount,
  assign,
  type Big,
  bitMask,
  bitWord,
  chooseWord,
  compareWords,
  constantlyWide,
  constantValue,
  half,
  type Leaves,
  narrowHigh,
  not,
  type Pair,
  product,
  shiftWord,
  signedPair,
  toPair,
  type Value,
  word,
  words,
  zeroHigh,
} from './ts-value.ts'

export class Values {
  readonly #leaves: Leaves
  readonly #out: Lines
  readonly #floats: FloatContext

  constructor(leaves: Leaves, out: Lines) {
    this.#leaves = leaves
    this.#out = out
    this.#floats = { out, leaves, value: (e) => this.value(e) }
  }

  // ---- access

  value(e: Expr): Value {
    if (e.width > 64) return this.#big(e)
    switch (e.kind) {
      case 'const':
        return constantValue(e.value, e.width)
      case 'undef':
        return constantValue(0n, e.width)
      case 'field':
        return this.#leaves.field(e.name, e.width)
      case 'slot':
        return this.#leaves.slot(e.slot, e.width)
      case 'pc':
      case 'next':
        return this.#leaves.pc(e.kind, e.width)
      case 'local':
        return this.#leaves.local(e.id, e.width)
      case 'read':
        return this.#leaves.read(e)
      case 'load':
        return this.#leaves.load(e)
      case 'hole':
        throw new Error('isagen internal: a hole in generated code')
      case 'unary':
        return this.#unary(e)
      case 'binary':
        return this.#binary(e)
      case 'float':
        return floatValue(this.#floats, e)
      case 'compare':
      case 'carry': {
        const cond = this.condition(e)
        return word(cleanWord(code(`${operand(cond, '?')} ? 1 : 0`, '?'), 1))
      }
      case 'extend':
        return this.#extend(e)
      case 'slice':
        return this.#slice(e)
      case 'concat':
        return this.#concat(e)
      case 'select':
        return this.#select(e.cond, e.then, e.otherwise)
    }
  }
  /** Of at most 32 bits, canonical. */
  word(e: Expr): Word {
    return clean(this.loose(e))
  }
  /** A float as a JavaScript number. */
  number(e: FloatOp): Code {
    return numberText(this.#floats, e)
  }
  /** Of at most 32 bits; low bits only. */
  loose(e: Expr): Word {
    const v = this.value(e)
    if (v.kind !== 'word') throw new Error(`isagen internal: ${e.width} bits where a word is needed`)
    return v
  }
  /** Low and high half, of a value of at most 64 bits; a word's high half is 0. */
  pair(e: Expr): Pair {
    return toPair(this.value(e))
  }
  /** One bit as a JavaScript truth value. */
  condition(e: Expr): Code {
    if (e.width !== 1) throw new Error(`isagen internal: a condition of ${e.width} bits`)
    switch (e.kind) {
      case 'const':
        return code(e.value === 1n ? 'true' : 'false')
      case 'compare':
        return this.#compare(e)
      case 'carry':
        return this.condition(legalCarry(e, (_, x) => x))
      case 'unary':
        if (e.op === 'not') return not(this.condition(e.a))
        break
      case 'binary': {
        const op = e.op === 'and' ? '&&' : e.op === 'or' ? '||' : e.op === 'xor' ? '!==' : undefined
        if (op) return infix(this.condition(e.a), op, this.condition(e.b))
        break
      }
      case 'slice': {
        const from = this.value(e.a)
        const piece =
          from.kind === 'word' ? { w: from, low: e.low } : from.kind === 'pair' ? half(from, e.low) : undefined
        if (piece) return code(`(${operand(piece.w, '&')} & ${literal(bitMask(piece.low))}) !== 0`, '!==')
        break
      }
      case 'select': {
        const cond = this.condition(e.cond)
        const then = this.#out.nested(() => this.condition(e.then))
        const otherwise = this.#out.nested(() => this.condition(e.otherwise))
        if (then.lines.length + otherwise.lines.length === 0) {
          if (otherwise.result.text === 'false') return infix(cond, '&&', then.result)
          if (then.result.text === 'true') return infix(cond, '||', otherwise.result)
          return code(`${operand(cond, '?')} ? ${operand(then.result, '?')} : ${operand(otherwise.result, '?')}`, '?')
        }
        const name = this.#out.fresh('holds')
        this.#out.push(`let ${name}: boolean`)
        this.#out.pushIf(
          cond,
          [...then.lines, `${name} = ${then.result.text}`],
          [...otherwise.lines, `${name} = ${otherwise.result.text}`],
        )
        return code(name)
      }
      default:
        break
    }
    const v = this.word(e)
    return code(`${operand(v, '!==')} !== 0`, '!==')
  }

  /** As Lines.name and nameWord. */
  name(v: Value, hint: string): Value {
    return this.#out.name(v, hint)
  }
  nameWord(w: Word, hint: string): Word {
    return this.#out.nameWord(w, hint)
  }

  // ---- operators

  #unary(e: Unary): Value {
    if (e.op === 'neg') return this.#binary(binaryNode('sub', constant(e.width, 0), e.a))
    if (e.op === 'not') {
      const a = this.value(e.a)
      if (a.kind === 'word') return word(complement(a))
      const { lo, hi } = toPair(a)
      return words(complement(lo), clean(complement(hi)))
    }
    return constantlyWide(this.#count(e), e.width)
  }
  /** clz, ctz and popcount: a number of at most 7 bits. */
  #count(e: Unary): Word {
    const a = this.value(e.a)
    const { width } = e
    const small = (text: string, op?: string): Word => cleanWord(code(text, op), 32)
    if (a.kind === 'word') {
      const w = clean(a)
      if (e.op === 'popcount') return small(this.#out.help('popcount32', w).text)
      if (e.op === 'clz') {
        const count = small(call('Math.clz32', w).text)
        return width === 32 ? count : subtract(count, constantWord(32 - width, 32))
      }
      return small(
        this.#out.help('ctz32', width === 32 ? w : bitwise('|', widen(w, 32), constantWord(bitMask(width), 32))).text,
      )
    }
    const { lo, hi } = this.name(toPair(a), 'a') as Pair
    if (e.op === 'popcount')
      return add(small(this.#out.help('popcount32', lo).text), small(this.#out.help('popcount32', hi).text))
    if (e.op === 'clz') {
      const test = `${hi.text} !== 0 ? ${call('Math.clz32', hi).text} : 32 + ${call('Math.clz32', lo).text}`
      const count = small(test, '?')
      return width === 64 ? count : subtract(count, constantWord(64 - width, 32))
    }
    const high = width === 64 ? hi : bitwise('|', widen(hi, 32), constantWord(bitMask(width - 32), 32))
    return small(
      `${lo.text} !== 0 ? ${this.#out.help('ctz32', lo).text} : 32 + ${this.#out.help('ctz32', high).text}`,
      '?',
    )
  }

  #binary(e: Binary): Value {
    switch (e.op) {
      case 'shl':
      case 'lshr':
      case 'ashr':
        return this.#shift(e.op, e.a, e.b)
      case 'mulhu':
      case 'mulhs':
      case 'mulhsu':
        return this.#mulHigh(e)
      case 'udiv':
      case 'sdiv':
      case 'urem':
      case 'srem':
        return this.#divide(e)
      default:
        break
    }
    if (e.width === 1 && (isTest(e.a) || isTest(e.b)) && (e.op === 'and' || e.op === 'or')) {
      return word(bitWord(this.condition(e), 1))
    }
    const a = this.value(e.a)
    const b = this.value(e.b)
    if (a.kind === 'word' && b.kind === 'word') {
      switch (e.op) {
        case 'add':
          return word(add(a, b))
        case 'sub':
          return word(subtract(a, b))
        case 'mul':
          return word(product(a, b))
        case 'and':
          return word(bitwise('&', a, b))
        case 'or':
          return word(bitwise('|', a, b))
        default:
          return word(bitwise('^', a, b))
      }
    }
    const x = toPair(a)
    const y = toPair(b)
    const each = (op: '&' | '|' | '^'): Pair => words(clean(bitwise(op, x.lo, y.lo)), clean(bitwise(op, x.hi, y.hi)))
    switch (e.op) {
      case 'add':
        return addPairs(this.#out, x, y)
      case 'sub':
        return subtractPairs(this.#out, x, y)
      case 'mul':
        return multiplyPairs(this.#out, x, y)
      case 'and':
        return each('&')
      case 'or':
        return each('|')
      default:
        return each('^')
    }
  }
  #mulHigh(e: Binary): Value {
    const { width } = e
    if (width !== 64) {
      // The double-width product, in a pair or a BigInt.
      const signedA = e.op !== 'mulhu'
      const wide = binaryNode('mul', extend(signedA, 2 * width, e.a), extend(e.op === 'mulhs', 2 * width, e.b))
      return this.value(slice(wide, width, width))
    }
    return wideHelper(this.#out, `${e.op}64`, this.pair(e.a), this.pair(e.b), width)
  }
  #divide(e: Binary): Value {
    const { width, op } = e
    const isSigned = op === 'sdiv' || op === 'srem'
    const sign = op === 'udiv' || op === 'sdiv' ? '/' : '%'
    const a = this.value(e.a)
    const b = this.value(e.b)
    if (a.kind === 'word' && b.kind === 'word') {
      const done = isSigned ? infix(signExtend(a), sign, signExtend(b)) : infix(unsigned(a), sign, unsigned(b))
      return word(clean(looseWord(code(`${operand(done, '|')} | 0`, '|'), width)))
    }
    const x = isSigned ? signedPair(toPair(a)) : toPair(a)
    const y = isSigned ? signedPair(toPair(b)) : toPair(b)
    return wideHelper(this.#out, `${op}64`, x, y, width)
  }
  #shift(op: 'shl' | 'lshr' | 'ashr', a: Expr, b: Expr): Value {
    const { width } = a
    if (b.kind === 'const') return this.#shiftByConstant(op, a, b.value)
    const from = this.value(a)
    const amount = this.#amount(b, width)
    if (from.kind === 'word') return word(shiftWord(op, from, amount))
    const x = this.name(op === 'ashr' ? signedPair(toPair(from)) : toPair(from), 'a') as Pair
    return shiftPair(this.#out, op, x, amount, width)
  }
  /** The amount as a named word, and the greatest number that it can be. One that is too wide becomes 64 where it is more. */
  #amount(b: Expr, width: Width): Amount {
    const v = this.value(b)
    if (v.kind === 'word') return { n: this.nameWord(v, 'n'), most: 2 ** v.width - 1 }
    const limit = literal(width)
    if (v.kind === 'big') {
      return {
        n: this.nameWord(cleanWord(code(`${v.text} < ${limit}n ? Number(${v.text}) : ${limit}`, '?'), 31), 'n'),
        most: width,
      }
    }
    const p = this.name(v, 'n') as Pair
    const test = `${p.hi.text} === 0 && ${operand(unsigned(p.lo), '<')} < ${limit} ? ${p.lo.text} : ${limit}`
    return { n: this.nameWord(cleanWord(code(test, '?'), 31), 'n'), most: width }
  }
  #shiftByConstant(op: 'shl' | 'lshr' | 'ashr', a: Expr, amount: bigint): Value {
    const { width } = a
    const by = Number(amount < BigInt(width) ? amount : BigInt(width))
    if (op === 'shl') {
      if (by >= width) return constantValue(0n, width)
      if (width <= 32) return word(shiftLeft(this.loose(a), by, width))
      return this.#assemble([{ from: this.value(a), low: 0, width: width - by, at: by }], width)
    }
    if (op === 'lshr') {
      if (by >= width) return constantValue(0n, width)
      if (width <= 32) return word(shiftRight(this.loose(a), by, width))
      return this.#assemble([{ from: this.value(a), low: by, width: width - by, at: 0 }], width)
    }
    const from = this.value(a)
    const kept = Math.min(by, width - 1)
    if (from.kind === 'word') {
      const done = code(`${operand(signExtend(from), '>>')} >> ${kept}`, '>>')
      return word(width === 32 ? cleanWord(done, 32) : looseWord(done, width))
    }
    const { lo, hi } = this.name(signedPair(toPair(from)), 'a') as Pair
    const high = (n: number): Word => (n === 0 ? hi : cleanWord(code(`${hi.text} >> ${n}`, '>>'), 32))
    if (kept >= 32) return narrowHigh(high(kept - 32), high(31), width)
    if (kept === 0) return narrowHigh(lo, hi, width)
    return narrowHigh(bitwise('|', shiftRight(lo, kept, 32), shiftLeft(hi, 32 - kept, 32)), high(kept), width)
  }
  #compare(e: Compare): Code {
    if (e.a.width > 64) return bigCompare(e.op, this.#big(e.a), this.#big(e.b))
    const a = this.value(e.a)
    const b = this.value(e.b)
    if (a.kind === 'word' && b.kind === 'word') return compareWords(e.op, a, b)
    const isSigned = e.op === 'slt' || e.op === 'sle'
    const x = isSigned ? signedPair(toPair(a)) : toPair(a)
    const y = isSigned ? signedPair(toPair(b)) : toPair(b)
    if (e.op === 'eq' || e.op === 'ne') {
      const op = e.op === 'eq' ? '===' : '!=='
      if (isZero(y.lo) && isZero(y.hi)) return infix(bitwise('|', x.lo, widen(x.hi, 32)), op, code('0'))
      return infix(infix(x.lo, op, y.lo), e.op === 'eq' ? '&&' : '||', infix(x.hi, op, y.hi))
    }
    // Against 0 the sign says all.
    if (e.op === 'slt' && isZero(y.lo) && isZero(y.hi)) return infix(x.hi, '<', code('0'))
    if (e.op === 'sle' && isZero(x.lo) && isZero(x.hi)) return infix(y.hi, '>=', code('0'))
    const aHi = this.nameWord(x.hi, 'aHi')
    const bHi = this.nameWord(y.hi, 'bHi')
    const low = infix(unsigned(x.lo), e.op === 'ule' || e.op === 'sle' ? '<=' : '<', unsigned(y.lo))
    const high = isSigned ? infix(aHi, '<', bHi) : infix(unsigned(aHi), '<', unsigned(bHi))
    return code(`${aHi.text} === ${bHi.text} ? ${low.text} : ${high.text}`, '?')
  }

  #extend(e: Extend): Value {
    const a = this.value(e.a)
    if (a.kind === 'big') throw new Error('isagen internal: a wide value in a narrow one')
    if (!e.signed) {
      if (a.kind === 'word') return e.width <= 32 ? word(widen(a, e.width)) : zeroHigh(a, e.width)
      return { ...a, width: e.width, hi: widen(a.hi, e.width - 32) }
    }
    if (a.kind === 'pair') return narrowHigh(a.lo, signedPair(a).hi, e.width)
    if (a.width === 1) {
      const mask = subtract(constantWord(0, 32), widen(a, 32))
      if (e.width <= 32) return word(truncateWord(mask, e.width))
      const named = this.nameWord(mask, 'mask')
      return narrowHigh(named, named, e.width)
    }
    const low = signExtend(a)
    if (e.width < 32) return word(truncateWord(low, e.width))
    if (e.width === 32) return word(low)
    const named = this.nameWord(low, 'lo')
    const sign =
      named.value === undefined ? cleanWord(code(`${named.text} >> 31`, '>>'), 32) : constantWord(named.value >> 31, 32)
    return narrowHigh(named, sign, e.width)
  }

  #slice(e: Slice): Value {
    const a = e.a.width > 64 ? this.#big(e.a) : this.value(e.a)
    if (e.width <= 32) return word(this.#piece(a, e.low, e.width))
    return this.#assemble([{ from: a, low: e.low, width: e.width, at: 0 }], e.width)
  }
  #concat(e: Concat): Value {
    let at = e.width
    const pieces = e.parts.map((part): Piece => {
      at -= part.width
      return { from: part.width > 64 ? this.#big(part) : this.value(part), low: 0, width: part.width, at }
    })
    return this.#assemble(pieces, e.width)
  }
  /** Bits low … low + width − 1 of a value, at most 32 of them; the text of `from` may be used twice. */
  #piece(from: Value, low: number, width: number): Word {
    if (from.kind === 'word') return shiftRight(from, low, width)
    if (from.kind === 'big') {
      const shifted = low === 0 ? from.text : `${from.text} >> ${low}n`
      return cleanWord(code(`Number(BigInt.${width === 32 ? 'asIntN' : 'asUintN'}(${width}, ${shifted}))`), width)
    }
    if (low >= 32) return shiftRight(from.hi, low - 32, width)
    if (low + width <= 32) return shiftRight(from.lo, low, width)
    const upper = shiftLeft(widen(clean(from.hi), 32), 32 - low, 32)
    return truncateWord(bitwise('|', upper, shiftRight(from.lo, low, 32)), width)
  }
  /** Puts pieces of values together to one of at most 64 bits. */
  #assemble(pieces: readonly Piece[], width: Width): Value {
    const named = pieces.map((p) => {
      const crosses = width > 32 && p.at < 32 && p.at + p.width > 32
      return crosses || (p.from.kind === 'pair' && p.width > 32) ? { ...p, from: this.name(p.from, 'part') } : p
    })
    const wordAt = (base: number, bits: number): Word => {
      let all = constantWord(0, bits)
      for (const p of named) {
        const from = Math.max(p.at, base)
        const to = Math.min(p.at + p.width, base + bits)
        if (from >= to) continue
        const part = shiftLeft(this.#piece(p.from, p.low + from - p.at, to - from), from - base, bits)
        all = bitwise('|', all, part)
      }
      return clean(all)
    }
    return width <= 32 ? word(wordAt(0, width)) : words(wordAt(0, 32), wordAt(32, width - 32))
  }

  #select(test: Expr, thenExpr: Expr, otherwiseExpr: Expr): Value {
    const width = thenExpr.width
    const cond = this.condition(test)
    const evaluate = (e: Expr): Value => {
      const v = width > 64 ? this.#big(e) : this.value(e)
      return v.kind === 'word' ? word(clean(v)) : v
    }
    const then = this.#out.nested(() => evaluate(thenExpr))
    const otherwise = this.#out.nested(() => evaluate(otherwiseExpr))
    const [a, b] = [then.result, otherwise.result]
    const noLines = then.lines.length + otherwise.lines.length === 0
    if (noLines && a.kind === 'word' && b.kind === 'word') return word(chooseWord(cond, a, b))
    const names = this.#declare('chosen', width, a.kind === 'big' || b.kind === 'big')
    this.#out.pushIf(cond, [...then.lines, ...assign(names, a)], [...otherwise.lines, ...assign(names, b)])
    return names
  }
  /** Variables for a value that is set on several paths. */
  #declare(hint: string, width: Width, isBig: boolean): Value {
    const variable = (suffix: string, type: string): string => {
      const name = this.#out.fresh(hint + suffix)
      this.#out.push(`let ${name}: ${type}`)
      return name
    }
    if (isBig) return { kind: 'big', width, text: variable('', 'bigint') }
    if (width <= 32) return word(cleanWord(code(variable('', 'number')), width))
    return words(cleanWord(code(variable('Lo', 'number')), 32), cleanWord(code(variable('Hi', 'number')), width - 32))
  }

  // ---- values wider than 64 bits

  #big(e: Expr): Big {
    const bind = (text: string): Big => {
      const name = this.#out.fresh('wide')
      this.#out.push(`const ${name} = ${text}`)
      return { kind: 'big', width: e.width, text: name }
    }
    if (e.width <= 64) {
      const v = this.value(e)
      if (v.kind === 'big') return v
      const { lo, hi } = toPair(v)
      return bind(this.#out.help('big', lo, hi).text)
    }
    const leaf = (v: Value): Big => {
      if (v.kind !== 'big') throw new Error('isagen internal: a narrow value for a wide one')
      return v
    }
    switch (e.kind) {
      case 'const':
        return { kind: 'big', width: e.width, text: `${e.value}n` }
      case 'undef':
        return { kind: 'big', width: e.width, text: '0n' }
      case 'local':
        return leaf(this.#leaves.local(e.id, e.width))
      case 'read':
        return leaf(this.#leaves.read(e))
      case 'load':
        return leaf(this.#leaves.load(e))
      case 'field':
        return leaf(this.#leaves.field(e.name, e.width))
      case 'unary':
        return bind(bigUnary(e, this.#big(e.a).text, (name) => this.#out.helpers.add(name)))
      case 'binary':
        return bind(bigBinary(e, this.#big(e.a).text, this.#big(e.b).text))
      case 'extend': {
        const a = this.#big(e.a)
        return e.signed
          ? bind(`BigInt.asUintN(${e.width}, BigInt.asIntN(${e.a.width}, ${a.text}))`)
          : { ...a, width: e.width }
      }
      case 'slice':
        return bind(`BigInt.asUintN(${e.width}, ${this.#big(e.a).text} >> ${e.low}n)`)
      case 'concat':
        return bind(
          e.parts.reduce((high, part) => {
            const low = this.#big(part).text
            return high === '' ? low : `((${high}) << ${part.width}n) | ${low}`
          }, ''),
        )
      case 'select':
        return leaf(this.#select(e.cond, e.then, e.otherwise))
      default:
        throw new Error(`isagen internal: ${e.kind} of ${e.width} bits`)
    }
  }
}

interface Piece {
  readonly from: Value
  readonly low: number
  readonly width: number
  /** Where bit `low` goes. */
  readonly at: number
}

/** Made of truth values rather than of numbers. */
const isTest = (e: Expr): boolean =>
  e.kind === 'compare' || (e.kind === 'binary' && e.width === 1 && (isTest(e.a) || isTest(e.b)))

/** A node as it is: the folding constructor would turn 0 − x round again. */
function binaryNode(op: Binary['op'], a: Expr, b: Expr): Binary {
  const folded = binary(op, a, b)
  return folded.kind === 'binary' && folded.op === op ? folded : { kind: 'binary', op, width: a.width, a, b }
}
