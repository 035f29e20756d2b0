/** An isa's assembler and disassembler, emitted and loaded in memory; a slow decoder from the IR stands in for the generated one. */

import { ts } from 'ts-morph'
import { emitAssembler } from '../../generator/emit/assembler.ts'
import { emitAssembly } from '../../generator/emit/assembly.ts'
import { emitDisassembler } from '../../generator/emit/disassembler.ts'
import { evaluateExpr } from '../../generator/ir/evaluate.ts'
import type { Instruction, Isa } from '../../generator/ir/isa.ts'
import type { Assemble, Disassemble } from '../../runtime/abi.ts'
import * as assembly from '../../runtime/assembly/index.ts'

export interface AssemblyEngine {
  readonly assemble: Assemble
  readonly disassemble: Disassemble
  readonly identify: (bytes: Uint8Array, at: number) => number
}

export function assemblyEngine(isa: Isa): AssemblyEngine {
  const identify = slowIdentify(isa)
  const modules: Record<string, unknown> = { 'isagen/runtime/assembly': assembly, './decoder.ts': { identify } }
  modules['./assembly.ts'] = load(emitAssembly(isa), modules)
  const { disassemble } = load(emitDisassembler(), modules) as { disassemble: Disassemble }
  const { assemble } = load(emitAssembler(isa), modules) as { assemble: Assemble }
  return { assemble, disassemble, identify }
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
    let word = 0n
    for (let i = isa.maxLength - 1; i >= 0; i--) word = (word << 8n) | BigInt(bytes[at + i] ?? 0)
    return order.find(({ instruction }) => matches(instruction, word))?.index ?? -1
  }
}
function ones({ encoding }: Instruction): number {
  return [...encoding.mask.toString(2)].filter((digit) => digit === '1').length
}
function matches({ encoding, fields, when }: Instruction, word: bigint): boolean {
  if ((word & encoding.mask) !== encoding.value) return false
  // Decode context (`@…`) is 0 where no prefix stands.
  const context = { get: (values: Record<string, bigint>, name: string) => values[name] ?? 0n }
  return evaluateExpr(when, { fields: new Proxy(fieldValues(fields, word), context) }) === 1n
}
export function fieldValues(fields: Instruction['fields'], word: bigint): Record<string, bigint> {
  const values: Record<string, bigint> = {}
  for (const { name, pieces } of fields) {
    values[name] = pieces.reduce((v, p) => v | (BigInt.asUintN(p.width, word >> BigInt(p.at)) << BigInt(p.low)), 0n)
  }
  return values
}
