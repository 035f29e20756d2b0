/**
 * decoder.ts of a generated isa: which instruction some bytes are, and the record that the engines read.
 *
 * In: encodings and slots (ir/slots.ts). Out: `identify(bytes, at)`, the instruction's number (its place in Isa.instructions) or −1, shared by the
 * disassembler; and `decode`, which fills a record as runtime/abi.ts says. Instruction bytes come as little-endian 32-bit words w0, w1 …
 */

import { RECORD_HANDLER, RECORD_SLOTS } from '../../runtime/abi.ts'
import { children } from '../ir/build.ts'
import { contextRegisters, knownField } from '../ir/context.ts'
import type { Expr, Width } from '../ir/expr.ts'
import { type Field, type Instruction, type Isa, longestEncoding } from '../ir/isa.ts'
import { type Decode, type Decoded, slotted } from '../ir/slots.ts'
import { type DecisionTree, decisionTree, type Test } from './decision-tree.ts'
import { CONTEXT_NAMES, changesOf, leaveLines, writeContext } from './decoder-context.ts'
import { contextVariable, writePrefixes } from './decoder-prefixes.ts'
import { type HelperName, helperTexts } from './ts-arithmetic.ts'
import {
  bitwise,
  clean,
  cleanWord,
  code,
  constantWord,
  literal,
  operand,
  shiftLeft,
  shiftRight,
  type Word,
} from './ts-code.ts'
import { Lines } from './ts-lines.ts'
import { type Leaves, type Value, word, words } from './ts-value.ts'
import { Values } from './ts-values.ts'
import { type TsWriter, tsFile } from './writer.ts'

const reserved = [
  'bytes',
  'at',
  'words',
  'record',
  'match',
  'identify',
  'decode',
  'high',
  'prefixed',
  'start',
  'count',
  'before',
]

export function emitDecoder(isa: Isa): string {
  const all = slotted(isa)
  const registers = contextRegisters(isa)
  const longest = longestEncoding(isa)
  const wordCount = Math.ceil(longest / 4)
  const hasPrefixes = isa.prefixes.length > 0
  const start = hasPrefixes ? 'start' : 'at'
  const helpers = new Set<HelperName>()
  const contexts = [
    ...isa.context.map(({ name }) => name),
    ...(registers?.key ?? []).map(({ name }) => name),
    ...(registers?.followed ?? []).flatMap(({ name }) => [name, knownField(name).slice(1)]),
  ].map(contextVariable)
  const again = isa.refetch && contextVariable(isa.refetch)
  const newLines = (): Lines =>
    new Lines(helpers, [...reserved, ...contexts, ...(registers ? CONTEXT_NAMES : []), ...wordNames(wordCount)])
  const matchLines = matchBody(isa, newLines)
  /** The lines that fill a record. */
  const fill = ({ instruction }: Decode, { handler, slots, leaves }: Decoded, atRest: boolean, lines: Lines): void => {
    const changes = leaves ? changesOf(isa, leaves, atRest) : []
    const early = [...changes.map(({ value }) => value), ...(leaves ? [leaves.ends] : [])]
    const values = fieldValues(instruction, [...slots, ...early], lines, isa.pcWidth)
    const head = handler.number | (instruction.encoding.length << 16)
    const prefixBytes = hasPrefixes ? ' + (before << 16)' : again && !atRest ? ` - (${again} << 16)` : ''
    lines.push(`words[${plus('record', RECORD_HANDLER)}] = 0x${head.toString(16)}${prefixBytes}`)
    slots.forEach((slot, i) => {
      const v = values.word(slot)
      lines.push(`words[record + ${RECORD_SLOTS + i}] = ${v.text}`)
    })
    if (leaves) leaveLines(changes, leaves.ends, values, lines)
  }
  const cases = all.decodes.map((decode, index) => {
    const { instruction, handler, inContext } = decode
    const lines = newLines()
    const bytes = `${instruction.encoding.length}${hasPrefixes ? ' + before' : ''}`
    if (!inContext) fill(decode, decode, true, lines)
    else {
      const wrapped = isa.pcWidth < 32 ? `& ${literal(2 ** isa.pcWidth - 1)}` : '| 0'
      lines.push(`const next = (codePc + ${bytes}${again ? ` - ${again}` : ''}) ${wrapped}`)
      const [then, otherwise] = [decode, inContext].map((one) =>
        lines.nested(() => fill(decode, one, one === decode, lines)),
      )
      lines.pushIf(code('key === 0'), then?.lines ?? [], otherwise?.lines ?? [])
    }
    // A byte that is read twice is read.
    lines.push(`return ${bytes}${again && instruction.encoding.length > 1 ? ` - ${again}` : ''}`)
    const target = instruction.id === handler.instruction.id ? '' : ` as ${handler.instruction.id}`
    return { index, title: `${instruction.id}${target}`, lines: lines.lines }
  })

  const prefixWriter = (w: TsWriter): void =>
    writePrefixes(w, isa, newLines, ({ fields, sets }, lines) =>
      fieldValues(
        { fields },
        sets.map((set) => set.value),
        lines,
      ),
    )

  // Once for the helpers that it needs, which come first in the file.
  tsFile(prefixWriter)
  return tsFile((w) => {
    for (const text of helperTexts(helpers)) w.lines(text.split('\n')).line()
    prefixWriter(w)
    writeContext(w, all)
    w.doc([
      'The instruction at bytes[at], as its number in the spec’s order, or −1. Bytes that are missing count as 0.',
    ])
    w.block('export function identify(bytes: Uint8Array, at: number): number', () => {
      if (registers) w.line('context.start(0, 0)')
      if (hasPrefixes) w.line('const start = at + prefixed(bytes, at)')
      readWords(w, longest, start, again)
      w.line(`return match(${wordNames(wordCount).join(', ')})`)
    })
    w.line()
    w.doc([
      'Fills the record at words[record] (all but its pc); the instruction’s length in bytes, or 0 when there is none.',
    ])
    w.block('export function decode(bytes: Uint8Array, at: number, words: Int32Array, record: number): number', () => {
      if (hasPrefixes) w.line('const before = prefixed(bytes, at)').line('const start = at + before')
      readWords(w, longest, start, again)
      w.block(`switch (match(${wordNames(wordCount).join(', ')}))`, () => {
        for (const { index, title, lines } of cases) {
          w.line(`// ${title}`).block(`case ${index}:`, () => w.lines(lines))
        }
        w.line('default:').line('  return 0')
      })
    })
    w.line()
    w.block(
      `function match(${wordNames(wordCount)
        .map((name) => `${name}: number`)
        .join(', ')}): number`,
      () => w.lines(matchLines),
    )
  })
}

