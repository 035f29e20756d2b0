/** Actions for items: what stands in column 0. */

import type { ActionDict } from 'ohm-js'
import type {
  At,
  Block,
  Clause,
  Declaration,
  Expr,
  Is,
  Name,
  OperandField,
  OperandItem,
  Param,
  PseudoArm,
  RegName,
  Setting,
  Spelling,
  Template,
  Type,
  VectorKey,
  Version,
} from '../ast.ts'
import {
  blockOf,
  clausesOf,
  defined,
  eachOf,
  encOf,
  exprOf,
  itemsOf,
  listOf,
  maybe,
  nameOf,
  numberOf,
  templateOf,
  treeOf,
  typeOf,
} from './nodes.ts'
import { currentSource, spanOf } from './source.ts'

/** An item as the grammar knows it: without doc lines and span. */
export interface ItemTree {
  readonly override: boolean
  readonly declaration: Declaration
}

export const itemActions: ActionDict<unknown> = {
  Item: (override, declaration, _gap): ItemTree => ({
    override: override.children.length > 0,
    declaration: treeOf<Declaration>(declaration),
  }),
  Decl_isa(_isa, name, title, sum): Declaration {
    const { names, settings } = maybe<{ names: Name[]; settings: Setting[] }>(sum) ?? { names: [], settings: [] }
    return { kind: 'isa', name: nameOf(name), title: maybe<string>(title) ?? '', sum: names, settings }
  },
  Sum(_equals, _gap, names, settings) {
    return {
      names: names.asIteration().children.map(nameOf),
      settings: maybe<readonly Setting[]>(settings) ?? [],
    }
  },
  With: (_with, settings) => itemsOf<Setting>(settings),
  Setting: (name, value): Setting => ({ name: nameOf(name), value: exprOf(value) }),
  Decl_part: (_part, name, title): Declaration => ({
    kind: 'part',
    name: nameOf(name),
    title: maybe<string>(title) ?? '',
  }),
  Decl_family: (_family, name, title, spellings): Declaration => ({
    kind: 'family',
    name: nameOf(name),
    title: maybe<string>(title) ?? '',
    spellings: eachOf<Spelling>(spellings),
  }),
  Spelling: (keyword, text) => ({ kind: keyword.sourceString, text: treeOf<string>(text) }),
  Decl_option(keyword, name, version, beside, sum) {
    const { names, settings } = maybe<{ names: Name[]; settings: Setting[] }>(sum) ?? { names: [], settings: [] }
    return {
      kind: keyword.sourceString,
      name: nameOf(name),
      ...defined({ version: maybe<Version>(version) }),
      beside: maybe<readonly Name[]>(beside) ?? [],
      sum: names,
      settings,
    }
  },
  Beside: (_beside, names) => listOf<Name>(names),
  revision(_major, _dot, _minor): Version {
    const [major = 0, minor = 0] = this.sourceString.split('.').map(Number)
    return { major, minor }
  },
  Decl_names: (keyword, names) => ({ kind: keyword.sourceString, names: listOf<Name>(names) }),
  Decl_number: (keyword, value) => ({ kind: keyword.sourceString, value: numberOf(value) }),
  Decl_endian: (_endian, value): Declaration => ({ kind: 'endian', value: exprOf(value) }),
  Decl_hex: (_hex, prefix): Declaration => ({ kind: 'hex', prefix: treeOf<string>(prefix) }),
  Decl_digits: (_digits, value): Declaration => ({ kind: 'digits', value: nameOf(value) }),
  Decl_refetch: (_refetch, value): Declaration => ({ kind: 'refetch', value: nameOf(value) }),
  Decl_param: (_param, name, choices, value): Declaration => ({
    kind: 'param',
    name: nameOf(name),
    choices: maybe<readonly Expr[]>(choices) ?? [],
    ...defined({ value: maybe<Expr>(value) }),
  }),
  Among: (_in, list) => listOf<Expr>(list),
  Decl_let: (_let, name, type, value): Declaration => ({
    kind: 'let',
    name: nameOf(name),
    ...defined({ type: maybe<Type>(type) }),
    value: exprOf(value),
  }),
  Decl_reg: (_reg, names, type, at, clauses): Declaration => ({
    kind: 'reg',
    names: itemsOf<RegName>(names),
    type: typeOf(type),
    ...defined({ at: maybe<At>(at) }),
    clauses: clausesOf(clauses),
  }),
  RegName: (name, count): RegName => ({ name: nameOf(name), ...defined({ count: maybe<Expr>(count) }) }),
  Count: (_open, _g, count, _g2, _close) => exprOf(count),
  At: (_at, space, index): At => ({ space: nameOf(space), index: exprOf(index) }),
  Decl_view: (_view, name, params, type, at, is, clauses): Declaration => ({
    kind: 'view',
    name: nameOf(name),
    params: eachOf<readonly Param[]>(params),
    type: typeOf(type),
    ...defined({ at: maybe<At>(at), is: maybe<Is>(is) }),
    clauses: clausesOf(clauses),
  }),
  ParamBox: (_open, _g, params, _g2, _close) => itemsOf<Param>(params),
  ParamList: (_open, _g, params, _g2, _close) => itemsOf<Param>(params),
  Param: (name, type): Param => ({ name: nameOf(name), ...defined({ type: maybe<Type>(type) }) }),
  Is: (_equals, _gap, is): Is =>
    is.ctorName === 'OneOf' ? { kind: 'oneOf', choices: listOf<Expr>(is) } : { kind: 'value', value: exprOf(is) },
  OneOf: (_one, _of, list) => listOf<Expr>(list),
  Decl_type: (_type, name, type, clauses): Declaration => ({
    kind: 'type',
    name: nameOf(name),
    type: typeOf(type),
    clauses: listOf<Clause>(clauses),
  }),
  Decl_space: (_space, name, _open, index, _close, type, clauses): Declaration => ({
    kind: 'space',
    name: nameOf(name),
    index: typeOf(index),
    type: typeOf(type),
    clauses: clausesOf(clauses),
  }),
  Decl_mem: (_mem, name, type, clauses): Declaration => ({
    kind: 'mem',
    name: nameOf(name),
    type: typeOf(type),
    clauses: clausesOf(clauses),
  }),
  Decl_context: (_context, names, type, value): Declaration => ({
    kind: 'context',
    names: listOf<Name>(names),
    type: typeOf(type),
    value: exprOf(value),
  }),
  Decl_trap: (_trap, name, params, value): Declaration => ({
    kind: 'trap',
    name: nameOf(name),
    params: maybe<readonly Param[]>(params) ?? [],
    ...defined({ value: maybe<Expr>(value) }),
  }),
  Decl_fn: (_fn, name, params, type, body): Declaration => ({
    kind: 'fn',
    name: nameOf(name),
    params: listOf<Param>(params),
    ...defined({ type: maybe<Type>(type) }),
    body: blockOf(body),
  }),
  Decl_operand: (_operand, names, width, fields, slot, type, is, clauses): Declaration => ({
    kind: 'operand',
    names: listOf<Name>(names),
    fields: maybe<readonly OperandField[]>(fields) ?? [],
    ...defined({
      width: maybe<Name>(width),
      slot: maybe<NonNullable<OperandItem['slot']>>(slot),
      type: maybe<Type>(type),
      is: maybe<Is>(is),
    }),
    clauses: clausesOf(clauses),
  }),
  WidthName: (_open, name, _close) => nameOf(name),
  OpFields: (_open, _g, fields, _g2, _close) => itemsOf<OperandField>(fields),
  OpField: (name, width): OperandField => ({ name: nameOf(name), ...defined({ width: maybe<number>(width) }) }),
  FieldWidth: (_colon, width) => numberOf(width),
  Slot: (_slash, name, _colon, width) => ({ name: nameOf(name), width: numberOf(width) }),
  Decl_prefix: (_prefix, last, enc, text, body): Declaration => ({
    kind: 'prefix',
    last: last.children.length > 0,
    enc: encOf(enc),
    ...defined({ text: maybe<string>(text) }),
    body: blockOf(body),
  }),
  Decl_insn: (_insn, name, clauses): Declaration => ({
    kind: 'insn',
    name: nameOf(name),
    clauses: listOf<Clause>(clauses),
  }),
  Decl_alias: (keyword, template, _equals, _gap, lines, when) => ({
    kind: keyword.sourceString,
    template: templateOf(template),
    lines: listOf<Template>(lines),
    ...defined({ when: maybe<Expr>(when) }),
  }),
  Templates: (list) => itemsOf<Template>(list),
  Decl_choice: (_pseudo, template, _open, _g, arms, _g2, _close): Declaration => ({
    kind: 'choice',
    template: templateOf(template),
    arms: itemsOf<PseudoArm>(arms),
  }),
  PseudoArm: (when, _arrow, _gap, lines): PseudoArm => ({
    ...(when.ctorName === 'When' ? { when: exprOf(when) } : {}),
    lines: listOf<Template>(lines),
  }),
  Decl_fuse: (_fuse, templates, body): Declaration => ({
    kind: 'fuse',
    templates: listOf<Template>(templates),
    ...defined({ body: maybe<Block>(body) }),
  }),
  Decl_on: (_on, event, params, when, body): Declaration => ({
    kind: 'on',
    event: nameOf(event),
    params: maybe<readonly Param[]>(params) ?? [],
    ...defined({ when: maybe<Expr>(when) }),
    body: blockOf(body),
  }),
  Decl_vectors: (_vectors, folder, _open, _g, keys, _g2, _close): Declaration => ({
    kind: 'vectors',
    folder: treeOf<string>(folder),
    keys: itemsOf<VectorKey>(keys),
  }),
  VectorKey(given, path, _equals, _gap, place): VectorKey {
    return {
      path: treeOf<string>(path),
      place: exprOf(place),
      given: given.children.length > 0,
      span: spanOf(this),
    }
  },
  vectorPath(path) {
    return path.ctorName === 'string' ? treeOf<string>(path) : path.sourceString
  },
  Decl_reserved: (_reserved, enc, text): Declaration => ({
    kind: 'reserved',
    enc: encOf(enc),
    ...defined({ text: maybe<string>(text) }),
  }),
  Dotteds: (list) => list.asIteration().children.map(nameOf),

  Typed: (_colon, type) => typeOf(type),
  Type_tuple(_open, _g, items, _g2, _close): Type {
    return { kind: 'tuple', items: itemsOf<Type>(items), span: spanOf(this) }
  },
  Type_one(nameNode, countNode): Type {
    const name = nameOf(nameNode)
    const count = maybe<Expr>(countNode)
    const span = spanOf(this)
    if (count) {
      if (name.text !== 'b') {
        const { session } = currentSource()
        session.report('E0101', name.span, 'only `b` takes a width in a type', { help: 'b[…]' })
      }
      return { kind: 'bits', width: count, span }
    }
    const digits = /^b(\d+)$/.exec(name.text)?.[1]
    if (digits === undefined) return { kind: 'named', name, span }
    const width: Expr = {
      kind: 'number',
      value: BigInt(digits),
      text: digits,
      span: { ...name.span, start: name.span.start + 1 },
    }
    return { kind: 'bits', width, span }
  },
}
