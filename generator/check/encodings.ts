/**
 * Encodings: from a row of boxes as the manual draws them to its forms. Names become fields, operands and columns. An operand that brings an encoding of its own (ModRM) gives several forms
 * of the instruction; each form is a sequence of boxes of constants and pieces of fields.
 */

import { suggest } from '../diagnostics/closest.ts'
import { counted } from '../diagnostics/counted.ts'
import * as ir from '../ir/build.ts'
import type { Expr, Width } from '../ir/expr.ts'
import type { Cell, Enc, EncAtom, Item, OperandItem, Span } from '../syntax/ast.ts'
import { encDigitsHelp } from '../syntax/hints.ts'
import { parseCell } from '../syntax/parse.ts'
import { generationInt } from './expressions.ts'
import { type BoundOperand, bind, operandEnv } from './operands.ts'
import { type JoinedRow, joinTables } from './rows.ts'
import { type Env, report } from './scope.ts'

export type Piece =
  | { readonly kind: 'const'; readonly width: Width; readonly value: bigint; readonly span: Span }
  /** Bits that decode to nothing and assemble to 0. */
  | { readonly kind: 'any'; readonly width: Width; readonly span: Span }
  | {
      readonly kind: 'field'
      readonly name: string
      readonly low: number
      readonly width: Width
      /** It stands as `name[high:low]`. */
      readonly sliced?: boolean
      readonly span: Span
    }

/** Boxes in fetch order, each from its highest bit. */
export interface Form {
  readonly boxes: readonly (readonly Piece[])[]
  readonly operands: ReadonlyMap<string, BoundOperand>
  /** Columns whose digits stand in the encoding: the field that they fix. */
  readonly fixed: ReadonlyMap<string, { readonly width: Width; readonly value: bigint }>
}

interface Alternative {
  readonly pieces: readonly Piece[]
  /** Set when the pieces make whole boxes of their own. */
  readonly boxes?: readonly (readonly Piece[])[]
  readonly operands: ReadonlyMap<string, BoundOperand>
  readonly fixed: ReadonlyMap<string, { readonly width: Width; readonly value: bigint }>
}
interface Scope {
  readonly env: Env
  readonly columns: ReadonlyMap<string, Cell>
  /** Put before the names of an operand's own fields, so that two operands do not share one. */
  readonly prefix: string
  /** What stands for the slot of `/reg` or `/0` inside an operand. */
  readonly slot?: {
    readonly name: string
    readonly pieces: readonly Piece[]
    readonly operands: Alternative['operands']
  }
  /** Fields of the operand whose encoding this is. */
  readonly own?: OperandItem
}
const none: Alternative = { pieces: [], operands: new Map(), fixed: new Map() }

/** All forms of one row's encoding. Empty when it is wrong (reported). */
export function expandEncoding(env: Env, enc: Enc, columns: ReadonlyMap<string, Cell>): Form[] {
  const errors = env.machine.session.errors
  const lines = expandLine({ env, columns, prefix: '' }, enc.atoms)
  if (env.machine.session.errors > errors) return []
  return lines.map((alternative) => ({
    boxes: alternative.boxes ?? [alternative.pieces],
    operands: bindByFields(env, alternative),
    fixed: alternative.fixed,
  }))
}

/** A line of boxes: in bytes each atom is a box, in wider units the line is one unless boxes are drawn. */
function expandLine(scope: Scope, atoms: readonly EncAtom[]): Alternative[] {
  const bytes = scope.env.machine.unit === 8
  const drawn = bytes || atoms.some((a) => a.kind === 'box')
  let lines: Alternative[] = [{ ...none, ...(drawn ? { boxes: [] } : {}) }]
  for (const atom of atoms) {
    const choices = atom.kind === 'box' ? expandBox(scope, atom.atoms) : expandAtom(scope, atom, bytes)
    lines = lines.flatMap((line) =>
      choices.map((choice): Alternative => {
        const operands = new Map([...line.operands, ...choice.operands])
        const fixed = new Map([...line.fixed, ...choice.fixed])
        if (!drawn) return { pieces: [...line.pieces, ...choice.pieces], operands, fixed }
        const boxes = [...(line.boxes ?? []), ...(choice.boxes ?? (choice.pieces.length > 0 ? [choice.pieces] : []))]
        return { pieces: [], boxes, operands, fixed }
      }),
    )
  }
  return lines
}

