/**
 * Values of 32 bits in a 64-bit guest, and branches round a few of them (narrowing, if-conversion): loops and diamonds made at random, of operations of both widths, on registers
 * that hold sign-extended values or others, run in the tiers that compile, with ends of fuel all over them, and compared with the interpreter.
 */

import { expect, test } from 'vitest'
import { assembleProgram } from '../../runtime/assembly/index.ts'
import { createEngine, type Engine, EXEC, READ, WRITE } from '../../runtime/index.ts'
import { loadGuest } from '../oracles/isas.ts'
import { type Random, random } from './random.ts'

const CODE = 0x10000
const DATA = 0x20000
const names = ['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 't0', 't1', 't2']

const registers = [
  'addw',
  'subw',
  'xor',
  'or',
  'and',
  'add',
  'sub',
  'mulw',
  'sllw',
  'srlw',
  'sraw',
  'slt',
  'sltu',
  'srl',
  'mul',
]
const immediates = ['addiw', 'addi', 'andi', 'ori', 'xori', 'slti', 'sltiu']
const shifts = ['slliw', 'srliw', 'sraiw', 'slli', 'srli', 'srai']
const FUNCTIONS = 3
const branches = ['beq', 'bne', 'blt', 'bge', 'bltu', 'bgeu']

function operation(r: Random): string {
  const [d, a, b] = [r.pick(names), r.pick(names), r.pick(names)]
  switch (r.below(8)) {
    case 0:
    case 1:
    case 2:
      return `${r.pick(registers)} ${d}, ${a}, ${b}`
    case 3:
      return `${r.pick(immediates)} ${d}, ${a}, ${r.below(4096) - 2048}`
    case 4:
      return `${r.pick(shifts)} ${d}, ${a}, ${r.below(32)}`
    case 5:
      return r.below(3) === 0 ? `snez ${d}, ${a}` : r.below(2) === 0 ? `seqz ${d}, ${a}` : `mv ${d}, ${a}`
    case 6:
      return `${r.pick(['lw', 'lbu', 'lhu', 'lb', 'lwu', 'ld'])} ${d}, ${8 * r.below(16)}(s1)`
    default:
      return `${r.pick(['sw', 'sd', 'sb'])} ${a}, ${8 * r.below(16)}(s1)`
  }
}

/** Loops in loops, with diamonds; their counters are s2, s3 … */
function body(r: Random, depth: number, label: { next: number }): string[] {
  const lines: string[] = []
  for (let part = 2 + r.below(4); part > 0; part--) {
    const kind = r.below(5)
    const own = label.next++
    if (kind === 0 && depth < 3) {
      const counter = `s${2 + depth}`
      const inner = body(r, depth + 1, label)
      lines.push(`li ${counter}, ${2 + r.below(12)}`, `l${own}:`, ...inner)
      lines.push(`addi ${counter}, ${counter}, -1`, `bnez ${counter}, l${own}`)
    } else if (kind === 1) {
      const arm = (): string[] => Array.from({ length: 1 + r.below(6) }, () => operation(r))
      lines.push(`${r.pick(branches)} ${r.pick(names)}, ${r.pick(names)}, l${own}`, ...arm())
      if (r.below(2) === 0) lines.push(`l${own}:`)
      else lines.push(`j m${own}`, `l${own}:`, ...arm(), `m${own}:`)
    } else if (kind === 2) lines.push(`call f${r.below(FUNCTIONS)}`)
    else for (let count = 1 + r.below(4); count > 0; count--) lines.push(operation(r))
  }
  return lines
}

test('loops of operations of 32 and 64 bits give what the interpreter gives', { timeout: 120_000 }, async () => {
  const isa = await loadGuest('rv64gc')
  const assembler = await isa.assembler()
  for (let seed = 1; seed <= 40; seed++) {
    const r = random(seed)
    const lines = ['li s6, 40', 'again:', ...body(r, 0, { next: 0 }), 'addi s6, s6, -1', 'bnez s6, again', 'ebreak']
    for (let number = 0; number < FUNCTIONS; number++)
      lines.push(`f${number}:`, ...Array.from({ length: 1 + r.below(4) }, () => operation(r)), 'ret')
    const code = assembleProgram(assembler, lines.join('\n'))
    expect(code.errors).toEqual([])
    const values = names.map(() => r.bits(64))
    const run = (engine: Engine, slice?: () => number): string => {
      engine.memory.map(CODE, 0x10000, READ | WRITE | EXEC)
      engine.memory.map(DATA, 0x1000, READ | WRITE)
      engine.memory.write(CODE, code.bytes)
      for (const [at, name] of names.entries()) engine.state.write(name, values[at]!)
      engine.state.write('s1', BigInt(DATA))
      engine.state.pc = BigInt(CODE)
      let exit = engine.run(slice ? { maxInstructions: slice() } : {})
      while (slice && exit.kind === 'limit') exit = engine.run({ maxInstructions: slice() })
      return [
        exit.kind,
        exit.pc,
        engine.stats().instructions,
        ...engine.state.snapshot(),
        ...engine.memory.read(DATA, 128),
      ].join(' ')
    }
    const memoryBytes = 1 << 20
    const expected = run(createEngine(isa, { tier: 'interpreter', memoryBytes }))
    const options = { memoryBytes, hotThreshold: 2 }
    expect(run(createEngine(isa, { ...options, tier: 'optimising' })), `seed ${seed}`).toBe(expected)
    const slices = (): number => 1 + r.below(700)
    expect(run(createEngine(isa, { ...options, tier: 'optimising' }), slices), `seed ${seed}, slices`).toBe(expected)
    // Where it ends registers are exact all the same.
    const inexact = createEngine(isa, { ...options, tier: 'optimising', exactRegisters: false })
    expect(run(inexact, slices), `seed ${seed}, inexact`).toBe(expected)
    const stressed = createEngine(isa, { ...options, tier: 'auto', stress: seed })
    expect(run(stressed), `seed ${seed}, stress`).toBe(expected)
  }
})
