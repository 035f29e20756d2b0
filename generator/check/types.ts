/** Types: b8, b[N], named types with their parts, and box lists (`bits N V 1 0 D I Z C`). */

import { counted } from '../diagnostics/counted.ts'
import type { Width } from '../ir/expr.ts'
import type { Enc, Span, Type } from '../syntax/ast.ts'
import { value } from './expressions.ts'
import { type Env, report, unknownName } from './scope.ts'
import type { BoxList } from './value.ts'

export interface BitsType {
  readonly width: Width
  readonly box?: BoxList
}
const MAX_WIDTH = 4096n

/** undefined when it is wrong (reported). */
export function bitsType(env: Env, type: Type): BitsType | undefined {
  switch (type.kind) {
    case 'bits': {
      const v = value(env, type.width)
      if (v.kind === 'int' && v.value >= 1n && v.value <= MAX_WIDTH) return { width: Number(v.value) }
      if (v.kind !== 'error')
        report(env, 'E0307', type.span, 'a width is a number from 1 to 4096, known when the spec is built')
      return undefined
    }
    case 'named': {
      const { text, span } = type.name
      const short = /^b([1-9]\d*)$/.exec(text)
      if (short) return { width: Number(short[1]) }
      const global = env.machine.globals.get(text)
      if (global?.kind === 'type') {
        env.machine.used.add(text)
        return { width: global.box.width, box: global.box }
      }
      if (global?.kind === 'wrong') return undefined
      if (global) report(env, 'E0209', span, `${text} is a ${global.kind}, not a type`)
      else unknownName(env, text, span)
      return undefined
    }
    case 'tuple':
      report(env, 'E0209', type.span, 'a tuple type is only for the results of functions')
      return undefined
  }
}

/** Named parts from the top; their widths must add up to `width`. */
export function boxList(env: Env, enc: Enc, width: Width, span: Span): BoxList | undefined {
  const parts: { name?: string; width: Width; value?: bigint }[] = []
  for (const atom of enc.atoms) {
    switch (atom.kind) {
      case 'word':
        if (/^[01]+$/.test(atom.text)) parts.push({ width: atom.text.length, value: BigInt(`0b${atom.text}`) })
        else if (atom.text === '_') parts.push({ width: 1, value: 0n })
        else parts.push({ name: atom.text, width: 1 })
        break
      case 'field': {
        const v = value(env, atom.width)
        if (v.kind !== 'int' || v.value < 1n) {
          report(env, 'E0307', atom.span, 'the width of a part is a number')
          return undefined
        }
        parts.push(
          atom.name === '_' ? { width: Number(v.value), value: 0n } : { name: atom.name, width: Number(v.value) },
        )
        break
      }
      default:
        report(env, 'E0203', atom.span, 'a list of bits holds names, name:width, _ and constant bits')
        return undefined
    }
  }
  const total = parts.reduce((sum, p) => sum + p.width, 0)
  if (total !== width) {
    report(env, 'E0310', span, `the parts have ${counted(total, 'bit')}, their type has ${width}`, {
      help: total < width ? `add _:${width - total} where nothing is` : 'make a part narrower',
    })
    return undefined
  }
  const seen = new Set<string>()
  for (const p of parts) {
    if (p.name && seen.has(p.name)) report(env, 'E0202', span, `part ${p.name} stands twice in the list`)
    if (p.name) seen.add(p.name)
  }
  let at = width
  return {
    width,
    parts: parts.map((p) => {
      at -= p.width
      return { ...p, low: at }
    }),
  }
}