/** The inside of one box: digits are bits. */
function expandBox(scope: Scope, atoms: readonly EncAtom[]): Alternative[] {
  let boxes: Alternative[] = [none]
  for (const atom of atoms) {
    const choices = expandAtom(scope, atom, false)
    boxes = boxes.flatMap((box) =>
      choices.map((choice) => ({
        pieces: [...box.pieces, ...choice.pieces],
        operands: new Map([...box.operands, ...choice.operands]),
        fixed: new Map([...box.fixed, ...choice.fixed]),
      })),
    )
  }
  return boxes.map((box) => ({ ...box, boxes: [box.pieces] }))
}

function expandAtom(scope: Scope, atom: EncAtom, bytes: boolean): Alternative[] {
  const { env } = scope
  switch (atom.kind) {
    case 'box':
      return expandBox(scope, atom.atoms)
    case 'word':
      return expandWord(scope, atom.text, atom.span, bytes)
    case 'field': {
      const width = generationInt(env, atom.width)
      if (width === undefined) return []
      const w = Number(width)
      if (atom.name === '_') return [{ ...none, pieces: [{ kind: 'any', width: w, span: atom.span }] }]
      // A column called as the field gives it its value.
      const cell = scope.columns.get(atom.name)
      if (cell && /^[01]+$/.test(cell.text)) {
        const digits = { width: w, value: BigInt(`0b${cell.text}`) }
        return [
          { ...none, pieces: [{ kind: 'const', ...digits, span: atom.span }], fixed: new Map([[atom.name, digits]]) },
        ]
      }
      return [
        { ...none, pieces: [{ kind: 'field', name: scope.prefix + atom.name, low: 0, width: w, span: atom.span }] },
      ]
    }
    case 'slices': {
      const operand = operandCalled(env, atom.name)
      const [first] = atom.ranges
      if (
        operand?.width &&
        first &&
        atom.ranges.length === 1 &&
        first.low === undefined &&
        typeof first.high === 'number'
      ) {
        return expandOperand(scope, operand, atom.name, atom.span, BigInt(first.high))
      }
      const pieces: Piece[] = []
      for (const range of atom.ranges) {
        const high = typeof range.high === 'number' ? range.high : undefined
        const low = range.low === undefined ? high : typeof range.low === 'number' ? range.low : undefined
        if (high === undefined || low === undefined || low > high) {
          report(env, 'E0306', atom.span, 'bits of a field are written [high:low] with numbers')
          return []
        }
        pieces.push({
          kind: 'field',
          name: scope.prefix + atom.name,
          low,
          width: high - low + 1,
          sliced: true,
          span: atom.span,
        })
      }
      if (operand) env.machine.used.add(atom.name)
      return [{ ...none, pieces }]
    }
    case 'slot': {
      const owner = [...env.machine.globals.values()].find(
        (g) => g.kind === 'operand' && g.item.slot && g.item.is?.kind === 'oneOf',
      )
      if (owner?.kind !== 'operand' || !owner.item.slot) {
        report(env, 'E0406', atom.span, 'no operand owns the slot that / fills')
        return []
      }
      const { slot } = owner.item
      // /_ is a slot whose bits are ignored.
      if (/^[0-9_]$/.test(atom.name)) {
        const filled = { width: slot.width, span: atom.span }
        const pieces: Piece[] =
          atom.name === '_' ? [{ kind: 'any', ...filled }] : [{ kind: 'const', value: BigInt(atom.name), ...filled }]
        return expandOperand(
          { ...scope, slot: { name: slot.name.text, pieces, operands: new Map() } },
          owner.item,
          nameOf(owner.item),
          atom.span,
        )
      }
      return expandWord(scope, atom.name, atom.span, false).flatMap((inside) =>
        expandOperand(
          {
            ...scope,
            slot: { name: slot.name.text, pieces: inside.boxes?.flat() ?? inside.pieces, operands: inside.operands },
          },
          owner.item,
          nameOf(owner.item),
          atom.span,
        ).map((whole) => ({
          ...whole,
          operands: new Map([...inside.operands, ...whole.operands]),
          fixed: new Map([...inside.fixed, ...whole.fixed]),
        })),
      )
    }
  }
}
const nameOf = (item: OperandItem): string => item.names[0]?.text ?? ''

