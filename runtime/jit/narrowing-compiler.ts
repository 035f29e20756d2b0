/**
 * 32-bit values of a 64-bit guest: a layer between templates and text in which such values are not extended until somebody needs all 64 bits. What is loaded or computed
 * as 32 bits stays in a local of 32 bits; moves, bitwise operations, comparisons and shifts of such values are done in 32 bits, and pairs of shifts by 32, as compilers
 * extend with, are none at all. Works on values as templates push them: what may become part of such an operation is put off until it is seen what follows.
 */

import { SINK_WORD } from '../abi.ts'
import {
  I32_AND,
  I32_EQ,
  I32_EQZ,
  I32_NE,
  I32_SHL,
  I32_SHR_S,
  I32_SHR_U,
  I32_WRAP_I64,
  I64_ADD,
  I64_AND,
  I64_EQ,
  I64_EQZ,
  I64_EXTEND_I32_S,
  I64_EXTEND_I32_U,
  I64_GE_U,
  I64_LT_U,
  I64_NE,
  I64_SHL,
  I64_SHR_S,
  I64_SHR_U,
  I64_XOR,
  LOCAL_GET,
  LOCAL_SET,
  TYPE_I32,
  TYPE_I64,
} from './opcodes.ts'
import { extend, type Form, HIGH, SIGNED, SMALL, UNSIGNED, WIDE } from './register-locals.ts'
import { TemplateCompiler } from './template-compiler.ts'

/** A 64-bit value that is on the stack as far as the template knows. */
type Pending =
  | { readonly kind: 'register'; readonly word: number }
  | { readonly kind: 'constant'; readonly lo: number; readonly hi: number }
  /** It is there, as 32 bits; always the last. */
  | { readonly kind: 'narrow'; readonly form: Form }

/** What 32 bits that are sign-extended are. */
const isSigned = (form: Form): boolean => form === SIGNED || form === SMALL

const is = (value: Pending, lo: number): boolean => value.kind === 'constant' && value.lo === lo && value.hi === 0

export abstract class NarrowingCompiler extends TemplateCompiler {
  /** Oldest first. */
  #pending: Pending[] = []
  /** What was written last is a comparison. */
  #isTest = false
  /** Arms of templates that are open: there, registers keep their form. */
  #arms = 0
  protected narrows = false

  protected override startFunction(): void {
    super.startFunction()
    this.#pending = []
    this.#arms = 0
  }

  protected override flush(): void {
    this.#isTest = false
    const pending = this.#pending
    if (pending.length === 0) return
    this.#pending = []
    for (const value of pending) this.#push(value)
  }

