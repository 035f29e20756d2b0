/**
 * Runs single-instruction tests in one tier and compares all of the state afterwards: every register, pc, every byte of memory, and the clock
 * when the test knows it. For the compiling tiers the instructions of many tests are compiled as blocks (regions) of one instruction in one module.
 */

import {
  BLOCK_HEADER,
  BLOCK_HEAT,
  BLOCK_PC_HI,
  BLOCK_PC_LO,
  EXIT_FAULT,
  EXIT_FUEL,
  EXIT_LEAVE,
  EXIT_MISS,
  EXIT_OPTIMISED,
  EXIT_STEP,
  EXIT_TRAP,
  FUEL,
  GUEST,
  type GuestIsa,
  type Interpreter,
  type InterpreterHost,
  LEAVE,
  PC_HI,
  RECORD_PC_LO,
  SLAB,
  TRAP,
} from '../abi.ts'
import { type BlockDecoder, codeAddress, createBlockDecoder, type Undecodable } from '../decode-block.ts'
import { BlockCompiler, type Surroundings } from '../jit/block-compiler.ts'
import type { FunctionBody } from '../jit/function-body.ts'
import { Links } from '../jit/links.ts'
import { unitModule } from '../jit/module-writer.ts'
import { RegionCompiler, type RegionSurroundings } from '../jit/region-compiler.ts'
import { supportsTailCalls } from '../jit/support.ts'
import { JumpCache } from '../jump-cache.ts'
import { createLinearMemory } from '../linear-memory.ts'
import { EXEC, FAULT, GuestMemory, READ, WRITE } from '../memory.ts'
import { GuestState, type Place } from '../state.ts'
import { TrapEntry } from '../trap-event.ts'
import { createWasmInterpreter, enterNothing } from '../wasm-interpreter.ts'
import type { ConformanceCase, ExpectedState, MemoryByte } from './cases.ts'
import { FAR_BYTES, FarPages } from './far-pages.ts'

export type ConformanceTier = 'interpreter' | 'wasm-interpreter' | 'baseline' | 'optimising'

/** Guest memory of machines whose addresses have more than 24 bits; what a case names above goes into FarPages. */
const MEMORY = 1 << 20
/** Tests whose instructions are compiled together. */
const BATCH = 512
/** How often an instruction may repeat itself in one vector. */
const REPEATED = 0x10000
/** Differences that a message lists. */
const LISTED = 6

/** A compiled function, as jit/ways-out.ts says; these never return to a caller. */
type Compiled = (fuel: number, depth: number, expected: bigint) => number
/** Runs one decoded instruction: gives the exit. */
type Execute = () => number

/** The machine after an instruction. */
interface Outcome {
  readonly registers: Int32Array
  readonly memory: Uint8Array
}

/** Around an instruction that is compiled alone: every way out leads to the engine. */
const ALONE: Surroundings & RegionSurroundings = {
  link: () => ({ kind: 'slot', slot: 0 }),
  inline: () => 0,
  maxInlined: 0,
  targetTable: () => 0,
  block: () => 0,
  called: () => 0,
  targets: () => [],
  wideAt: () => undefined,
  openRange: () => undefined,
  accessAt: () => ({ kind: 'pages' }),
  accessElsewhere: () => ({ kind: 'pages' }),
  exactRegisters: true,
  does: () => false,
  limits: { instructions: 1, nodes: 1 },
}

export class ConformanceRunner {
  readonly isa: GuestIsa
  readonly state: GuestState
  readonly #words: Int32Array
  /** All of linear memory. */
  readonly #octets: Uint8Array
  readonly #memory: GuestMemory
  /** Guest memory as 64-bit words, to see quickly that nothing else was written. */
  readonly #quick: Float64Array
  readonly #decoder: BlockDecoder
  readonly #blockWords: number
  readonly #jumps: JumpCache
  readonly #interpret: Interpreter
  readonly #far: FarPages | undefined
  readonly #traps: TrapEntry
  /** Writes the function of the instruction whose block is at a word. */
  readonly #compile: ((header: number) => FunctionBody) | undefined
  #libraryCalls = (): number[] => []
  readonly #wasmInterpret: Interpreter | undefined
  readonly #links: Links | undefined
  readonly #pages: number
  readonly #clock: Place | undefined
  /** What undefined bits are; absent where the machine has none. */
  readonly #undefined: Place | undefined

