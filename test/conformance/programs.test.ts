/**
 * Programs of a real distribution (Debian trixie, riscv64), most of them dynamically linked: the same bytes, the same files and the same exit code as
 * under qemu-user. ISAGEN_LONG=1 adds what takes minutes: compressors with 20 MB, Python's library, a compiler.
 *
 *   ISAGEN_LONG=1 npx vitest run test/conformance/programs.test.ts
 */

import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Finished } from '../oracles/command-line.ts'
import { oracle, projectRoot } from '../oracles/oracle.ts'
import { type ForeignRun, sysrootProgram, underIsagen, underQemu } from '../oracles/sysroot.ts'
import { random as createRandom } from '../unit/random.ts'

const long = process.env.ISAGEN_LONG === '1'
const allTiers = ['interpreter', 'wasm-interpreter', 'baseline', 'auto'] as const

interface Case {
  readonly name: string
  /** Programs with arguments, in this order in one folder, which {} stands for. */
  readonly runs: readonly (readonly string[])[]
  /** Default: interpreter and auto, for compiling every block before it runs takes long. */
  readonly tiers?: readonly string[]
}

const lua = `
local words = {}
for w in ("the quick brown fox jumps over the lazy dog the end"):gmatch("%a+") do words[w] = (words[w] or 0) + 1 end
local keys = {}
for k in pairs(words) do keys[#keys + 1] = k end
table.sort(keys)
for _, k in ipairs(keys) do io.write(k, "=", words[k], " ") end
print(string.format("%.14g %.3f %x", math.pi, 2 ^ 0.5, 0xdeadbeef), 7 // 2, -7 % 3, 1e15, 2^53)
local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i * i) end end)
print(co(), co(), co(), pcall(error, "caught"))
for line in io.lines(arg[1]) do print(#line, line:sub(1, 10):upper()) end
os.exit(7)
`
const perl = `
use strict; use warnings;
open my $in, '<', $ARGV[0] or die "cannot open: $!";
my %seen; while (<$in>) { chomp; $seen{$_}++ for split /\\W+/ }
print join(', ', map { "$_=$seen{$_}" } sort keys %seen), "\\n";
printf "%.10f %s %d\\n", exp(1), join('', reverse split //, 'palindrome'), unpack('%32C*', 'checksum');
my $s = 'a1b22c333'; (my $t = $s) =~ s/(\\d+)/<$1>/g; print "$t ", sprintf('%vd', '1.22.333'), "\\n";
print sort { $a <=> $b } map { $_ ** 2 } 1 .. 5; print "\\n"; exit 3;
`
const sql = `create table t(id integer primary key, name text, weight real);
insert into t(name, weight) values ('a', 1.5), ('b', 2.25), ('c', null);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 500) insert into t(name, weight) select 'n' || i, i / 7.0 from n;
create index by_weight on t(weight);`
const queries =
  'select count(*), sum(weight), max(name) from t; pragma integrity_check; explain query plan select * from t where weight > 3;'
const python = `
import json, re, hashlib, sys, math
data = {'name': 'isagen', 'values': [1, 2.5, None, True, 'ä'], 'nested': {'k': [i * i for i in range(5)]}}
text = json.dumps(data, sort_keys=True, indent=1)
assert json.loads(text) == data
print(text)
print(re.findall(r'(\\w+)@(\\w+)\\.com', 'joe@here.com, jane@there.com'), re.sub(r'(a+)', lambda m: str(len(m[1])), 'aabaaac'))
for name in ('md5', 'sha1', 'sha256', 'sha512', 'blake2b', 'sha3_256'): print(name, hashlib.new(name, b'x' * 100000).hexdigest())
print(sum(1 / n ** 2 for n in range(1, 20000)), math.factorial(60), 3 ** 200 % 1000007, [round(math.sin(x), 12) for x in range(4)])
class Tree:
    def __init__(self, depth): self.sides = [Tree(depth - 1) for _ in range(2)] if depth else []
    def size(self): return 1 + sum(side.size() for side in self.sides)
print(Tree(10).size(), sorted({'pear': 3, 'fig': 1}.items(), key=lambda kv: kv[1]), f'{1 / 3:.17g}', float('1e-320'))
try: [][1]
except IndexError as error: print(type(error).__name__, error)
sys.exit(4)
`
const program = `
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static int by_value(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
int main(int count, char **arguments) {
  int numbers[] = {5, 3, 9, 1};
  qsort(numbers, 4, sizeof *numbers, by_value);
  for (int i = 0; i < 4; i++) printf("%d ", numbers[i]);
  printf("%s %zu %.3f\\n", arguments[count - 1], strlen("hello"), 1.0 / 3);
  return 42;
}
`
const lib = '/usr/lib/riscv64-linux-gnu'
const gcc = '/usr/lib/gcc/riscv64-linux-gnu/14'
const start = [`${lib}/crt1.o`, `${lib}/crti.o`, `${gcc}/crtbegin.o`]
const end = [`-L${lib}`, `-L${gcc}`, '-lc', '-lgcc', `${gcc}/crtend.o`, `${lib}/crtn.o`]

