/** A unique identifier for each instruction: its mnemonic, and where several share it, the operands that tell them apart. */

import type { Draft } from './instructions.ts'
import { plainText } from './rows.ts'

export function identifiers(drafts: readonly { readonly draft: Draft; readonly mnemonic: string }[]): string[] {
  const first = drafts.map(({ mnemonic, draft }) => clean(mnemonic) || clean(draft.item.name.text))
  const counts = count(first)
  const second = first.map((id, i) => {
    if ((counts.get(id) ?? 0) < 2) return id
    const { draft } = drafts[i] as (typeof drafts)[number]
    const operands = draft.operandNames.map(clean).filter((name) => name !== '')
    const widths = [...draft.form.widths.values()].map(String)
    return [id, ...operands, ...widths].join('_')
  })
  const again = count(second)
  const seen = new Map<string, number>()
  const taken = new Set<string>()
  return second.map((id) => {
    let unique = id
    if ((again.get(id) ?? 0) > 1) {
      const n = (seen.get(id) ?? 0) + 1
      seen.set(id, n)
      unique = `${id}_${n}`
    }
    while (taken.has(unique)) unique += '_'
    taken.add(unique)
    return unique
  })
}
function count(ids: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}
function clean(text: string): string {
  const id = text
    .toLowerCase()
    .replace(/'/g, '_')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
  return /^[0-9]/.test(id) ? `i${id}` : id
}

/** "insn load, row lb" */
export function familyOf(draft: Draft): string {
  const cell = draft.row.cells.get('name')
  return cell ? `${draft.item.name.text}, row ${plainText(cell)}` : draft.item.name.text
}
