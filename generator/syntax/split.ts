/**
 * Cuts a spec into items by lines alone: an item starts in column 0, everything indented (or a bracket in
 * column 0) belongs to the item above. So one item's mistake never spoils the next, and an editor can parse one item.
 * In: a file's text. Out: where each item stands with its doc lines, and lines that belong to no item.
 */

export interface ItemText {
  /** Offsets in the file; blank lines and comments after the item are left out. */
  readonly start: number
  readonly end: number
  /** The `///` lines directly above, without their marks. */
  readonly doc: readonly string[]
}

export interface SplitText {
  /** The `//!` lines. */
  readonly doc: readonly string[]
  readonly items: readonly ItemText[]
  /** Indented text above the first item. */
  readonly strays: readonly { readonly start: number; readonly end: number }[]
}

export function splitItems(text: string): SplitText {
  const fileDoc: string[] = []
  const items: { start: number; end: number; doc: readonly string[] }[] = []
  const strays: { start: number; end: number }[] = []
  let doc: string[] = []
  let start = text.startsWith('\uFEFF') ? 1 : 0
  while (start <= text.length) {
    const newline = text.indexOf('\n', start)
    const lineEnd = newline < 0 ? text.length : newline
    const line = text.slice(start, lineEnd).trimEnd()
    const end = start + line.length
    const last = items.at(-1)
    if (line.startsWith('//!')) fileDoc.push(docText(line))
    else if (line.startsWith('///')) doc.push(docText(line))
    else if (line === '' || line.startsWith('//')) doc = []
    else if (/^[^\s()[\]{}]/.test(line)) {
      items.push({ start, end, doc })
      doc = []
    } else if (!/^\s*\/\//.test(line)) {
      // Comments inside an item are covered when a line of the item follows them.
      if (last) last.end = end
      else strays.push({ start: start + line.length - line.trimStart().length, end })
      doc = []
    }
    start = lineEnd + 1
  }
  return { doc: fileDoc, items, strays }
}

/** `/// text` → `text` */
function docText(line: string): string {
  return line.slice(3).replace(/^ /, '')
}