  /** The whole value. */
  #push(value: Pending): void {
    if (value.kind === 'narrow') extend(this.w, value.form)
    else if (value.kind === 'constant') super.i64(value.lo, value.hi)
    else this.registers.get(this.w, value.word)
  }

  /** Its low 32 bits. */
  #pushLow(value: Pending): void {
    const form = this.#formOf(value)
    if (form === HIGH || (form === WIDE && value.kind !== 'constant')) {
      this.#push(value)
      this.w.u8(I32_WRAP_I64)
    } else this.#pushBits(value)
  }

  /** The 32 bits of a value that is narrow, or a constant's low ones. */
  #pushBits(value: Pending): void {
    if (value.kind === 'constant') super.i32(value.lo)
    else if (value.kind === 'register') this.local(LOCAL_GET, this.registers.narrow(value.word))
  }

  #formOf(value: Pending): Form {
    if (value.kind === 'narrow') return value.form
    if (value.kind === 'register') return this.registers.form(value.word)
    return value.lo >> 31 !== value.hi ? WIDE : value.hi === 0 ? SMALL : SIGNED
  }

  #defer(value: Pending): void {
    if (this.#pending.length > 1) this.flush()
    this.#pending.push(value)
  }

  /** All but the last, or the last two. */
  #flushBelow(kept: number): Pending[] {
    const last = this.#pending.splice(this.#pending.length - kept)
    this.flush()
    return last
  }

  // ---- text

  override code1(a: number): void {
    if (this.#starts(a) === 0)
      this.#end(
        a,
        () => super.code1(a),
        () => {},
      )
  }
  override code2(a: number, b: number): void {
    if (this.#starts(a) === 0)
      this.#end(
        b,
        () => super.code2(a, b),
        () => super.code1(a),
        a >= I32_EQZ && a <= I64_GE_U,
      )
    else this.code1(b)
  }
  override code3(a: number, b: number, c: number): void {
    if (this.#starts(a) === 0)
      this.#end(
        c,
        () => super.code3(a, b, c),
        () => super.code2(a, b),
      )
    else this.code2(b, c)
  }
  override code4(a: number, b: number, c: number, d: number): void {
    if (this.#starts(a) === 0)
      this.#end(
        d,
        () => super.code4(a, b, c, d),
        () => super.code3(a, b, c),
      )
    else this.code3(b, c, d)
  }
  override code(bytes: string): void {
    const text = this.#starts(bytes.charCodeAt(0)) === 0 ? bytes : bytes.slice(1)
    if (text === '') return
    if (text !== bytes) this.code(text)
    else
      this.#end(
        text.charCodeAt(text.length - 1),
        () => super.code(text),
        () => super.code(text.slice(0, -1)),
      )
  }

  /** Text is written whole, or without an extension at its end: no other last byte of an instruction has bit 7 set. */
  #end(last: number, whole: () => void, withoutLast: () => void, isTest = this.#isTest): void {
    this.flush()
    const zeros = last === I64_EXTEND_I32_U ? (isTest ? SMALL : UNSIGNED) : WIDE
    const form = !this.narrows ? WIDE : last === I64_EXTEND_I32_S ? SIGNED : zeros
    if (form === WIDE) whole()
    else {
      withoutLast()
      this.#pending.push({ kind: 'narrow', form })
    }
  }

  /** Writes the operation that text begins with in another way, where there is one. 0: there is none. */
  #starts(opcode: number): number {
    const count = this.#pending.length
    if (count === 0) return 0
    const last = this.#pending[count - 1]!
    if (opcode === I32_WRAP_I64) {
      this.#flushBelow(1)
      this.#pushLow(last)
      return 1
    }
    const form = this.#formOf(last)
    if (opcode === I64_EQZ && form !== WIDE) {
      this.#flushBelow(1)
      this.#compareWithZero(last, true)
      return 1
    }
    if (count < 2) return 0
    const first = this.#pending[count - 2]!
    if (opcode === I64_ADD && (is(first, 0) || is(last, 0))) {
      // A move, or a constant.
      this.#pending.splice(count - 2, 2, is(first, 0) ? last : first)
      return 1
    }
    if (opcode === I64_LT_U && (is(first, 0) || is(last, 1))) {
      this.#flushBelow(2)
      this.#compareWithZero(is(first, 0) ? last : first, is(last, 1))
      return 1
    }
    const other = this.#formOf(first)
    if (opcode >= I64_SHL && opcode <= I64_SHR_U) return this.#shift(opcode, first, other, last)
    const compares = opcode >= I64_EQ && opcode <= I64_GE_U
    const isBitwise = opcode >= I64_AND && opcode <= I64_XOR
    const isMask = opcode === I64_AND && last.kind === 'constant' && last.hi === 0 && last.lo >= 0
    if (!(compares || isBitwise) || !((isSigned(form) && isSigned(other)) || isMask)) return 0
    if (first.kind === 'constant' && last.kind === 'constant') return 0
    this.#flushBelow(2)
    this.#pushLow(first)
    this.#pushBits(last)
    this.w.u8(compares ? opcode - I64_EQ + I32_EQ : opcode - I64_AND + I32_AND)
    if (compares) this.#isTest = true
    else {
      const isSmall = opcode === I64_AND ? form === SMALL || other === SMALL : form === SMALL && other === SMALL
      this.#pending.push({ kind: 'narrow', form: isSmall ? SMALL : SIGNED })
    }
    return 1
  }

  /** Also for 0 < value and value < 1: hosts that compare with 0 use the flags of what computed the value. */
  #compareWithZero(value: Pending, equal: boolean): void {
    if (this.#formOf(value) === WIDE || value.kind === 'constant') {
      this.#push(value)
      if (!equal) super.i64(0, 0)
      this.w.u8(equal ? I64_EQZ : I64_NE)
    } else {
      this.#pushBits(value)
      if (!equal) super.i32(0)
      this.w.u8(equal ? I32_EQZ : I32_NE)
    }
    this.#isTest = true
  }

  #shift(opcode: number, value: Pending, form: Form, by: Pending): number {
    if (by.kind !== 'constant' || by.hi !== 0 || by.lo < 0 || by.lo > 63) return 0
    const far = by.lo - 32
    let becomes: Form
    if (opcode === I64_SHL && far >= 0) becomes = HIGH
    else if (opcode === I64_SHR_U && form === HIGH && far >= 0) becomes = far > 0 ? SMALL : UNSIGNED
    else if (opcode === I64_SHR_S && form === HIGH && far >= 0) becomes = SIGNED
    else return 0
    this.#flushBelow(2)
    if (opcode === I64_SHL) this.#pushLow(value)
    else this.#pushBits(value)
    if (far > 0) {
      super.i32(far)
      this.w.u8(opcode === I64_SHL ? I32_SHL : opcode === I64_SHR_U ? I32_SHR_U : I32_SHR_S)
    }
    this.#pending.push({ kind: 'narrow', form: becomes })
    return 1
  }

  override i32(value: number): void {
    this.flush()
    super.i32(value)
  }
  override i64(lo: number, hi: number): void {
    if (this.narrows) this.#defer({ kind: 'constant', lo, hi })
    else super.i64(lo, hi)
  }

  // ---- registers

  override get64(word: number): void {
    const constant = this.registers.facts.hardwired.get(word)
    if (constant !== undefined) this.i64(Number(constant & 0xffffffffn) | 0, Number(constant >> 32n) | 0)
    else if (this.narrows) this.#defer({ kind: 'register', word })
    else super.get64(word)
  }
  override get32(word: number): void {
    this.flush()
    if (this.narrows && this.registers.isWide(word) && !this.registers.facts.hardwired.has(word))
      this.#pushLow({ kind: 'register', word })
    else super.get32(word)
  }
  override set32(word: number): void {
    this.flush()
    super.set32(word)
  }
  override set64(word: number): void {
    const last = this.#pending[this.#pending.length - 1]
    const form = last ? this.#formOf(last) : WIDE
    if (!last || form === WIDE || this.#arms > 0 || word === SINK_WORD || !this.registers.isWide(word)) {
      this.flush()
      super.set32(word)
      return
    }
    this.#flushBelow(1)
    this.#pushBits(last)
    this.local(LOCAL_SET, this.registers.writeNarrow(word, form))
  }

  // ---- memory

  override loadAt(base: number, lo: number, hi: number, size: number, type: number, signed: boolean): void {
    this.flush()
    if (this.narrows && type === TYPE_I64 && size <= 4) {
      this.loadFrom(base, lo, hi, size, TYPE_I32, signed)
      this.#pending.push({ kind: 'narrow', form: signed ? SIGNED : size < 4 ? SMALL : UNSIGNED })
    } else this.loadFrom(base, lo, hi, size, type, signed)
  }
  protected loadFrom(base: number, lo: number, hi: number, size: number, type: number, signed: boolean): void {
    super.loadAt(base, lo, hi, size, type, signed)
  }
  override storeAt(base: number, lo: number, hi: number, size: number, type: number): void {
    const last = this.#pending[this.#pending.length - 1]
    if (last && type === TYPE_I64 && size <= 4) {
      this.#flushBelow(1)
      this.#pushLow(last)
      this.storeTo(base, lo, hi, size, TYPE_I32)
    } else {
      this.flush()
      this.storeTo(base, lo, hi, size, type)
    }
  }
  protected storeTo(base: number, lo: number, hi: number, size: number, type: number): void {
    super.storeAt(base, lo, hi, size, type)
  }
  override load(size: number, type: number, signed: boolean): void {
    this.flush()
    super.load(size, type, signed)
  }
  override store(size: number, type: number): void {
    this.flush()
    super.store(size, type)
  }

  // ---- the rest

  override call(number: number): void {
    this.flush()
    super.call(number)
  }
  override if(type: number): void {
    this.flush()
    if (this.narrows && this.#arms === 0) for (const word of this.writtenInArms()) this.registers.makeWide(this.w, word)
    this.#arms++
    super.if(type)
  }
  override else(): void {
    this.flush()
    super.else()
  }
  override end(): void {
    this.flush()
    this.#arms--
    super.end()
  }
  override step(): void {
    this.flush()
    super.step()
  }

  /** Writes other instructions in the middle of a template. */
  protected outsideArms(write: () => void): void {
    const arms = this.#arms
    this.#arms = 0
    write()
    this.#arms = arms
  }

  /** Registers that the instruction at hand writes in arms of its template. */
  protected abstract writtenInArms(): readonly number[]
}