const plus = (base: string, n: number): string => (n === 0 ? base : `${base} + ${n}`)
const wordNames = (count: number): string[] => Array.from({ length: count }, (_, i) => `w${i}`)

/** const w0 = … from up to four bytes each; `again` is 1 where the first is read twice. */
function readWords(w: TsWriter, bytes: number, start: string, again: string | undefined): void {
  for (let first = 0; first < bytes; first += 4) {
    const parts = Array.from({ length: Math.min(4, bytes - first) }, (_, i) => {
      const at = `bytes[${plus(start, first + i)}${again && first + i > 0 ? ` - ${again}` : ''}]`
      return i === 0 ? `(${at} ?? 0)` : `((${at} ?? 0) << ${8 * i})`
    })
    w.line(`const w${first / 4} = ${parts.join(' | ')}`)
  }
}

function matchBody(isa: Isa, newLines: () => Lines): readonly string[] {
  const patterns = isa.instructions.map(({ encoding, when }, index) => ({
    index,
    mask: encoding.mask,
    value: encoding.value,
    conditional: !(when.kind === 'const' && when.value === 1n),
  }))
  const lines: string[] = []
  const print = (tree: DecisionTree, indent: string): void => {
    if (tree.kind === 'tests') {
      for (const test of tree.tests) lines.push(...testLines(isa, test, newLines).map((l) => indent + l))
      const last = tree.tests.at(-1)
      if (last?.mask !== 0n || last.conditional) lines.push(`${indent}return -1`)
      return
    }
    const { low, width } = tree
    const bits = shiftRight(cleanWord(code(`w${low >> 5}`), 32), low & 31, width)
    lines.push(`${indent}switch (${clean(bits).text}) {`)
    for (const { values, tree: inner } of tree.cases) {
      for (let i = 0; i < values.length; i += 16) {
        const labels = values.slice(i, i + 16).map((v) => `case ${literal(v)}:`)
        lines.push(`${indent}  ${labels.join(' ')}`)
      }
      print(inner, `${indent}    `)
    }
    lines.push(`${indent}  default:`)
    print(tree.otherwise, `${indent}    `)
    lines.push(`${indent}}`)
  }
  print(decisionTree(patterns), '')
  return lines
}

