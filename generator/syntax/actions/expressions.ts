/** Actions for expressions, templates and words. */

import type { ActionDict, Node } from 'ohm-js'
import type { BinaryOp, Block, Expr, MatchArm, Name, Span, Stmt, Template, TemplatePart, UnaryOp } from '../ast.ts'
import { type Operation, resolvePrecedence } from '../precedence.ts'
import { blockOf, defined, eachOf, exprOf, itemsOf, listOf, maybe, nameOf, templateOf, treeOf } from './nodes.ts'
import { currentSource, spanOf } from './source.ts'

/** What may follow a primary: `.name`, `[i]`, `[high:low]`, `(args)`. */
type Suffix = { readonly span: Span } & (
  | { readonly kind: 'member'; readonly name: Name }
  | { readonly kind: 'index'; readonly index: Expr; readonly low?: Expr }
  | { readonly kind: 'call'; readonly args: readonly Expr[] }
)

export const expressionActions: ActionDict<unknown> = {
  Expr(first, operations) {
    if (operations.children.length === 0) return exprOf(first)
    return resolvePrecedence(exprOf(first), eachOf<Operation>(operations), currentSource().session)
  },
  ExprText: (_gap, expr, _gap2) => exprOf(expr),
  Operation(op, _gap, operand): Operation {
    return { op: op.sourceString as BinaryOp, opSpan: spanOf(op), operand: exprOf(operand) }
  },
  Unary(ops, operand) {
    return ops.children.reduceRight<Expr>((expr, op) => {
      const { file, start } = spanOf(op)
      return { kind: 'unary', op: op.sourceString as UnaryOp, operand: expr, span: { file, start, end: expr.span.end } }
    }, exprOf(operand))
  },
  Postfix(primary, suffixes) {
    return eachOf<Suffix>(suffixes).reduce<Expr>((object, suffix) => {
      const span = { ...object.span, end: suffix.span.end }
      if (suffix.kind === 'call') {
        checkMemoryCall(object, suffix)
        return { kind: 'call', callee: object, args: suffix.args, span }
      }
      return { ...suffix, object, span }
    }, exprOf(primary))
  },
  Member(_dot, name): Suffix {
    return { kind: 'member', name: nameOf(name), span: spanOf(this) }
  },
  Index(_open, _g, index, low, _g2, _close): Suffix {
    return { kind: 'index', index: exprOf(index), ...defined({ low: maybe<Expr>(low) }), span: spanOf(this) }
  },
  Below: (_colon, _gap, low) => exprOf(low),
  Call(_open, _g, args, _g2, _close): Suffix {
    return { kind: 'call', args: itemsOf<Expr>(args), span: spanOf(this) }
  },

  // Parentheses leave no trace but a wider span.
  Primary_paren(_open, _g, list, _g2, _close): Expr {
    const items = listOf<Expr>(list)
    const span = spanOf(this)
    return items.length === 1 ? { ...(items[0] as Expr), span } : { kind: 'tuple', items, span }
  },
  Primary_if(_if, cond, then, elseIfs, otherwise): Expr {
    const end = spanOf(this).end
    const rest = eachOf<{ cond: Expr; then: Block; span: Span }>(elseIfs).reduceRight<Block | undefined>(
      (after, arm) => blockOfOne(ifExpr(arm.cond, arm.then, after, { ...arm.span, end })),
      maybe<Block>(otherwise),
    )
    return ifExpr(exprOf(cond), blockOf(then), rest, spanOf(this))
  },
  ElseIf(_gap, _else, keyword, cond, then) {
    return { cond: exprOf(cond), then: blockOf(then), span: spanOf(keyword) }
  },
  Else: (_gap, _else, block) => blockOf(block),
  Primary_match(_match, subject, _open, _g, arms, _g2, _close): Expr {
    return { kind: 'match', subject: exprOf(subject), arms: itemsOf<MatchArm>(arms), span: spanOf(this) }
  },
  Arm(patterns, when, _arrow, _gap, body): MatchArm {
    const tree = treeOf<Block | Stmt>(body)
    const block = 'statements' in tree ? tree : { statements: [tree], span: tree.span }
    return {
      patterns: listOf<Expr>(patterns),
      ...defined({ when: maybe<Expr>(when) }),
      body: block,
      span: spanOf(this),
    }
  },
  Patterns_else: (_else) => [],
  Patterns_list: (list) => listOf<Expr>(list),
  Primary_undef(_undef): Expr {
    return { kind: 'undef', span: spanOf(this) }
  },
  Primary_template(template): Expr {
    return { kind: 'template', template: templateOf(template), span: spanOf(this) }
  },
  Primary_text(text): Expr {
    return { kind: 'text', value: text.sourceString.slice(1, -1), span: spanOf(this) }
  },
  Primary_name(name): Expr {
    return { kind: 'name', name: name.sourceString, span: spanOf(this) }
  },
  Primary_number: (number) => numberExpr(number),
  List: (list) => itemsOf<Expr>(list),
  Names: (list) => list.asIteration().children.map(nameOf),
  Init: (_equals, _gap, value) => exprOf(value),
  When: (_when, value) => exprOf(value),

  template(_open, parts, _close): Template {
    return { kind: 'template', parts: joinTexts(eachOf<TemplatePart>(parts)), span: spanOf(this) }
  },
  templatePart: (part) => treeOf<TemplatePart>(part),
  plain(_chars): TemplatePart {
    return { kind: 'text', text: this.sourceString }
  },
  escape(_backslash, char): TemplatePart {
    return { kind: 'text', text: char.sourceString }
  },
  hole(_open, value, _blank, style, _close): TemplatePart {
    return { kind: 'hole', value: exprOf(value), ...defined({ style: maybe<string>(style) }), span: spanOf(this) }
  },
  applySyntactic: (expr) => exprOf(expr),
  style: (_colon, _blank, name, _blank2) => name.sourceString,
  string(_open, _chars, _close) {
    return this.sourceString.slice(1, -1).replace(/\\(.)/g, '$1')
  },
}

