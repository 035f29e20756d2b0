/** Aliases, short encodings (`is`) and pseudo-instructions: other ways to write an instruction, fitted to its own template. */

import { suggest } from '../diagnostics/closest.ts'
import { counted } from '../diagnostics/counted.ts'
import * as ir from '../ir/build.ts'
import type { Expr } from '../ir/expr.ts'
import type { AsmPart, Pseudo, PseudoArm, PseudoPart, Semantics, Syntax } from '../ir/isa.ts'
import type { Expr as Ast, Span, Template } from '../syntax/ast.ts'
import { textOf } from './assembly.ts'
import { Code } from './code.ts'
import { condition, sized, value } from './expressions.ts'
import type { Draft } from './instructions.ts'
import { operandValue } from './operands.ts'
import { type Env, type ItemOf, type MachineScope, report } from './scope.ts'
import { emptyEnv } from './state.ts'
import { excluded } from './static-when.ts'
import { matchMnemonic, matchTemplate, splitTemplate, type TemplateMatch } from './template-match.ts'
import { bitsOf } from './value.ts'

/** An instruction whose own template is elaborated. */
export interface Named {
  readonly draft: Draft
  readonly id: string
  readonly syntax: Syntax
  /** Those that its operands give. */
  readonly aliases: readonly Syntax[]
}

export function staticText(parts: readonly AsmPart[]): string | undefined {
  return parts.every((p) => p.kind === 'text')
    ? parts.map((p) => (p.kind === 'text' ? p.text : '')).join('')
    : undefined
}

export function draftEnv(machine: MachineScope, draft: Draft): Env {
  return { ...emptyEnv(machine, draft.where), form: draft.form, code: new Code() }
}

/** `alias "mv {rd}, {rs1}" = "addi {rd}, {rs1}, 0"`: what it adds to which instructions. */
export function aliasSyntaxes(machine: MachineScope, item: ItemOf<'alias'>, all: readonly Named[]): Map<Named, Syntax> {
  const found = new Map<Named, Syntax>()
  const [line] = item.lines
  const env = emptyEnv(machine)
  if (item.when && excluded(env, [item.when])) return found
  if (!line || item.lines.length !== 1) {
    report(env, 'E0502', item.span, 'an alias stands for one instruction', {
      help: 'pseudo "…" = "…", "…" assembles into several',
    })
    return found
  }
  const target = splitTemplate(line)
  const own = splitTemplate(item.template)
  const candidates = candidatesFor(env, target.mnemonic, line.span, all)
  for (const { named, fixed: chosen } of candidates) {
    const match = matchTemplate(machine, named.syntax.operands, target.rest)
    if (!match) continue
    const parts = aliasParts(env, own.rest, match, item.template)
    if (!parts) return found
    const fixed = { ...chosen, ...match.fixed }
    let when = ir.and(equalities(fixed, named), repeats(match))
    if (item.when) when = ir.and(when, condition({ ...env, locals: fieldLocals(named) }, item.when))
    found.set(named, {
      alias: true,
      mnemonic: [{ kind: 'text', text: own.mnemonic }],
      operands: parts,
      fixed,
      condition: when,
    })
  }
  if (candidates.length > 0 && found.size === 0) {
    report(env, 'E0502', line.span, `this does not fit the template of ${target.mnemonic}`, {
      labels: candidates
        .slice(0, 1)
        .map(({ named }) => ({ span: named.draft.span, text: `its operands: ${showParts(named.syntax.operands)}` })),
    })
  }
  return found
}

interface Candidate {
  readonly named: Named
  /** What the mnemonic says of its fields. */
  readonly fixed: TemplateMatch['fixed']
}
function candidatesFor(env: Env, mnemonic: string, span: Span, all: readonly Named[]): Candidate[] {
  const found = all.flatMap((named) => {
    const fixed = matchMnemonic(env.machine, named.syntax.mnemonic, mnemonic)
    return fixed ? [{ named, fixed }] : []
  })
  if (found.length === 0) {
    report(env, 'E0503', span, `there is no instruction ${mnemonic}`, {
      help: suggest(
        mnemonic,
        all.flatMap((n) => staticText(n.syntax.mnemonic) ?? []),
      ),
    })
  }
  return found
}

