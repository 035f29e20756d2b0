/**
 * Functions and operands that no instruction uses are never put in anywhere: they are elaborated here, with parameters and fields of any value, so
 * that their mistakes are found all the same. What depends on widths that only a caller knows is left alone.
 */

import * as ir from '../ir/build.ts'
import type { Expr } from '../ir/expr.ts'
import { bodyResult, genericWidth } from './calls.ts'
import { Code } from './code.ts'
import type { Machine } from './compose.ts'
import { bind, operandValue } from './operands.ts'
import type { Env, ItemOf, MachineScope } from './scope.ts'
import { emptyEnv } from './state.ts'
import { bitsType } from './types.ts'
import { bitsOf } from './value.ts'

/** `unused` are names of functions and operands. */
export function checkUncalled(machine: Machine, scope: MachineScope, unused: ReadonlySet<string>): void {
  for (const item of machine.items) {
    if (item.kind === 'fn' && unused.has(item.name.text)) checkFunction(scope, item)
    else if (item.kind === 'operand' && item.names.every((name) => unused.has(name.text))) checkOperand(scope, item)
  }
}

function checkFunction(scope: MachineScope, item: ItemOf<'fn'>): void {
  const name = item.name.text
  const env: Env = { ...emptyEnv(scope, [`fn ${name}`]), calls: [name] }
  for (const param of item.params) {
    if (!param.type || genericWidth(env, param.type)) return
    const type = bitsType(env, param.type)
    if (!type) return
    const local = env.code.newLocal(param.name.text, type.width, false)
    env.locals.set(param.name.text, bitsOf(ir.local(local.id, type.width), type.box))
  }
  bodyResult(env, item)
}

/** Some operands only print. */
function hasValue(item: ItemOf<'operand'>): boolean {
  return (
    item.is !== undefined ||
    item.clauses.some(
      (c) =>
        c.kind === 'value' || c.kind === 'read' || (c.kind === 'rows' && c.columns.some((n) => n.text === 'value')),
    )
  )
}

function checkOperand(scope: MachineScope, item: ItemOf<'operand'>): void {
  const [name] = item.names
  const fields = new Map<string, Expr>()
  for (const field of item.fields) {
    if (field.width === undefined) return
    fields.set(field.name.text, ir.field(field.name.text, field.width))
  }
  const encoded = item.clauses.some(
    (c) => c.kind === 'enc' || (c.kind === 'rows' && c.columns.some((n) => n.text === 'enc')),
  )
  if (!name || item.width || item.slot || item.is?.kind === 'oneOf' || encoded || !hasValue(item)) return
  const env: Env = { ...emptyEnv(scope), code: new Code() }
  operandValue(env, bind(env, item, name.text, name.span, fields, new Map()), name.span)
}
