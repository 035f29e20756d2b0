/**
 * Whether an instruction may be given up halfway and done again from its beginning with the same result: compiled code
 * does so when a memory access needs the interpreter.
 *
 * In: a lowered body. Out: false when, on some path, what was done before a point where it may be left changes what the
 * repetition does: a register that was written, or a store to a memory that was loaded from before (the load would see
 * it).
 */

import { children } from './build.ts'
import type { Expr } from './expr.ts'
import { expressions } from './facts.ts'
import type { Isa } from './isa.ts'
import type { Body, Stmt } from './stmt.ts'

export function isRepeatable(isa: Pick<Isa, 'memories'>, body: Body): boolean {
  const faulting = new Set(isa.memories.filter((memory) => memory.faults).map((memory) => memory.name))
  return walk(body.statements, { loaded: new Set(), changed: false }, faulting) !== 'no'
}

interface Path {
  /** Memories that were loaded from. */
  readonly loaded: ReadonlySet<string>
  /** A repetition from here would differ. */
  readonly changed: boolean
}

/** The state at the list's end; undefined when no path gets there; 'no' when the body is not repeatable. */
function walk(statements: readonly Stmt[], before: Path, faulting: ReadonlySet<string>): Path | undefined | 'no' {
  let { loaded, changed } = before
  for (const stmt of statements) {
    const loads = expressions(stmt).flatMap(loadsOf)
    const mayLeave = stmt.kind === 'trap' || stmt.kind === 'store' || loads.some((memory) => faulting.has(memory))
    if (changed && mayLeave) return 'no'
    if (loads.length > 0) loaded = new Set([...loaded, ...loads])
    switch (stmt.kind) {
      case 'write':
        changed = true
        break
      case 'store':
        changed ||= loaded.has(stmt.memory)
        break
      case 'jump':
      case 'trap':
        return undefined
      case 'if': {
        const then = walk(stmt.then, { loaded, changed }, faulting)
        const otherwise = walk(stmt.otherwise, { loaded, changed }, faulting)
        if (then === 'no' || otherwise === 'no') return 'no'
        if (!then && !otherwise) return undefined
        const ends = [then, otherwise].filter((end) => end !== undefined)
        loaded = new Set(ends.flatMap((end) => [...end.loaded]))
        changed = ends.some((end) => end.changed)
        break
      }
      default:
        break
    }
  }
  return { loaded, changed }
}

function loadsOf(e: Expr): string[] {
  const inside = children(e).flatMap(loadsOf)
  return e.kind === 'load' ? [...inside, e.memory] : inside
}
