/** From offsets to lines and columns. Both count from 1, columns in UTF-16 units, as editors and compilers do. */

export interface Position {
  readonly line: number
  readonly column: number
}

/** One file's text with the starts of its lines. */
export class SourceText {
  readonly text: string
  readonly #starts: readonly number[]

  constructor(text: string) {
    this.text = text
    const starts = [0]
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
    this.#starts = starts
  }

  /** Offsets outside the text are taken as its ends. */
  position(offset: number): Position {
    const at = Math.min(Math.max(offset, 0), this.text.length)
    let low = 0
    let high = this.#starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#starts[middle] ?? 0) <= at) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: at - (this.#starts[low] ?? 0) + 1 }
  }

  /** The text of a line without its end. */
  line(line: number): string {
    const start = this.#starts[line - 1] ?? this.text.length
    const end = this.#starts[line] ?? this.text.length + 1
    return this.text.slice(start, end - 1).replace(/\r$/, '')
  }
}

/** The texts by file, indexed on first use. */
export function sourceTexts(sources: ReadonlyMap<string, string>): (file: string) => SourceText | undefined {
  const indexed = new Map<string, SourceText>()
  return (file) => {
    const known = indexed.get(file)
    if (known) return known
    const text = sources.get(file)
    if (text === undefined) return undefined
    const source = new SourceText(text)
    indexed.set(file, source)
    return source
  }
}
