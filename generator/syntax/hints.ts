/**
 * What is said when the text does not parse. The parser only knows how far it came; its own list of what it expected
 * has thirty entries. So a table goes from what stands there to one fact and one line to paste: first habits from other
 * languages (`:=`, `&&`, `M8(`), then what is missing, at last the form of the item or clause.
 */

import { closest } from '../diagnostics/closest.ts'
import { clauseForms, itemForms, synonyms } from './forms.ts'
import { habits } from './habits.ts'

/** Where the parser stopped. */
export interface Failure {
  /** The parsed text, and the offset in it. */
  readonly text: string
  readonly at: number
  /** What the text was parsed as. */
  readonly as: 'item' | 'enc' | 'expr' | 'block' | 'template'
}

export interface Hint {
  readonly message: string
  /** Offsets in the parsed text. */
  readonly start: number
  readonly end: number
  readonly help?: string
  readonly notes?: readonly string[]
}

const keywordList =
  'let var if else match for in is when jump call return trap commit fence wait execute atomic undef and or not'
const keywords = new Set(keywordList.split(' '))

/** One fact and one line of help for a text that does not parse. */
export function explain(failure: Failure): Hint {
  const found = { ...failure, at: tokenStart(failure.text, failure.at) }
  return (
    fromHabit(found) ??
    fromItem(found) ??
    fromClause(found) ??
    fromTemplate(found) ??
    fromKeyword(found) ??
    fromForm(found)
  )
}

/** Words, operators (ours and those of other languages) and quoted texts. */
const token =
  /"(?:[^"\\\n]|\\.)*"?|\$?\w+'?|&&|\|\||\+\+|:=|->|=>|===?|!=|>>>|\*\*|\/\*|(?:<<|>>|[-+*/%&|^])=(?!=)|(?:<<|>>|<=|>=|[</%>])(?:[su](?!\w))?|\.\.|\s+|./gy

