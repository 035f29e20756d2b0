/** An assembly source file, split into statements: comments away, labels and directives recognised. Columns stay those of the line. */

export interface Statement {
  /** From 1. */
  readonly line: number
  /** Where `text` starts in the line, from 0. */
  readonly column: number
  /** The whole line without comment; what stands before `column` is blank. */
  readonly text: string
  readonly kind: 'label' | 'assignment' | 'directive' | 'instruction'
  /** The label's or assigned symbol's name; the directive with its dot, in lower case. */
  readonly name: string
}

const labelText = /^(\s*)([A-Za-z_.][\w.$]*)\s*:/
const assignmentText = /^(\s*)([A-Za-z_.][\w.$]*|\*)\s*=/
const equText = /^(\s*)\.(?:equ|set)\s+([A-Za-z_.][\w.$]*)\s*,/i
const directiveText = /^(\s*)(\.\w+)(?=\s|$)/

export function splitSource(source: string): Statement[] {
  return source.split(/\r\n|\n|\r/).flatMap((line, index) => splitLine(line, index + 1))
}

function splitLine(line: string, number: number): Statement[] {
  const statements: Statement[] = []
  let text = withoutComment(line)
  const take = (kind: Statement['kind'], pattern: RegExp): boolean => {
    const match = pattern.exec(text)
    if (!match) return false
    const name = match[2] ?? ''
    const rest = text.slice(match[0].length)
    text = ' '.repeat(match[0].length) + rest
    const column = match[0].length + (rest.length - rest.trimStart().length)
    statements.push({ line: number, column, text, kind, name: kind === 'directive' ? name.toLowerCase() : name })
    return true
  }
  while (take('label', labelText));
  if (take('assignment', assignmentText) || take('assignment', equText)) return statements
  // `.` and `.+8` are operands, never the start of a line.
  if (take('directive', directiveText)) return statements
  const column = text.length - text.trimStart().length
  if (column < text.length) statements.push({ line: number, column, text, kind: 'instruction', name: '' })
  return statements
}

/** Comments start with `;` or `//`, or with a `#` that cannot be an operand's: first in the line, or between blanks. */
export function withoutComment(line: string): string {
  for (let i = 0; i < line.length; i++) {
    const c = line[i]
    if (c === '"') i = endOfString(line, i)
    else if (c === "'" && line[i + 2] === "'") i += 2
    else if (c === ';' || (c === '/' && line[i + 1] === '/')) return line.slice(0, i).trimEnd()
    else if (
      c === '#' &&
      (line.slice(0, i).trim() === '' || (/\s/.test(line[i - 1] ?? '') && /\s|^$/.test(line[i + 1] ?? '')))
    )
      return line.slice(0, i).trimEnd()
  }
  return line.trimEnd()
}

/** Index of the quote that closes the string, or the line's end. */
export function endOfString(line: string, start: number): number {
  let i = start + 1
  while (i < line.length && line[i] !== '"') i += line[i] === '\\' ? 2 : 1
  return i
}
