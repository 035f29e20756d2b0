/**
 * The templates of the isas that come with the project, against the reference execution of the bodies that their specs
 * give.
 */

import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { findSpecFiles } from '../../generator/cli/spec-files.ts'
import { compile } from '../../generator/compile.ts'
import { templateModule } from '../../generator/emit/template-module.ts'
import type { Isa } from '../../generator/ir/isa.ts'
import { loadIr } from '../oracles/isas.ts'
import { random } from './random.ts'
import { checkTemplates } from './template-harness.ts'

/** Those of the folder, and one that a family composes. */
function isasOf(folder: string): readonly Isa[] {
  const { isas, session } = compile(
    findSpecFiles([fileURLToPath(new URL(`../../isa/${folder}`, import.meta.url))]).files,
  )
  expect(session.errors).toBe(0)
  const composed: Readonly<Record<string, string>> = {
    riscv: 'rv32gc',
    mips: 'r3000eb',
    mos6502: 'nmos6502_undocumented',
  }
  return composed[folder] === undefined ? isas : [...isas, loadIr(composed[folder])]
}

describe.each(['mos6502', 'sm83', 'z80', 'i8086', 'mips', 'chip8', 'riscv'])('templates of %s', (folder) => {
  const isas = isasOf(folder)
  it.each(isas.map((isa) => [isa.name, isa] as const))('%s', async (_, isa) => {
    const interpreted = templateModule(isa).templates.filter((template) => template.interpreted !== undefined)
    // What only the engine can do: nothing else is left to the interpreter.
    const engines: Readonly<Record<string, readonly string[]>> = {
      wdc65c02: ['wai', 'stp'],
      nmos6502_undocumented: ['jam'],
      sm83: ['halt', 'halt_in_context', 'stop', 'stop_in_context'],
      i8086: ['call_indexed_memory_rm_16_4', 'call_fixed_memory_rm_16_2', 'hlt'],
      z80: ['ex_3', 'halt'],
    }
    const expected = engines[isa.name] ?? []
    expect(interpreted.map(({ handler }) => handler.instruction.id)).toEqual(expected)
    const coverage = await checkTemplates(isa, random(11), { encodings: 4, states: 40 })
    expect(coverage.next).toBeGreaterThan(1000)
    expect(coverage.jump).toBeGreaterThan(100)
  })
})
