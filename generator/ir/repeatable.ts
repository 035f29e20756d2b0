/**
 * What of an instruction may be given up halfway and done again from its beginning with the same result: compiled code does so when a memory access
 * needs the interpreter.
 *
 * In: a lowered body. Out: the same, where an arm of an `if` in which that is not so is left undone at its start, as by a trap (the interpreter does
 * the instruction then); undefined when it is not so on the way to all of them: what was done before a point where it may be left changes what the
 * repetition does. That is a register that was written, or a store to a memory that was loaded from before (the load would see it).
 */

import { children } from './build.ts'
import type { Expr } from './expr.ts'
import { expressions } from './facts.ts'
import type { Isa } from './isa.ts'
import type { Body, If, Stmt } from './stmt.ts'

export function repeatable(isa: Pick<Isa, 'memories'>, body: Body): Body | undefined {
  const faulting = new Set(isa.memories.filter((memory) => memory.faults).map((memory) => memory.name))
  const walked = walk(body.statements, { loaded: new Set(), changed: false }, faulting)
  return walked && { ...body, statements: walked.statements }
}

interface Path {
  /** Memories that were loaded from. */
  readonly loaded: ReadonlySet<string>
  /** A repetition from here would differ. */
  readonly changed: boolean
}

interface Walked {
  readonly statements: readonly Stmt[]
  /** At the end; absent when no path gets there. */
  readonly end?: Path
}

/** An arm that compiled code does not do: nothing was done before it. */
const UNDONE: Walked = { statements: [{ kind: 'trap', trap: 'undone', args: [] }] }

/** Undefined when the list is not repeatable. */
function walk(statements: readonly Stmt[], before: Path, faulting: ReadonlySet<string>): Walked | undefined {
  let { loaded, changed } = before
  const done: Stmt[] = []
  for (const stmt of statements) {
    const loads = expressions(stmt).flatMap(loadsOf)
    const mayLeave = stmt.kind === 'trap' || stmt.kind === 'store' || loads.some((memory) => faulting.has(memory))
    if (changed && mayLeave) return undefined
    if (loads.length > 0) loaded = new Set([...loaded, ...loads])
    if (stmt.kind === 'if') {
      const arms = walkArms(stmt, { loaded, changed }, faulting)
      if (!arms) return undefined
      const [then, otherwise] = arms
      done.push({ ...stmt, then: then.statements, otherwise: otherwise.statements })
      const ends = arms.flatMap(({ end }) => end ?? [])
      if (ends.length === 0) return { statements: done }
      loaded = new Set(ends.flatMap((end) => [...end.loaded]))
      changed = ends.some((end) => end.changed)
      continue
    }
    done.push(stmt)
    if (stmt.kind === 'jump' || stmt.kind === 'trap') return { statements: done }
    if (stmt.kind === 'write') changed = true
    else if (stmt.kind === 'store') changed ||= loaded.has(stmt.memory)
  }
  return { statements: done, end: { loaded, changed } }
}

function walkArms(stmt: If, before: Path, faulting: ReadonlySet<string>): readonly [Walked, Walked] | undefined {
  const then = walk(stmt.then, before, faulting)
  const otherwise = walk(stmt.otherwise, before, faulting)
  if (then && otherwise) return [then, otherwise]
  // With neither arm nothing would be left; after a change it is too late.
  if ((!then && !otherwise) || before.changed) return undefined
  return [then ?? UNDONE, otherwise ?? UNDONE]
}

function loadsOf(e: Expr): string[] {
  const inside = children(e).flatMap(loadsOf)
  return e.kind === 'load' ? [...inside, e.memory] : inside
}
