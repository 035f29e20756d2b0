/**
 * Where guest registers lie in linear memory: the word offsets that decoder, interpreter, templates and metadata agree on.
 *
 * In: the registers of a checked isa. Out: for each the word of its first cell and the words between neighbours, counted from the
 * start of linear memory (runtime/abi.ts, FIRST_WORD). A cell of up to 32 bits takes 1 word, up to 64 bits 2, up to 128 bits 4,
 * and so on by powers of two, each aligned to its size, so that an i64 access is an aligned one.
 */

import { FIRST_WORD, PAGES, SINK_WORD } from '../../runtime/abi.ts'
import { children } from './build.ts'
import type { Expr, Width } from './expr.ts'
import type { Isa, Register } from './isa.ts'
import type { Body, Stmt } from './stmt.ts'
import { isDecodeTime } from './time.ts'

export interface RegisterLayout {
  readonly register: Register
  /** Word offset of cell 0. */
  readonly word: number
  /** Words of a cell. */
  readonly stride: number
  /** Some instruction names a cell by a run-time index: a compiler may not keep these cells anywhere but in memory. */
  readonly resident: boolean
}
export interface Layout {
  readonly registers: ReadonlyMap<string, RegisterLayout>
  /** Words from SINK_WORD to the end of the last register: what a snapshot of the guest's state copies. */
  readonly stateWords: number
}

/** Words that a value of this width takes: the next power of two of ⌈width / 32⌉. */
export function wordsOf(width: Width): number {
  let words = 1
  while (words * 32 < width) words *= 2
  return words
}

/** `bodies`: of the instructions, as engines run them. */
export function layoutOf(isa: Isa, bodies: readonly Body[]): Layout {
  const indexed = runTimeIndexed(bodies)
  const registers = new Map<string, RegisterLayout>()
  let at = FIRST_WORD
  for (const register of isa.registers) {
    const stride = wordsOf(register.width)
    at = Math.ceil(at / stride) * stride
    registers.set(register.name, { register, word: at, stride, resident: indexed.has(register.name) })
    at += stride * (register.count ?? 1)
  }
  if (at > PAGES >> 2) throw new Error(`isagen internal: the registers of ${isa.name} take ${at - FIRST_WORD} words`)
  return { registers, stateWords: at - SINK_WORD }
}

export function registerLayout(layout: Layout, name: string): RegisterLayout {
  const found = layout.registers.get(name)
  if (!found) throw new Error(`isagen internal: no register ${name}`)
  return found
}

/** Word of a cell whose index is known to the generator. A write to a hardwired cell goes to the sink. */
export function cellWord(layout: Layout, name: string, index: number, access: 'read' | 'write'): number {
  const { register, word, stride } = registerLayout(layout, name)
  if (access === 'write' && register.hardwired?.index === index) return SINK_WORD
  return word + stride * index
}

/** Register files that a body reads or writes with an index known at run time only. Events do not count: engines run them between instructions. */
function runTimeIndexed(bodies: readonly Body[]): ReadonlySet<string> {
  const found = new Set<string>()
  const place = (register: string, index: Expr | undefined): void => {
    if (index && !isDecodeTime(index)) found.add(register)
  }
  const expr = (e: Expr): void => {
    if (e.kind === 'read') place(e.register, e.index)
    for (const child of children(e)) expr(child)
  }
  const stmts = (statements: readonly Stmt[]): void => {
    for (const s of statements) {
      if (s.kind === 'write') {
        place(s.register, s.index)
        if (s.index) expr(s.index)
        expr(s.value)
      } else if (s.kind === 'if') {
        expr(s.cond)
        stmts(s.then)
        stmts(s.otherwise)
      } else if (s.kind === 'set') expr(s.value)
      else if (s.kind === 'store') {
        expr(s.address)
        expr(s.value)
      } else if (s.kind === 'jump') expr(s.target)
      else if (s.kind === 'trap') s.args.forEach(expr)
    }
  }
  for (const { statements } of bodies) stmts(statements)
  return found
}
