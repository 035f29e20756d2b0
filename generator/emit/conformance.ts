/** Artefact conformance.ts: the tests that stand in the spec, worked out to numbers, and how corpora of vectors name the state. */

import type { Isa, SpecTest, TestState, VectorPlace } from '../ir/isa.ts'
import { type Data, dataText } from './data-text.ts'

export function emitConformance(isa: Isa): string {
  const tests = isa.tests.map(testData)
  const vectors = isa.vectors.map(({ folder, keys }) => ({
    folder,
    keys: keys.map(({ path, place, given }) => ({ path, place: placeData(place), ...(given ? { given } : {}) })),
  }))
  return `import type { Conformance } from 'isagen/runtime/abi'

export const conformance: Conformance = ${dataText({ tests, vectors })}
`
}

function testData({ text, bytes, source, before, expected }: SpecTest): Data {
  return {
    text,
    file: source.file,
    line: source.line,
    bytes,
    before: stateData(before),
    expected:
      expected.kind === 'trap'
        ? { kind: 'trap', trap: expected.trap }
        : { kind: 'state', after: stateData(expected.after), cycles: expected.cycles },
  }
}
/** Guests have one memory at run time, so its name is dropped. */
function stateData({ cells, memory, pc }: TestState): Data {
  return {
    cells: cells.map(({ register, index, value }) => ({ register, index, value })),
    memory: memory.map(({ address, byte }) => ({ address, byte })),
    pc,
  }
}
function placeData(place: VectorPlace): Data {
  return place.kind === 'memory' ? { kind: 'memory' } : { ...place }
}
