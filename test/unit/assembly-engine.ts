/** An isa's assembler and disassembler, emitted and loaded in memory; a slow decoder from the IR stands in for the generated one. */

import { ts } from 'ts-morph'
import { emitAssembler } from '../../generator/emit/assembler.ts'
import { emitAssembly } from '../../generator/emit/assembly.ts'
import { emitDisassembler } from '../../generator/emit/disassembler.ts'
import { evaluateExpr } from '../../generator/ir/evaluate.ts'
import { type Instruction, type Isa, maxPrefixes } from '../../generator/ir/isa.ts'
import type { Assemble, Disassemble } from '../../runtime/abi.ts'
import * as assembly from '../../runtime/assembly/index.ts'

export interface AssemblyEngine {
  readonly assemble: Assemble
  readonly disassemble: Disassemble
  readonly identify: (bytes: Uint8Array, at: number) => number
  /** Bytes of prefixes, and the decode context behind them by `@NAME`. */
  readonly lead: (bytes: Uint8Array, at: number) => Lead
}
export interface Lead {
  readonly length: number
  readonly context: Readonly<Record<string, bigint>>
}

export function assemblyEngine(isa: Isa): AssemblyEngine {
  const identify = slowIdentify(isa)
  const modules: Record<string, unknown> = { 'isagen/runtime/assembly': assembly, './decoder.ts': { identify } }
  modules['./assembly.ts'] = load(emitAssembly(isa), modules)
  const { disassemble } = load(emitDisassembler(), modules) as { disassemble: Disassemble }
  const { assemble } = load(emitAssembler(isa), modules) as { assemble: Assemble }
  return { assemble, disassemble, identify, lead: (bytes, at) => slowLead(isa, bytes, at) }
}

function load(text: string, modules: Readonly<Record<string, unknown>>): unknown {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS },
  })
  const exports = {}
  new Function('require', 'exports', outputText)((name: string) => modules[name], exports)
  return exports
}

/** The instruction with the most constant bits wins. */
function slowIdentify(isa: Isa): (bytes: Uint8Array, at: number) => number {
  const order = isa.instructions.map((instruction, index) => ({ instruction, index, bits: ones(instruction) }))
  order.sort((a, b) => b.bits - a.bits)
  return (bytes, at) => {
    const { length, context } = slowLead(isa, bytes, at)
    let word = 0n
    for (let i = isa.maxLength - 1; i >= 0; i--) word = (word << 8n) | BigInt(bytes[at + length + i] ?? 0)
    return order.find(({ instruction }) => matches(instruction, word, context))?.index ?? -1
  }
}
function slowLead(isa: Isa, bytes: Uint8Array, at: number): Lead {
  let context = Object.fromEntries(isa.context.map(({ name, initial }) => [`@${name}`, initial]))
  for (let length = 0; ; length++) {
    const byte = BigInt(bytes[at + length] ?? 0)
    const prefix = isa.prefixes.find(({ encoding }) => (byte & encoding.mask) === encoding.value)
    if (!prefix || length === maxPrefixes(isa)) return { length, context }
    const fields = { ...context, ...fieldValues(prefix.fields, byte) }
    const sets = prefix.sets.map((s) => [`@${s.context}`, evaluateExpr(s.value, { fields })] as const)
    context = { ...context, ...Object.fromEntries(sets) }
  }
}
function ones({ encoding }: Instruction): number {
  return [...encoding.mask.toString(2)].filter((digit) => digit === '1').length
}
function matches({ encoding, fields, when }: Instruction, word: bigint, context: Lead['context']): boolean {
  if ((word & encoding.mask) !== encoding.value) return false
  // Registers that are context (`@…`) are 0.
  const others = { get: (values: Record<string, bigint>, name: string) => values[name] ?? 0n }
  return evaluateExpr(when, { fields: new Proxy({ ...fieldValues(fields, word), ...context }, others) }) === 1n
}
export function fieldValues(fields: Instruction['fields'], word: bigint): Record<string, bigint> {
  const values: Record<string, bigint> = {}
  for (const { name, pieces } of fields) {
    values[name] = pieces.reduce((v, p) => v | (BigInt.asUintN(p.width, word >> BigInt(p.at)) << BigInt(p.low)), 0n)
  }
  return values
}
