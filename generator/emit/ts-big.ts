/**
 * Operators on values wider than 64 bits as BigInt text. Operands and results are non-negative and below 2^width; operands are identifiers
 * or literals.
 */

import type { Binary, CompareOp, Unary } from '../ir/expr.ts'
import type { HelperName } from './ts-arithmetic.ts'
import { type Code, code } from './ts-code.ts'

interface BigOperand {
  readonly width: number
  readonly text: string
}

export function bigBinary(e: Binary, a: string, b: string): string {
  const { width } = e
  const cut = (text: string): string => `BigInt.asUintN(${width}, ${text})`
  const signed = (text: string): string => `BigInt.asIntN(${width}, ${text})`
  switch (e.op) {
    case 'add':
      return cut(`${a} + ${b}`)
    case 'sub':
      return cut(`${a} - ${b}`)
    case 'mul':
      return cut(`${a} * ${b}`)
    case 'udiv':
      return `${a} / ${b}`
    case 'urem':
      return `${a} % ${b}`
    case 'sdiv':
      return cut(`${signed(a)} / ${signed(b)}`)
    case 'srem':
      return cut(`${signed(a)} % ${signed(b)}`)
    case 'and':
      return `${a} & ${b}`
    case 'or':
      return `${a} | ${b}`
    case 'xor':
      return `${a} ^ ${b}`
    case 'shl':
      return `${b} < ${width}n ? ${cut(`${a} << ${b}`)} : 0n`
    case 'lshr':
      return `${b} < ${width}n ? ${a} >> ${b} : 0n`
    case 'ashr':
      return cut(`${signed(a)} >> (${b} < ${width}n ? ${b} : ${width}n)`)
    case 'mulhu':
      return `(${a} * ${b}) >> ${width}n`
    case 'mulhs':
      return cut(`(${signed(a)} * ${signed(b)}) >> ${width}n`)
    case 'mulhsu':
      return cut(`(${signed(a)} * ${b}) >> ${width}n`)
  }
}

export function bigUnary(e: Unary, a: string, need: (helper: HelperName) => void): string {
  switch (e.op) {
    case 'not':
      return `BigInt.asUintN(${e.width}, ~${a})`
    case 'neg':
      return `BigInt.asUintN(${e.width}, -${a})`
    case 'popcount':
      need('bigCount')
      return `bigCount(${a})`
    case 'clz':
      need('bigLength')
      return `${e.width}n - bigLength(${a})`
    case 'ctz':
      need('bigLength')
      return `${a} === 0n ? ${e.width}n : bigLength(${a} & -${a}) - 1n`
  }
}

export function bigCompare(op: CompareOp, a: BigOperand, b: BigOperand): Code {
  const signed = (x: BigOperand): string => `BigInt.asIntN(${x.width}, ${x.text})`
  switch (op) {
    case 'eq':
      return code(`${a.text} === ${b.text}`, '===')
    case 'ne':
      return code(`${a.text} !== ${b.text}`, '!==')
    case 'ult':
      return code(`${a.text} < ${b.text}`, '<')
    case 'ule':
      return code(`${a.text} <= ${b.text}`, '<=')
    case 'slt':
      return code(`${signed(a)} < ${signed(b)}`, '<')
    case 'sle':
      return code(`${signed(a)} <= ${signed(b)}`, '<=')
  }
}
