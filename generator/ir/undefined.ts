/**
 * Undefined values become the bits of a hidden register that no instruction writes: whoever fills it differently sees what depends on them, and
 * conformance masks just that. In and out: a body, before any other pass. The register is there where a spec says `undef`.
 */

import { concat, mapExpr, mapStmts, read, slice } from './build.ts'
import type { Expr } from './expr.ts'
import type { Isa } from './isa.ts'
import type { Body } from './stmt.ts'

/** A word of the language, so that no register of a spec has its name. */
export const UNDEFINED = 'undef'
export const UNDEFINED_WIDTH = 32

export function readUndefined(isa: Isa, body: Body): Body {
  if (!isa.registers.some(({ name, hidden }) => hidden && name === UNDEFINED)) return body
  const change = (e: Expr): Expr => (e.kind === 'undef' ? bits(e.width) : e)
  return { ...body, statements: mapStmts(body.statements, (e) => mapExpr(e, change)) }
}

function bits(width: number): Expr {
  const all = read(UNDEFINED, UNDEFINED_WIDTH)
  if (width <= UNDEFINED_WIDTH) return slice(all, 0, width)
  return concat([bits(width - UNDEFINED_WIDTH), all])
}
