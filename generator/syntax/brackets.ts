/**
 * Looks at the brackets and quotes of one item before it is parsed: a bracket that is not closed gets a message at the
 * bracket itself, not where the parser gave up, and nesting is bounded, so that neither the parser nor any later pass
 * runs out of stack.
 */

/** How many brackets may stand inside each other. Manuals and real specs stay below 12. */
export const MAX_NESTING = 64

export type BracketFault =
  | { readonly kind: 'deep'; readonly at: number }
  /** `end` is where the text ends, or the line for a quote. */
  | { readonly kind: 'unclosed'; readonly at: number; readonly end: number }
  | { readonly kind: 'mismatch'; readonly at: number; readonly open: number }
  | { readonly kind: 'unopened'; readonly at: number }

interface Open {
  readonly at: number
  /** How far the line of the bracket is indented. */
  readonly indent: number
}

const closers: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' }

/** The first fault of the text, with offsets in it. */
export function findBracketFault(text: string): BracketFault | undefined {
  const open: Open[] = []
  /** A bracket that was closed by one further left: probably the one whose partner is missing. */
  let suspect: number | undefined
  let lineStart = 0
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === '\n') lineStart = at + 1
    else if (char === '/' && text[at + 1] === '/') at = lineEndFrom(text, at) - 1
    else if (char === '"' || (char === "'" && !/[\w']/.test(text[at - 1] ?? ' '))) {
      const quoted = skipQuoted(text, at, MAX_NESTING - open.length)
      if (typeof quoted !== 'number') return quoted
      at = quoted
    } else if (char in closers) {
      open.push({ at, indent: indentAt(text, lineStart) })
      if (open.length > MAX_NESTING) return { kind: 'deep', at }
    } else if (char === ')' || char === ']' || char === '}') {
      const last = open.pop()
      if (!last) return suspect === undefined ? { kind: 'unopened', at } : { kind: 'unclosed', at: suspect, end: at }
      if (closers[text.charAt(last.at)] !== char) return { kind: 'mismatch', at, open: last.at }
      const indent = indentAt(text, lineStart)
      if (lineStart + indent === at && indent < last.indent) suspect ??= last.at
    }
  }
  const last = open.at(-1)
  return last && { kind: 'unclosed', at: suspect ?? last.at, end: text.length }
}

/** The offset of the closing quote. Templates have holes with brackets: they count while the quote lasts. */
function skipQuoted(text: string, start: number, room: number): number | BracketFault {
  const quote = text[start]
  let depth = 0
  for (let at = start + 1; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === quote) return at
    if (char === '\n') return { kind: 'unclosed', at: start, end: at }
    if (quote === '"' && char === '\\') at++
    else if (char in closers) depth++
    else if (char === ')' || char === ']' || char === '}') depth = Math.max(0, depth - 1)
    if (depth > room) return { kind: 'deep', at }
  }
  return { kind: 'unclosed', at: start, end: text.length }
}

function lineEndFrom(text: string, at: number): number {
  const newline = text.indexOf('\n', at)
  return newline < 0 ? text.length : newline
}

function indentAt(text: string, lineStart: number): number {
  let at = lineStart
  while (text[at] === ' ' || text[at] === '\t') at++
  return at - lineStart
}
