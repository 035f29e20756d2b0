/**
 * Artefact assembly.ts: the table that an isa's assembler and disassembler share. Fields and holes, which are the same for most instructions of a
 * family, are constants of their own; the rest is one entry an instruction.
 */

import { field } from '../ir/build.ts'
import type { Expr } from '../ir/expr.ts'
import { invertAll } from '../ir/invert.ts'
import {
  type AsmHole,
  type AsmPart,
  type Field,
  type HolePrint,
  type Instruction,
  type Isa,
  maxPrefixes,
  type Semantics,
  type Syntax,
} from '../ir/isa.ts'
import { conditionFunction, type Imports, solveFunction, valueFunction } from './assembly-functions.ts'
import { type Data, dataText, type Verbatim, verbatim } from './data-text.ts'

const SEAM = 'isagen/runtime/assembly'

export function emitAssembly(isa: Isa): string {
  const imports: Imports = new Set()
  const constants = new Constants()
  const context: Context = { isa, imports, constants, registerFiles: new Map() }
  const instructions = isa.instructions.map((instruction) => instructionData(context, instruction))
  const table: Data = { hexPrefix: isa.hexPrefix, pcWidth: isa.pcWidth, ...prefixData(context), instructions }
  const names = [...imports].sort().join(', ')
  return [
    `import { type AssemblyTable${names === '' ? '' : `, ${names}`} } from '${SEAM}'`,
    '',
    ...constants.lines,
    '',
    `export const table: AssemblyTable = ${dataText(table)}`,
    '',
  ].join('\n')
}

interface Context {
  readonly isa: Isa
  readonly imports: Imports
  readonly constants: Constants
  /** By register. */
  readonly registerFiles: Map<string, Verbatim>
}

function prefixData({ isa, imports }: Context): { readonly [key: string]: Data } {
  if (isa.prefixes.length === 0) return {}
  const each = isa.prefixes.map(
    ({ encoding, fields, sets, word, last }): Data => ({
      mask: Number(encoding.mask),
      value: Number(encoding.value),
      fields: Object.fromEntries(fields.map(({ name, width, pieces }) => [name, [pieces[0]?.at ?? 0, width]])),
      sets: Object.fromEntries(sets.map((s) => [`@${s.context}`, verbatim(valueFunction(s.value, imports))])),
      ...(word === undefined ? {} : { word }),
      ...(last ? { last } : {}),
    }),
  )
  return {
    context: Object.fromEntries(isa.context.map(({ name, initial }) => [`@${name}`, initial])),
    prefixes: { most: maxPrefixes(isa), each },
  }
}

function instructionData(context: Context, instruction: Instruction): Data {
  const { id, encoding, fields, when, syntaxes, semantics } = instruction
  return {
    id,
    length: encoding.length,
    value: verbatim(`0x${encoding.value.toString(16)}n`),
    fields: fields.map((f) => fieldName(context, f)),
    when: conditionData(context, when),
    syntaxes: syntaxes.map((syntax) => syntaxData(context, syntax)),
    delegate: delegateData(context, instruction, semantics),
  }
}

function fieldName({ imports, constants }: Context, { name, width, pieces }: Field): Verbatim {
  imports.add('fieldLayout')
  const places = pieces.map(({ at, low, width }) => [at, low, width])
  return constants.intern(`${name} field`, `fieldLayout(${dataText(name)}, ${width}, ${dataText(places)})`)
}

function syntaxData(context: Context, { mnemonic, operands, fixed, condition }: Syntax): Data {
  const parts = (all: readonly AsmPart[]): Data => all.map((part) => partData(context, part))
  return {
    mnemonic: parts(mnemonic),
    operands: parts(operands),
    fixed: Object.keys(fixed).length > 0 ? fixed : undefined,
    condition: conditionData(context, condition),
  }
}
/** undefined for a condition that always holds. */
function conditionData({ imports }: Context, condition: Expr): Verbatim | undefined {
  if (condition.kind === 'const' && condition.value === 1n) return undefined
  return verbatim(conditionFunction(condition, imports))
}

function partData(context: Context, part: AsmPart): Data {
  switch (part.kind) {
    case 'text':
      return part.text
    case 'hole':
      return holeName(context, part)
    case 'choice':
      return choiceName(context, part)
  }
}

