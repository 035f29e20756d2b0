/**
 * The double-precision instructions of rv64imacd against llvm-mc: each word that is an instruction here has LLVM's text (aliases on and off), and
 * each text LLVM's word. Single precision, square root and fused multiply-add are not there, so LLVM, which cannot have D without F, knows more.
 */

import { describe, expect, test } from 'vitest'
import { loadGuest } from '../oracles/isas.ts'
import { llvmAssemble, llvmDisassemble } from '../oracles/llvm-mc.ts'
import { oracle } from '../oracles/oracle.ts'
import { random as createRandom } from '../unit/random.ts'

const target = { triple: 'riscv64', features: '+m,+a,+c,+d,+zicsr,+zifencei' }
/** What LLVM has and this machine has not. */
const absent = /^(flw|fsw|fsqrt\.d|fn?m(add|sub)\.d|\S+\.s(\.\w+)?|\S+\.d\.s)\b/

const OP_FP = 0x53
const opcodes = [0x07, 0x27, OP_FP]
/** funct7 of the D instructions there are. */
const functions = [0x01, 0x05, 0x09, 0x0d, 0x11, 0x15, 0x51, 0x61, 0x69, 0x71, 0x79]

describe.skipIf(oracle('llvm-mc') === undefined)('rv64imacd', () => {
  test('texts and words', async () => {
    const { below, pick } = createRandom(1)
    const items: Uint8Array[] = []
    for (let i = 0; i < 60_000; i++) {
      const opcode = pick(opcodes)
      let word = (below(2 ** 25) << 7) | opcode
      if (opcode === OP_FP) {
        const f7 = pick(functions)
        word = (word & 0x01ffffff) | (f7 << 25)
        // Conversions have their kind, moves have zeros where the second register would be.
        if (f7 >= 0x60) word = (word & ~0x01f00000) | (below(4) << 20)
        if (below(2) === 0) word &= ~0x7000
        // The two sources alike: aliases.
        if (below(4) === 0) word = (word & ~0x01f00000) | (((word >> 15) & 31) << 20)
      }
      items.push(Uint8Array.of(word & 255, (word >> 8) & 255, (word >> 16) & 255, word >>> 24))
    }
    for (let code = 0; code < 0x10000; code++) if ((code & 3) !== 3) items.push(Uint8Array.of(code & 255, code >> 8))

    const guest = await loadGuest('rv64imacd')
    const disassemble = await guest.disassembler()
    const assemble = await guest.assembler()
    const texts = new Set<string>()
    const different = new Map<string, string>()
    for (const aliases of [false, true]) {
      const expected = await llvmDisassemble(target, items, aliases)
      items.forEach((bytes, i) => {
        const ours = disassemble(bytes, 0, 0n, { aliases, labels: 'relative' })?.text
        const theirs = expected[i]
        const isDouble = bytes.length === 4 || /^(c\.)?f/.test(ours ?? theirs ?? '')
        if (!isDouble) return
        if (ours !== undefined) texts.add(ours)
        if (ours !== theirs && !absent.test(theirs ?? ''))
          different.set(`${theirs}`.split(' ')[0]!, `LLVM ${theirs}, here ${ours}`)
      })
    }
    expect([...different.values()]).toEqual([])

    const lines = [...texts]
    const words = await llvmAssemble(target, lines)
    const wrong = lines.filter((line, i) => {
      const result = assemble(line, 0n)
      return !result.ok || String(result.bytes) !== String(words[i])
    })
    expect(wrong).toEqual([])
    expect(lines.length).toBeGreaterThan(30_000)
  }, 120_000)
})
