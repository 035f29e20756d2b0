import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { GUEST } from '../../runtime/abi.ts'
import { AddressSpace } from '../../runtime/linux/address-space.ts'
import { ElfError, type ElfTarget, readElf } from '../../runtime/linux/elf.ts'
import { readSymbols } from '../../runtime/linux/elf-symbols.ts'
import { loadElf } from '../../runtime/linux/load.ts'
import { EXEC, GuestMemory, READ, WRITE } from '../../runtime/memory.ts'
import { random as createRandom } from './random.ts'

const MEMORY = 1 << 24
const rv64: ElfTarget = { title: 'RISC-V RV64IMAC', bits: 64, machine: 243, size: MEMORY }
const rv32: ElfTarget = { title: 'RISC-V RV32IMAC', bits: 32, machine: 243, size: MEMORY }

const guest = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`../guests/${name}`, import.meta.url)))
const hello = guest('hello.rv64.elf')

/** A copy with some bytes changed. */
function changed(change: (view: DataView, bytes: Uint8Array) => void): Uint8Array {
  const copy = hello.slice()
  change(new DataView(copy.buffer), copy)
  return copy
}

function message(bytes: Uint8Array, target = rv64): string {
  try {
    readElf(bytes, target)
  } catch (error) {
    expect(error).toBeInstanceOf(ElfError)
    return (error as ElfError).message
  }
  return 'accepted'
}

/** Offset of field `at` (64-bit layout) of program header `index`. */
const header = (index: number, at: number): number => 64 + 56 * index + at
const loadIndex = (() => {
  const view = new DataView(hello.buffer)
  let index = 0
  while (view.getUint32(header(index, 0), true) !== 1) index++
  return index
})()

describe('a sound file', () => {
  it('gives segments in order, the entry and where the headers lie', () => {
    const image = readElf(hello, rv64)
    expect(image.relocatable).toBe(false)
    expect(image.executableStack).toBe(false)
    expect(image.segments.map((s) => [s.read, s.write, s.execute])).toEqual([
      [true, false, false],
      [true, false, true],
      [true, false, false],
      [true, true, false],
    ])
    expect(image.segments[0]!.address).toBe(0x10000)
    expect(image.headers).toEqual({ address: 0x10040, entrySize: 56, count: 6 })
  })

  it('may be position-independent, or 32-bit', () => {
    const pie = readElf(guest('hello.rv64.pie.elf'), rv64)
    expect(pie.relocatable).toBe(true)
    expect(pie.start).toBe(0)
    expect(readElf(guest('hello.rv32.elf'), rv32).bits).toBe(32)
  })

  it('is loaded with its permissions, and zeros after its bytes', () => {
    const memory = new GuestMemory(new ArrayBuffer(GUEST + MEMORY), MEMORY, 64, true)
    const image = readElf(hello, rv64)
    const loaded = loadElf({ bytes: hello, image, path: '/hello' }, undefined, memory, new AddressSpace(memory))
    const [, code, , data] = image.segments
    expect(memory.permissions(code!.address)).toBe(READ | EXEC)
    expect(memory.permissions(data!.address)).toBe(READ | WRITE)
    expect(memory.permissions(0)).toBe(0)
    expect(memory.read(code!.address, 4)).toEqual(hello.slice(code!.offset, code!.offset + 4))
    expect(memory.read(image.end - 16, 16)).toEqual(new Uint8Array(16))
    expect(loaded.headers).toBe(0x10040)
    expect(memory.permissions(loaded.stackTop - 1)).toBe(READ | WRITE)
    expect(memory.permissions(loaded.stackTop - loaded.stackBytes - 1)).toBe(0)
  })

  it('names addresses by its symbols', () => {
    const symbols = readSymbols(hello, 64, 0)
    const main = symbols.address('main')!
    expect(symbols.near(main + 4)).toEqual({ name: 'main', offset: 4 })
    expect(symbols.near(0)).toBeUndefined()
    const damaged = changed((view) => view.setBigUint64(40, 0x7fffffffffffn, true))
    expect(readSymbols(damaged, 64, 0).address('main')).toBeUndefined()
  })
})

