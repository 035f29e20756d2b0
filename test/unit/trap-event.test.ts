/** `on trap` in the engine: instructions that trap and bits that are none run the machine's own event, in every tier, and the guest goes on from there. */

import { describe, expect, test } from 'vitest'
import { compile } from '../../generator/compile.ts'
import { emitIsa } from '../../generator/emit/index.ts'
import * as abi from '../../runtime/abi.ts'
import { createEngine, type Engine } from '../../runtime/engine.ts'
import { EXEC, READ, WRITE } from '../../runtime/memory.ts'
import { loadGenerated } from './interpreter-harness.ts'

const spec = `
isa trapping "Trapping"
unit 8
reg A, CAUSE, LOW : b8
reg VALUE, EPC, VECTOR, SAVED : b32
reg pc : b32
mem M : b32
trap illegal = 2
trap above(limit : b32) = 7
trap again = 9
operand imm(n:8) : b8 = n { asm "#{n}" }
insn set   { enc A9 imm; asm "{imm}"; exec { A = imm } }
insn count { enc 01; exec { A = A + 1; if A > 5 { trap above(0x80000001) } } }
insn back  { enc 40; exec { jump EPC + 1 } }
insn loop  { enc 4C; exec { jump 0x100 } }
on trap(cause : b8, value) {
  CAUSE = cause
  if VECTOR == 0 { trap again }
  LOW = value[7:0]
  VALUE = value
  EPC = pc
  if SAVED != 0 { M32[SAVED] = pc }
  jump VECTOR
}
`

const trapping = await guest(spec)
const COUNT = 0x01
const BACK = 0x40
const LOOP = 0x4c
const SET = 0xa9
const UNKNOWN = 0xff
const START = 0x100
const HANDLER = 0x200

describe.each(['interpreter', 'wasm-interpreter', 'baseline', 'optimising', 'auto'] as const)('%s', (tier) => {
  const machine = (vector: number, ...code: readonly number[]): Engine => {
    const engine = createEngine(trapping, { tier, memoryBytes: 0x10000, hotThreshold: 1, warmUp: 0 })
    engine.memory.map(0, 0x1000, READ | WRITE | EXEC)
    engine.memory.write(START, code)
    engine.memory.write(HANDLER, [SET, 0, BACK])
    engine.state.pc = BigInt(START)
    engine.state.write('VECTOR', BigInt(vector))
    return engine
  }
  const read = ({ state }: Engine, ...names: readonly string[]) => names.map((name) => state.read(name))

  test('a trap goes to the machine with its number and first argument; the instruction has done nothing', () => {
    const engine = machine(HANDLER, SET, 5, COUNT)
    expect(engine.run({ maxInstructions: 2 })).toEqual({ kind: 'limit', pc: BigInt(HANDLER) })
    expect(read(engine, 'A', 'CAUSE', 'LOW', 'VALUE', 'EPC')).toEqual([5n, 7n, 1n, 0x80000001n, 0x102n])
  })
  test('bits that are no instruction are the trap called illegal', () => {
    const engine = machine(HANDLER, UNKNOWN, LOOP)
    expect(engine.run({ maxInstructions: 1 })).toEqual({ kind: 'limit', pc: BigInt(HANDLER) })
    expect(read(engine, 'CAUSE', 'VALUE', 'EPC')).toEqual([2n, 0n, BigInt(START)])
  })
  test('traps in a loop that is compiled, again and again', () => {
    const engine = machine(HANDLER, COUNT, UNKNOWN, COUNT, LOOP)
    // A round takes the four of the loop, and two of the handler which lets A start again at 0.
    expect(engine.run({ maxInstructions: 6 * 10_000 })).toEqual({ kind: 'limit', pc: BigInt(START) })
    expect(read(engine, 'A', 'CAUSE', 'EPC')).toEqual([1n, 2n, 0x101n])
    engine.check()
  })
  test('a handler that only traps counts, so that a limit ends it', () => {
    const engine = machine(START, UNKNOWN)
    expect(engine.run({ maxInstructions: 1_000 })).toEqual({ kind: 'limit', pc: BigInt(START) })
  })
  test('a trap in the event itself is the embedder’s, and the event has done nothing', () => {
    const engine = machine(0, UNKNOWN)
    expect(engine.run()).toMatchObject({ kind: 'trap', trap: 'again', number: 9, pc: BigInt(START) })
    expect(read(engine, 'CAUSE')).toEqual([0n])
  })
  test('the event reaches memory, and a fault in it is the embedder’s', () => {
    const engine = machine(HANDLER, UNKNOWN)
    engine.state.write('SAVED', 0x800n)
    engine.run({ maxInstructions: 1 })
    expect([...engine.memory.read(0x800, 4)]).toEqual([0, 1, 0, 0])
    engine.state.pc = BigInt(START)
    engine.state.write('SAVED', 0x2000n)
    expect(engine.run()).toMatchObject({ kind: 'fault', access: 'write', address: 0x2000n, pc: BigInt(START) })
  })
})

async function guest(text: string): Promise<abi.GuestIsa> {
  const { isas, session } = compile([{ file: 'trapping.isa', text }])
  const [isa] = isas
  if (!isa) throw new Error(session.diagnostics[0]?.message)
  const parts = (await emitIsa(isa)).filter(({ path }) =>
    /(metadata|decoder|interpreter|templates|library)\.ts$/.test(path),
  )
  const modules: object[] = parts.map((part) => loadGenerated<object>('const { EMPTY, I32, I64 } = abi', part.text))
  const { name, title, pcWidth, unit, endian, maxLength } = isa
  const [memory] = isa.memories
  return Object.assign(
    { abi: abi.ABI_VERSION, name, title, pcWidth, unit, endian, maxLength, memory },
    ...modules,
  ) as abi.GuestIsa
}