/** `if (bits and condition) return index`. A condition that needs lines of its own gets a block. */
function testLines(isa: Isa, test: Test, newLines: () => Lines): string[] {
  const instruction = isa.instructions[test.index]
  if (!instruction) throw new Error('isagen internal: a pattern without instruction')
  const found = `return ${test.index} // ${instruction.id}`
  const tests: string[] = []
  for (let i = 0; test.mask >> BigInt(32 * i) !== 0n; i++) {
    const part = (x: bigint): number => Number(BigInt.asIntN(32, x >> BigInt(32 * i)))
    const mask = part(test.mask)
    if (mask !== 0) tests.push(`(w${i} & ${literal(mask)}) === ${literal(part(test.value))}`)
  }
  const lines = newLines()
  if (test.conditional) {
    const cond = fieldValues(instruction, [instruction.when], lines).condition(instruction.when)
    tests.push(tests.length === 0 ? cond.text : operand(cond, '&&'))
  }
  if (tests.length === 0) return [found]
  const line = `if (${tests.join(' && ')}) ${found}`
  return lines.lines.length === 0 ? [line] : ['{', ...lines.lines.map((l) => `  ${l}`), `  ${line}`, '}']
}

/** Values over an instruction's fields; the fields that the expressions name are bound first, under their names. */
function fieldValues(
  instruction: Pick<Instruction, 'fields'> & { readonly id?: string },
  expressions: readonly Expr[],
  lines: Lines,
  pcWidth: Width = 32,
): Values {
  const uses = new Map<string, number>()
  const visit = (e: Expr): void => {
    if (e.kind === 'field') uses.set(e.name, (uses.get(e.name) ?? 0) + 1)
    children(e).forEach(visit)
  }
  expressions.forEach(visit)
  const bound = new Map<string, Value>()
  const leaf = (name: string, width: Width): Value => {
    const known = bound.get(name)
    if (known) return known
    if (name.startsWith('@')) return contextValue(name.slice(1), width)
    const field = instruction.fields.find((f) => f.name === name)
    if (!field) throw new Error(`isagen internal: ${instruction.id} has no field ${name}`)
    if (field.width !== width)
      throw new Error(`isagen internal: field ${name} of ${instruction.id} has ${field.width} bits, not ${width}`)
    return fieldValue(field)
  }
  const none = (): never => {
    throw new Error(`isagen internal: ${instruction.id} decodes by a value that is not known then`)
  }
  // Only with a context, where the decoder knows its place.
  const pc = (which: 'pc' | 'next'): Value => word(cleanWord(code(which === 'pc' ? 'codePc' : 'next'), pcWidth))
  const leaves: Leaves = { field: leaf, slot: none, pc, local: none, read: none, load: none }
  const values = new Values(leaves, lines)
  for (const [name, count] of uses) {
    const field = instruction.fields.find((f) => f.name === name)
    if (field && count > 1) bound.set(name, values.name(fieldValue(field), name))
  }
  return values
}

/** `@code1` is the second byte behind the prefixes; other names are the decode context's. */
function contextValue(name: string, width: Width): Value {
  const byte = /^code(\d+)$/.exec(name)
  return word(byte ? encodingBits(8 * Number(byte[1]), width) : cleanWord(code(contextVariable(name)), width))
}

/** A field from the words of the instruction. */
export function fieldValue(field: Field): Value {
  const wordAt = (base: number, width: number): Word => {
    let all = constantWord(0, width)
    for (const piece of field.pieces) {
      const from = Math.max(piece.low, base)
      const to = Math.min(piece.low + piece.width, base + width)
      if (from >= to) continue
      const bits = encodingBits(piece.at + from - piece.low, to - from)
      all = bitwise('|', all, shiftLeft(bits, from - base, width))
    }
    return clean(all)
  }
  const { width } = field
  if (width > 64) throw new Error(`isagen internal: field ${field.name} of ${width} bits`)
  return width <= 32 ? word(wordAt(0, width)) : words(wordAt(0, 32), wordAt(32, width - 32))
}
/** At most 32 bits of the encoding. */
function encodingBits(at: number, width: number): Word {
  const from = (index: number): Word => cleanWord(code(`w${index}`), 32)
  const index = at >> 5
  const low = at & 31
  if (low + width <= 32) return shiftRight(from(index), low, width)
  const here = 32 - low
  return bitwise(
    '|',
    shiftRight(from(index), low, width),
    shiftLeft(shiftRight(from(index + 1), 0, width - here), here, width),
  )
}
