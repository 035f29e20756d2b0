// Builds dist/: compiles the sources, copies what tsc does not, and makes the command executable.

import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

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
copyFileSync(join(root, 'generator/syntax/isa.ohm'), join(root, 'dist/generator/syntax/isa.ohm'))
const command = join(root, 'dist/generator/cli.js')
if (existsSync(command)) chmodSync(command, 0o755)