function fieldLocals(named: Named): Map<string, ReturnType<typeof bitsOf>> {
  return new Map(named.draft.layout.fields.map((f) => [f.name, bitsOf(ir.field(f.name, f.width))]))
}
function equalities(fixed: Readonly<Record<string, bigint>>, named: Named): Expr {
  return Object.entries(fixed).reduce((all: Expr, [name, v]) => {
    const width = named.draft.layout.fields.find((f) => f.name === name)?.width
    return width === undefined ? all : ir.and(all, ir.compare('eq', ir.field(name, width), ir.constant(width, v)))
  }, ir.bit(true))
}

/** A hole written twice (`"fsgnj.d {fd}, {fs1}, {fs1}"`) takes the same value in both places. */
function repeats({ bound }: TemplateMatch): Expr {
  return bound.reduce((all: Expr, { hole, written }, i) => {
    const name = textOf(written.value)
    const before = bound.slice(0, i).find((b) => textOf(b.written.value) === name)
    return before ? ir.and(all, ir.compare('eq', before.hole.value, hole.value)) : all
  }, ir.bit(true))
}

function aliasParts(
  env: Env,
  tokens: ReturnType<typeof splitTemplate>['rest'],
  match: TemplateMatch,
  template: Template,
): AsmPart[] | undefined {
  const parts: AsmPart[] = []
  for (const token of tokens) {
    const last = parts.at(-1)
    if (typeof token === 'string') {
      if (last?.kind === 'text') parts[parts.length - 1] = { kind: 'text', text: last.text + token }
      else parts.push({ kind: 'text', text: token })
      continue
    }
    const name = textOf(token.value)
    const bound = match.bound.find((b) => textOf(b.written.value) === name)
    if (!bound) {
      report(env, 'E0502', token.span, `${name} does not occur on the other side`, {
        labels: [{ span: template.span, text: 'in this alias' }],
      })
      return undefined
    }
    parts.push(bound.hole)
  }
  return parts
}
export function showParts(parts: readonly AsmPart[]): string {
  return parts.map((p) => (p.kind === 'text' ? p.text : p.kind === 'hole' ? `{${p.name}}` : '{…}')).join('')
}

/** `is "addi {rd}, {rd}, {imm}"`: the target's fields as expressions over the fields of the short encoding. */
export function delegateSemantics(
  machine: MachineScope,
  draft: Draft,
  template: Template,
  all: readonly Named[],
): Semantics | undefined {
  const env = draftEnv(machine, draft)
  const { mnemonic, rest } = splitTemplate(template)
  const candidates = candidatesFor(env, mnemonic, template.span, all)
  for (const { named: target, fixed } of candidates) {
    const match = matchTemplate(machine, target.syntax.operands, rest)
    if (!match) continue
    const fields: Record<string, Expr> = {}
    for (const field of target.draft.layout.fields)
      fields[field.name] = ir.constant(field.width, match.fixed[field.name] ?? fixed[field.name] ?? 0n)
    let ok = true
    for (const { hole, written } of match.bound) {
      const given = valueForHole(env, hole, written.value)
      if (!given) {
        ok = false
        break
      }
      for (const { field, value: solved } of hole.solve) {
        const e = ir.mapExpr(solved, (n) => (n.kind === 'hole' ? given : n))
        fields[field] = e
      }
    }
    if (ok) return { kind: 'delegate', target: target.id, fields }
  }
  if (candidates.length > 0) {
    report(env, 'E0502', template.span, `this does not fit the template of ${mnemonic}`, {
      labels: candidates
        .slice(0, 1)
        .map(({ named }) => ({ span: named.draft.span, text: `its operands: ${showParts(named.syntax.operands)}` })),
    })
  }
  return undefined
}

