/** `isagen check`: all diagnostics of specs, as text with the places marked, or as JSON. */

import { defineCommand, EXIT_FOUND, EXIT_OK } from './command.ts'
import { printSizes, sizesUnder } from './size.ts'
import { findSpecFiles } from './spec-files.ts'
import { counted, table } from './terminal.ts'

export const command = defineCommand({
  usage: 'check SPEC…',
  describe: 'Report mistakes in specs (files or folders). Exit code 1 when there are errors.',
  operands: { least: 1, most: Number.POSITIVE_INFINITY, name: 'a SPEC' },
  options: {
    json: { type: 'boolean', describe: 'print one JSON object a diagnostic, one a line' },
    size: { type: 'boolean', describe: 'print the size of the specs too' },
  },
  examples: [
    ['isagen check mycpu.isa', 'errors and warnings with their places'],
    ['isagen check isa --size', 'all specs under a folder, and how long they are'],
  ],
  run: async ({ options, operands }, terminal) => {
    const found = findSpecFiles(operands)
    const { compile } = await import('../compile.ts')
    const { render, renderJson } = await import('../diagnostics/render.ts')
    const { session, isas, sources } = compile(found.files)
    const failed = session.errors > 0 ? EXIT_FOUND : EXIT_OK
    if (options.json) {
      terminal.out(renderJson(session.diagnostics, sources))
      return failed
    }
    terminal.out(render(session.diagnostics, sources, { color: terminal.color }))
    const own = isas.filter((isa) => found.isas.includes(isa.name))
    if (!failed && own.length > 0) {
      const rows = own.map((isa) => [isa.name, String(isa.instructions.length), String(isa.tests.length)])
      terminal.out(`${table([['isa', 'instructions', 'tests'], ...rows], [1, 2])}\n`)
    }
    const warnings = session.diagnostics.length - session.errors
    const files = counted(found.files.length, 'file')
    terminal.out(`${files}: ${counted(session.errors, 'error')}, ${counted(warnings, 'warning')}\n`)
    if (options.size) {
      terminal.out('\n')
      printSizes(sizesUnder(operands), false, terminal)
    }
    return failed
  },
})
