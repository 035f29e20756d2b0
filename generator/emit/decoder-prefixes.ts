/**
 * Prefixes in decoder.ts of a generated isa: `prefixed(bytes, at)` counts the bytes of prefixes at bytes[at] and leaves what they say in variables of the
 * module, one a name of the decode context, where matching and slots read it.
 */

import type { Isa, Prefix } from '../ir/isa.ts'
import { maxPrefixes } from '../ir/isa.ts'
import { clean, literal } from './ts-code.ts'
import type { Lines } from './ts-lines.ts'
import type { Values } from './ts-values.ts'
import type { TsWriter } from './writer.ts'

/** The variable of a name of the context. */
export const contextVariable = (name: string): string => `context_${name.replace(/\W/g, '_')}`

/** Values over a prefix's fields and the context. */
export type PrefixValues = (prefix: Prefix, lines: Lines) => Values

export function writePrefixes(w: TsWriter, isa: Isa, newLines: () => Lines, valuesOf: PrefixValues): void {
  if (isa.prefixes.length === 0) return
  w.line('// What the prefixes of the instruction at hand say.')
  for (const { name, initial } of isa.context) w.line(`let ${contextVariable(name)} = ${literal(Number(initial))}`)
  w.line().doc([`Bytes of prefixes at bytes[at], at most ${maxPrefixes(isa)}; sets the context.`])
  w.block('function prefixed(bytes: Uint8Array, at: number): number', () => {
    for (const { name, initial } of isa.context) w.line(`${contextVariable(name)} = ${literal(Number(initial))}`)
    w.line('let count = 0')
    w.block(`for (; count < ${maxPrefixes(isa)}; count++)`, () => {
      w.line('const w0 = bytes[at + count] ?? 0')
      isa.prefixes.forEach((prefix, i) => {
        const { mask, value } = prefix.encoding
        const test =
          mask === 0xffn
            ? `w0 === ${literal(Number(value))}`
            : `(w0 & ${literal(Number(mask))}) === ${literal(Number(value))}`
        w.block(`${i === 0 ? '' : 'else '}if (${test})`, () => {
          const lines = newLines()
          const values = valuesOf(prefix, lines)
          const names = prefix.sets.map((set) => {
            const { text } = clean(values.word(set.value))
            if (/^-?\w+$/.test(text) && !text.startsWith('context_')) return text
            const name = lines.fresh(set.context)
            lines.push(`const ${name} = ${text}`)
            return name
          })
          prefix.sets.forEach(({ context }, at) => lines.push(`${contextVariable(context)} = ${names[at]}`))
          if (prefix.last) lines.push('return count + 1')
          w.lines(lines.lines)
        })
      })
      w.line('else return count')
    })
    w.line('return count')
  }).line()
}