function operandCalled(env: Env, name: string): (OperandItem & Item) | undefined {
  const global = env.machine.globals.get(name)
  return global?.kind === 'operand' ? global.item : undefined
}

function expandWord(scope: Scope, text: string, span: Span, bytes: boolean): Alternative[] {
  const { env } = scope
  if (scope.slot && text === scope.slot.name) return [{ ...none, pieces: scope.slot.pieces }]
  const cell = scope.columns.get(text)
  if (cell) return expandColumn(scope, text, cell, bytes)
  const digits = digitPieces(env, text, bytes)
  if (digits) return [{ ...none, pieces: [{ kind: 'const', ...digits, span }] }]
  if (text === '_') return [{ ...none, pieces: [{ kind: 'any', width: 1, span }] }]
  const own = scope.own?.fields.find((f) => f.name.text === text)
  if (own?.width !== undefined)
    return [{ ...none, pieces: [{ kind: 'field', name: scope.prefix + text, low: 0, width: own.width, span }] }]
  const operand = operandCalled(env, text)
  if (operand) return expandOperand(scope, operand, text, span)
  const named = env.form?.lets.get(text)
  if (named) return [none]
  // A field of an operand that the encoding places one by one: Arm's shift, imm6.
  for (const global of env.machine.globals.values()) {
    if (global.kind !== 'operand' || global.item.fields.length < 2) continue
    const field = global.item.fields.find((f) => f.name.text === text)
    if (field?.width !== undefined)
      return [{ ...none, pieces: [{ kind: 'field', name: text, low: 0, width: field.width, span }] }]
  }
  const digitHelp =
    /^[01]+$/.test(text) && bytes
      ? 'in bytes, digits are hex; bits stand in parentheses: (01 r 110)'
      : encDigitsHelp(text, bytes ? 'hex' : env.machine.unit === 8 ? 'bits' : env.machine.digits)
  if (/^[0-9A-F]+$/.test(text) || (bytes && /^[0-9a-f]{2}$/i.test(text))) {
    report(env, 'E0407', span, `${text} is not ${bytes ? 'a byte of two hex digits' : 'made of binary digits'}`, {
      help: digitHelp,
    })
  } else {
    const known = [...env.machine.globals].filter(([, g]) => g.kind === 'operand').map(([name]) => name)
    report(env, 'E0201', span, `there is no operand, field or column ${text}`, {
      help: suggest(text, [...known, ...scope.columns.keys()]) ?? `a new field needs a width: ${text}:5`,
    })
  }
  return []
}

function expandColumn(scope: Scope, name: string, cell: Cell, bytes: boolean): Alternative[] {
  const { env } = scope
  if (cell.text === '-') return [none]
  const columns = new Map(scope.columns)
  columns.delete(name)
  const enc = parseCell(cell, 'enc', env.machine.session)
  if (!enc) return []
  const [only] = enc.atoms
  const inner: Scope = { ...scope, columns }
  const result =
    enc.atoms.length === 1 && only
      ? only.kind === 'box'
        ? expandBox(inner, only.atoms)
        : expandAtom(inner, only, bytes)
      : expandLine(inner, enc.atoms)
  if (only?.kind === 'word' && enc.atoms.length === 1) {
    const digits = digitPieces(env, only.text, bytes)
    if (digits) return result.map((r) => ({ ...r, fixed: new Map([...r.fixed, [name, digits]]) }))
    // The column's name means the operand too: `m` where the row says zpx.
    return result.map((r) => {
      const operand = r.operands.get(only.text)
      return operand ? { ...r, operands: new Map([...r.operands, [only.text, operand]]) } : r
    })
  }
  return result
}

