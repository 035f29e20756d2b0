/**
 * What is said when the text does not parse. The parser only knows how far it came; its own list of what it expected
 * has thirty entries. So a table goes from what stands there to one fact and one line to paste: first habits from other
 * languages (`:=`, `&&`, `M8(`), then what is missing, at last the form of the item or clause.
 */

import { closest } from '../diagnostics/closest.ts'

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

/** The form of each item, by its first word. */
const itemForms: Readonly<Record<string, string>> = {
  isa: 'isa NAME "TITLE" = PART + PART with PARAM = VALUE',
  part: 'part NAME "TITLE"',
  requires: 'requires PART, PART',
  conflicts: 'conflicts PART, PART',
  remove: 'remove NAME, NAME',
  unit: 'unit 8',
  maxlen: 'maxlen BYTES',
  endian: 'endian little',
  digits: 'digits hex',
  param: 'param NAME in VALUE, VALUE = VALUE',
  let: 'let NAME = VALUE',
  reg: 'reg NAME[COUNT] : TYPE { … }',
  view: 'view NAME[i : TYPE] : TYPE = PLACE',
  type: 'type NAME : TYPE { bits … }',
  space: 'space NAME[TYPE] : TYPE { … }',
  mem: 'mem NAME : TYPE',
  context: 'context NAME : TYPE = VALUE',
  trap: 'trap NAME(PARAM : TYPE) = NUMBER',
  fn: 'fn NAME(PARAM : TYPE) : TYPE { … }',
  operand: 'operand NAME(FIELD:WIDTH) : TYPE = PLACE { … }',
  prefix: 'prefix ENCODING "WORD" { CONTEXT = VALUE }',
  insn: 'insn NAME { enc …; asm "…"; exec { … } }',
  alias: 'alias "TEXT" = "INSTRUCTION"',
  pseudo: 'pseudo "TEXT" = "INSTRUCTION", "INSTRUCTION"',
  fuse: 'fuse "INSTRUCTION", "INSTRUCTION"',
  on: 'on EVENT { … }',
  vectors: 'vectors "FOLDER" { KEY = PLACE }',
  reserved: 'reserved ENCODING "WHY"',
  test: 'test "INSTRUCTION" { PLACE = VALUE } => { PLACE = VALUE }',
  override: 'override insn NAME { … }',
}

/** The form of each clause, by its first word. */
const clauseForms: Readonly<Record<string, string>> = {
  enc: 'enc imm[11:0] rs1 000 rd 0010011',
  bits: 'bits NAME NAME:WIDTH _:2 0',
  name: 'name "TEXT"',
  asm: 'asm "{OPERAND}, {OPERAND}"',
  names: 'names "r0-r15"',
  also: 'also "x0-x31"',
  is: 'is "INSTRUCTION"',
  exec: 'exec { … }',
  read: 'read { … }',
  missing: 'missing { … }',
  write: 'write VALUE { … }',
  encode: 'encode VALUE { FIELD = … }',
  rows: 'rows COLUMN COLUMN { CELL CELL; CELL CELL }',
  value: 'value EXPRESSION',
  cycles: 'cycles EXPRESSION',
  reset: 'reset EXPRESSION',
  hardwired: 'hardwired INDEX = VALUE',
  warl: 'warl FIELD in VALUE, VALUE',
  readonly: 'readonly FIELD = VALUE',
  w1c: 'w1c FIELD, FIELD',
  only: 'only FIELD, FIELD',
  context: 'context PLACE, PLACE',
  key: 'key PLACE, PLACE',
  through: 'through FUNCTION',
  let: 'let NAME = VALUE',
  when: 'when CONDITION',
  test: itemForms.test as string,
}

const keywordList =
  'let var if else match for in is when jump call return trap commit fence wait execute atomic undef and or not'
const keywords = new Set(keywordList.split(' '))

/**
 * One habit. `before` must match the text up to the failure, `at` the text from there. The caret stands under the
 * match of the last group named `here`, or else under what `at` matched.
 */
interface Habit {
  readonly before?: RegExp
  readonly at?: RegExp
  readonly message: string
  readonly help?: string | ((found: string) => string)
}

