/** Translations kept from one run for the next: the same results, from the stored code; whatever is wrong with them is told, and costs nothing but time. */

import { describe, expect, test } from 'vitest'
import { I32, I64, type Library } from '../../runtime/abi.ts'
import { assembleProgram } from '../../runtime/assembly/index.ts'
import { createEngine, type Engine, type EngineOptions, EXEC, READ, WRITE } from '../../runtime/index.ts'
import { ByteWriter } from '../../runtime/jit/byte-writer.ts'
import { FIRST_LIBRARY_FUNCTION, FIRST_OWN_FUNCTION, linked, unlinked } from '../../runtime/jit/function-numbers.ts'
import { unitModule } from '../../runtime/jit/module-writer.ts'
import { BR_IF, IF } from '../../runtime/jit/opcodes.ts'
import { functionBodies, relocate } from '../../runtime/jit/relocate.ts'
import { loadGuest } from '../oracles/isas.ts'
import { assemble, encode, toy } from './toy-machine.ts'

const CODE = 0x10000
const DATA = 0x20000

function machine(options: EngineOptions = {}, isa = toy): Engine {
  const engine = createEngine(isa, { memoryBytes: 1 << 20, hotThreshold: 2, keepTranslations: true, ...options })
  engine.memory.map(CODE, 0x8000, READ | WRITE | EXEC)
  engine.memory.map(DATA, 0x2000, READ | WRITE)
  // Many loops, one after the other, which call the same function; enough to be worth keeping.
  const loops = 400
  const code: Uint8Array[] = []
  for (let at = 0; at < loops; at++)
    code.push(
      assemble(['addi', 1, 0, 40], ['jal', 3, 4], ['addi', 1, 1, -1], ['bne', 1, 0, -2], ['jal', 5, 5]),
      assemble(['load8', 4, 7, 8], ['add', 2, 2, 1], ['store8', 2, 7, 8], ['jr', 3]),
    )
  engine.memory.write(CODE, Uint8Array.from(code.flatMap((part) => [...part])))
  engine.memory.write(CODE + loops * 36, encode('trap'))
  engine.state.pc = BigInt(CODE)
  engine.state.write('r7', BigInt(DATA))
  return engine
}

function outcome(engine: Engine): string {
  engine.memory.fill(DATA, 64, 0)
  for (const name of ['r1', 'r2', 'r3', 'r4', 'r5']) engine.state.write(name, 0n)
  engine.state.pc = BigInt(CODE)
  const exit = engine.run()
  engine.check()
  return [exit.kind, ...engine.state.snapshot(), ...engine.memory.read(DATA, 64)].join(' ')
}

describe.each(['baseline', 'auto'] as const)('%s', (tier) => {
  const first = machine({ tier })
  const expected = outcome(first)
  const saved = first.saveTranslations()

  test('a second run compiles nothing, and gives the same', () => {
    const second = machine({ tier })
    expect(second.loadTranslations(saved!)).toBe(undefined)
    expect(outcome(second)).toBe(expected)
    const { stored, modules } = second.stats().compiled!
    expect(stored.used).toBeGreaterThan(0)
    expect(stored.refused).toBe(0)
    expect(modules).toBeLessThan(first.stats().compiled!.modules / 4)
    expect(second.saveTranslations()).toBe(undefined)
    // What it has can be dropped, and compiled again.
    second.evict()
    outcome(second)
  })

  test('where the guest’s code is another, it is not used', () => {
    const second = machine({ tier })
    const reference = machine({ tier: 'interpreter' })
    for (const engine of [second, reference]) engine.memory.write(CODE + 20, encode('load8', 4, 7, 16))
    for (const engine of [second, reference]) engine.memory.write(CODE + 36 * 7, encode('addi', 1, 0, 39))
    expect(second.loadTranslations(saved!)).toBe(undefined)
    expect(outcome(second)).toBe(outcome(reference))
  })

  test('what was overwritten after it was taken over is gone', () => {
    const second = machine({ tier })
    const reference = machine({ tier: 'interpreter' })
    second.loadTranslations(saved!)
    for (const engine of [second, reference]) {
      outcome(engine)
      engine.memory.write(CODE + 36 * 7, encode('addi', 1, 0, 39))
    }
    expect(outcome(second)).toBe(outcome(reference))
  })

  test('translations of translations', () => {
    const second = machine({ tier })
    second.loadTranslations(saved!)
    // Half of the program only, and then new code.
    second.memory.write(CODE + 36 * 200, encode('trap'))
    outcome(second)
    second.memory.write(CODE + 36 * 200, encode('addi', 1, 0, 7))
    const sum = outcome(second)
    const again = second.saveTranslations()
    const third = machine({ tier })
    third.memory.write(CODE + 36 * 200, encode('addi', 1, 0, 7))
    expect(third.loadTranslations(again ?? saved!)).toBe(undefined)
    outcome(third)
    expect(outcome(third)).toBe(sum)
  })
})

