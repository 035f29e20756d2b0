/**
 * Reverse postorder and dominators of a flow graph, after Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm" (2001).
 * Nodes are numbers, node 0 is the entry.
 */

export interface Dominators {
  /** Nodes that can be reached, in reverse postorder. */
  readonly order: readonly number[]
  /** Place of a node in `order`, −1 for nodes that cannot be reached. */
  readonly place: Int32Array
  /** Immediate dominator by node; the entry is its own. */
  readonly immediate: Int32Array
  dominates(a: number, b: number): boolean
}

export function findDominators(successors: readonly (readonly number[])[]): Dominators {
  const { order, place } = reversePostorder(successors)
  const predecessors: number[][] = successors.map(() => [])
  for (const node of order) for (const next of successors[node]!) predecessors[next]!.push(node)
  const immediate = new Int32Array(successors.length).fill(-1)
  immediate[0] = 0
  const common = (one: number, another: number): number => {
    let [a, b] = [one, another]
    while (a !== b) {
      while (place[a]! > place[b]!) a = immediate[a]!
      while (place[b]! > place[a]!) b = immediate[b]!
    }
    return a
  }
  for (let changed = true; changed; ) {
    changed = false
    for (const node of order) {
      if (node === 0) continue
      let found = -1
      for (const before of predecessors[node]!) {
        if (immediate[before] !== -1) found = found === -1 ? before : common(before, found)
      }
      if (immediate[node] === found) continue
      immediate[node] = found
      changed = true
    }
  }
  const dominates = (a: number, b: number): boolean => {
    let at = b
    while (place[at]! > place[a]!) at = immediate[at]!
    return at === a
  }
  return { order, place, immediate, dominates }
}

function reversePostorder(successors: readonly (readonly number[])[]): { order: number[]; place: Int32Array } {
  const seen = new Uint8Array(successors.length)
  const order: number[] = []
  const path: { readonly node: number; next: number }[] = [{ node: 0, next: successors[0]!.length }]
  seen[0] = 1
  while (path.length > 0) {
    const top = path[path.length - 1]!
    // Backwards, so that first successors come first in the result.
    if (top.next === 0) {
      order.push(top.node)
      path.pop()
      continue
    }
    const node = successors[top.node]![--top.next]!
    if (seen[node]) continue
    seen[node] = 1
    path.push({ node, next: successors[node]!.length })
  }
  order.reverse()
  const place = new Int32Array(successors.length).fill(-1)
  for (const [at, node] of order.entries()) place[node] = at
  return { order, place }
}