  /** Throws an Error when the tier needs WebAssembly that the host does not have. */
  constructor(isa: GuestIsa, tier: ConformanceTier) {
    const { addressWidth, faults } = isa.memory
    const size = addressWidth <= 24 ? Math.max(2 ** addressWidth, 0x10000) : MEMORY
    const linear = createLinearMemory(size + (faults ? FAR_BYTES : 0))
    this.isa = isa
    this.#words = linear.words
    this.#octets = new Uint8Array(linear.buffer)
    this.#memory = new GuestMemory(linear.buffer, size, addressWidth, faults)
    if (faults) this.#memory.map(0, size, READ | WRITE | EXEC)
    this.#far = faults ? new FarPages(linear.buffer, GUEST + size) : undefined
    this.#quick = new Float64Array(linear.buffer, this.#memory.bytes.byteOffset, size / 8)
    this.state = new GuestState(isa, linear.words)
    this.#decoder = createBlockDecoder(isa, this.#memory, linear.words)
    this.#blockWords = this.#decoder.size(1)
    this.#jumps = new JumpCache(linear.words, isa.unit)
    const { pageShift, slowRead, slowWrite } = this.#memory
    const orFar = (slow: InterpreterHost['slowRead']): InterpreterHost['slowRead'] => {
      return (lo, hi, size) => (hi === 0 ? this.#far?.find(lo >>> 0, size) : undefined) ?? slow(lo, hi, size)
    }
    const { buffer } = linear
    const host = { buffer, pageShift, slowRead: orFar(slowRead), slowWrite: orFar(slowWrite), fault: FAULT }
    this.#interpret = isa.createInterpreter(host)
    this.#traps = new TrapEntry(isa, linear.words, host)
    this.#pages = linear.buffer.byteLength / 0x10000
    this.#clock = isa.registers.some(({ name, hidden }) => hidden && name === 'cycles')
      ? this.state.place('cycles')
      : undefined
    this.#undefined = isa.registers.some(({ name, hidden }) => hidden && name === 'undef')
      ? this.state.place('undef')
      : undefined
    if (tier === 'interpreter') return
    if (!linear.wasm || !supportsTailCalls()) throw new Error('the host’s WebAssembly cannot run compiled code')
    if (tier === 'wasm-interpreter') {
      this.#wasmInterpret = createWasmInterpreter(isa, linear.wasm, this.#memory, enterNothing(linear.words), () => 1)
      return
    }
    if (tier === 'baseline') {
      const compiler = new BlockCompiler(isa, linear.words)
      this.#compile = (header) => compiler.compile(header, ALONE)
      this.#libraryCalls = () => compiler.takeLibraryCalls()
    } else {
      const compiler = new RegionCompiler(isa, linear.words)
      this.#compile = (header) => compiler.compile(header, ALONE).body
      this.#libraryCalls = () => compiler.takeLibraryCalls()
    }
    this.#links = new Links(linear.wasm, 1, this.#memory, () => 1, isa.library)
  }

  /** For each test, what differs from what it expects, as text; undefined where nothing does. */
  run(cases: readonly ConformanceCase[]): (string | undefined)[] {
    const results: (string | undefined)[] = []
    for (let first = 0; first < cases.length; first += BATCH) {
      const batch = cases.slice(first, first + BATCH)
      const misplaced = batch.map((one) => this.#misplaced(one))
      const decoded = batch.map((one, index) => (misplaced[index] ? undefined : this.#decode(one, this.#header(index))))
      const execute = this.#prepare(decoded)
      batch.forEach((one, index) => {
        const undecodable = decoded[index]
        results.push(
          misplaced[index] ?? (undecodable ? this.#illegal(one, undecodable) : this.#runOne(one, execute[index]!)),
        )
      })
    }
    return results
  }

  /** Word where the block of a test of the batch lies. */
  #header(index: number): number {
    return (SLAB >> 2) + index * this.#blockWords
  }

  #misplaced({ before, expected }: ConformanceCase): string | undefined {
    const bytes = expected.kind === 'state' ? [...before.memory, ...expected.memory] : before.memory
    const end = this.#far ? 2 ** 32 : this.#memory.size
    const outside = bytes.find(({ address }) => !(address >= 0 && address < end))
    return outside && `names memory at ${hex(outside.address)}, tests have 0 … ${hex(end - 1)}`
  }

  /** Memory is as before afterwards. */
  #decode(one: ConformanceCase, header: number): Undecodable | undefined {
    this.#write(one.before.memory)
    const pc = Number(one.before.pc)
    this.#setRegisters(one)
    const key = this.#key()
    const count =
      pc < this.#memory.size ? this.#decoder.decode(codeAddress(pc, key), 1, header) : this.#decodeFar(pc, key, header)
    this.#words[header + BLOCK_HEAT] = 0x7fffffff
    this.#clear(one.before.memory)
    return typeof count === 'number' ? undefined : count
  }

  /** Decoding looks at guest memory: so at its start, as if the instruction lay there. */
  #decodeFar(pc: number, key: number, header: number): number | Undecodable {
    const { maxLength, recordWords } = this.isa
    const { bytes } = this.#memory
    const near = bytes.slice(0, maxLength)
    for (let at = 0; at < maxLength; at++) {
      const place = this.#far?.find(pc + at, 1)
      bytes[at] = place === undefined ? 0 : this.#octets[place]!
    }
    const count = this.#decoder.decode(codeAddress(0, key), 1, header)
    bytes.set(near)
    this.#words[header + BLOCK_PC_LO] = pc
    for (let i = 0; i < 2; i++) this.#words[header + BLOCK_HEADER + i * recordWords + RECORD_PC_LO]! += pc
    return count
  }

  #prepare(decoded: readonly (Undecodable | undefined)[]): (Execute | undefined)[] {
    const interpret = (index: number): Execute => {
      const header = this.#header(index)
      return () => {
        const address = codeAddress(this.#words[header + BLOCK_PC_LO]!, this.#words[header + BLOCK_PC_HI]!)
        this.#jumps.set(address, header, 0)
        this.#words[FUEL] = 1
        let exit = this.#wasmInterpret?.() ?? EXIT_STEP
        if (exit === EXIT_STEP) exit = this.#interpret()
        this.#jumps.remove(address)
        return exit
      }
    }
    const compile = this.#compile
    if (!compile || !this.#links) return decoded.map((bad, index) => (bad ? undefined : interpret(index)))
    const good = [...decoded.keys()].filter((index) => !decoded[index])
    const bodies = good.map((index) => compile(this.#header(index)))
    const bytes = unitModule(bodies, this.#pages, this.isa.library, this.#libraryCalls())
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), this.#links.imports)
    const compiled = new Map(good.map((index, at) => [index, exports[at] as Compiled]))
    return decoded.map((bad, index) => {
      const code = compiled.get(index)
      return bad || !code
        ? undefined
        : () => {
            const exit = ~code(1, 0, 0n) & ~EXIT_OPTIMISED
            return exit === EXIT_STEP ? interpret(index)() : exit
          }
    })
  }

  #runOne(one: ConformanceCase, execute: Execute): string | undefined {
    const undef = this.#undefined
    const differences = this.#differences(one, execute)
    if (differences.length === 0 || !undef) return differences.length === 0 ? undefined : list(differences)
    // What comes out otherwise when undefined bits are all ones is undefined.
    const filled = this.#outcome(one, execute, BigInt.asUintN(undef.width, -1n))
    this.#clear([])
    this.#memory.bytes.fill(0)
    const defined = this.#differences(one, execute, filled)
    return defined.length === 0 ? undefined : list(defined)
  }

  /** Runs it and says what differs; `filled`: how it comes out with other undefined bits. */
  #differences(one: ConformanceCase, execute: Execute, filled?: Outcome): string[] {
    const { before, expected } = one
    const { exit, start, clockBefore, differences } = this.#execute(one, execute)
    differences.push(...this.#exit(exit, expected))
    if (differences.length === 0) differences.push(...this.#compareRegisters(start, clockBefore, expected, filled))
    const memory = expected.kind === 'state' ? expected.memory : []
    if (filled) this.#define([...before.memory, ...memory], filled)
    differences.push(...this.#compareMemory(before.memory, memory))
    return differences
  }

  #outcome(one: ConformanceCase, execute: Execute, undefinedBits: bigint): Outcome {
    this.#execute(one, execute, undefinedBits)
    return { registers: this.state.snapshot(), memory: this.#memory.bytes.slice() }
  }

  #execute(
    one: ConformanceCase,
    execute: Execute,
    undefinedBits = 0n,
  ): { exit: number; start: Int32Array; clockBefore: bigint; differences: string[] } {
    const { before, expected } = one
    this.#setRegisters(one)
    this.#undefined?.write(undefinedBits)
    this.#write(before.memory)
    // So that what is written into far pages finds them.
    if (expected.kind === 'state')
      for (const { address } of expected.memory) if (address >= this.#memory.size) this.#far?.touch(address)
    this.#words[LEAVE] = 0
    const start = this.state.snapshot()
    const clockBefore = this.#clock?.read() ?? 0n
    this.#words[PC_HI] = this.isa.context ? this.#key() : this.#words[PC_HI]!
    let exit = execute()
    if (expected.kind === 'state') {
      // A corpus that counts all steps of a repeated instruction as one: until it goes on.
      for (let n = 0; n < REPEATED && this.state.pc === before.pc && expected.pc !== before.pc; n++) {
        if (exit === EXIT_TRAP || exit === EXIT_FAULT) break
        this.#words[PC_HI] = this.isa.context ? this.#key() : this.#words[PC_HI]!
        exit = execute()
      }
    }
    const differences = this.#checkKey(exit)
    if (exit === EXIT_TRAP && expected.kind === 'state' && expected.takesTraps) exit = this.#traps.trap() ?? exit
    return { exit, start, clockBefore, differences }
  }

  /** Gives undefined bits of memory the values that are expected. */
  #define(expected: readonly MemoryByte[], filled: Outcome): void {
    const { bytes } = this.#memory
    for (const [address, byte] of new Map(expected.map((one) => [one.address, one.byte]))) {
      if (address >= bytes.length) continue
      const unknown = bytes[address]! ^ filled.memory[address]!
      bytes[address] = (bytes[address]! & ~unknown) | (byte & unknown)
    }
  }

  #setRegisters({ before }: ConformanceCase): void {
    this.state.reset()
    for (const { place, value } of before.places) place.write(value)
    this.state.pc = before.pc
  }

  /** Of the registers that decoding depends on. */
  #key(): number {
    return this.isa.context?.key(this.#words) ?? 0
  }

  /** What goes on knows the context that it leaves. From here on the pc is all that matters. */
  #checkKey(exit: number): string[] {
    const key = this.#words[PC_HI]!
    if (!this.isa.context) return []
    this.state.pc = this.state.pc
    const goesOn = exit === EXIT_MISS || exit === EXIT_FUEL || exit === EXIT_LEAVE
    return !goesOn || key === this.#key()
      ? []
      : [`the key of the context is ${hex(this.#key())}, code goes on with ${hex(key)}`]
  }

  #illegal({ expected }: ConformanceCase, what: Undecodable): string | undefined {
    // A spec's first trap of this kind is what illegal instructions stand for.
    if (expected.kind === 'trap' && what.kind === 'illegal' && /illegal|undefined/.test(expected.trap)) return undefined
    return what.kind === 'illegal'
      ? 'no instruction has these bits'
      : `the instruction lies outside memory (${hex(what.address)})`
  }

  #exit(exit: number, expected: ConformanceCase['expected']): string[] {
    const trap = exit === EXIT_TRAP ? this.isa.traps[this.#words[TRAP]!]?.name : undefined
    if (expected.kind === 'trap')
      return trap === expected.trap ? [] : [`expected trap ${expected.trap}, got ${trap ?? 'none'}`]
    if (trap !== undefined) return [`trap ${trap}`]
    if (exit === EXIT_FAULT) return ['memory fault']
    return exit === EXIT_MISS || exit === EXIT_FUEL || exit === EXIT_LEAVE ? [] : [`came back with exit ${exit}`]
  }

  /** Puts the machine into the state that is expected, and compares with the one that was. */
  #compareRegisters(
    start: Int32Array,
    clockBefore: bigint,
    expected: ConformanceCase['expected'],
    filled?: Outcome,
  ): string[] {
    const differences: string[] = []
    const clock = this.#clock
    if (clock) {
      const cycles = BigInt.asUintN(clock.width, clock.read() - clockBefore)
      const wanted = expected.kind === 'state' ? expected.cycles : 0n
      if (wanted !== undefined && cycles !== wanted) differences.push(`cycles: expected ${wanted}, got ${cycles}`)
      clock.write(clockBefore)
    }
    const after = this.state.snapshot()
    const unknown = (expected.kind === 'state' && expected.unknown) || []
    const free = unknown.map((place) => ({ place, value: place.read() }))
    this.state.restore(start)
    if (expected.kind === 'state') this.#expect(expected)
    for (const { place, value } of free) place.write(value)
    const wanted = this.state.snapshot()
    filled?.registers.forEach((word, index) => {
      const unknown = after[index]! ^ word
      after[index] = (after[index]! & ~unknown) | (wanted[index]! & unknown)
    })
    if (after.every((word, index) => word === wanted[index])) return differences
    const read = this.#readAll()
    this.state.restore(after)
    const got = this.#readAll()
    for (const [name, value] of read) {
      if (got.get(name) !== value) differences.push(`${name}: expected ${hex(value)}, got ${hex(got.get(name)!)}`)
    }
    return differences.length > 0 ? differences : ['a register has bits outside of its width']
  }

