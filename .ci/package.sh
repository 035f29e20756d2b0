#!/usr/bin/env bash
# Packs the package, installs the tarball in an empty project, and uses it there as a stranger would: runs a bundled guest, makes a starter
# spec, checks, builds and tests it, and type-checks and runs a program of theirs that embeds both a bundled engine and their own.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$top"
tarball=$(npm pack --silent --pack-destination "$work" | tail -n 1)
cd "$work"
echo '{ "name": "stranger", "private": true, "type": "module" }' >package.json
npm install --silent --no-progress "./$tarball"
isagen() {
  echo "$ isagen $*" >&2
  npx --no-install isagen "$@"
}

isagen --version
cp "$top/test/guests/hello.rv64.elf" .
for tier in interpreter baseline; do isagen run hello.rv64.elf --tier $tier -- one two | tee "$tier.txt"; done
cmp interpreter.txt baseline.txt

isagen new mycpu
isagen check mycpu/mycpu.isa
isagen conform --spec mycpu/mycpu.isa
isagen build mycpu/mycpu.isa --out src/generated

cat >src/main.ts <<'TS'
import { createEngine, EXEC, READ } from 'isagen/runtime'
import { isa as riscv } from 'isagen/generated/rv64imac'
import { isa as own } from './generated/mycpu/index.ts'

const engine = createEngine(riscv, { memoryBytes: 1 << 20 })
engine.memory.map(0x1000, 0x1000, READ | EXEC)
const assemble = await riscv.assembler()
const line = assemble('addi a0, a0, 42', 0x1000n)
if (!line.ok) throw new Error(line.message)
engine.memory.write(0x1000, line.bytes)
engine.state.pc = 0x1000n
engine.step()
if (engine.state.read('a0') !== 42n) throw new Error(`a0 is ${engine.state.read('a0')}`)
console.log(`${riscv.name} and ${own.name} work`, createEngine(own).state.pc)
TS
cat >tsconfig.json <<'JSON'
{
  "compilerOptions": {
    "target": "ES2022", "module": "NodeNext", "strict": true, "outDir": "out", "rootDir": "src", "types": [], "lib": ["ES2023", "DOM"],
    "noUncheckedIndexedAccess": true, "exactOptionalPropertyTypes": true, "verbatimModuleSyntax": true,
    "rewriteRelativeImportExtensions": true
  },
  "include": ["src"]
}
JSON
"$top/node_modules/.bin/tsc" -p .
node out/main.js
