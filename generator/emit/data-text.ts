/** Plain data → TypeScript literal text, laid out for readers: what fits stands on one line, the rest is broken and indented. */

import { bigintLiteral } from './bigint-values.ts'

/** Text that goes in as it is: the name of a constant, a function. */
export class Verbatim {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}
export const verbatim = (text: string): Verbatim => new Verbatim(text)

export type Data =
  | Verbatim
  | string
  | number
  | bigint
  | boolean
  | undefined
  | readonly Data[]
  | { readonly [key: string]: Data }

const LINE = 120

/** `column` is where the text starts, `indent` how deep the line is. Members that are undefined are left out. */
export function dataText(data: Data, indent = 0, column = indent): string {
  const flat = inline(data)
  if (flat !== undefined && (flat.length + column < LINE || (!Array.isArray(data) && !isRecord(data)))) return flat
  const inner = ' '.repeat(indent + 2)
  const [open, close] = Array.isArray(data) ? ['[', ']'] : ['{', '}']
  const scalars = Array.isArray(data) ? data : Object.values(data as Record<string, Data>)
  if (scalars.every(isWord)) {
    return `${open}\n${filled(data, inner)}\n${' '.repeat(indent)}${close}`
  }
  const lines = Array.isArray(data)
    ? data.map((item: Data) => `${inner}${dataText(item, indent + 2)},`)
    : members(data as Record<string, Data>).map(([key, value]) => {
        const start = `${inner}${keyText(key)}: `
        return `${start}${dataText(value, indent + 2, start.length)},`
      })
  return `${open}\n${lines.join('\n')}\n${' '.repeat(indent)}${close}`
}

/** A name or number: anything without parts of its own. */
function isWord(data: Data): boolean {
  return data instanceof Verbatim ? /^[\w.]+$/.test(data.text) : !Array.isArray(data) && !isRecord(data)
}
/** Names and numbers: as many a line as there is room for. */
function filled(data: Data, inner: string): string {
  const items = Array.isArray(data)
    ? data.map((item: Data) => `${inline(item)}`)
    : members(data as Record<string, Data>).map(([key, value]) => `${keyText(key)}: ${inline(value)}`)
  const lines: string[] = []
  for (const item of items) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + item.length + 2 < LINE) lines[lines.length - 1] = `${last} ${item},`
    else lines.push(`${inner}${item},`)
  }
  return lines.join('\n')
}

/** Each level of nesting asks for the text of all that is below it; null where it is longer than a line. */
const inlineTexts = new WeakMap<object, string | null>()

/** On one line; undefined for a list or record that needs more. */
function inline(data: Data): string | undefined {
  if (typeof data === 'string') return stringText(data)
  if (typeof data === 'bigint') return bigintLiteral(data)
  if (typeof data !== 'object') return String(data)
  if (data instanceof Verbatim) return data.text
  let text = inlineTexts.get(data)
  if (text === undefined) inlineTexts.set(data, (text = inlineParts(data) ?? null))
  return text ?? undefined
}
function inlineParts(data: readonly Data[] | { readonly [key: string]: Data }): string | undefined {
  const [open, close] = Array.isArray(data) ? ['[', ']'] : ['{ ', ' }']
  const parts: string[] = []
  let length = 0
  for (const [key, value] of Array.isArray(data) ? data.entries() : members(data as Record<string, Data>)) {
    const text = inline(value)
    if (text === undefined) return undefined
    const part = typeof key === 'number' ? text : `${keyText(key)}: ${text}`
    length += part.length
    if (length > LINE) return undefined
    parts.push(part)
  }
  return parts.length === 0 ? `${open}${close}`.replace('  ', '') : `${open}${parts.join(', ')}${close}`
}

function isRecord(data: Data): data is { readonly [key: string]: Data } {
  return typeof data === 'object' && !(data instanceof Verbatim) && !Array.isArray(data)
}
function members(data: { readonly [key: string]: Data }): [string, Data][] {
  return Object.entries(data).filter(([, value]) => value !== undefined)
}

export function stringText(text: string): string {
  const escaped = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"')
  return text.includes("'") && !text.includes('"') ? `"${escaped}"` : `'${escaped.replaceAll("'", "\\'")}'`
}
function keyText(key: string): string {
  return /^[A-Za-z_]\w*$/.test(key) ? key : stringText(key)
}
