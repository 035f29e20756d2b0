/** Artefact assembler.ts: the table of assembly.ts with the engine that parses it, and the isa's pseudo-instructions. */

import { children } from '../ir/build.ts'
import type { Expr } from '../ir/expr.ts'
import type { Isa, Pseudo, PseudoArm, PseudoPart } from '../ir/isa.ts'
import { conditionFunction, type Imports, valueFunction } from './assembly-functions.ts'
import { type Data, dataText, verbatim } from './data-text.ts'

export function emitAssembler(isa: Isa): string {
  const imports: Imports = new Set(['createAssembler'])
  const pseudos = isa.pseudos.map((pseudo) => pseudoData(pseudo, isa, imports))
  return `import { type Assemble, type Pseudo, ${[...imports].sort().join(', ')} } from 'isagen/runtime/assembly'
import { table } from './assembly.ts'
import { identify } from './decoder.ts'

const pseudos: readonly Pseudo[] = ${dataText(pseudos)}

export const assemble: Assemble = createAssembler(table, pseudos, identify)
`
}

function pseudoData({ mnemonic, operands, arms }: Pseudo, isa: Isa, imports: Imports): Data {
  return {
    mnemonic,
    operands: operands.map((operand) => {
      if (operand.kind === 'text') return operand.text
      return operand.number
        ? { name: operand.name, width: holeWidth(arms, operand.name) ?? isa.pcWidth }
        : { name: operand.name }
    }),
    arms: arms.map(({ when, lines }) => ({
      when: when && verbatim(conditionFunction(when, imports)),
      lines: lines.map((parts) => parts.map((part) => partData(part, imports))),
    })),
  }
}

function partData(part: PseudoPart, imports: Imports): Data {
  switch (part.kind) {
    case 'text':
      return part.text
    case 'param':
      return { param: part.name }
    case 'value':
      return { value: verbatim(valueFunction(part.value, imports)), width: part.value.width }
  }
}

/** Bits of a numeric param, as its arms use it. */
function holeWidth(arms: readonly PseudoArm[], name: string): number | undefined {
  const find = (e: Expr): number | undefined =>
    e.kind === 'hole' && e.name === name
      ? e.width
      : children(e).reduce<number | undefined>((found, child) => found ?? find(child), undefined)
  for (const { when, lines } of arms) {
    const values = lines.flat().flatMap((part) => (part.kind === 'value' ? [part.value] : []))
    for (const e of when ? [when, ...values] : values) {
      const width = find(e)
      if (width !== undefined) return width
    }
  }
  return undefined
}