const quickCases: readonly Case[] = [
  { name: 'lua', runs: [['/usr/bin/lua5.4', '{}/script.lua', '{}/text']], tiers: allTiers },
  { name: 'perl', runs: [['/usr/bin/perl', '{}/script.pl', '{}/text']] },
  {
    name: 'sqlite, a database written and opened again',
    runs: [
      ['/usr/bin/sqlite3', '{}/db', sql],
      ['/usr/bin/sqlite3', '{}/db', queries],
    ],
  },
  { name: 'bash', runs: [['/usr/bin/bash-static', '{}/script.bash', '{}']], tiers: ['auto'] },
  {
    name: 'gzip there and back',
    runs: [
      ['/usr/bin/gzip', '-k', '{}/data'],
      ['/usr/bin/gzip', '-dc', '{}/data.gz'],
    ],
  },
  { name: 'xz, with a thread', runs: [['/usr/bin/xz', '-c', '-0', '{}/data']], tiers: ['auto'] },
]

const roundTrip = (name: string, suffix: string, ...options: string[]): Case => ({
  name: `${name} there and back, 20 MB`,
  runs: [
    [`/usr/bin/${name}`, ...options, '-k', '{}/large'],
    [`/usr/bin/${name}`, '-dc', `{}/large.${suffix}`],
  ],
  tiers: ['auto'],
})
const longCases: readonly Case[] = [
  { name: 'python', runs: [['/usr/bin/python3', '-B', '{}/script.py']], tiers: ['auto'] },
  roundTrip('gzip', 'gz'),
  roundTrip('bzip2', 'bz2'),
  roundTrip('xz', 'xz', '-1'),
  roundTrip('zstd', 'zst', '-q'),
  {
    name: 'cc1, as and ld make a program that runs',
    runs: [
      [
        '/usr/libexec/gcc/riscv64-linux-gnu/14/cc1',
        '-quiet',
        '-O2',
        '-imultiarch',
        'riscv64-linux-gnu',
        '-march=rv64gc',
        '-mabi=lp64d',
        '{}/program.c',
        '-o',
        '{}/program.s',
      ],
      ['/usr/bin/riscv64-linux-gnu-as', '-march=rv64gc', '-mabi=lp64d', '{}/program.s', '-o', '{}/program.o'],
      [
        '/usr/bin/riscv64-linux-gnu-ld.bfd',
        '-o',
        '{}/program',
        '-dynamic-linker',
        '/lib/ld-linux-riscv64-lp64d.so.1',
        ...start,
        '{}/program.o',
        ...end,
      ],
      ['{}/program', 'made here'],
    ],
    tiers: ['auto'],
  },
]

const qemu = oracle('qemu-riscv64')
const folder = mkdtempSync(join(tmpdir(), 'isagen-programs-'))

beforeAll(() => {
  mkdirSync(join(folder, 'given'))
  const random = createRandom(7)
  const words = ['pear', 'apple', 'fig', 'quince', 'sloe']
  const lines = (count: number): string =>
    Array.from({ length: count }, () => `${words[random.below(5)]} ${random.below(1 << 30)}`).join('\n')
  const files: Record<string, string> = {
    'script.lua': lua,
    'script.pl': perl,
    'script.py': python,
    'script.bash': readFileSync(join(projectRoot, 'test/conformance/programs/features.bash'), 'utf8'),
    'program.c': program,
    text: 'pear 3\napple 12\nfig 7\n\nquince 100\n',
    data: lines(4_000),
    ...(long ? { large: lines(1_310_000) } : {}),
  }
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, 'given', name), content)
    utimesSync(join(folder, 'given', name), 1_700_000_000, 1_700_000_000)
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

describe.each(long ? [...quickCases, ...longCases] : quickCases)(
  '$name',
  ({ runs, tiers = ['interpreter', 'auto'] }) => {
    const skip = !qemu || !runs.every(([path = '']) => path.startsWith('{}') || sysrootProgram(path))
    let expected: Promise<unknown> | undefined

    test.skipIf(skip).each(tiers)('%s', { timeout: long ? 1_800_000 : 120_000 }, async (tier) => {
      expected ??= inFolder(underQemu)
      // Both work in the same folder.
      const reference = await expected
      expect(await inFolder((run) => underIsagen(run, tier))).toEqual(reference)
    })

    /** What the runs print and leave. The folder has the same name every time, for programs print it. */
    async function inFolder(execute: (run: ForeignRun) => Promise<Finished>) {
      const work = join(folder, 'work')
      rmSync(work, { recursive: true, force: true })
      cpSync(join(folder, 'given'), work, { recursive: true, preserveTimestamps: true })
      const results = []
      for (const command of runs) {
        const [program = '', ...args] = command.map((word) => word.replace('{}', work))
        const { status, out, err } = await execute({ program, args, folder: work })
        results.push({ status, out: shown(out), err })
      }
      return { results, files: readdirSync(work).map((file) => [file, shown(readFileSync(join(work, file)))]) }
    }
  },
)

/** Short texts as they are; of others size and digest. */
function shown(bytes: Buffer): string {
  if (bytes.length < 10_000) return bytes.toString('latin1')
  return `${bytes.length} bytes, SHA-256 ${createHash('sha256').update(bytes).digest('hex')}`
}
