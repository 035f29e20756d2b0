/**
 * Dynamically linked programs of a real distribution (Debian trixie, riscv64): the same bytes, the same files and the same exit code as under
 * qemu-user.
 */

import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Finished } from '../oracles/command-line.ts'
import { oracle } from '../oracles/oracle.ts'
import { type ForeignRun, sysrootProgram, underIsagen, underQemu } from '../oracles/sysroot.ts'
import { random as createRandom } from '../unit/random.ts'

const allTiers = ['interpreter', 'baseline', 'auto'] as const

interface Case {
  readonly name: string
  /** In /usr/bin. */
  readonly program: string
  /** Run in this order in one folder, which {} stands for. */
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
const bash =
  'declare -A m; for w in one two three two; do m[$w]=$((${m[$w]:-0} + 1)); done; for k in one two three; do echo "$k ${m[$k]}"; done; ' +
  'x=hello; echo "${x^^} ${x/l/L} ${#x} ${x:1:3}"; while read -r line; do echo "<$line>"; done < "$0"; printf "%5.2f|%-6s|%x\\n" 3.14159 ab 255; ' +
  '[[ $x =~ ^h(.*)o$ ]] && echo "${BASH_REMATCH[1]}"; f() { local n=$1; ((n < 2)) && return "$n"; f $((n - 1)); }; f 9; echo $?; exit 5'

const cases: readonly Case[] = [
  { name: 'lua', program: 'lua5.4', runs: [['{}/script.lua', '{}/text']], tiers: allTiers },
  { name: 'perl', program: 'perl', runs: [['{}/script.pl', '{}/text']] },
  {
    name: 'sqlite, a database written and opened again',
    program: 'sqlite3',
    runs: [
      ['{}/db', sql],
      [
        '{}/db',
        'select count(*), sum(weight), max(name) from t; pragma integrity_check; explain query plan select * from t where weight > 3;',
      ],
    ],
  },
  { name: 'bash', program: 'bash-static', runs: [['-c', bash, '{}/text']] },
  {
    name: 'gzip there and back',
    program: 'gzip',
    runs: [
      ['-k', '{}/data'],
      ['-t', '{}/data.gz'],
      ['-dc', '{}/data.gz'],
    ],
  },
]

const qemu = oracle('qemu-riscv64')
const folder = mkdtempSync(join(tmpdir(), 'isagen-programs-'))

beforeAll(() => {
  mkdirSync(join(folder, 'given'))
  const random = createRandom(7)
  const word = (): string => ['pear', 'apple', 'fig', 'quince', 'sloe'][random.below(5)]!
  const files: Record<string, string> = {
    'script.lua': lua,
    'script.pl': perl,
    text: 'pear 3\napple 12\nfig 7\n\nquince 100\n',
    data: Array.from({ length: 4_000 }, () => `${word()} ${random.below(1 << 30)}`).join('\n'),
  }
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, 'given', name), content)
    utimesSync(join(folder, 'given', name), 1_700_000_000, 1_700_000_000)
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

describe.each(cases)('$name', ({ program, runs, tiers = ['interpreter', 'auto'] }) => {
  const path = `/usr/bin/${program}`
  const skip = !qemu || !sysrootProgram(path)
  let expected: Promise<unknown> | undefined

  test.skipIf(skip).each(tiers)('%s', async (tier) => {
    expected ??= inFolder(underQemu)
    expect(await expected).toEqual(await inFolder((run) => underIsagen(run, tier)))
  })

  /** What the runs print and leave. The folder has the same name every time, for programs print it. */
  async function inFolder(execute: (run: ForeignRun) => Promise<Finished>) {
    const work = join(folder, 'work')
    rmSync(work, { recursive: true, force: true })
    cpSync(join(folder, 'given'), work, { recursive: true, preserveTimestamps: true })
    const results = []
    for (const args of runs) {
      const { status, out, err } = await execute({
        program: path,
        args: args.map((arg) => arg.replace('{}', work)),
        folder: work,
      })
      results.push({ status, out: shown(out), err })
    }
    return { results, files: readdirSync(work).map((file) => [file, shown(readFileSync(join(work, file)))]) }
  }
})

/** Short texts as they are; of others size and digest. */
function shown(bytes: Buffer): string {
  if (bytes.length < 10_000) return bytes.toString('latin1')
  return `${bytes.length} bytes, SHA-256 ${createHash('sha256').update(bytes).digest('hex')}`
}
