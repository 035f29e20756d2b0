/**
 * Canonical text of a spec: parse(print(tree)) is the same tree but for spans, and print(parse(print(tree))) the same
 * text. Doc comments are kept, other comments are not in the tree. In: the syntax tree. Out: text.
 */

import type {
  At,
  Is,
  Item,
  Name,
  OperandField,
  OperandItem,
  Param,
  PseudoArm,
  RegName,
  Setting,
  SpecFile,
  VectorKey,
} from './ast.ts'
import { bracedClauses, clausesText, initText, namesText, testText } from './print-clause.ts'
import {
  encText,
  exprLines,
  exprText,
  fittingBlock,
  LINE_WIDTH,
  listText,
  stringText,
  templateText,
  typedText,
  typeText,
  whenText,
} from './print-expression.ts'

/** Kinds of items that stand together though they differ. */
const groups: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      'isa',
      'part',
      'family',
      'requires',
      'conflicts',
      'unit',
      'endian',
      'digits',
      'hex',
      'maxlen',
      'refetch',
      'param',
    ].map((kind) => [kind, 'head']),
  ),
  base: 'option',
  alias: 'alias',
  pseudo: 'alias',
}

export function printSpec(spec: SpecFile): string {
  let text = spec.doc.map((line) => docLine('//!', line)).join('')
  let before: { group: string; lines: number } | undefined
  for (const item of spec.items) {
    const printed = printItem(item)
    const lines = item.doc.length + printed.split('\n').length
    // One-line items of a kind stand together; all else is set apart.
    const group = groups[item.kind] ?? item.kind
    const together = before?.group === group && before.lines === 1 && lines === 1
    text += `${before === undefined || together ? '' : '\n'}${item.doc.map((line) => docLine('///', line)).join('')}${printed}\n`
    before = { group, lines }
  }
  return text
}

function docLine(mark: string, text: string): string {
  return `${mark} ${text}`.trimEnd().concat('\n')
}

/** One item without its doc lines. */
export function printItem(item: Item): string {
  return (item.override ? 'override ' : '') + declarationText(item)
}

function declarationText(item: Item): string {
  switch (item.kind) {
    case 'isa':
      return `isa ${item.name.text}${titleText(item.title)}${sumText(item)}`
    case 'family': {
      const spellings = item.spellings.map(({ kind, text }) => ` ${kind} ${stringText(text)}`).join('')
      return `family ${item.name.text}${titleText(item.title)}${spellings}`
    }
    case 'base':
    case 'option': {
      const version = item.version ? ` ${item.version.major}.${item.version.minor}` : ''
      const beside = item.beside.length > 0 ? ` beside ${namesText(item.beside)}` : ''
      return `${item.kind} ${item.name.text}${version}${beside}${sumText(item)}`
    }
    case 'part':
      return `part ${item.name.text}${titleText(item.title)}`
    case 'requires':
    case 'conflicts':
    case 'remove':
      return `${item.kind} ${namesText(item.names)}`
    case 'unit':
    case 'maxlen':
      return `${item.kind} ${item.value}`
    case 'endian':
      return `endian ${exprText(item.value)}`
    case 'hex':
      return `hex ${stringText(item.prefix)}`
    case 'digits':
    case 'refetch':
      return `${item.kind} ${item.value.text}`
    case 'param':
      return `param ${item.name.text}${item.choices.length > 0 ? ` in ${listText(item.choices)}` : ''}${initText(item.value)}`
    case 'let': {
      const head = `let ${item.name.text}${typedText(item.type)} = `
      return head + exprLines(item.value, 0, head.length)
    }
    case 'reg':
      return withClauses(
        `reg ${item.names.map(regText).join(', ')}${typedText(item.type)}${atText(item.at)}`,
        item.clauses,
      )
    case 'view': {
      const params = item.params.map((list) => `[${paramsText(list)}]`).join('')
      const head = `view ${item.name.text}${params}${typedText(item.type)}${atText(item.at)}`
      return withClauses(withIs(head, item.is), item.clauses)
    }
    case 'type':
      return withClauses(`type ${item.name.text}${typedText(item.type)}`, item.clauses)
    case 'space':
      return withClauses(`space ${item.name.text}[${typeText(item.index)}]${typedText(item.type)}`, item.clauses)
    case 'mem':
      return withClauses(`mem ${item.name.text}${typedText(item.type)}`, item.clauses)
    case 'context':
      return `context ${namesText(item.names)}${typedText(item.type)} = ${exprText(item.value)}`
    case 'trap': {
      const params = item.params.length > 0 ? `(${paramsText(item.params)})` : ''
      return `trap ${item.name.text}${params}${initText(item.value)}`
    }
    case 'fn': {
      const head = `fn ${item.name.text}(${paramsText(item.params)})${typedText(item.type)} `
      return head + fittingBlock(item.body, 0, head.length)
    }
    case 'operand':
      return withClauses(withIs(operandHead(item), item.is), item.clauses)
    case 'prefix': {
      const head = `prefix ${item.last ? 'last ' : ''}${encText(item.enc)}${titleText(item.text)} `
      return head + fittingBlock(item.body, 0, head.length)
    }
    case 'insn': {
      const head = `insn ${item.name.text}`
      return head + bracedClauses(item.clauses, head.length)
    }
    case 'alias':
    case 'pseudo':
      return `${item.kind} ${templateText(item.template)} = ${linesText(item.lines)}${whenText(item.when)}`
    case 'choice':
      return `pseudo ${templateText(item.template)} {\n${item.arms.map((arm) => `  ${armText(arm)}\n`).join('')}}`
    case 'fuse': {
      const head = `fuse ${linesText(item.templates)}`
      return item.body ? `${head} ${fittingBlock(item.body, 0, head.length + 1)}` : head
    }
    case 'on': {
      const params = item.params.length > 0 ? `(${paramsText(item.params)})` : ''
      const head = `on ${item.event.text}${params}${whenText(item.when)} `
      return head + fittingBlock(item.body, 0, head.length)
    }
    case 'vectors':
      return vectorsText(item.folder, item.keys)
    case 'reserved':
      return `reserved ${encText(item.enc)}${titleText(item.text)}`
    case 'test':
      return testText(item)
  }
}

