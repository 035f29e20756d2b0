/**
 * Which instruction do these bits mean: a decision tree over encodings.
 *
 * In: encodings as mask and value, some with a condition. Out: nested switches over runs of bits, with a list of tests at each leaf. Where encodings
 * are nested the more specific one (more fixed bits) is tested first; where its condition fails the next one is.
 */

export interface Pattern {
  /** What the tree gives when this pattern fits. */
  readonly index: number
  /** Bits of the instruction as one number (ir/isa.ts, Encoding). */
  readonly mask: bigint
  readonly value: bigint
  readonly conditional: boolean
}
export type DecisionTree =
  | {
      readonly kind: 'switch'
      /** Bits low … low + width − 1, all in one 32-bit word. */
      readonly low: number
      readonly width: number
      readonly cases: readonly { readonly values: readonly number[]; readonly tree: DecisionTree }[]
      readonly otherwise: DecisionTree
    }
  /** In order; the first whose remaining bits and condition fit. Empty: no instruction. */
  | { readonly kind: 'tests'; readonly tests: readonly Test[] }
export interface Test {
  readonly index: number
  /** Bits that the switches above have not looked at yet. */
  readonly mask: bigint
  readonly value: bigint
  readonly conditional: boolean
}

/** Widest run of bits that one switch looks at. */
const WIDEST = 8

export function decisionTree(patterns: readonly Pattern[]): DecisionTree {
  const ordered = [...patterns].sort((a, b) => bitCount(b.mask) - bitCount(a.mask) || a.index - b.index)
  return grow(ordered, 0n)
}

function grow(patterns: readonly Pattern[], seen: bigint): DecisionTree {
  // Behind one that surely fits nothing is reached.
  const sure = patterns.findIndex((p) => !p.conditional && (p.mask & ~seen) === 0n)
  const reached = sure < 0 ? patterns : patterns.slice(0, sure + 1)
  const leaf: DecisionTree = {
    kind: 'tests',
    tests: reached.map((p) => ({
      index: p.index,
      mask: p.mask & ~seen,
      value: p.value & ~seen,
      conditional: p.conditional,
    })),
  }
  if (reached.length <= 1) return leaf
  const run = bestRun(reached, seen)
  if (!run) return leaf
  const { low, width } = run
  const runMask = ((1n << BigInt(width)) - 1n) << BigInt(low)
  const groups = new Map<string, { readonly values: number[]; readonly patterns: readonly Pattern[] }>()
  for (let value = 0; value < 2 ** width; value++) {
    const bits = BigInt(value) << BigInt(low)
    const fitting = reached.filter((p) => ((p.value ^ bits) & p.mask & runMask) === 0n)
    const key = fitting.map((p) => p.index).join(' ')
    const group = groups.get(key)
    if (group) group.values.push(value)
    else groups.set(key, { values: [value], patterns: fitting })
  }
  if (groups.size === 1) return leaf
  // The largest group of values needs no labels.
  const all = [...groups.values()]
  const rest = all.reduce((most, group) => (group.values.length > most.values.length ? group : most))
  return {
    kind: 'switch',
    low,
    width,
    cases: all
      .filter((group) => group !== rest)
      .map((group) => ({ values: group.values, tree: grow(group.patterns, seen | runMask) })),
    otherwise: grow(rest.patterns, seen | runMask),
  }
}

/** The run of neighbouring bits that most of the patterns fix, in one 32-bit word; undefined when none tells patterns apart. */
function bestRun(
  patterns: readonly Pattern[],
  seen: bigint,
): { readonly low: number; readonly width: number } | undefined {
  const top = patterns.reduce((most, p) => Math.max(most, p.mask.toString(2).length), 0)
  const counts = Array.from({ length: top }, (_, bit) => {
    const at = 1n << BigInt(bit)
    if ((seen & at) !== 0n) return 0
    return patterns.reduce((count, p) => count + ((p.mask & at) === 0n ? 0 : 1), 0)
  })
  const most = Math.max(0, ...counts)
  if (most === 0) return undefined
  let best: { low: number; width: number } | undefined
  for (let low = 0; low < top; low++) {
    if (counts[low] !== most || (low > 0 && counts[low - 1] === most && low % 32 !== 0)) continue
    let width = 1
    while (width < WIDEST && (low + width) % 32 !== 0 && counts[low + width] === most) width++
    if (!best || width > best.width) best = { low, width }
  }
  return best
}

function bitCount(x: bigint): number {
  let count = 0
  for (let rest = x; rest !== 0n; rest &= rest - 1n) count++
  return count
}
