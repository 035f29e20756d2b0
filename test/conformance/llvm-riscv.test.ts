/**
 * RISC-V against llvm-mc: which bits are an instruction, what each is called (aliases on and off), and how each text is assembled. All of the 16-bit
 * space, boundary words of every encoding, and a million random words of the 32-bit space, for rv32imac, rv64imac, rv32gc, rv64gc, and those with all
 * extensions.
 * Known differences are in llvm-riscv.differences.ts, each with its reason.
 */

import { describe, expect, test } from 'vitest'
import type { Isa } from '../../generator/ir/isa.ts'
import type { GuestIsa } from '../../runtime/abi.ts'
import { extensions, loadGuest, loadIr, withExtensions } from '../oracles/isas.ts'
import { llvmAssemble, llvmDisassemble, type Target } from '../oracles/llvm-mc.ts'
import { oracle } from '../oracles/oracle.ts'
import { random as createRandom, type Random } from '../unit/random.ts'
import { type Difference, decodeDifferences, encodeDifferences } from './llvm-riscv.differences.ts'

const seed = Number(process.env.ISAGEN_SEED ?? 1)
const randomWords = Number(process.env.ISAGEN_WORDS ?? 1_000_000)
const batch = 125_000

const added = extensions.map((name) => `+${name}`).join()
const machines: readonly (Target & { readonly name: string })[] = [
  { name: 'rv32imac', triple: 'riscv32', features: '+m,+a,+c,+zicsr,+zifencei' },
  { name: 'rv64imac', triple: 'riscv64', features: '+m,+a,+c,+zicsr,+zifencei' },
  { name: 'rv32gc', triple: 'riscv32', features: '+m,+a,+f,+d,+c,+zicsr,+zifencei' },
  { name: 'rv64gc', triple: 'riscv64', features: '+m,+a,+f,+d,+c,+zicsr,+zifencei' },
  { name: withExtensions('rv32gc'), triple: 'riscv32', features: `+m,+a,+f,+d,+c,+zicsr,+zifencei,${added}` },
  { name: withExtensions('rv64gc'), triple: 'riscv64', features: `+m,+a,+f,+d,+c,+zicsr,+zifencei,${added}` },
]

describe.skipIf(oracle('llvm-mc') === undefined).each(machines)('$name', ({ name, ...target }) => {
  // Extensions bring none.
  const shortWords = name.includes('_') ? [] : all16BitWords()
  test.skipIf(shortWords.length === 0)('every 16-bit pattern', async () => {
    await compareDecoding(await loadGuest(name), target, shortWords)
  })

  test('boundary words of the 32-bit space', async () => {
    await compareDecoding(await loadGuest(name), target, boundaryWords(loadIr(name)).map(wordBytes))
  })

  // The instructions of GC are those of IMAC and some more, and so on.
  const words = randomWords / (name.endsWith('imac') ? 1 : name.endsWith('gc') ? 4 : 16)
  test(`${words} random words of the 32-bit space, seed ${seed}`, async () => {
    const guest = await loadGuest(name)
    const random = createRandom(seed)
    for (let done = 0; done < words; done += batch) {
      const count = Math.min(batch, words - done)
      const items = Array.from({ length: count }, () => wordBytes(randomWord(random)))
      await compareDecoding(guest, target, items)
    }
  })

  test('assembly, of LLVM’s texts and of ours', async () => {
    const guest = await loadGuest(name)
    const random = createRandom(seed)
    const items = Array.from({ length: 40_000 }, () => wordBytes(randomWord(random)))
    items.push(...boundaryWords(loadIr(name)).map(wordBytes), ...shortWords)
    await compareEncoding(guest, target, items)
  })
})

/** A difference that is gone must go from the list, or it would hide the next one. */
test.skipIf(oracle('llvm-mc') === undefined)('every known difference still occurs', () => {
  const gone = [...decodeDifferences, ...encodeDifferences].filter((difference) => !seen.has(difference))
  expect(gone.map(({ reason }) => reason)).toEqual([])
})

const seen = new Set<Difference>()

async function compareDecoding(guest: GuestIsa, target: Target, items: readonly Uint8Array[]): Promise<void> {
  const disassemble = await guest.disassembler()
  const report = createReport(decodeDifferences, guest.name)
  for (const aliases of [false, true]) {
    const expected = await llvmDisassemble(target, items, aliases)
    items.forEach((bytes, i) => {
      const ours = disassemble(bytes, 0, 0n, { aliases, labels: 'relative' })?.text
      if (ours !== expected[i]) report.add(hexOf(bytes), expected[i], ours)
    })
  }
  expect(report.unexplained()).toEqual([])
}

