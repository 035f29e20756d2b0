/** The TypeScript that values are compiled to, against the reference evaluator, on random expressions of all operators and widths. */

import { expect, test } from 'vitest'
import { helperTexts } from '../../generator/emit/ts-arithmetic.ts'
import { cleanWord, code } from '../../generator/emit/ts-code.ts'
import { Lines } from '../../generator/emit/ts-lines.ts'
import { type Leaves, type Value, word } from '../../generator/emit/ts-value.ts'
import { Values } from '../../generator/emit/ts-values.ts'
import { evaluateExpr } from '../../generator/ir/evaluate.ts'
import type { Expr } from '../../generator/ir/expr.ts'
import { printExpr } from '../../generator/ir/print.ts'
import { javascript } from './javascript.ts'
import { random } from './random.ts'
import { randomExpr } from './random-expr.ts'

const locals = [1, 1, 3, 8, 8, 16, 31, 32, 32, 33, 48, 63, 64, 64, 64]

/** A parameter list, and how leaves refer to it. */
const parameters = locals.flatMap((w, id) => (w <= 32 ? [`p${id}`] : [`p${id}Lo`, `p${id}Hi`]))
const localValue = (id: number, width: number): Value => {
  if (width <= 32) return word(cleanWord(code(`p${id}`), width))
  return {
    kind: 'pair',
    width,
    lo: cleanWord(code(`p${id}Lo`), 32),
    hi: cleanWord(code(`p${id}Hi`), width - 32),
  }
}
const none = (): never => {
  throw new Error('not here')
}
const leaves: Leaves = { field: none, slot: none, pc: none, read: none, load: none, local: localValue }

function compile(expressions: readonly Expr[]): (values: readonly bigint[]) => bigint[] {
  const helpers = new Set<never>() as Set<Parameters<Lines['helpers']['add']>[0]>
  const functions = expressions.map((e, i) => {
    const lines = new Lines(helpers, parameters)
    const v = new Values(leaves, lines).value(e)
    const result = v.kind === 'big' ? v.text : v.kind === 'word' ? `[${cleanText(v)}]` : `[${v.lo.text}, ${v.hi.text}]`
    return `function f${i}(${parameters.map((p) => `${p}: number`).join(', ')}) {\n${lines.lines.join('\n')}\nreturn ${result}\n}`
  })
  const all = `return [${expressions.map((_, i) => `f${i}`).join(', ')}]`
  const text = javascript([...helperTexts(helpers), ...functions, all].join('\n'))
  const compiled = new Function(text)() as ((...args: number[]) => bigint | number[])[]
  return (values) => {
    const args = values.flatMap((v, id) => canonicalArguments(v, locals[id]!))
    return compiled.map((f, i) => canonicalResult(f(...args), expressions[i]!.width))
  }
}
function cleanText(v: Value): string {
  if (v.kind !== 'word') throw new Error('not a word')
  return v.clean ? v.text : v.width === 32 ? `(${v.text}) | 0` : `(${v.text}) & ${2 ** v.width - 1}`
}
function canonicalArguments(v: bigint, width: number): number[] {
  const half = (x: bigint, w: number): number => Number(w === 32 ? BigInt.asIntN(32, x) : x)
  return width <= 32 ? [half(v, width)] : [half(v & 0xffffffffn, 32), half(v >> 32n, width - 32)]
}
/** Also checks that the result is in canonical form. */
function canonicalResult(v: bigint | number[], width: number): bigint {
  if (typeof v === 'bigint') return v
  const whole = v.reduceRight((high, w) => (high << 32n) | BigInt.asUintN(32, BigInt(w)), 0n)
  expect(canonicalArguments(BigInt.asUintN(width, whole), width).map((x) => x + 0)).toEqual(v.map((x) => x + 0))
  return whole
}

test.each([1, 2, 3, 4])('random expressions agree with the evaluator (seed %i)', (seed) => {
  const r = random(seed)
  const widths = seed === 4 ? [1, 8, 32, 64, 100, 128] : [1, 2, 3, 7, 8, 16, 31, 32, 33, 40, 63, 64]
  const expressions = Array.from({ length: 400 }, () =>
    randomExpr(r, r.pick(widths), 1 + r.below(4), { locals, widths }),
  )
  const run = compile(expressions)
  for (let round = 0; round < 60; round++) {
    const values = locals.map((w) => r.bits(w))
    const env = { locals: new Map(values.map((v, i) => [i, v] as const)) }
    const got = run(values)
    expressions.forEach((e, i) => {
      const want = evaluateExpr(e, env)
      if (got[i] !== want) expect.fail(`${printExpr(e)}\nof ${values}\nis ${want}, not ${got[i]}`)
    })
  }
})