  #expect(expected: ExpectedState): void {
    for (const { place, value } of expected.places) place.write(value)
    this.state.pc = expected.pc
  }

  #readAll(): Map<string, bigint> {
    const all = new Map<string, bigint>([['pc', this.state.pc]])
    for (const { name, file, count, names } of this.isa.registers) {
      for (let index = 0; index < count; index++) {
        if (file) all.set(names[index] ?? `${name}[${index}]`, this.state.read(name, index))
        else all.set(name, this.state.read(name))
      }
    }
    return all
  }

  /** Leaves memory all 0. */
  #compareMemory(before: readonly MemoryByte[], after: readonly MemoryByte[]): string[] {
    const { bytes } = this.#memory
    const wanted = new Map<number, number>()
    const wantedFar = new Map<number, number>()
    for (const { address, byte } of [...before, ...after]) {
      if (address < bytes.length) wanted.set(address, byte)
      else wantedFar.set(address, byte)
    }
    const differences = this.#far ? this.#compareFar(this.#far, wantedFar) : []
    for (const [address, byte] of wanted) {
      if (bytes[address] !== byte) differences.push(difference(address, byte, bytes[address]!))
      bytes[address] = 0
    }
    const quick = this.#quick
    for (let at = 0; at < quick.length; at++) {
      // −0 equals 0: the highest bit of a word may be all that is set.
      if (quick[at] === 0 && !Object.is(quick[at], -0)) continue
      for (let address = at * 8; address < at * 8 + 8; address++) {
        if (bytes[address] !== 0) differences.push(difference(address, 0, bytes[address]!))
        bytes[address] = 0
      }
    }
    return differences
  }

  #compareFar(far: FarPages, wanted: Map<number, number>): string[] {
    const differences: string[] = []
    for (const [address, byte] of far.contents()) {
      if (byte !== (wanted.get(address) ?? 0)) differences.push(difference(address, wanted.get(address) ?? 0, byte))
      wanted.delete(address)
    }
    for (const [address, byte] of wanted) if (byte !== 0) differences.push(difference(address, byte, 0))
    far.clear()
    return differences
  }

  #write(memory: readonly MemoryByte[]): void {
    const { bytes } = this.#memory
    for (const { address, byte } of memory) {
      if (address < bytes.length) bytes[address] = byte
      else this.#far?.set(address, byte)
    }
  }
  #clear(memory: readonly MemoryByte[]): void {
    for (const { address } of memory) this.#memory.bytes[address] = 0
    this.#far?.clear()
  }
}

function difference(address: number, wanted: number, got: number): string {
  return `memory at ${hex(address)}: expected ${hex(wanted)}, got ${hex(got)}`
}
function hex(value: bigint | number): string {
  return `0x${value.toString(16)}`
}
function list(differences: readonly string[]): string {
  const more = differences.length - LISTED
  return differences.slice(0, LISTED).join('; ') + (more > 0 ? `; and ${more} more` : '')
}