/** The parser may stop inside a word: the token around the place is what stands there. Quoted texts are looked into. */
function tokenStart(text: string, at: number): number {
  const line = lineAt(text, at)
  for (const match of line.text.matchAll(token)) {
    const start = line.start + match.index
    if (start + match[0].length <= at) continue
    return start >= at || /^["\s]/.test(match[0]) ? at : start
  }
  return at
}

function fromHabit({ text, at, as }: Failure): Hint | undefined {
  const before = text.slice(0, at)
  const rest = text.slice(at)
  for (const habit of habits) {
    const left = habit.before?.exec(before)
    const right = habit.at?.exec(rest)
    if ((habit.before && !left) || (habit.at && !right) || as === 'template') continue
    const here = left?.groups?.here
    const start = here === undefined || !left ? at : left.index + left[0].indexOf(here)
    const end =
      here === undefined
        ? at + (right?.[0].length ?? 1)
        : right && habit.at
          ? at + right[0].length
          : start + here.length
    const found = here ?? right?.[0] ?? ''
    const help = typeof habit.help === 'function' ? habit.help(found, right?.[0] ?? '') : habit.help
    return { message: habit.message, start, end, ...(help === undefined ? {} : { help }) }
  }
  return undefined
}

/** The first word is no item, or another item follows before this one ended. */
function fromItem({ text, at, as }: Failure): Hint | undefined {
  if (as !== 'item') return undefined
  const first = /^(override\s+)?([\w.]*)/.exec(text)
  const word = first?.[2] ?? ''
  const start = first?.[1]?.length ?? 0
  if (!(word in itemForms) && at <= start + word.length) {
    const meant = synonyms[word] ?? closest(word, Object.keys(itemForms))
    const found = word === '' ? text.charAt(0) : word
    return {
      message: `\`${found}\` does not start an item`,
      start,
      end: start + found.length,
      ...(meant === undefined ? { notes: [`items are ${Object.keys(itemForms).join(', ')}`] } : { help: meant }),
    }
  }
  const line = lineAt(text, at)
  const stray = /^\s+([a-z]\w*)\b/.exec(line.text)?.[1]
  if (
    stray !== undefined &&
    stray in itemForms &&
    !(stray in clauseForms) &&
    at >= line.start &&
    nesting(text, at) === 0
  ) {
    const column = line.start + line.text.indexOf(stray)
    return { message: 'items start in column 0', start: column, end: column + stray.length, help: line.text.trim() }
  }
  if (
    word === 'reg' &&
    /^reg\s+[\w', ]+(\[[^\]]*\])?\s*$/.test(text.slice(0, at)) &&
    !/^\s*[:,]/.test(text.slice(at))
  ) {
    const end = text.slice(0, at).trimEnd().length
    return { message: 'a register says its type', start: end - 1, end, help: `${text.slice(0, end)} : b64` }
  }
  return undefined
}

function fromTemplate({ text, at }: Failure): Hint | undefined {
  const line = lineAt(text, at)
  const quote = quoteBefore(text, line.start, at)
  if (quote === undefined) return undefined
  const hole = text.lastIndexOf('{', at - 1)
  if (hole < quote && text[at] !== '{') return undefined
  return {
    message: 'a hole holds an expression and perhaps a style',
    start: at,
    end: at + 1,
    help: '"{rd}, {imm:hex}"',
    notes: ['a brace that is meant itself is written `\\{`'],
  }
}

/** A keyword cannot be a name. */
function fromKeyword({ text, at }: Failure): Hint | undefined {
  const word = /^[a-z]\w*/.exec(text.slice(at))?.[0]
  if (word === undefined || !keywords.has(word)) return undefined
  if (!/\b(let|var|fn|for|reg|view|operand|param|mem|context)\s+$|[,(]\s*$/.test(text.slice(0, at))) return undefined
  return { message: `\`${word}\` is a keyword, not a name`, start: at, end: at + word.length, help: `${word}_` }
}

/** Nothing special: what stands there is not expected, and this is how such an item or clause looks. */
function fromForm({ text, at, as }: Failure): Hint {
  const form = formAt(text, at, as)
  const help = form === undefined ? {} : { help: form }
  const rest = text.slice(at)
  const blank = /^[ \t\r]*/.exec(rest)?.[0].length ?? 0
  const found = new RegExp(token.source).exec(rest.slice(blank))?.[0]
  if (found !== undefined && found.trim() !== '') {
    const start = at + blank
    return { message: `\`${found}\` is not expected here`, start, end: start + found.length, ...help }
  }
  // Blanks and comments before the end are nobody's fault: the caret stands behind the last word.
  const end = text.slice(0, at).replace(/(\s|\/\/[^\n]*)+$/, '').length
  const what = at >= text.trimEnd().length ? 'text' : 'line'
  return { message: `the ${what} ends too early`, start: end, end: end + 1, ...help }
}

/** In a block of clauses each starts with its word. */
function fromClause({ text, at, as }: Failure): Hint | undefined {
  if (as !== 'item' || !/^(override\s+)?(insn|operand|reg|view|type|space|mem)\b/.test(text) || nesting(text, at) !== 1)
    return undefined
  const word = /^[A-Za-z]\w*/.exec(text.slice(at))?.[0]
  if (word === undefined || word in clauseForms || !/[{;\n]\s*$/.test(text.slice(0, at))) return undefined
  const meant = synonyms[word] ?? closest(word, Object.keys(clauseForms))
  const form = meant === undefined ? undefined : clauseForms[meant]
  return {
    message: `\`${word}\` does not start a clause`,
    start: at,
    end: at + word.length,
    ...(form === undefined ? { notes: [`clauses are ${Object.keys(clauseForms).join(', ')}`] } : { help: form }),
  }
}

/** The form of the clause that the failure stands in, or else of the item. */
function formAt(text: string, at: number, as: Failure['as']): string | undefined {
  if (as === 'enc') return clauseForms.enc
  if (as !== 'item') return undefined
  const item = /^(?:override\s+)?([\w.]*)/.exec(text)?.[1] ?? ''
  if (nesting(text, at) === 0) return itemForms[item]
  // The clause on this line: the last word at its start, or after `{` or `;`.
  const line = lineAt(text, at)
  const heads = [...line.text.slice(0, at - line.start).matchAll(/(?:^|[{;])\s*([a-z]\w*)/g)]
  const clause = heads.at(-1)?.[1]
  if (clause !== undefined && clause in clauseForms) return clauseForms[clause]
  return undefined
}

/** In an encoding `0b101` and `0xA9` are written without their marks; in byte streams bits stand in parentheses. */
export function encWordHelp(word: string): string | undefined {
  const marked = /^0([bx])([0-9a-fA-F_]+)$/.exec(word)
  if (!marked?.[2]) return undefined
  return marked[1] === 'x' ? marked[2].toUpperCase() : `(${marked[2].replaceAll('_', ' ')})`
}

/** Digits that are no digits of this isa's encodings, such as `1011` where bytes are hexadecimal; for check/. */
export function encDigitsHelp(word: string, digits: 'bits' | 'hex' | 'octal'): string | undefined {
  if (digits === 'hex') {
    if (/^[01]{3,}$/.test(word)) return `(${word})`
    if (/^[0-9a-f]{2}$/i.test(word)) return word.toUpperCase()
    return undefined
  }
  if (digits === 'octal' || !/^[0-9A-Fa-f]{2,}$/.test(word)) return undefined
  return BigInt(`0x${word}`)
    .toString(2)
    .padStart(word.length * 4, '0')
}

function lineAt(text: string, at: number): { readonly start: number; readonly text: string } {
  const start = text.lastIndexOf('\n', at - 1) + 1
  const end = text.indexOf('\n', start)
  return { start, text: text.slice(start, end < 0 ? text.length : end) }
}

/** The offset of a quote that is still open at `at`. */
function quoteBefore(text: string, lineStart: number, at: number): number | undefined {
  let open: number | undefined
  for (let i = lineStart; i < at; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '"') open = open === undefined ? i : undefined
  }
  return open
}

/** How many brackets are open at `at`. */
function nesting(text: string, at: number): number {
  let depth = 0
  for (const [char] of text
    .slice(0, at)
    .replace(/"[^"\n]*"|\/\/[^\n]*/g, '')
    .matchAll(/[()[\]{}]/g)) {
    depth += '([{'.includes(char) ? 1 : -1
  }
  return depth
}
