/**
 * Access rules of a register's parts: `readonly X = e`, `warl X in …`, `w1c X`; and `only A, B` of a view. They hold for writes of the whole register,
 * as software writes it; what the machine itself does writes parts by their names.
 */

import * as ir from '../ir/build.ts'
import type { Expr } from '../ir/expr.ts'
import type { Expr as Ast, Clause, Name } from '../syntax/ast.ts'
import type { Code } from './code.ts'
import { generationInt } from './expressions.ts'
import { type Env, report } from './scope.ts'
import type { BoxList, Place } from './value.ts'

export type Access =
  /** With a value, reading the part gives that: an expression over the other parts. */
  | { readonly kind: 'readonly'; readonly value?: Ast }
  /** Other values than these are not taken. */
  | { readonly kind: 'warl'; readonly values: readonly bigint[] }
  /** Writing 1 clears. */
  | { readonly kind: 'w1c' }
export type AccessRules = ReadonlyMap<string, Access>

export function accessRules(env: Env, clauses: readonly Clause[], box: BoxList | undefined): AccessRules {
  const rules = new Map<string, Access>()
  const add = (name: Name, access: Access): void => {
    if (isPart(env, name, box)) rules.set(name.text, access)
  }
  for (const clause of clauses) {
    if (clause.kind === 'readonly')
      add(clause.name, clause.value ? { kind: 'readonly', value: clause.value } : { kind: 'readonly' })
    else if (clause.kind === 'warl')
      add(clause.name, { kind: 'warl', values: clause.values.flatMap((v) => generationInt(env, v) ?? []) })
    else if (clause.kind === 'w1c') for (const name of clause.names) add(name, { kind: 'w1c' })
  }
  return rules
}

function isPart(env: Env, name: Name, box: BoxList | undefined): boolean {
  const parts = box?.parts.flatMap((p) => p.name ?? []) ?? []
  if (parts.includes(name.text)) return true
  report(env, 'E0201', name.span, `there is no part ${name.text}`, {
    ...(parts.length > 0 ? { notes: [`its parts: ${parts.join(' ')}`] } : { help: 'bits … names the parts' }),
  })
  return false
}

/** What a part holds after `written` was written where `old` stood; undefined: it cannot be written. */
export function afterWrite(access: Access | undefined, written: Expr, old: Expr): Expr | undefined {
  switch (access?.kind) {
    case undefined:
      return written
    case 'readonly':
      return undefined
    case 'w1c':
      return ir.binary('and', old, ir.unary('not', written))
    case 'warl': {
      const taken = access.values.map((v) => ir.compare('eq', written, ir.constant(written.width, v)))
      return ir.select(
        taken.reduce((a, b) => ir.or(a, b), ir.bit(false)),
        written,
        old,
      )
    }
  }
}

/** `only A, B`: the other parts read as 0, and keep what they hold. */
export function onlyParts(env: Env, place: Place, names: readonly Name[]): Place {
  const { box, write } = place
  const kept = new Set(names.filter((name) => isPart(env, name, box)).map((name) => name.text))
  if (!box) return place
  const mixed = (of: (part: BoxList['parts'][number], visible: boolean) => Expr): Expr =>
    ir.concat(box.parts.map((p) => of(p, p.name !== undefined && kept.has(p.name))))
  const { member: _, ...rest } = place
  return {
    ...rest,
    read: (code) => {
      const all = place.read(code)
      return mixed((p, visible) => (visible ? ir.slice(all, p.low, p.width) : ir.constant(p.width, 0n)))
    },
    ...(write
      ? {
          write: (code: Code, v: Expr) => {
            const old = place.read(code)
            const whole = mixed((p, visible) => ir.slice(visible ? v : old, p.low, p.width))
            write(code, whole)
          },
        }
      : {}),
    member: (name) => (kept.has(name) ? place.member?.(name) : undefined),
  }
}