function withClauses(head: string, clauses: Parameters<typeof clausesText>[0]): string {
  return head + clausesText(clauses, head.length - head.lastIndexOf('\n') - 1)
}

function withIs(head: string, is: Is | undefined): string {
  if (!is) return head
  if (is.kind === 'oneOf') return `${head} = one of ${listText(is.choices)}`
  return `${head} = ${exprLines(is.value, 0, head.length + 3)}`
}

function operandHead({ names, width, fields, slot, type }: OperandItem): string {
  const list = `${namesText(names)}${width ? `${names.length > 1 ? ' ' : ''}[${width.text}]` : ''}`
  const apart = names.length > 1 || width ? ' ' : ''
  const inner = fields.length > 0 ? `${apart}(${fields.map(fieldText).join(', ')})` : ''
  return `operand ${list}${inner}${slot ? ` /${slot.name.text}:${slot.width}` : ''}${typedText(type)}`
}

function fieldText({ name, width }: OperandField): string {
  return width === undefined ? name.text : `${name.text}:${width}`
}

function regText({ name, count }: RegName): string {
  return count ? `${name.text}[${exprText(count)}]` : name.text
}

function sumText(item: { readonly sum: readonly Name[]; readonly settings: readonly Setting[] }): string {
  const settings = item.settings.map(({ name, value }) => `${name.text} = ${exprText(value)}`).join(', ')
  const sum = item.sum.map((name) => name.text).join(' + ')
  return `${sum && ` = ${sum}`}${settings && ` with ${settings}`}`
}

function atText(at: At | undefined): string {
  return at ? ` at ${at.space.text}[${exprText(at.index)}]` : ''
}

function paramsText(params: readonly Param[]): string {
  return params.map(({ name, type }) => `${name.text}${typedText(type)}`).join(', ')
}

function titleText(title: string | undefined): string {
  return title === undefined || title === '' ? '' : ` ${stringText(title)}`
}

function linesText(lines: readonly Parameters<typeof templateText>[0][]): string {
  return lines.map(templateText).join(', ')
}

function armText({ when, lines }: PseudoArm): string {
  return `${when ? `when ${exprText(when)}` : 'else'} => ${linesText(lines)}`
}

function vectorsText(folder: string, keys: readonly VectorKey[]): string {
  const pairs = keys.map(({ path, place, given }) => {
    const plain = /^[A-Za-z_][\w.']*$/.test(path)
    return `${given ? 'given ' : ''}${plain ? path : stringText(path)} = ${exprText(place)}`
  })
  const flat = `vectors ${stringText(folder)} { ${pairs.join('; ')} }`
  if (flat.length <= LINE_WIDTH) return flat
  return `vectors ${stringText(folder)} {\n${pairs.map((pair) => `  ${pair}\n`).join('')}}`
}