function digitPieces(env: Env, text: string, bytes: boolean): { width: Width; value: bigint } | undefined {
  const { digits } = env.machine
  if (bytes) return /^[0-9A-F]{2}$/.test(text) ? { width: 8, value: BigInt(`0x${text}`) } : undefined
  if (env.machine.unit === 8 || digits === 'bits')
    return /^[01]+$/.test(text) ? { width: text.length, value: BigInt(`0b${text}`) } : undefined
  if (digits === 'hex')
    return /^[0-9A-F]+$/.test(text) ? { width: text.length * 4, value: BigInt(`0x${text}`) } : undefined
  return /^[0-7]+$/.test(text) ? { width: text.length * 3, value: BigInt(`0o${text}`) } : undefined
}

/** An operand by its name: one field, or the alternatives of its own encoding. */
function expandOperand(
  scope: Scope,
  item: OperandItem & Item,
  name: string,
  span: Span,
  width?: bigint,
): Alternative[] {
  const { env } = scope
  env.machine.used.add(name)
  const bound = (fields: BoundOperand['fields']): BoundOperand => bind(env, item, name, span, fields, new Map(), width)
  if (item.is?.kind === 'oneOf') {
    return item.is.choices.flatMap((choice): Alternative[] => {
      const base = choice.kind === 'index' ? choice.object : choice
      const inner = base.kind === 'name' ? operandCalled(env, base.name) : undefined
      if (!inner || base.kind !== 'name') {
        report(env, 'E0201', choice.span, 'one of names operands')
        return []
      }
      return expandOperand(scope, inner, base.name, span, width).map((alternative) => {
        const chosen = alternative.operands.get(base.name)
        const whole = { ...bound(new Map()), ...(chosen ? { chosen } : {}) }
        return { ...alternative, operands: new Map([...alternative.operands, [name, whole]]) }
      })
    })
  }
  const encClause = item.clauses.find((c) => c.kind === 'enc')
  const rowsWithEnc = item.clauses.some((c) => c.kind === 'rows' && c.columns.some((n) => n.text === 'enc'))
  if (encClause?.kind === 'enc' || rowsWithEnc)
    return expandOwnEncoding(scope, item, name, span, encClause?.kind === 'enc' ? encClause.enc : undefined, width)
  if (item.fields.length === 0) return [{ ...none, operands: new Map([[name, bound(new Map())]]) }]
  const [field] = item.fields
  if (item.fields.length > 1 || !field) {
    report(env, 'E0405', span, `operand ${name} has ${item.fields.length} fields: place each by its name`, {
      help: item.fields.map((f) => f.name.text).join(' '),
    })
    return []
  }
  if (field.width === undefined) {
    const part = operandCalled(env, field.name.text)
    if (part) return expandOperand(scope, part, field.name.text, span, width)
    report(env, 'E0303', span, `nothing says how wide the field of ${name} is here`, { help: `${name}[11:0]` })
    return []
  }
  const fieldName = scope.prefix + name
  const piece: Piece = { kind: 'field', name: fieldName, low: 0, width: field.width, span }
  return [
    {
      ...none,
      pieces: [piece],
      operands: new Map([[name, bound(new Map([[field.name.text, ir.field(fieldName, field.width)]]))]]),
    },
  ]
}

