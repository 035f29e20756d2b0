/**
 * The guest programs of test/guests, in every tier: what they print is what they print under qemu-user (recorded here, and compared anew where
 * qemu-user is installed).
 */

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createEngine, READ, type Tier, WRITE } from 'isagen/runtime'
import { describe, expect, test } from 'vitest'
import { architectures, LINUX_MEMORY, type LinuxResult, runLinux } from '../../runtime/linux/index.ts'
import { loadGuest } from '../oracles/isas.ts'
import { oracle, projectRoot } from '../oracles/oracle.ts'
import { testHost } from '../unit/linux-kernel.ts'

const tiers: readonly Tier[] = ['interpreter', 'wasm-interpreter', 'baseline', 'optimising', 'auto']
const path = (name: string): string => join(projectRoot, 'test/guests', name)

const hello = (machine: string): string => `Hello from ${machine} Linux!
argument 1: one
argument 2: two words
primes below 1048576: 82025
sha256 of that sieve: 3b4f0755c37abdad220db32843b9d840087c2aeab0da45642245ce4ce88506a3
`
const doubles = `e64bd46c10acba71 c11585ee73ea9ccd c4b452f967e6f4b7 b40df270d42090ef
40958460c3d1cda2 9150b8ebc4665de3 6951f8b6e87148f7 20d0202e86a4002e
9cd3d96e22b78c18 1ba7c9f1e9a4aab9 9997d79f3893e984 ed16a04e4e914fe4
64a92bb47e021100 ede51fe5ef634364 1b13a942781fbf61 e0327d9aa646fa14
8fe97a8c7b42c41a ec0f80702e411290 e40e77e0d5f0a7a7 46699f35bffea961
1b603bccd9618207
`

const programs: readonly { file: string; isa: string; args: readonly string[]; output: string; slow?: boolean }[] = [
  { file: 'hello.rv64.elf', isa: 'rv64imac', args: ['one', 'two words'], output: hello('riscv64'), slow: true },
  { file: 'hello.rv64.pie.elf', isa: 'rv64imac', args: ['one', 'two words'], output: hello('riscv64'), slow: true },
  { file: 'hello.rv32.elf', isa: 'rv32imac', args: ['one', 'two words'], output: hello('riscv32'), slow: true },
  { file: 'sieve.rv64.elf', isa: 'rv64imac', args: ['3'], output: 'sieve 6542 0db956e1\n' },
  { file: 'matmul.rv64.elf', isa: 'rv64imac', args: ['3'], output: 'matmul 88c102ee\n' },
  { file: 'fib.rv64.elf', isa: 'rv64imac', args: ['18'], output: 'fib 2584\n' },
  { file: 'interpreter.rv64.elf', isa: 'rv64imac', args: ['2000'], output: 'interpreter 63409 3382db88\n' },
  { file: 'coremix.rv64.elf', isa: 'rv64imac', args: ['3'], output: 'coremix 00003c7d\n' },
  { file: 'virtual.rv64.elf', isa: 'rv64imac', args: ['3'], output: 'virtual 12a02305\n' },
  { file: 'strings.rv64.elf', isa: 'rv64imac', args: ['2'], output: 'strings 78476e12\n' },
  { file: 'sha256.rv64.elf', isa: 'rv64imac', args: ['1'], output: 'sha256 0f1c1940\n' },
  { file: 'hashtable.rv64.elf', isa: 'rv64imac', args: ['2'], output: 'hashtable 072b879e\n' },
  { file: 'sort.rv64.elf', isa: 'rv64imac', args: ['1'], output: 'sort c699bece\n' },
  { file: 'pointers.rv64.elf', isa: 'rv64imac', args: ['1'], output: 'pointers 29068564\n', slow: true },
  { file: 'bigswitch.rv64.elf', isa: 'rv64imac', args: ['10'], output: 'bigswitch 96238c26\n' },
  { file: 'lz.rv64.elf', isa: 'rv64imac', args: ['2'], output: 'lz 87a73105\n' },
  { file: 'jit.rv64.elf', isa: 'rv64imac', args: ['60'], output: 'jit 15137284\n' },
  { file: 'doubles.rv64.elf', isa: 'rv64gc', args: ['300'], output: doubles },
  { file: 'nbody.rv64.elf', isa: 'rv64gc', args: ['100'], output: 'nbody bfc5a441459acec7 bfc5a37493e5f04e\n' },
  { file: 'mandelbrot.rv64.elf', isa: 'rv64gc', args: ['20'], output: 'mandelbrot 157 fa3b261a\n' },
  { file: 'spectral.rv64.elf', isa: 'rv64gc', args: ['20'], output: 'spectral 3ff461a5e27777b3\n' },
  { file: 'linear.rv64.elf', isa: 'rv64gc', args: ['1'], output: 'linear c02317ae50eb0ae5\n' },
  { file: 'rounding.rv64.elf', isa: 'rv64gc', args: ['1'], output: 'rounding 407cbb69fea7bdea 4087ab9a7dd64f27\n' },
]

describe.each(programs)('$file', ({ file, isa, args, output, slow }) => {
  test.each(slow ? (['wasm-interpreter', 'baseline', 'optimising', 'auto'] as const) : tiers)('%s', async (tier) => {
    const host = testHost([])
    expect(await run(file, isa, args, tier, host)).toEqual({ kind: 'exit', code: 0 })
    expect(host.output).toBe(output)
  })

  const qemu = oracle(file.includes('rv32') ? 'qemu-riscv32' : 'qemu-riscv64')
  test.skipIf(qemu === undefined)('qemu-user', () => {
    expect(execFileSync(qemu ?? '', [path(file), ...args], { encoding: 'utf8' })).toBe(output)
  })
})

async function run(
  file: string,
  name: string,
  args: readonly string[],
  tier: Tier,
  host: ReturnType<typeof testHost>,
): Promise<LinuxResult> {
  const elf = new Uint8Array(readFileSync(path(file)))
  const arch = architectures.find(({ bits }) => bits === (elf[4] === 1 ? 32 : 64))!
  expect(arch.isaFor(new DataView(elf.buffer).getUint32(arch.bits === 64 ? 48 : 36, true))).toBe(name)
  const engine = createEngine(await loadGuest(name), { memoryBytes: LINUX_MEMORY, tier })
  return runLinux(engine, elf, { arch, argv: [file, ...args], host })
}

test.each(tiers)('sieve.6502.bin, %s: 1,028 primes below 8,192', async (tier) => {
  const engine = createEngine(await loadGuest('mos6502'), { tier })
  const program = readFileSync(path('sieve.6502.bin'))
  engine.memory.write(0x600, program)
  expect(engine.memory.permissions(0x600) & (READ | WRITE)).toBe(READ | WRITE)
  engine.state.pc = 0x600n
  const end = BigInt(0x600 + program.length - 3)
  for (let turns = 0; engine.state.pc !== end; turns++) {
    expect(turns).toBeLessThan(100)
    expect(engine.run({ maxInstructions: 50_000 }).kind).toBe('limit')
  }
  expect(engine.memory.read(0x12, 2)).toEqual(Uint8Array.of(1028 & 255, 1028 >> 8))
})
