/**
 * Which syntaxes a line may be written in: an index by the first word. Choices in a mnemonic are spelled out once (amoadd.w, amoadd.w.aq …),
 * so that a look-up is one map access; mnemonics with holes (rmb{k}) are found by the text before the hole.
 */

import type { AssemblyTable, ChoiceArm, Part, Syntax } from './table.ts'

export interface Candidate {
  /** Of the instruction in the table. */
  readonly index: number
  readonly syntax: Syntax
  /** The mnemonic with its choices made. */
  readonly mnemonic: readonly Part[]
  /** Arms that were taken for that. */
  readonly arms: readonly ChoiceArm[]
}
export interface Candidates {
  /** In the isa's order. */
  readonly find: (firstWord: string) => readonly Candidate[]
  readonly words: () => readonly string[]
}

/** A mnemonic with more spellings than this is matched part by part. */
const MAX_SPELLINGS = 256

export function indexCandidates(table: AssemblyTable): Candidates {
  const spelled = new Map<string, Candidate[]>()
  const open: { readonly prefix: string; readonly candidate: Candidate }[] = []
  table.instructions.forEach(({ syntaxes }, index) => {
    for (const syntax of syntaxes) {
      for (const { parts, arms } of spellings(syntax.mnemonic)) {
        const candidate: Candidate = { index, syntax, mnemonic: parts, arms }
        const text = typeof parts[0] === 'string' ? parts[0].toLowerCase() : ''
        const word = firstWord(text)
        // More than text: the first word ends only where the text has a blank.
        if (parts.length > 1 && word.length === text.length) open.push({ prefix: text, candidate })
        else if (spelled.has(word)) spelled.get(word)?.push(candidate)
        else spelled.set(word, [candidate])
      }
    }
  })
  const find = (word: string): readonly Candidate[] => {
    const exact = spelled.get(word) ?? []
    const more = open.filter(({ prefix }) => word.startsWith(prefix)).map(({ candidate }) => candidate)
    return more.length === 0 ? exact : [...exact, ...more].sort((a, b) => a.index - b.index)
  }
  return { find, words: () => [...spelled.keys()] }
}

/** The leading word of a line or mnemonic. */
export function firstWord(text: string): string {
  return /^[\w.]*/.exec(text)?.[0] ?? ''
}

interface Spelling {
  readonly parts: readonly Part[]
  readonly arms: readonly ChoiceArm[]
}
function spellings(parts: readonly Part[]): readonly Spelling[] {
  let all: Spelling[] = [{ parts: [], arms: [] }]
  for (const part of parts) {
    const ends =
      typeof part === 'string' || !('arms' in part)
        ? [{ parts: [part], arms: [] }]
        : part.arms.flatMap((arm) => spellings(arm.parts).map((s) => ({ parts: s.parts, arms: [arm, ...s.arms] })))
    all = all.flatMap((begun) =>
      ends.map((end) => ({ parts: joinTexts(begun.parts, end.parts), arms: [...begun.arms, ...end.arms] })),
    )
    if (all.length > MAX_SPELLINGS) return [{ parts, arms: [] }]
  }
  return all
}
function joinTexts(before: readonly Part[], after: readonly Part[]): readonly Part[] {
  const last = before.at(-1)
  const [first, ...rest] = after
  return typeof last === 'string' && typeof first === 'string'
    ? joinTexts([...before.slice(0, -1), last + first], rest)
    : [...before, ...after]
}
