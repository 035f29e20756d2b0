/** Lists of register names as manuals write them: "zero ra sp gp tp t0-t2 s0-s1". */

import type { Template } from '../syntax/ast.ts'

export function templateText(template: Template): string {
  return template.parts.map((p) => (p.kind === 'text' ? p.text : '')).join('')
}
const expanded = new Map<string, readonly string[]>()
/** "t0-t2 s0" → t0 t1 t2 s0; "r8d-r15d" too. */
export function expandNames(text: string): readonly string[] {
  const known = expanded.get(text) ?? expand(text)
  expanded.set(text, known)
  return known
}
function expand(text: string): string[] {
  return text.split(/\s+/).flatMap((word) => {
    const range = /^(\D*)(\d+)(\D*)-\1(\d+)\3$/.exec(word)
    if (!range) return word === '' ? [] : [word]
    const [, prefix = '', from = '0', suffix = '', to = '0'] = range
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => `${prefix}${Number(from) + i}${suffix}`)
  })
}
