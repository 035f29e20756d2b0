/** The word that was probably meant, for "did you mean": the nearest by edits (insert, delete, replace, swap neighbours), if it is near. */

export function closest(word: string, words: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Math.floor(word.length / 3) + 2
  for (const candidate of words) {
    if (Math.abs(candidate.length - word.length) > least) continue
    // A letter too many at the end is likelier than a wrong one.
    const distance = editDistance(word, candidate) - (word.startsWith(candidate) ? 0.5 : 0)
    if (distance < least) [best, least] = [candidate, distance]
  }
  return best
}

function editDistance(a: string, b: string): number {
  let older: number[] = []
  let old = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replace = (old[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swaps = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swap = swaps ? (older[j - 2] ?? 0) + 1 : replace
      row.push(Math.min((row[j - 1] ?? 0) + 1, (old[j] ?? 0) + 1, replace, swap))
    }
    older = old
    old = row
  }
  return old[b.length] ?? 0
}
