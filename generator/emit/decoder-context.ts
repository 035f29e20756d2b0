/**
 * Registers as decode context in decoder.ts of a generated isa: what decoding knows of them stands in variables of the module while a block is decoded, one a
 * register, beside the pc and the key; each instruction leaves there what is known behind it. Out: those variables, `context` as the runtime takes it, and
 * the lines of an instruction.
 */

import { constant } from '../ir/build.ts'
import { CODE_ADDRESS, contextKey, contextRegisters, knownField } from '../ir/context.ts'
import type { Expr } from '../ir/expr.ts'
import type { Isa } from '../ir/isa.ts'
import { registerLayout } from '../ir/layout.ts'
import type { Leaves, SlottedIsa } from '../ir/slots.ts'
import { contextVariable } from './decoder-prefixes.ts'
import { clean, literal } from './ts-code.ts'
import type { Lines } from './ts-lines.ts'
import type { Values } from './ts-values.ts'
import type { TsWriter } from './writer.ts'

/** Names that the decoder uses where there is a context. */
export const CONTEXT_NAMES = ['context', 'codePc', 'key', 'ends', 'next']

/** Bits of addresses of code: as `codeWidth` of the ABI. */
export function codeWidthOf(isa: Isa): number {
  return isa.registers.some(({ context }) => context) ? CODE_ADDRESS : isa.pcWidth
}

/** Of a register, and of whether a followed one is known. */
const variable = contextVariable
const knownVariable = (name: string): string => contextVariable(knownField(name).slice(1))

export function writeContext(w: TsWriter, { isa, layout }: SlottedIsa): void {
  const registers = contextRegisters(isa)
  if (!registers) return
  const { key, followed } = registers
  w.line(
    '// What is known where the next instruction is decoded: its pc, registers and the key of their values, and whether the one before ended its block.',
  )
  w.line('let codePc = 0').line('let key = 0').line('let ends = 0')
  for (const r of key) w.line(`let ${variable(r.name)} = ${literal(Number(r.reset))}`)
  for (const r of followed) w.line(`let ${variable(r.name)} = 0`).line(`let ${knownVariable(r.name)} = 0`)
  w.line()
  const places = key.map((r, i) => ({ r, low: key.slice(0, i).reduce((sum, { width }) => sum + width, 0) }))
  const turned = (text: string, reset: bigint): string =>
    reset === 0n ? text : `(${text} ^ ${literal(Number(reset))})`
  w.block(`export const context: ${w.type('DecodeContext')} =`, () => {
    const parts = places.map(({ r, low }) => {
      const value = turned(`words[${registerLayout(layout, r.name).word}]!`, r.reset)
      return low === 0 ? value : `(${value} << ${low})`
    })
    w.line(`key: (words) => ${parts.join(' | ')},`)
    const known = places.map(({ r, low }) => {
      const bits = `${low === 0 ? 'given' : `(given >>> ${low})`} & ${literal(2 ** r.width - 1)}`
      return `${variable(r.name)} = ${turned(r.reset === 0n ? bits : `(${bits})`, r.reset)}`
    })
    const pc = isa.pcWidth < 32 ? `pc & ${literal(2 ** isa.pcWidth - 1)}` : 'pc | 0'
    const unknown = followed.map((r) => `${knownVariable(r.name)} = 0`)
    const lines = [`codePc = ${pc}`, 'key = given', ...known, ...unknown]
    w.line('start: (given, pc) => {')
      .lines(lines.map((line) => `  ${line}`))
      .line('},')
    w.line('after: () => key,').line('ends: () => ends !== 0,')
  })
  w.line()
}

export interface Change {
  readonly variable: string
  readonly value: Expr
}

/** Puts what is known behind an instruction in place; `next` is bound. */
export function leaveLines(changes: readonly Change[], ends: Expr, values: Values, lines: Lines): void {
  const texts = changes.map(({ variable, value }) => {
    const { text } = clean(values.word(value))
    if (/^-?\w+$/.test(text) && !text.startsWith('context_')) return { variable, text }
    const name = lines.fresh('left')
    lines.push(`const ${name} = ${text}`)
    return { variable, text: name }
  })
  lines.push(`ends = ${clean(values.word(ends)).text}`)
  for (const { variable, text } of texts) lines.push(`${variable} = ${text}`)
  lines.push('codePc = next')
}

/** What an instruction changes, the key last. `atRest`: before it all registers of the key hold their reset values. */
export function changesOf(isa: Isa, { after }: Leaves, atRest: boolean): Change[] {
  const registers = contextRegisters(isa)
  if (!registers) return []
  const { key, followed } = registers
  const isOwn = (e: Expr, name: string): boolean => e.kind === 'field' && e.name === name
  const sure = key.flatMap((r) => {
    const known = after.get(r.name)
    const isSure = known?.known.kind === 'const' && known.known.value === 1n
    return isSure ? [{ r, value: known.value }] : []
  })
  const changed = sure.filter(({ r, value }) =>
    atRest ? value.kind !== 'const' || value.value !== r.reset : !isOwn(value, `@${r.name}`),
  )
  const out: Change[] = changed.map(({ r, value }) => ({ variable: variable(r.name), value }))
  for (const r of followed) {
    const found = after.get(r.name)
    if (!found) continue
    if (!isOwn(found.value, `@${r.name}`)) out.push({ variable: variable(r.name), value: found.value })
    if (!isOwn(found.known, knownField(r.name))) out.push({ variable: knownVariable(r.name), value: found.known })
  }
  if (changed.length > 0 && sure.length === key.length) {
    out.push({ variable: 'key', value: contextKey(key, (r) => after.get(r.name)?.value ?? constant(r.width, r.reset)) })
  }
  return out
}
