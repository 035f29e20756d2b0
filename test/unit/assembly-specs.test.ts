/** The specs in isa/: assembler and disassembler against each other and against the decoder, over the whole space of instructions. */

import { describe, expect, test } from 'vitest'
import { evaluateExpr } from '../../generator/ir/evaluate.ts'
import type { Instruction, Isa } from '../../generator/ir/isa.ts'
import { bundledMachines, loadIr } from '../oracles/isas.ts'
import { type AssemblyEngine, assemblyEngine, fieldValues } from './assembly-engine.ts'
import { type Random, random } from './random.ts'

// rv64gc is rv64imac and floats, whose encodings take long.
const machines = bundledMachines.filter((name) => name !== 'rv64gc')
const isLong = process.env.ISAGEN_LONG === '1'
/** Machines that have several encodings of one text: `mov al, bl`. */
const ambiguous: readonly string[] = ['i8086']

describe.each(machines)('%s', (name) => {
  const isa = loadIr(name)
  const engine = assemblyEngine(isa)
  const checkText = (bytes: Uint8Array, pc: bigint, index: number): void => {
    checkInstruction(engine, bytes, pc, isa.instructions[index]!, index, ambiguous.includes(name))
  }

  test('every instruction with random fields comes back from its text', () => {
    const r = random(1)
    for (const [index, instruction] of isa.instructions.entries()) {
      for (let i = 0; i < 20; i++) {
        const bytes = Uint8Array.from([...randomPrefix(r, isa), ...randomBytes(r, instruction)])
        // A more special instruction may have these bits, or none.
        if (engine.identify(bytes, 0) !== index) continue
        const pc = r.bits(isa.pcWidth) & ~BigInt(isa.unit / 8 - 1)
        checkText(bytes, pc, index)
      }
    }
  })

  test('random words, or all that begin or end differently', { timeout: 1_200_000 }, () => {
    const r = random(2)
    const bytes = new Uint8Array(isa.maxLength)
    for (let i = 0; i < (isLong ? 0x20000 : 2000); i++) {
      bytes.forEach((_, at) => {
        bytes[at] = r.below(256)
      })
      // The 16 bits that tell instructions apart come first, or last where bytes are swapped.
      if (isLong) bytes.set([i & 0xff, (i >> 8) & 0xff], i < 0x10000 ? 0 : Math.max(0, bytes.length - 2))
      const index = engine.identify(bytes, 0)
      const instruction = isa.instructions[index]
      const prefixes = engine.lead(bytes, 0).length
      // Of several prefixes some say nothing, which no text brings back.
      if (prefixes > 1) continue
      const length = prefixes + (instruction?.encoding.length ?? 0)
      if (instruction) checkText(bytes.slice(0, length), 0x1000n, index)
    }
  })

  test('the spec’s own tests assemble to their bytes', () => {
    for (const { text, bytes, pc } of isa.tests) {
      const result = engine.assemble(text, pc, { atLeast: bytes.length })
      expect(result, text).toEqual({ ok: true, bytes: Uint8Array.from(bytes) })
    }
  })
})

/** Aliases off: the same bytes, but for what is not printed. Aliases on: bytes that print the same. */
function checkInstruction(
  engine: AssemblyEngine,
  bytes: Uint8Array,
  pc: bigint,
  instruction: Instruction,
  index: number,
  isAmbiguous: boolean,
): void {
  for (const aliases of [false, true]) {
    const found = engine.disassemble(bytes, 0, pc, { aliases })
    expect(found, instruction.id).toMatchObject({ length: bytes.length, id: instruction.id })
    if (!found) return
    const again = engine.assemble(found.text, pc, { atLeast: bytes.length })
    if (!again.ok) throw new Error(`${found.text} (${instruction.id}): ${again.message}`)
    expect(again.bytes.length, found.text).toBe(bytes.length)
    expect(engine.disassemble(again.bytes, 0, pc, { aliases })?.text, instruction.id).toBe(found.text)
    const own = (all: Uint8Array): Uint8Array => all.slice(engine.lead(all, 0).length)
    if (aliases || (isAmbiguous && engine.identify(again.bytes, 0) !== index)) continue
    expect(printedBits(own(again.bytes), instruction), found.text).toBe(printedBits(own(bytes), instruction))
  }
}

/** The encoding without what no operand shows. */
function printedBits(bytes: Uint8Array, { encoding, fields, syntaxes }: Instruction): bigint {
  const printed = new Set<string>()
  const visit = (parts: (typeof syntaxes)[number]['operands']): void => {
    for (const part of parts) {
      if (part.kind === 'hole') for (const { field } of part.solve) printed.add(field)
      if (part.kind === 'choice') {
        for (const { parts: inner, fixed } of part.choices) {
          for (const field of Object.keys(fixed)) printed.add(field)
          visit(inner)
        }
      }
    }
  }
  const [own] = syntaxes
  visit([...(own?.mnemonic ?? []), ...(own?.operands ?? [])])
  let mask = encoding.mask
  for (const { name, pieces } of fields) {
    if (printed.has(name)) for (const { at, width } of pieces) mask |= ((1n << BigInt(width)) - 1n) << BigInt(at)
  }
  return numberOf(bytes) & mask
}
function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduceRight((word, byte) => (word << 8n) | BigInt(byte), 0n)
}

/** Every other time a prefix. */
function randomPrefix(r: Random, { prefixes }: Isa): number[] {
  const prefix = prefixes[r.below(2 * prefixes.length + 1)]
  return prefix ? [Number(prefix.encoding.value | (r.bits(8) & ~prefix.encoding.mask & 0xffn))] : []
}

/** Bits that are this instruction, if its `when` can be met by luck. */
function randomBytes(r: Random, { encoding, fields, when }: Instruction): Uint8Array {
  let word = encoding.value
  for (let tries = 0; tries < 50; tries++) {
    word = (r.bits(8 * encoding.length) & ~encoding.mask) | encoding.value
    // Of the context any value may do: whether the prefix fits, `identify` sees.
    const any = new Proxy(fieldValues(fields, word), { get: (own, name) => own[String(name)] ?? 0n })
    if (evaluateExpr(when, { fields: any }) === 1n) break
  }
  return Uint8Array.from({ length: encoding.length }, (_, i) => Number((word >> BigInt(8 * i)) & 0xffn))
}
