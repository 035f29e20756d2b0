// The README's first command line: builds everything, turns the specs into engines, and runs a bundled RISC-V Linux program in the interpreter and in
// the JIT. The two outputs must be the same.

import { execFileSync, spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const program = 'test/guests/hello.rv64.elf'
const node = (...args) => execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' })

say('npm run build')
node('scripts/build.mjs')
say('npx isagen build --stats')
node('dist/generator/cli.js', 'build', '--stats')

const outputs = ['interpreter', 'baseline'].map((tier) => {
  const args = ['run', program, '--tier', tier, '--stats', '--', 'one', 'two']
  say(`npx isagen ${args.join(' ')}`)
  const run = spawnSync(process.execPath, ['dist/generator/cli.js', ...args], { cwd: root, encoding: 'utf8' })
  process.stdout.write(run.stdout)
  process.stdout.write(run.stderr)
  if (run.status !== 0) process.exit(1)
  return run.stdout
})
if (outputs[0] !== outputs[1]) {
  console.error('\nThe tiers differ.')
  process.exit(1)
}
console.log('\nThe interpreter and the JIT gave the same output.')

function say(line) {
  console.log(`\n$ ${line}`)
}