const habits: readonly Habit[] = [
  { at: /^:=/, message: 'assignment is `=`', help: '=' },
  {
    at: /^(\+|-|\*|\/|%|&|\||\^|<<|>>)=/,
    before: /(?<here>[\w.']+(\[[^\]\n]*\])?)\s*$/,
    message: 'there is no compound assignment',
    help: (place) => `${place} = ${place} …`,
  },
  { before: /(\+|-|\*|\/|%|&|\||\^|<<|>>)$/, at: /^=/, message: 'there is no compound assignment', help: 'a = a + b' },
  { at: /^&&/, message: '`&&` is written `and`', help: 'and' },
  { before: /&$/, at: /^&/, message: '`&&` is written `and`', help: 'and' },
  { at: /^\|\|/, message: '`||` is written `or`', help: 'or' },
  { before: /\|$/, at: /^\|/, message: '`||` is written `or`', help: 'or' },
  { at: /^!(?!=)/, message: '`!` is written `not`', help: 'not' },
  { at: /^\?/, message: 'a choice is written with `if`', help: 'if CONDITION { a } else { b }' },
  { at: /^===?/, before: /=\s*$|==$/, message: 'comparison is `==`', help: '==' },
  { before: />>$/, at: /^>/, message: '`>>` shifts in zeros, `>>s` the sign', help: '>>s' },
  { before: /\*$/, at: /^\*/, message: 'there is no power operator', help: '1 << n' },
  {
    before: /(?<here>(<=|>=|>>|<|>|\/|%)u)\s+$/,
    at: /^[\w(~-]/,
    message: 'operators without a mark are unsigned',
    help: (found) => found.slice(0, -1),
  },
  {
    before: /(?<here>\b(elif|elsif|elseif))\s+$/,
    message: 'a further condition is `else if`',
    help: 'else if',
  },
  { at: /^(elif|elsif|elseif)\b/, message: 'a further condition is `else if`', help: 'else if' },
  {
    before: /(?<here>\bwhile)\s+[^;\n{}]*$/,
    message: 'there is no `while`: what repeats has a bound',
    help: 'for i in 0..16 { … }',
  },
  { before: /\bif\b[^;\n{}]*$/, at: /^(then|:)/, message: 'what `if` does stands in { }', help: 'if CONDITION { … }' },
  {
    before: /\b(if|match|when)\b[^;\n{}]*$/,
    at: /^=(?![=>])/,
    message: '`=` assigns; comparison is `==`',
    help: '==',
  },
  { at: /^->/, before: /\)\s*$/, message: 'the type of a result follows `:`', help: ': b8' },
  { at: /^->/, message: '`->` is written `=>`', help: '=>' },
  { at: /^:/, before: /\bmatch\b[^;]*[{;\n]\s*[^;{}\n]+$/, message: 'an arm is written with `=>`', help: '=>' },
  { before: /\/$/, at: /^\*/, message: 'a comment starts with `//` and ends with its line', help: '//' },
  { at: /^#/, message: 'a comment starts with `//`', help: '//' },
  { at: /^@/, message: '`@` has no meaning here' },
  {
    before: /\b(asm|name|is|names|also)\s*$/,
    at: /^[^"\s]/,
    message: 'a template stands in quotes',
    help: '"{rd}, {rs1}"',
  },
  {
    before: /\b(alias|pseudo|fuse|test)\s*$/,
    at: /^[^"\s]/,
    message: 'an instruction stands in quotes',
    help: '"nop"',
  },
  { before: /\b(exec|read|missing)\s*$/, at: /^[^{]/, message: 'code stands in { }', help: '{ … }' },
  { before: /\b0[bB](?<here>\w*)$/, message: 'a binary number has the digits 0 and 1', help: '0b101' },
  { at: /^0[bB]\w*/, message: 'this is not a binary number', help: '0b101' },
  { at: /^0[xX]\w*/, message: 'this is not a hexadecimal number', help: '0xFF' },
  {
    at: /^[0-9a-fA-F]+[hH]\b/,
    message: 'a hexadecimal number starts with 0x',
    help: (found) => `0x${found.slice(0, -1)}`,
  },
  { at: /^\$[0-9a-fA-F]+/, message: 'a hexadecimal number starts with 0x', help: (found) => `0x${found.slice(1)}` },
]

/** One fact and one line of help for a text that does not parse. */
export function explain(failure: Failure): Hint {
  return fromHabit(failure) ?? fromItem(failure) ?? fromTemplate(failure) ?? fromKeyword(failure) ?? fromForm(failure)
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
    const help = typeof habit.help === 'function' ? habit.help(found) : habit.help
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
    const meant = closest(word, Object.keys(itemForms))
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
    !insideBrackets(text, at)
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
  let start = at
  while (start < text.length && /[ \t\r]/.test(text.charAt(start))) start++
  const token = /^("[^"\n]*"?|[\w.']+|=>|[<>=!]=|<<|>>|\.\.|[^\s])/.exec(text.slice(start))?.[0]
  const found =
    token !== undefined
      ? `\`${token}\` is not expected here`
      : text[start] === '\n'
        ? 'the line ends too early'
        : 'the text ends too early'
  const end = start + (token?.length ?? 1)
  const form = formAt(text, at, as)
  return { message: found, start, end, ...(form === undefined ? {} : { help: form }) }
}

/** The form of the clause that the failure stands in, or else of the item. */
function formAt(text: string, at: number, as: Failure['as']): string | undefined {
  if (as === 'enc') return clauseForms.enc
  if (as !== 'item') return undefined
  const item = /^(?:override\s+)?([\w.]*)/.exec(text)?.[1] ?? ''
  if (!insideBrackets(text, at)) return itemForms[item]
  // The clause on this line: the last word at its start, or after `{` or `;`.
  const line = lineAt(text, at)
  const heads = [...line.text.slice(0, at - line.start).matchAll(/(?:^|[{;])\s*([a-z]\w*)/g)]
  const clause = heads.at(-1)?.[1]
  if (clause !== undefined && clause in clauseForms) return clauseForms[clause]
  // No clause at all: `word` that was probably meant as one.
  const word = /^\s*([a-z]\w*)/.exec(text.slice(at))?.[1] ?? clause
  return word === undefined ? undefined : closest(word, Object.keys(clauseForms))
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

function insideBrackets(text: string, at: number): boolean {
  let depth = 0
  for (const [char] of text
    .slice(0, at)
    .replace(/"[^"\n]*"|\/\/[^\n]*/g, '')
    .matchAll(/[()[\]{}]/g)) {
    depth += '([{'.includes(char) ? 1 : -1
  }
  return depth > 0
}
