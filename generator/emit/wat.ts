/**
 * WebAssembly text as data: instructions in folded form, and their printing. The one place that knows the syntax of
 * WAT.
 *
 * An instruction's operands are instructions that push exactly one value each; a statement pushes none. Nothing here
 * knows guests.
 */

export type WasmType = 'i32' | 'i64'

export type Wat = WatOp | WatIf

/** `text` is the operator with its immediates: "i32.add", "local.get $i1", "i64.const -1", "call $step". */
export interface WatOp {
  readonly kind: 'op'
  readonly text: string
  readonly operands: readonly Wat[]
}
/** With a result each arm's last instruction pushes it. */
export interface WatIf {
  readonly kind: 'if'
  readonly result?: WasmType
  readonly cond: Wat
  readonly then: readonly Wat[]
  readonly otherwise: readonly Wat[]
}

export function op(text: string, ...operands: readonly Wat[]): Wat {
  return { kind: 'op', text, operands }
}
export function constant(type: WasmType, value: bigint | number): Wat {
  return op(`${type}.const ${value}`)
}
export const getLocal = (name: string): Wat => op(`local.get ${name}`)
export const setLocal = (name: string, value: Wat): Wat => op(`local.set ${name}`, value)
/** Sets the local and leaves the value on the stack. */
export const teeLocal = (name: string, value: Wat): Wat => op(`local.tee ${name}`, value)

export function ifValue(result: WasmType, cond: Wat, then: Wat, otherwise: Wat): Wat {
  return { kind: 'if', result, cond, then: [then], otherwise: [otherwise] }
}
export function ifStatement(cond: Wat, then: readonly Wat[], otherwise: readonly Wat[]): Wat {
  return { kind: 'if', cond, then, otherwise }
}

/** The value when it is a constant. */
export function constantValue(wat: Wat): bigint | undefined {
  const found = wat.kind === 'op' ? /^i(?:32|64)\.const (-?\d+)$/.exec(wat.text) : null
  return found?.[1] === undefined ? undefined : BigInt(found[1])
}

/** How many instructions it is, with all arms. */
export function size(wat: Wat): number {
  const total = (list: readonly Wat[]): number => list.reduce((sum, each) => sum + size(each), 0)
  if (wat.kind === 'op') return 1 + total(wat.operands)
  return 2 + size(wat.cond) + total(wat.then) + total(wat.otherwise)
}

const COLUMNS = 110

/** Lines of text, on one line where it is short. */
export function printWat(wat: Wat, indent = ''): string[] {
  const flat = flatText(wat)
  if (flat !== undefined && flat.length + indent.length <= COLUMNS) return [indent + flat]
  const inner = `${indent}  `
  if (wat.kind === 'op') {
    return closed([`${indent}(${wat.text}`, ...wat.operands.flatMap((operand) => printWat(operand, inner))])
  }
  const arm = (word: string, body: readonly Wat[]): string[] => {
    const short = flatList(word, body)
    if (short !== undefined && short.length + inner.length + 2 <= COLUMNS) return [`${inner}(${short})`]
    return closed([`${inner}(${word}`, ...body.flatMap((each) => printWat(each, `${inner}  `))])
  }
  const head = wat.result ? `${indent}(if (result ${wat.result})` : `${indent}(if`
  const arms = [...arm('then', wat.then), ...(wat.otherwise.length === 0 ? [] : arm('else', wat.otherwise))]
  return closed([head, ...printWat(wat.cond, inner), ...arms])
}

function closed(lines: readonly string[]): string[] {
  return [...lines.slice(0, -1), `${lines.at(-1)})`]
}

/** Asked for again at each level that it stands in; null where it is longer than a line. */
const flatTexts = new WeakMap<Wat, string | null>()

function flatText(wat: Wat): string | undefined {
  let text = flatTexts.get(wat)
  if (text === undefined) {
    text = (wat.kind === 'op' ? flatList(wat.text, wat.operands) : flatIf(wat)) ?? null
    if (text !== null) text = `(${text})`
    flatTexts.set(wat, text)
  }
  return text ?? undefined
}
function flatIf({ result, cond, then, otherwise }: WatIf): string | undefined {
  const test = flatList(result ? `if (result ${result})` : 'if', [cond])
  const first = flatList('then', then)
  const second = otherwise.length === 0 ? '' : flatList('else', otherwise)
  if (test === undefined || first === undefined || second === undefined) return undefined
  return `${test} (${first})${second === '' ? '' : ` (${second})`}`
}
/** A word and what follows it; undefined where that is longer than a line. */
function flatList(word: string, list: readonly Wat[]): string | undefined {
  let text = word
  for (const each of list) {
    const flat = flatText(each)
    if (flat === undefined || text.length + flat.length > COLUMNS) return undefined
    text += ` ${flat}`
  }
  return text
}
