// Builds dist/: compiles the sources, compiles the grammar, bundles the command that has to start at once, and makes the command line executable.

import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { grammar } from 'ohm-js'
import { bundleCommand } from './bundle-command.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'))

try {
  execFileSync(process.execPath, [join(typescript, 'bin/tsc'), '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  })
} catch {
  process.exit(1) // tsc has said why
}
// generator/syntax/grammar.ts takes the compiled form where it finds it.
const isaOhm = join(root, 'generator/syntax/isa.ohm')
copyFileSync(isaOhm, join(root, 'dist/generator/syntax/isa.ohm'))
writeFileSync(join(root, 'dist/generator/syntax/isa.ohm.json'), grammar(readFileSync(isaOhm, 'utf8')).toRecipe())

await bundleCommand(join(root, 'dist/generator/cli/run.js'), ['./run-linux.js', 'isagen/linux'])

const command = join(root, 'dist/generator/cli.js')
if (existsSync(command)) chmodSync(command, 0o755)
