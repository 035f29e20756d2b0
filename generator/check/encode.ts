/**
 * `encode v { field = … }`: how an operand's fields follow from the value that the programmer wrote, where that cannot be found by
 * inverting. The block is elaborated with v as the hole; what it assigns to the fields are the solutions.
 */

import * as ir from '../ir/build.ts'
import type { Expr } from '../ir/expr.ts'
import type { Stmt } from '../ir/stmt.ts'
import { Code } from './code.ts'
import { type BoundOperand, operandEnv } from './operands.ts'
import { type Env, report } from './scope.ts'
import { block } from './statements.ts'
import { bitsOf } from './value.ts'

/** undefined when the operand has no encode. `name` and `width` are those of the hole. */
export function encodeSolution(
  env: Env,
  op: BoundOperand,
  name: string,
  width: number,
): { field: string; value: Expr }[] | undefined {
  const clause = op.item.clauses.find((c) => c.kind === 'encode')
  if (clause?.kind !== 'encode') return undefined
  const code = new Code()
  const inside: Env = { ...operandEnv(env, op), code, placed: new Map() }
  const fields = new Map<string, { local: number; width: number }>()
  for (const [field, e] of op.fields) {
    if (e.kind !== 'field') continue
    const local = code.newLocal(field, e.width, true)
    fields.set(e.name, { local: local.id, width: e.width })
    inside.locals.set(field, {
      kind: 'place',
      place: {
        name: field,
        width: e.width,
        roots: [],
        read: () => ir.local(local.id, e.width),
        write: (at, v) => at.emit({ kind: 'set', local: local.id, value: v }),
      },
    })
  }
  inside.locals.set(clause.param.text, bitsOf(ir.hole(name, width)))
  block(inside, clause.body)
  const values = straightLine(code.statements)
  if (!values) {
    report(env, 'E0501', clause.span, 'encode only computes: let, if as a value, and assignments to fields', {
      help: 'use `if` and `match` as expressions',
    })
    return []
  }
  return [...fields].flatMap(([field, { local }]) => {
    const value = values.get(local)
    if (!value) report(env, 'E0501', clause.span, `encode does not say what ${field} is`)
    return value ? [{ field, value }] : []
  })
}

/** Values of locals after statements that only set locals. */
function straightLine(statements: readonly Stmt[]): Map<number, Expr> | undefined {
  const values = new Map<number, Expr>()
  const known = (e: Expr): Expr => ir.mapExpr(e, (n) => (n.kind === 'local' ? (values.get(n.id) ?? n) : n))
  for (const s of statements) {
    if (s.kind !== 'set') return undefined
    values.set(s.local, known(s.value))
  }
  return values
}
