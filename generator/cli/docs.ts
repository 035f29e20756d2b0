/** `isagen docs`: the reference manual of each machine of a spec, an HTML file without scripts. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CommandError, defineCommand, EXIT_OK } from './command.ts'
import { compileSpecs } from './compile-specs.ts'
import { findSpecFiles, findSpecOfIsa } from './spec-files.ts'

export const command = defineCommand({
  usage: 'docs [SPEC…]',
  describe:
    'Write the reference manual of every isa of the specs to OUT/<isa>.html: state, decode space, and of each instruction encoding, operation, flags, timing.',
  operands: { least: 0, most: Number.POSITIVE_INFINITY, name: 'a SPEC' },
  options: {
    out: { type: 'string', default: '.', describe: 'the folder for the manuals' },
    isa: {
      type: 'string',
      describe: 'only this machine; no SPEC: one that comes with the package, or is composed by name',
    },
  },
  examples: [
    ['isagen docs mycpu.isa', 'writes mycpu.html'],
    ['isagen docs --isa rv64gc --out manuals', 'of a bundled machine'],
  ],
  run: async ({ options, operands }, terminal) => {
    if (operands.length === 0 && options.isa === undefined) throw new CommandError('docs needs a SPEC or --isa NAME')
    const specs = operands.length > 0 ? operands : [findSpecOfIsa(options.isa ?? '')]
    const isas = await compileSpecs(findSpecFiles(specs), terminal, options.isa)
    const { manual } = await import('./manual.ts')
    mkdirSync(options.out, { recursive: true })
    for (const isa of isas) {
      const path = join(options.out, `${isa.name}.html`)
      writeFileSync(path, manual(isa))
      terminal.out(`${path}\n`)
    }
    return EXIT_OK
  },
})