/** A number as an expression; `0b1xx` is a pattern. */
export function numberExpr(node: Node): Expr {
  const text = node.sourceString
  const digits = text.replaceAll('_', '')
  const span = spanOf(node)
  const bits = /^0b([01x]*x[01x]*)$/.exec(digits)?.[1]
  if (bits === undefined) return { kind: 'number', value: BigInt(digits), text, span }
  return { kind: 'number', value: BigInt(`0b${bits.replaceAll('x', '0')}`), text, pattern: bits, span }
}

function ifExpr(cond: Expr, then: Block, otherwise: Block | undefined, span: Span): Expr {
  return { kind: 'if', cond, then, ...defined({ otherwise }), span }
}

function blockOfOne(value: Expr): Block {
  return { statements: [{ kind: 'value', value, span: value.span }], span: value.span }
}

/** Escapes leave texts in pieces; two texts side by side are one. */
function joinTexts(parts: readonly TemplatePart[]): TemplatePart[] {
  const joined: TemplatePart[] = []
  for (const part of parts) {
    const last = joined.at(-1)
    if (part.kind === 'text' && last?.kind === 'text')
      joined[joined.length - 1] = { kind: 'text', text: last.text + part.text }
    else joined.push(part)
  }
  return joined
}

/** `M8(a)`: other tools write memory as a call. */
function checkMemoryCall(callee: Expr, call: Suffix & { readonly kind: 'call' }): void {
  if (callee.kind !== 'name' || !/^M(8|16|32|64|128)$/.test(callee.name) || call.args.length !== 1) return
  const { session } = currentSource()
  session.report('E0101', call.span, 'memory is indexed with [ ]', { help: `${callee.name}[…]` })
}