async function compareEncoding(guest: GuestIsa, target: Target, items: readonly Uint8Array[]): Promise<void> {
  const disassemble = await guest.disassembler()
  const assemble = await guest.assembler()
  const texts = new Set<string>()
  for (const aliases of [false, true]) {
    for (const text of await llvmDisassemble(target, items, aliases)) if (text !== undefined) texts.add(text)
    for (const bytes of items) {
      const text = disassemble(bytes, 0, 0n, { aliases, labels: 'relative' })?.text
      if (text !== undefined) texts.add(text)
    }
  }
  const lines = [...texts]
  const expected = await llvmAssemble(target, lines)
  const report = createReport(encodeDifferences, guest.name)
  lines.forEach((line, i) => {
    const result = assemble(line, 0n)
    const ours = result.ok ? hexOf(result.bytes) : undefined
    const theirs = expected[i] && hexOf(expected[i])
    if (ours !== theirs) report.add(line, theirs, result.ok ? ours : `error: ${result.message}`)
  })
  expect(lines.length).toBeGreaterThan(30_000)
  expect(report.unexplained()).toEqual([])
}

/** Collects what differs and is not in the list of known differences: an example and a count for each pair of mnemonics. */
function createReport(
  differences: readonly Difference[],
  machine: string,
): {
  add(input: string, llvm: string | undefined, ours: string | undefined): void
  unexplained(): string[]
} {
  const known = differences.filter((difference) => difference.machine?.test(machine) ?? true)
  const groups = new Map<string, { example: string; count: number }>()
  return {
    add(input, llvm, ours) {
      const reason = known.find((difference) => difference.covers(input, llvm, ours))
      if (reason) {
        seen.add(reason)
        return
      }
      const key = [llvm, ours].map((text) => text?.split(' ')[0] ?? '').join(' ')
      const group = groups.get(key)
      if (group) group.count++
      else groups.set(key, { example: `${input}: LLVM ${llvm ?? 'refuses it'}; here ${ours ?? 'refused'}`, count: 1 })
    },
    unexplained: () => [...groups.values()].map(({ example, count }) => `${example} (${count})`),
  }
}

// ---- words

/** Major opcodes with instructions. */
const opcodes = [
  0x03, 0x07, 0x0f, 0x13, 0x17, 0x1b, 0x23, 0x27, 0x2f, 0x33, 0x37, 0x3b, 0x43, 0x47, 0x4b, 0x4f, 0x53, 0x63, 0x67,
  0x6f, 0x73,
]

/** One in eight uniform; the others under an opcode that is used, with upper bits that are often those of an instruction. */
function randomWord(random: Random): number {
  const word = random.below(2 ** 32) | 3
  const kind = random.below(8)
  if (kind === 0) return isLong(word) ? word & ~4 : word
  const opcode = random.pick(opcodes)
  const under = (word & ~0x7f) | opcode
  if (kind < 4) return under
  const f7 = random.pick([0, 1, 0x20, 0x10, 0x08, 0x0c, 0x18, 5, 9, 0x0d, 0x11, 0x15, 0x51, 0x61, 0x69, 0x71, 0x79])
  const registers = kind < 6 ? under & 0x01ffffff : under & 0x01f07fff
  return (f7 << 25) | registers
}

/** Opcodes of instructions longer than 32 bits end in 11111. */
function isLong(word: number): boolean {
  return (word & 0x1f) === 0x1f
}

/**
 * Of each 32-bit encoding: every field at its least, greatest, middle and one-bit values while the others are 0, all ones or alternate; and the same words with each
 * fixed bit flipped in turn.
 */
function boundaryWords({ instructions }: Isa): number[] {
  // csrrw zero, cycle, zero is what compilers emit for unreachable code.
  const words = new Set([0xc0001073 | 0])
  for (const { encoding, fields } of instructions) {
    if (encoding.length !== 4) continue
    const value = Number(encoding.value)
    const free = ~Number(encoding.mask)
    for (const background of [0, -1, 0x55555555, 0x2aaaaaaa]) {
      const base = value | (background & free)
      words.add(base)
      for (let bit = 0; bit < 32; bit++) words.add(base ^ (1 << bit))
      for (const { pieces } of fields) {
        for (const { at, width } of pieces) {
          const hole = width === 32 ? -1 : ((1 << width) - 1) << at
          for (const bits of [0, -1, 1 << at, 1 << (at + width - 1), hole ^ (1 << (at + width - 1))]) {
            words.add((base & ~hole) | (bits & hole))
          }
        }
      }
    }
  }
  return [...words].filter((word) => (word & 3) === 3 && !isLong(word))
}

function all16BitWords(): Uint8Array[] {
  const codes = Array.from({ length: 0x10000 }, (_, code) => code).filter((code) => (code & 3) !== 3)
  return codes.map((code) => Uint8Array.of(code & 255, code >> 8))
}

function wordBytes(word: number): Uint8Array {
  return Uint8Array.of(word & 255, (word >> 8) & 255, (word >> 16) & 255, (word >> 24) & 255)
}

/** As one number, most significant digit first. */
function hexOf(bytes: Uint8Array): string {
  return `0x${Array.from(bytes, (b) => b.toString(16).padStart(2, '0'))
    .reverse()
    .join('')}`
}