function valueForHole(
  env: Env,
  hole: { readonly value: Expr; readonly print: { readonly kind: string; readonly register?: string } },
  e: Ast,
): Expr | undefined {
  const { width } = hole.value
  const v = value(env, e, width)
  if (v.kind === 'error') return undefined
  if (hole.print.kind === 'register') {
    const inside = v.kind === 'operand' ? operandValue(env, v.operand, e.span) : v
    const cell = inside.kind === 'place' ? inside.place.cell : undefined
    if (!cell || cell.register !== hole.print.register) {
      report(env, 'E0502', e.span, `${textOf(e)} is not a register of ${hole.print.register}`)
      return undefined
    }
    const index = cell.index ?? ir.constant(width, 0n)
    return index.width >= width ? ir.slice(index, 0, width) : ir.extend(false, width, index)
  }
  const expr = v.kind === 'int' || v.kind === 'open' ? sized(env, v, e.span, width) : sized(env, v, e.span)
  if (expr.width !== width) {
    report(env, 'E0302', e.span, `${textOf(e)} has ${counted(expr.width, 'bit')}, the operand ${width}`)
    return undefined
  }
  return expr
}
// ---- pseudo-instructions

export function pseudoOf(machine: MachineScope, item: ItemOf<'pseudo'> | ItemOf<'choice'>): Pseudo | undefined {
  const { mnemonic, rest } = splitTemplate(item.template)
  const arms = item.kind === 'choice' ? item.arms : [{ lines: item.lines, ...(item.when ? { when: item.when } : {}) }]
  const env = emptyEnv(machine, [`pseudo ${mnemonic}`])
  const names = rest.flatMap((t) => (typeof t === 'string' ? [] : t.value.kind === 'name' ? [t.value.name] : []))
  for (const name of names) env.locals.set(name, bitsOf(ir.hole(name, machine.pcWidth)))
  const numbers = new Set<string>()
  const made: PseudoArm[] = arms.map((arm) => {
    if (arm.when) for (const n of namesIn(arm.when)) numbers.add(n)
    const when = arm.when ? condition(env, arm.when) : undefined
    const lines = arm.lines.map((line) =>
      line.parts.map((p): PseudoPart => {
        if (p.kind === 'text') return p
        if (p.value.kind === 'name' && names.includes(p.value.name)) return { kind: 'param', name: p.value.name }
        for (const n of namesIn(p.value)) numbers.add(n)
        return { kind: 'value', value: pseudoValue(env, p.value) }
      }),
    )
    return when ? { when, lines } : { lines }
  })
  const operands: Pseudo['operands'][number][] = []
  for (const token of rest) {
    const last = operands.at(-1)
    if (typeof token !== 'string') {
      if (token.value.kind !== 'name') {
        report(env, 'E0502', token.span, "a pseudo-instruction's holes are names")
        return undefined
      }
      operands.push({ kind: 'param', name: token.value.name, number: numbers.has(token.value.name) })
    } else if (last?.kind === 'text') operands[operands.length - 1] = { kind: 'text', text: last.text + token }
    else operands.push({ kind: 'text', text: token })
  }
  return { mnemonic, operands, arms: made }
}
function pseudoValue(env: Env, e: Ast): Expr {
  const v = value(env, e, env.machine.pcWidth)
  const { pcWidth } = env.machine
  const expr = v.kind === 'int' || v.kind === 'open' ? sized(env, v, e.span, pcWidth) : sized(env, v, e.span)
  // Printed signed at the width of an address: a narrow value such as hi(n) stays positive.
  return expr.width < pcWidth ? ir.extend(false, pcWidth, expr) : expr
}
function namesIn(e: Ast): string[] {
  switch (e.kind) {
    case 'name':
      return [e.name]
    case 'unary':
      return namesIn(e.operand)
    case 'binary':
      return [...namesIn(e.left), ...namesIn(e.right)]
    case 'member':
      return namesIn(e.object)
    case 'index':
      return [...namesIn(e.object), ...namesIn(e.index), ...(e.low ? namesIn(e.low) : [])]
    case 'call':
      return e.args.flatMap(namesIn)
    default:
      return []
  }
}