function expandOwnEncoding(
  scope: Scope,
  item: OperandItem & Item,
  name: string,
  span: Span,
  enc: Enc | undefined,
  width?: bigint,
): Alternative[] {
  const { env } = scope
  const rows = enc && !item.clauses.some((c) => c.kind === 'rows') ? [undefined] : joinTables(item.clauses, item.span)
  return rows.flatMap((row): Alternative[] => {
    const shell = bind(env, item, name, span, new Map(), new Map(), width)
    const inside = operandEnv(env, shell, row)
    const cell = row?.cells.get('enc')
    const own = cell ? (cell.text === '-' ? undefined : parseCell(cell, 'enc', env.machine.session)) : enc
    const at: Scope = {
      env: { ...inside, where: env.where },
      columns: new Map([...(row?.cells ?? [])].filter(([c]) => c !== 'enc')),
      prefix: `${name.replace(/'/g, '_')}_`,
      own: item,
      ...(scope.slot ? { slot: scope.slot } : {}),
    }
    const lines: Alternative[] = own ? expandLine(at, own.atoms) : [none]
    return lines.map((line) => {
      const fields = new Map<string, Expr>()
      for (const piece of (line.boxes ?? [line.pieces]).flat()) {
        if (piece.kind === 'field' && piece.name.startsWith(at.prefix))
          fields.set(piece.name.slice(at.prefix.length), ir.field(piece.name, piece.width))
      }
      for (const [column, digits] of line.fixed)
        if (!fields.has(column)) fields.set(column, ir.constant(digits.width, digits.value))
      const operand: BoundOperand = {
        ...shell,
        fields,
        parts: line.operands,
        ...(row ? { row: { ...row, cells: rowWithout(row, 'enc') } as JoinedRow } : {}),
      }
      return { ...line, fixed: new Map(), operands: new Map([[name, operand]]) }
    })
  })
}
function rowWithout(row: JoinedRow, column: string): JoinedRow['cells'] {
  return new Map([...row.cells].filter(([name]) => name !== column))
}

/** Operands all of whose fields the encoding places by name: imm12 and sh make imm_shifted. */
function bindByFields(env: Env, alternative: Alternative): Map<string, BoundOperand> {
  const operands = new Map(alternative.operands)
  const widths = new Map<string, Width>()
  const pieces = (alternative.boxes ?? [alternative.pieces]).flat()
  for (const piece of pieces) {
    if (piece.kind === 'field') widths.set(piece.name, Math.max(widths.get(piece.name) ?? 0, piece.low + piece.width))
  }
  for (const [name, digits] of alternative.fixed) widths.set(name, digits.width)
  for (const [name, global] of env.machine.globals) {
    if (global.kind !== 'operand' || operands.has(name)) continue
    const { item } = global
    if (item.slot || item.fields.length === 0) continue
    const [only] = item.fields
    if (item.fields.length === 1 && only) {
      const width = widths.get(name)
      if (width === undefined) continue
      const sliced = pieces.find((p) => p.kind === 'field' && p.name === name && p.sliced)
      if (only.width !== undefined && !sliced) continue
      if (sliced && only.width !== undefined && only.width !== width) {
        report(env, 'E0404', sliced.span, `${name} has ${counted(only.width, 'bit')}, but ${width} are placed here`, {
          labels: [{ span: only.name.span, text: 'its width is said here' }],
          help: `place ${name}[${only.width - 1}:0], or leave the width to the encodings: ${name}(${only.name.text})`,
        })
      }
      const field = new Map([[only.name.text, ir.field(name, width)]])
      operands.set(name, bind(env, item, name, item.span, field, new Map()))
      continue
    }
    const fields = new Map<string, Expr>()
    const parts = new Map<string, BoundOperand>()
    const complete = item.fields.every((f) => {
      const part = alternative.operands.get(f.name.text)
      if (f.width === undefined) return part !== undefined && parts.set(f.name.text, part) !== undefined
      const fixed = alternative.fixed.get(f.name.text)
      const width = widths.get(f.name.text)
      if (width === undefined) return false
      fields.set(f.name.text, fixed ? ir.constant(fixed.width, fixed.value) : ir.field(f.name.text, width))
      return width === f.width
    })
    if (complete) operands.set(name, bind(env, item, name, item.span, fields, parts))
  }
  return operands
}
