/** Actions for encodings and box lists. */

import type { ActionDict } from 'ohm-js'
import type { Bound, Enc, EncAtom, Expr, Range } from '../ast.ts'
import { encWordHelp } from '../hints.ts'
import { numberExpr } from './expressions.ts'
import { defined, eachOf, encOf, exprOf, itemsOf, maybe, numberOf, treeOf } from './nodes.ts'
import { currentSource, spanOf } from './source.ts'

export const encodingActions: ActionDict<unknown> = {
  Enc(atoms): Enc {
    return { atoms: eachOf<EncAtom>(atoms), span: spanOf(this) }
  },
  EncText: (enc) => encOf(enc),
  EncText_braces: (_open, _g, enc, _g2, _close) => encOf(enc),
  EncAtom: (atom) => treeOf<EncAtom>(atom),
  EncAtom_box(_open, _g, atoms, _g2, _close): EncAtom {
    return { kind: 'box', atoms: eachOf<EncAtom>(atoms), span: spanOf(this) }
  },
  EncAtom_slices(name, _open, ranges, _close): EncAtom {
    return { kind: 'slices', name: name.sourceString, ranges: itemsOf<Range>(ranges), span: spanOf(this) }
  },
  EncAtom_field(name, _colon, width): EncAtom {
    return { kind: 'field', name: name.sourceString, width: exprOf(width), span: spanOf(this) }
  },
  EncAtom_slot(_slash, name): EncAtom {
    return { kind: 'slot', name: name.sourceString, span: spanOf(this) }
  },
  EncAtom_word(word): EncAtom {
    const text = word.sourceString
    const span = spanOf(this)
    const help = encWordHelp(text)
    if (help !== undefined) {
      currentSource().session.report('E0101', span, 'an encoding is written without 0b and 0x', { help })
    }
    return { kind: 'word', text, span }
  },
  Width: (width) => widthExpr(width),
  Width_paren(_open, _g, width, _g2, _close): Expr {
    return { ...exprOf(width), span: spanOf(this) }
  },
  Range(high, low): Range {
    return { high: treeOf<Bound>(high), ...defined({ low: maybe<Bound>(low) }) }
  },
  Low: (_colon, bound) => treeOf<Bound>(bound),
  Bound: (bound): Bound => (bound.ctorName === 'number' ? numberOf(bound) : bound.sourceString),
}

function widthExpr(node: Parameters<typeof numberExpr>[0]): Expr {
  if (node.ctorName === 'number') return numberExpr(node)
  if (node.ctorName === 'name') return { kind: 'name', name: node.sourceString, span: spanOf(node) }
  return exprOf(node)
}