describe('what is refused', () => {
  const cases: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ['nothing', new Uint8Array(0), /empty/],
    ['text', new TextEncoder().encode('#!/bin/sh\necho hello, this is no program\n'), /not an ELF file/],
    ['a file that ends in the header', hello.slice(0, 40), /ends inside the ELF header: 40 of 64/],
    ['a file that ends in the headers', hello.slice(0, 100), /program headers .* end after the file/],
    ['a file that ends in a segment', hello.slice(0, 0x1100), /ends after the file/],
    ['an odd class', changed((_, bytes) => bytes.fill(7, 4, 5)), /ELF class 7/],
    ['big-endian', changed((_, bytes) => bytes.fill(2, 5, 6)), /big-endian/],
    ['another machine', changed((view) => view.setUint16(18, 62, true)), /made for x86-64, not for RISC-V RV64IMAC/],
    ['an object file', changed((view) => view.setUint16(16, 1, true)), /an object file/],
    ['another version', changed((view) => view.setUint32(20, 3, true)), /version 3/],
    ['no program headers', changed((view) => view.setUint16(56, 0, true)), /no program headers/],
    ['odd program headers', changed((view) => view.setUint16(54, 32, true)), /of 32 bytes, not 56/],
    ['very many program headers', changed((view) => view.setUint16(56, 65535, true)), /65535 program headers/],
    ['headers far away', changed((view) => view.setBigUint64(32, 2n ** 64n - 1n, true)), /end after the file/],
    ['an entry outside', changed((view) => view.setBigUint64(24, 0x99999999n, true)), /entry point 0x99999999/],
    ['an entry in data', changed((view) => view.setBigUint64(24, 0x10000n, true)), /entry point 0x10000 is not in/],
    [
      'a segment larger than memory',
      changed((view) => view.setBigUint64(header(loadIndex, 40), 2n ** 62n, true)),
      /ends after the 0x1000000 bytes of memory/,
    ],
    [
      'a segment that wraps around',
      changed((view) => view.setBigUint64(header(loadIndex, 16), 2n ** 64n - 0x1000n, true)),
      /ends after the 0x1000000 bytes of memory/,
    ],
    [
      'more bytes in the file than in memory',
      changed((view) => view.setBigUint64(header(loadIndex, 40), 1n, true)),
      /more bytes in the file/,
    ],
    [
      'overlapping segments',
      changed((view) => view.setBigUint64(header(loadIndex, 40), 0x1800n, true)),
      /segments overlap: 0x10000…0x117ff and 0x11000/,
    ],
    ['page 0', changed((view) => view.setBigUint64(header(loadIndex, 16), 0n, true)), /page 0, which stays empty/],
    [
      'an alignment that is none',
      changed((view) => view.setBigUint64(header(loadIndex, 48), 0x1001n, true)),
      /alignment of 0x1001/,
    ],
    [
      'an address that disagrees with its offset',
      changed((view) => view.setBigUint64(header(loadIndex, 16), 0x20001n, true)),
      /not aligned as its bytes/,
    ],
    [
      "an interpreter's path without an end",
      changed((view) => {
        view.setUint32(header(0, 0), 3, true)
        view.setBigUint64(header(0, 8), 0n, true)
        view.setBigUint64(header(0, 32), 4n, true)
      }),
      /the interpreter's path \(0x4 bytes at offset 0x0\) is no text/,
    ],
    [
      "an interpreter's path outside the file",
      changed((view) => {
        view.setUint32(header(0, 0), 3, true)
        view.setBigUint64(header(0, 8), 1n << 60n, true)
      }),
      /the interpreter's path \(offset 0x1000000000000000\) ends after the file/,
    ],
  ]
  for (const [what, bytes, expected] of cases) it(what, () => expect(message(bytes)).toMatch(expected))

  it('a program of the other word size', () => {
    expect(message(hello, rv32)).toBe('a 64-bit program; RISC-V RV32IMAC runs 32-bit ones')
  })
})

it('10,000 mutated headers each load or give an ElfError, soon', () => {
  const random = createRandom(20240611)
  const end = 64 + 56 * 6
  const buffer = new ArrayBuffer(GUEST + MEMORY)
  const begun = performance.now()
  let accepted = 0
  for (let round = 0; round < 10_000; round++) {
    let bytes = hello.slice()
    const view = new DataView(bytes.buffer)
    for (let n = random.below(4); n >= 0; n--) {
      const at = random.below(end)
      switch (random.below(4)) {
        case 0:
          bytes[at]! ^= 1 << random.below(8)
          break
        case 1:
          bytes[at] = random.below(256)
          break
        case 2:
          view.setBigUint64(at & ~7, BigInt(random.below(2 ** 32)) << BigInt(random.below(33)), true)
          break
        default:
          view.setUint32(at & ~3, [0, 1, 0xffffffff, 0x80000000, 0x7fffffff][random.below(5)]!, true)
      }
    }
    if (random.below(8) === 0) bytes = bytes.slice(0, random.below(bytes.length))
    try {
      const image = readElf(bytes, rv64)
      accepted++
      if (accepted % 16 === 0) {
        const memory = new GuestMemory(buffer, MEMORY, 64, true)
        memory.unmap(0, MEMORY)
        loadElf({ bytes, image, path: '/changed' }, undefined, memory, new AddressSpace(memory))
      }
      readSymbols(bytes, 64, 0).near(image.entry)
    } catch (error) {
      if (!(error instanceof ElfError)) throw new Error(`round ${round}`, { cause: error })
    }
  }
  expect(accepted).toBeGreaterThan(100)
  expect(performance.now() - begun).toBeLessThan(20_000)
}, 60_000)
