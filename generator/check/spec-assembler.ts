/** An assembler for a machine that is being checked: the assembly engine over tables whose functions evaluate IR. For the spec's own tests. */

import type { Assemble } from '../../runtime/abi.ts'
import { createAssembler, fieldLayout, hole, nameTable, registerFile } from '../../runtime/assembly/index.ts'
import type * as Table from '../../runtime/assembly/table.ts'
import { evaluateExpr } from '../ir/evaluate.ts'
import type { Expr } from '../ir/expr.ts'
import { type AsmHole, type AsmPart, type HolePrint, type Isa, maxPrefixes, type Pseudo } from '../ir/isa.ts'

/** The machine, and the value of a register of the decode context when asked. */
interface Setting {
  readonly isa: Isa
  readonly context: (register: string) => bigint
  /** Made once each. */
  readonly files: Map<string, ReturnType<typeof registerFile>>
  readonly tables: Map<Readonly<Record<string, bigint>>, ReturnType<typeof nameTable>>
}

export function specAssembler(isa: Isa, context: Setting['context']): Assemble {
  const on: Setting = { isa, context, files: new Map(), tables: new Map() }
  const table: Table.AssemblyTable = {
    hexPrefix: isa.hexPrefix,
    pcWidth: isa.pcWidth,
    ...prefixes(on),
    instructions: isa.instructions.map((i) => ({
      id: i.id,
      length: i.encoding.length,
      value: i.encoding.value,
      fields: i.fields.map((f) =>
        fieldLayout(
          f.name,
          f.width,
          f.pieces.map((p) => [p.at, p.low, p.width] as const),
        ),
      ),
      when: conditionOf(on, i.when),
      syntaxes: i.syntaxes.map((s) => ({
        mnemonic: s.mnemonic.map((p) => part(on, p)),
        operands: s.operands.map((p) => part(on, p)),
        fixed: s.fixed,
        condition: conditionOf(on, s.condition),
      })),
    })),
  }
  return createAssembler(
    table,
    isa.pseudos.map((p) => pseudo(on, p)),
  )
}

function prefixes(on: Setting): Pick<Table.AssemblyTable, 'context' | 'prefixes'> {
  const { isa } = on
  if (isa.prefixes.length === 0) return {}
  const each = isa.prefixes.map(
    ({ encoding, fields, sets, word, last }): Table.Prefix => ({
      mask: Number(encoding.mask),
      value: Number(encoding.value),
      fields: Object.fromEntries(fields.map(({ name, width, pieces }) => [name, [pieces[0]?.at ?? 0, width] as const])),
      sets: Object.fromEntries(sets.map((s) => [`@${s.context}`, valueFrom(on, s.value)])),
      ...(word === undefined ? {} : { word }),
      last,
    }),
  )
  const context = Object.fromEntries(isa.context.map(({ name, initial }) => [`@${name}`, initial]))
  return { context, prefixes: { most: maxPrefixes(isa), each } }
}

const valueFrom =
  (on: Setting, e: Expr): Table.Value =>
  (fields, at) =>
    evaluateExpr(e, { fields: inContext(on, fields), pc: at.pc, next: at.next })
const conditionOf =
  (on: Setting, e: Expr): Table.Condition =>
  (fields, at) =>
    evaluateExpr(e, { fields: inContext(on, fields), holes: fields, pc: at.pc, next: at.next }) === 1n
/** Fields, and the decode context by `@name`. */
function inContext({ context }: Setting, fields: Table.Fields): Table.Fields {
  return new Proxy(fields, { get: (own, name) => own[String(name)] ?? context(String(name).slice(1)) })
}

function part(on: Setting, p: AsmPart): Table.Part {
  switch (p.kind) {
    case 'text':
      return p.text
    case 'hole':
      return holeOf(on, p)
    case 'choice':
      return {
        arms: p.choices.map((c) => ({
          when: conditionOf(on, c.when),
          fixed: c.fixed,
          parts: c.parts.map((inner) => part(on, inner)),
        })),
      }
  }
}
function holeOf(on: Setting, h: AsmHole): Table.Hole {
  const solve = Object.fromEntries(
    h.solve.map((s): [string, Table.Solve] => [
      s.field,
      (read, at, fields) =>
        evaluateExpr(s.value, {
          fields: inContext(on, fields),
          holes: new Proxy({}, { get: () => read }) as Record<string, bigint>,
          pc: at.pc,
          next: at.next,
        }),
    ]),
  )
  return hole(h.name, h.value.width, printOf(on, h.print), valueFrom(on, h.value), solve)
}
function printOf({ isa, files, tables }: Setting, print: HolePrint): Table.HolePrint {
  switch (print.kind) {
    case 'register': {
      const register = isa.registers.find((r) => r.name === print.register)
      const file = files.get(print.register) ?? registerFile(print.register, register?.names ?? [], register?.also)
      files.set(print.register, file)
      return { kind: 'register', file }
    }
    case 'named': {
      const names = tables.get(print.names) ?? nameTable(print.names)
      tables.set(print.names, names)
      return { kind: 'named', names }
    }
    default:
      return print
  }
}
function pseudo(on: Setting, p: Pseudo): Table.Pseudo {
  const value =
    (e: Expr): Table.Value =>
    (fields, at) =>
      evaluateExpr(e, { holes: fields, pc: at.pc, next: at.next })
  return {
    mnemonic: p.mnemonic,
    operands: p.operands.map((o) =>
      o.kind === 'text' ? o.text : o.number ? { name: o.name, width: on.isa.pcWidth } : { name: o.name },
    ),
    arms: p.arms.map((arm) => ({
      ...(arm.when ? { when: conditionOf(on, arm.when) } : {}),
      lines: arm.lines.map((line) =>
        line.map((l) =>
          l.kind === 'text'
            ? l.text
            : l.kind === 'param'
              ? { param: l.name }
              : { value: value(l.value), width: l.value.width },
        ),
      ),
    })),
  }
}