describe('what cannot be used', () => {
  const first = machine({ tier: 'baseline' })
  const expected = outcome(first)
  const saved = first.saveTranslations()!
  const changed = (at: number): Uint8Array => saved.map((byte, place) => (place === at ? byte ^ 4 : byte))

  test.each([
    ['nothing at all', new Uint8Array(), /no translations/],
    ['something else', new TextEncoder().encode('{"translations": "none, and long enough"}'), /no translations/],
    ['cut short', saved.subarray(0, saved.length - 9), /cut short/],
    ['one bit in the index', changed(60), /damaged/],
    ['one bit in the module', changed(saved.length - 5), /damaged/],
    ['another format', changed(4), /format/],
  ])('%s', (_, bytes, note) => {
    const engine = machine({ tier: 'baseline' })
    expect(engine.loadTranslations(bytes)).toMatch(note)
    expect(outcome(engine)).toBe(expected)
  })

  test('another tier, memory, machine', () => {
    for (const engine of [
      machine({ tier: 'auto' }),
      machine({ tier: 'baseline', memoryBytes: 1 << 21 }),
      machine({ tier: 'baseline', blockLength: 3 }),
      machine({ tier: 'baseline' }, { ...toy, decode: (...given) => toy.decode(...given) }),
    ])
      expect(engine.loadTranslations(saved)).toMatch(/another engine/)
    expect(machine({ tier: 'interpreter' }).loadTranslations(saved)).toMatch(/does not compile/)
  })

  test('after code was compiled it is too late', () => {
    const engine = machine({ tier: 'baseline' })
    expect(outcome(engine)).toBe(expected)
    expect(engine.loadTranslations(saved)).toMatch(/too late/)
  })
})

test('code that is known by its decode context, too, comes back in the same', async () => {
  const isa = await loadGuest('r3000')
  // addiu t0, zero, 40; addiu t0, t0, -1; bne t0, zero, .-4; lw t1, 0(t2): the loop goes on before the load has arrived.
  const loop = [0x24080028, 0x2508ffff, 0x1500fffe, 0x8d490000]
  const run = (saved?: Uint8Array): Engine => {
    const engine = createEngine(isa, { tier: 'baseline', keepTranslations: true, memoryBytes: 1 << 16 })
    engine.memory.map(0, 1 << 16, READ | WRITE | EXEC)
    const words = Uint32Array.from({ length: 1600 }, (_, at) => loop[at % 4]!)
    engine.memory.write(0, new Uint8Array(words.buffer))
    engine.memory.write(words.length * 4, [0x0d, 0, 0, 0])
    engine.state.write('R', 10, 0x8000n)
    if (saved) expect(engine.loadTranslations(saved)).toBe(undefined)
    engine.run()
    engine.check()
    return engine
  }
  const first = run()
  const second = run(first.saveTranslations())
  expect([...second.state.snapshot()]).toEqual([...first.state.snapshot()])
  expect(second.stats().compiled).toMatchObject({ modules: 0, stored: { refused: 0 } })
})

test('bodies come out of a module as they went in; calls and slots get other numbers', () => {
  // No locals; i32.const 5, call go, i32.const 5, drop, call 2 + 1 (own), call 1 (meets), end.
  const code = Uint8Array.of(0, 0x41, 5, 0x10, 0, 0x41, 5, 0x1a, 0x10, 3, 0x10, 1, 0x0b)
  const body = { code, hints: [] }
  expect(functionBodies(unitModule([body, body], 2))).toEqual([body, body])
  const moved = relocate(body, { callee: (index) => index + 200, slot: (slot) => slot + 100 })
  expect([...moved.code]).toEqual([0, 0x41, 0xe9, 0x00, 0x10, 0, 0x41, 5, 0x1a, 0x10, 0xcb, 0x01, 0x10, 1, 0x0b])
})

test('hints for branches come out of a module as they went in, and move with what they are for', () => {
  // No locals; i32.const 1, if, call own function 0, end, block, i32.const 0, br_if 0, end, i32.const 5, end.
  const code = Uint8Array.of(0, 0x41, 1, 0x04, 0x40, 0x10, 2, 0x0b, 0x02, 0x40, 0x41, 0, 0x0d, 0, 0x0b, 0x41, 5, 0x0b)
  const hints = [
    { at: 3, isLikely: false },
    { at: 12, isLikely: true },
  ]
  const bodies = [
    { code, hints: [] },
    { code, hints },
  ]
  expect(functionBodies(unitModule(bodies, 2))).toEqual(bodies)
  const moved = relocate(bodies[1]!, { callee: (index) => index + 200 })
  expect(moved.hints).toEqual([hints[0], { at: 13, isLikely: true }])
  expect(relocate(moved, { callee: (index) => index - 200 })).toEqual(bodies[1])
})