/** A choice is most of the text of an operand, and the same in all instructions that have it. */
function choiceName(context: Context, part: AsmPart & { kind: 'choice' }): Verbatim {
  context.imports.add('choice')
  const arms = part.choices.map(({ when, fixed, parts }) => ({
    when: verbatim(conditionFunction(when, context.imports)),
    fixed: Object.keys(fixed).length > 0 ? fixed : undefined,
    parts: parts.map((inner) => partData(context, inner)),
  }))
  return context.constants.intern('choice', `choice(${dataText(arms)})`)
}
function holeName(context: Context, { name, print, value, solve }: AsmHole): Verbatim {
  const { imports, constants } = context
  imports.add('hole')
  const solved = Object.fromEntries(solve.map((s) => [s.field, verbatim(solveFunction(s.value, imports))]))
  const args = [
    dataText(name),
    String(value.width),
    dataText(printData(context, print)),
    valueFunction(value, imports),
    dataText(solved),
  ]
  return constants.intern(name === '' ? 'operand' : name, `hole(${args.join(', ')})`)
}

function printData(context: Context, print: HolePrint): Data {
  const { imports, constants } = context
  switch (print.kind) {
    case 'register':
      return { kind: 'register', file: registerFileName(context, print.register) }
    case 'named':
      imports.add('nameTable')
      return { kind: 'named', names: constants.intern('names', `nameTable(${dataText(print.names)})`) }
    default:
      return { ...print }
  }
}

function registerFileName({ isa, imports, constants, registerFiles }: Context, name: string): Verbatim {
  const known = registerFiles.get(name)
  if (known) return known
  const register = isa.registers.find((r) => r.name === name)
  if (!register) throw new Error(`isagen internal: no register ${name}`)
  imports.add('registerFile')
  const also = Object.keys(register.also).length > 0 ? `, ${dataText(register.also)}` : ''
  const text = `registerFile(${dataText(register.name)}, ${dataText(register.names)}${also})`
  const made = constants.intern(`${register.name} names`, text)
  registerFiles.set(name, made)
  return made
}

function delegateData({ isa, imports }: Context, instruction: Instruction, semantics: Semantics): Data {
  if (semantics.kind !== 'delegate') return undefined
  const index = isa.instructions.findIndex(({ id }) => id === semantics.target)
  const target = isa.instructions[index]
  if (!target)
    throw new Error(`isagen internal: ${instruction.id} stands for ${semantics.target}, which does not exist`)
  const equations = target.fields.flatMap(({ name, width }) => {
    const expression = semantics.fields[name]
    return expression ? [{ expression, value: field(name, width) }] : []
  })
  const functions = (all: readonly (readonly [string, Expr])[]): Data =>
    Object.fromEntries(all.map(([name, e]) => [name, verbatim(valueFunction(e, imports))]))
  return {
    target: verbatim(`${index} /* ${target.id} */`),
    fields: functions(Object.entries(semantics.fields)),
    solve: functions(invertAll(equations).map((s) => [s.field, s.value])),
  }
}

/** Constants of the file, each text once, named after what it is. */
class Constants {
  readonly lines: string[] = []
  readonly #byText = new Map<string, Verbatim>()
  readonly #names = new Set<string>(['table'])

  intern(base: string, text: string): Verbatim {
    const known = this.#byText.get(text)
    if (known) return known
    const name = this.#unused(identifier(base))
    this.lines.push(`const ${name} = ${text}`)
    this.#names.add(name)
    this.#byText.set(text, verbatim(name))
    return verbatim(name)
  }
  #unused(base: string): string {
    if (!this.#names.has(base) && !reserved.has(base)) return base
    for (let i = 2; ; i++) if (!this.#names.has(`${base}${i}`)) return `${base}${i}`
  }
}
/** What the file imports, and words of the language that a field may well be called. */
const reserved: ReadonlySet<string> = new Set(
  (
    'hole choice fieldLayout registerFile nameTable wrap signed sx bits bit shl lshr ashr udiv urem sdiv srem popcount clz ctz ' +
    'in of do if for let new try var case else enum this true void with false break class const super while'
  ).split(' '),
)
/** "pc + imm" → pcImm */
function identifier(text: string): string {
  const words = text.split(/\W+/).filter((word) => word !== '')
  const camel = words.map((word, i) => (i === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join('')
  return /^[A-Za-z_]/.test(camel) ? camel : `_${camel}`
}
