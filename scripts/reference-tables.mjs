// The tables of docs/language-reference.md that come from the sources: items, clauses and statements of the grammar, and the diagnostics. Run after a
// change of generator/syntax/isa.ohm or generator/diagnostics/codes.ts; a test compares.

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const file = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const start = '<!-- generated: scripts/reference-tables.mjs -->'

/** The document with its tables made anew; they are its end. */
export function withTables() {
  const document = readFileSync(file('docs/language-reference.md'), 'utf8')
  const grammar = readFileSync(file('generator/syntax/isa.ohm'), 'utf8')
  const codes = readFileSync(file('generator/diagnostics/codes.ts'), 'utf8')
  const rule = (name) => new RegExp(`^  ${name}\\n(?:    .*\\n)+`, 'm').exec(grammar)?.[0] ?? ''
  const rules = ['Decl', 'Clause', 'WordStmt'].map((name) =>
    rule(name)
      .replace(/ +-- \w+$/gm, '')
      .trimEnd(),
  )
  const rows = [...codes.matchAll(/^ {2}([EW]\d{4}): (?:'((?:[^'\\]|\\.)*)'|"([^"]*)"),/gm)]
  const table = rows.map(
    ([, code, single, double]) => `| ${code} | ${(double ?? single).replace(/\\(.)/g, '$1').replace(/\|/g, '\\|')} |`,
  )
  const before = document.split(start)[0].trimEnd()
  return `${before}\n\n${start}\n\n## Grammar\n\nItems, clauses and statements, from the grammar itself; the rules they name are in the same file.\n\n\`\`\`\n${rules.join('\n\n')}\n\`\`\`\n\n## Diagnostics\n\n| code | says |\n| --- | --- |\n${table.join('\n')}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(file('docs/language-reference.md'), withTables())
