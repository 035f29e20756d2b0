/**
 * Makes a tree of the flat operator list that the grammar gives. From loose to tight:
 *
 *   ..   or   and   == != < <= > >= <s <=s >s >=s is   |   ^   &   << >> >>s   + -   * / % /s %s
 *
 * As in C, but comparisons bind looser than & ^ |, so `A & m == 0` is what it looks like. Comparisons and `..` do not
 * chain, and a shift directly beside + or - needs parentheses: nobody remembers which one C does first (E0106).
 */

import type { Session } from '../diagnostics/session.ts'
import type { BinaryOp, Expr, Span } from './ast.ts'

export interface Operation {
  readonly op: BinaryOp
  readonly opSpan: Span
  readonly operand: Expr
}

const levels: readonly (readonly BinaryOp[])[] = [
  ['..'],
  ['or'],
  ['and'],
  ['==', '!=', '<', '<=', '>', '>=', '<s', '<=s', '>s', '>=s', 'is'],
  ['|'],
  ['^'],
  ['&'],
  ['<<', '>>', '>>s'],
  ['+', '-'],
  ['*', '/', '%', '/s', '%s'],
]

/** How tight each operator binds: 0 is loosest. print.ts places parentheses by it. */
export const precedence = Object.fromEntries(levels.flatMap((ops, level) => ops.map((op) => [op, level]))) as Readonly<
  Record<BinaryOp, number>
>
export const RANGE = precedence['..']
export const COMPARISON = precedence['==']
export const SHIFT = precedence['<<']
export const SUM = precedence['+']

/** `first op operand op operand …` as one tree; all operators are left-associative. */
export function resolvePrecedence(first: Expr, operations: readonly Operation[], session: Session): Expr {
  const operands: Expr[] = [first]
  const pending: Operation[] = []
  /** Trees made here have no parentheses round them; others do, or are single operands. */
  const bare = new Set<Expr>()

  const reduce = (): void => {
    const operation = pending.pop()
    const right = operands.pop()
    const left = operands.pop()
    if (!operation || !left || !right) return
    checkNeighbours(operation, left, right, bare, session)
    const span = { file: left.span.file, start: left.span.start, end: right.span.end }
    const tree: Expr = { kind: 'binary', op: operation.op, left, right, span }
    bare.add(tree)
    operands.push(tree)
  }

  for (const operation of operations) {
    while (pending.length > 0 && precedence[(pending.at(-1) as Operation).op] >= precedence[operation.op]) reduce()
    pending.push(operation)
    operands.push(operation.operand)
  }
  while (pending.length > 0) reduce()
  return operands[0] as Expr
}

function checkNeighbours(
  operation: Operation,
  left: Expr,
  right: Expr,
  bare: ReadonlySet<Expr>,
  session: Session,
): void {
  const level = precedence[operation.op]
  for (const side of [left, right]) {
    if (side.kind !== 'binary' || !bare.has(side)) continue
    const inner = precedence[side.op]
    if (level === SHIFT && inner === SUM) {
      session.report('E0106', operation.opSpan, `\`${side.op}\` stands directly beside \`${operation.op}\``, {
        labels: [{ span: side.span, text: `C would do this \`${side.op}\` first` }],
        help: 'put one of the two in parentheses',
      })
    } else if (level === inner && (level === COMPARISON || level === RANGE)) {
      session.report('E0106', operation.opSpan, `\`${side.op}\` and \`${operation.op}\` do not chain`, {
        labels: [{ span: side.span, text: level === RANGE ? 'this is a range' : 'this is one bit' }],
        help:
          level === RANGE ? 'a range has two ends' : 'put one comparison in parentheses, or join the two with `and`',
      })
    }
  }
}
