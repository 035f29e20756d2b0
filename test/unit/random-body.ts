/** Random bodies of instructions: nested ifs, locals, register files by field and by run-time index, memory, jumps, traps. */

import * as build from '../../generator/ir/build.ts'
import type { Expr } from '../../generator/ir/expr.ts'
import type { Body, Local, Stmt } from '../../generator/ir/stmt.ts'
import type { Random } from './random.ts'
import { randomExpr } from './random-expr.ts'

export interface BodyShape {
  /** What values are made of. */
  readonly leaves: readonly Expr[]
  /** Where values go; an index makes it a cell of a file. */
  readonly places: readonly { readonly register: string; readonly width: number; readonly index?: Expr }[]
  readonly widths: readonly number[]
  readonly memory: string
  readonly sizes: readonly number[]
  /** An address that often exists. */
  readonly address: (r: Random) => Expr
  readonly pcWidth: number
  readonly trap: { readonly name: string; readonly params: readonly number[] }
}

export function randomBody(r: Random, shape: BodyShape): Body {
  const locals: Local[] = []
  let stored = false

  const value = (width: number, known: readonly Local[]): Expr => {
    const leaves = [...shape.leaves, ...known.map((l) => build.local(l.id, l.width))]
    const options = { locals: leaves.map((e) => e.width), widths: shape.widths }
    const made = randomExpr(r, width, r.below(4), options)
    return build.mapExpr(made, (e) => (e.kind === 'local' ? leaves[e.id]! : e))
  }
  const list = (depth: number, outer: readonly Local[]): Stmt[] => {
    const known = [...outer]
    const out: Stmt[] = []
    const count = 1 + r.below(4)
    for (let i = 0; i < count; i++) {
      switch (r.below(9)) {
        case 0:
        case 1: {
          const width = r.pick(shape.widths)
          const made = { id: locals.length, name: `t${locals.length}`, width, mutable: r.below(3) === 0 }
          out.push({ kind: 'set', local: made.id, value: value(width, known) })
          locals.push(made)
          known.push(made)
          break
        }
        case 2: {
          const mutable = known.filter((l) => l.mutable)
          if (mutable.length === 0) break
          const target = r.pick(mutable)
          out.push({ kind: 'set', local: target.id, value: value(target.width, known) })
          break
        }
        case 3: {
          const size = r.pick(shape.sizes)
          const made = { id: locals.length, name: 'loaded', width: size, mutable: false }
          out.push({ kind: 'set', local: made.id, value: build.load(shape.memory, size, shape.address(r)) })
          locals.push(made)
          known.push(made)
          break
        }
        case 4: {
          if (stored) break
          stored = true
          const size = r.pick(shape.sizes)
          out.push({ kind: 'store', memory: shape.memory, address: shape.address(r), value: value(size, known) })
          break
        }
        case 5: {
          if (depth === 0) break
          const then = list(depth - 1, known)
          const otherwise = r.below(2) === 0 ? [] : list(depth - 1, known)
          out.push({ kind: 'if', cond: value(1, known), then, otherwise })
          break
        }
        default: {
          const { register, width, index } = r.pick(shape.places)
          const write = { kind: 'write', register, value: value(width, known) } as const
          out.push(index ? { ...write, index } : write)
          break
        }
      }
    }
    const end = r.below(12)
    if (end < 2) out.push({ kind: 'jump', hint: 'jump', target: value(shape.pcWidth, known) })
    if (end === 2) {
      const args = shape.trap.params.map((width) => value(width, known))
      out.push({ kind: 'trap', trap: shape.trap.name, args })
    }
    return out
  }
  const statements = list(2, [])
  return { locals, statements }
}