test.each(['baseline', 'optimising'] as const)('%s: hints stand at branches, in order and once', (tier) => {
  const units: Uint8Array[] = []
  machine({ tier, inspection: { onUnit: ({ bytes }) => units.push(bytes) } }).run()
  const bodies = units.flatMap((bytes) => functionBodies(bytes))
  expect(bodies.length).toBeGreaterThan(0)
  for (const { code, hints } of bodies) {
    expect(hints.length).toBeGreaterThan(0)
    for (const { at } of hints) expect([BR_IF, IF]).toContain(code[at])
    hints.forEach(({ at }, place) => {
      expect(at).toBeGreaterThan(hints[place - 1]?.at ?? 0)
    })
  }
})

test('a module imports of the library what its functions call; numbers there, and back', () => {
  const library: Library = {
    functions: [
      { params: [], results: [] },
      { params: [I64], results: [I64] },
      { params: [I32], results: [I32] },
    ],
    code: '',
  }
  // Function 2 of the library, then the first own function.
  const calls = new ByteWriter()
  calls.u8x4(0, 0x41, 5, 0x10)
  calls.u32(FIRST_LIBRARY_FUNCTION + 2)
  calls.u8x4(0x1a, 0x41, 1, 0x41)
  calls.u8x4(1, 0x42, 1, 0x10)
  calls.u32(FIRST_OWN_FUNCTION)
  calls.u8(0x0b)
  const body = { code: calls.bytes().slice(), hints: [] }
  const bytes = unitModule([body, body], 2, library, [2])
  const module = new WebAssembly.Module(bytes as BufferSource)
  expect(WebAssembly.Module.imports(module).map(({ module, name }) => `${module}.${name}`)).toEqual([
    'm.m',
    'm.go',
    'm.meets',
    'l.2',
  ])
  const back = functionBodies(bytes, FIRST_OWN_FUNCTION + 1).map((one) => relocate(one, { callee: unlinked([2]) }))
  expect(back).toEqual([body, body])
  expect([0, 1, 2, 3, FIRST_LIBRARY_FUNCTION + 2].map(linked([7, 2]))).toEqual([0, 1, 4, 5, 3])
  expect([0, 1, 2, 3, 4].map(unlinked([7, 2]))).toEqual([
    0,
    1,
    FIRST_LIBRARY_FUNCTION + 7,
    FIRST_LIBRARY_FUNCTION + 2,
    2,
  ])
})

test('units with calls of the library are kept, and kept again', async () => {
  const isa = await loadGuest('rv64gc')
  const code = assembleProgram(
    await isa.assembler(),
    `${Array.from({ length: 80 }, (_, at) => `fmul.d fa0, fa1, fa2\nfadd.d fa0, fa0, fa1\nfmv.x.d a${at % 6}, fa0\nbeqz zero, l${at}\nebreak\nl${at}: addi a7, a7, 1`).join('\n')}\nebreak`,
  )
  expect(code.errors).toEqual([])
  const run = (saved?: Uint8Array): Engine => {
    const engine = createEngine(isa, { tier: 'baseline', keepTranslations: true, memoryBytes: 1 << 20 })
    engine.memory.map(0x10000, 0x10000, READ | WRITE | EXEC)
    engine.memory.write(0x10000, code.bytes)
    engine.state.pc = 0x10000n
    engine.state.write('fa1', 0x3ff8000000000000n)
    engine.state.write('fa2', 0x4004000000000001n)
    if (saved) expect(engine.loadTranslations(saved)).toBe(undefined)
    expect(engine.run().kind).toBe('trap')
    engine.check()
    return engine
  }
  const first = run()
  expect(first.state.read('a0')).toBe(0x4015000000000001n)
  const saved = first.saveTranslations()
  const second = run(saved)
  expect([...second.state.snapshot()]).toEqual([...first.state.snapshot()])
  expect(second.stats().compiled).toMatchObject({ modules: 0, stored: { refused: 0 } })
  // More of the program, so that there is enough that is new.
  const third = createEngine(isa, { tier: 'baseline', keepTranslations: true, memoryBytes: 1 << 20 })
  third.memory.map(0x10000, 0x20000, READ | WRITE | EXEC)
  for (const at of [0, 1, 2, 3, 4]) third.memory.write(0x10000 + at * code.bytes.length, code.bytes)
  third.state.write('fa1', 0x3ff8000000000000n)
  third.state.write('fa2', 0x4004000000000001n)
  expect(third.loadTranslations(saved!)).toBe(undefined)
  for (const at of [1, 2, 3, 4]) {
    third.state.pc = BigInt(0x10000 + at * code.bytes.length)
    third.run()
  }
  const again = run(third.saveTranslations() ?? expect.fail('nothing was kept'))
  expect([...again.state.snapshot()]).toEqual([...first.state.snapshot()])
  expect(again.stats().compiled).toMatchObject({ modules: 0, stored: { refused: 0 } })
})
