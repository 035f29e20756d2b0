/** Lines of spans, for what shows a place of the spec to its reader. */

import { basename } from 'node:path'
import { SourceText } from '../diagnostics/position.ts'
import type { Span, SpecFile } from '../syntax/ast.ts'

const indexed = new WeakMap<SpecFile, SourceText>()

/** The file's name and the line; line 1 for a span of no file of these. */
export function sourceOf(files: readonly SpecFile[], span: Span): { file: string; line: number } {
  const file = files.find((f) => f.file === span.file)
  if (!file) return { file: basename(span.file), line: 1 }
  const text = indexed.get(file) ?? new SourceText(file.text)
  indexed.set(file, text)
  return { file: basename(span.file), line: text.position(span.start).line }
}
