/**
 * What Ohm's actions need beyond the parse tree: which file they build from, where the parsed text stands in it, and
 * where to report. Ohm hands its actions nothing of ours, so it stands here while one tree is built.
 */

import type { Node } from 'ohm-js'
import type { Session } from '../../diagnostics/session.ts'
import type { Span } from '../ast.ts'

export interface Source {
  readonly file: string
  /** Offset in the file of the text that is parsed. */
  readonly base: number
  readonly session: Session
}

let current: Source | undefined

/** Runs `build` with `source` as what spans refer to. */
export function withSource<T>(source: Source, build: () => T): T {
  const outer = current
  current = source
  try {
    return build()
  } finally {
    current = outer
  }
}

export function currentSource(): Source {
  if (!current) throw new Error('a tree is built outside withSource')
  return current
}

export function spanOf(node: Node): Span {
  const { file, base } = currentSource()
  return { file, start: base + node.source.startIdx, end: base + node.source.endIdx }
}
