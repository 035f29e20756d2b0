/**
 * Random RISC-V programs that run alike under qemu-user and under ours: a static ELF that loads all registers, runs a stream (streams.ts) a
 * number of times, and writes its registers and its data window to standard output.
 *
 * Four registers stay fixed so that a stream can do no harm: sp, gp, s0 and s1 point into the window, tp counts rounds down.
 */

import type { Instruction, Isa } from '../../generator/ir/isa.ts'
import type { Random } from '../unit/random.ts'
import { writeElf } from './elf.ts'
import { withExtensions } from './isas.ts'
import type { StreamPlan } from './streams.ts'

export interface RiscvMachine {
  /** As in isa/. */
  readonly name: string
  readonly xlen: 32 | 64
  /** Has D: the 32 registers F and fcsr are part of the state. */
  readonly doubles: boolean
  /** Has Zfh: some of them are halves. */
  readonly halves: boolean
  /**
   * Of qemu-user; and the names of instructions that its release in Debian 12, 7.2, does not know, or gets wrong: ctzw of a register whose lower half
   * is 0 counts on through the upper one there.
   */
  readonly cpu: string
  readonly beyondQemu?: RegExp
}
const noFloats = { doubles: false, halves: false }
const doubles = { doubles: true, halves: false }
const everything = { doubles: true, halves: true, beyondQemu: /^(czero|wrs)[._]|^ctzw$/ }
const extended = 'Zfh=true,zba=true,zbb=true,zbc=true,zbs=true'
export const riscvMachines: readonly RiscvMachine[] = [
  { name: 'rv32imac', xlen: 32, ...noFloats, cpu: 'rv32' },
  { name: 'rv64imac', xlen: 64, ...noFloats, cpu: 'rv64' },
  { name: 'rv32gc', xlen: 32, ...doubles, cpu: 'rv32' },
  { name: 'rv64gc', xlen: 64, ...doubles, cpu: 'rv64' },
  { name: withExtensions('rv32gc'), xlen: 32, ...everything, cpu: `rv32,${extended}` },
  { name: withExtensions('rv64gc'), xlen: 64, ...everything, cpu: `rv64,${extended}` },
]

/** The stream ends here; what loads the registers stands before it, what dumps them behind. */
const streamEnd = 0x40000
const data = 0x80000
const initial = data
const dump = data + 0x800
const window = data + 0x1000
const windowSize = 0x2000
/** Of F, in the initial area and in the dump; then fcsr. */
const doublesOffset = 0x100
const fcsrOffset = 0x200
const EM_RISCV = 243
const EF_RISCV_RVC = 1
const EF_RISCV_FLOAT_ABI_DOUBLE = 4
const CSR_frm = 2
const CSR_fcsr = 3
const SYS_exit = 93
const SYS_write = 64

const SP = 2
const GP = 3
const TP = 4
const S0 = 8
const S1 = 9
const fixed = [SP, GP, TP, S0, S1]
const free = Array.from({ length: 31 }, (_, i) => i + 1).filter((x) => !fixed.includes(x))
/** Base registers and what they hold: any 12-bit offset stays within the window. AMOs want them aligned. */
const bases = new Map([
  [SP, window + 0x800],
  [GP, window + 0xc00],
  [S0, window + 0x1000],
  [S1, window + 0x17e0],
])

/** `forQemu`: only what qemu-user knows too. */
export function riscvPlan(isa: Isa, { xlen, beyondQemu }: RiscvMachine, forQemu = false): StreamPlan {
  return {
    isa,
    end: BigInt(streamEnd),
    wild: false,
    fixed: fixed.map((index) => ({ register: 'X', index, address: bases.has(index) })),
    excluded: (one) => excluded(one) || (forQemu && beyondQemu?.test(one.id) === true),
    extra: [reservedPair(xlen), throughRegister, throughCompressedJump, stackThereAndBack],
    nop: Uint8Array.of(0x01, 0x00),
  }
}

/**
 * Instructions that leave the program or read what only the host knows; and lone load-reserved: how long a reservation
 * lasts is the implementation's choice.
 */
function excluded({ id }: Instruction): boolean {
  return /^(c[._])?(ecall|ebreak)|^csr|^lr[._]/.test(id)
}

// ---- units that cannot be made one instruction at a time

type Extra = StreamPlan['extra'][number]

/** A store-conditional right behind its load-reserved. */
function reservedPair(xlen: 32 | 64): Extra {
  return (random) => {
    const size = xlen === 64 && random.below(2) ? 3 : 2
    const base = random.pick([...bases.keys()])
    const order = random.below(4)
    const lr = rType(0b0101111, size, (0b00010 << 2) | order, random.pick(free), base, 0)
    const sc = rType(0b0101111, size, (0b00011 << 2) | order, random.pick(free), base, random.below(32))
    return words(lr, sc)
  }
}
/** auipc and jalr, to a later unit. */
const throughRegister: Extra = (random, distance) => {
  const via = random.pick(free)
  const link = random.pick([0, ...free])
  return words(uType(0b0010111, via, 0), iType(0b1100111, 0, link, via, 8 + distance(random.below(8))))
}
/** auipc, addi, and c.jr or c.jalr. */
const throughCompressedJump: Extra = (random, distance) => {
  const via = random.pick(free)
  const jump = 0x8002 | (random.below(2) << 12) | (via << 7)
  const bytes = words(uType(0b0010111, via, 0), iType(0b0010011, 0, via, via, 10 + distance(random.below(8))))
  return Uint8Array.of(...bytes, jump & 0xff, jump >> 8)
}
/** c.addi16sp by some amount and back: sp must not move for long. */
const stackThereAndBack: Extra = (random) => {
  const amount = random.below(31) + 1
  const encode = (n: number): [number, number] => {
    // nzimm[9] 00010 nzimm[4|6|8:7|5] 01, in units of 16
    const bit = (k: number): number => (n >> (k - 4)) & 1
    const code = 0x6101 | (bit(9) << 12) | (bit(4) << 6) | (bit(6) << 5) | (bit(8) << 4) | (bit(7) << 3) | (bit(5) << 2)
    return [code & 0xff, code >> 8]
  }
  return Uint8Array.of(...encode(amount), ...encode(-amount & 0x3f))
}

// ---- the whole program

export interface RiscvProgram {
  readonly machine: RiscvMachine
  readonly units: readonly Uint8Array[]
  /** x0 … x31 at the start; those of fixed registers are put in later. */
  readonly registers: readonly bigint[]
  /** f0 … f31 at the start, and the rounding mode: for machines with D. */
  readonly doubles: readonly bigint[]
  readonly roundingMode: number
  readonly memory: Uint8Array
  readonly rounds: number
}

export function randomProgram(
  machine: RiscvMachine,
  units: readonly Uint8Array[],
  rounds: number,
  random: Random,
): RiscvProgram {
  const memory = Uint8Array.from({ length: windowSize }, () => random.below(256))
  if (machine.doubles) {
    const view = new DataView(memory.buffer)
    for (let at = 0; at < windowSize; at += 8)
      if (random.below(2)) view.setBigUint64(at, randomFloat(machine, random), true)
  }
  return {
    machine,
    units,
    registers: Array.from({ length: 32 }, () => random.bits(machine.xlen)),
    doubles: Array.from({ length: 32 }, () => randomFloat(machine, random)),
    roundingMode: random.below(5),
    memory,
    rounds,
  }
}

/** A double, or a single or half as the ones above it say; its exponent and significand where rounding is decided. */
function randomFloat({ halves }: RiscvMachine, random: Random): bigint {
  const formats = [[11, 52], [11, 52], [8, 23], ...(halves ? ([[5, 10]] as const) : [])] as const
  const [exponentBits, significandBits] = random.pick(formats)
  const greatest = 2 ** exponentBits - 1
  const bias = greatest >> 1
  const kind = random.below(8)
  // Exponents close to each other, or at an end of the range.
  const exponent =
    kind === 0
      ? random.pick([0, 1, greatest - 1, greatest])
      : kind < 6
        ? bias + random.below(2 * significandBits) - significandBits
        : random.below(greatest + 1)
  const sign = BigInt(random.below(2)) << BigInt(exponentBits + significandBits)
  const bits = sign | (BigInt(exponent) << BigInt(significandBits)) | random.bits(significandBits)
  return BigInt.asUintN(64, (-1n << BigInt(1 + exponentBits + significandBits)) | bits)
}

/** Address of the first unit. */
export function streamStart(units: readonly Uint8Array[]): number {
  return streamEnd - units.reduce((sum, unit) => sum + unit.length, 0)
}

/** What the program needs of a bare engine: bytes to put at addresses, and the registers; the stream runs round and round. */
export interface BareProgram {
  readonly start: number
  readonly code: { readonly address: number; readonly bytes: Uint8Array }
  readonly data: { readonly address: number; readonly bytes: Uint8Array }
  readonly registers: readonly bigint[]
  readonly doubles: readonly bigint[]
}
export function bareProgram(program: RiscvProgram): BareProgram {
  const start = streamStart(program.units)
  return {
    start,
    code: { address: start, bytes: concatenate([...program.units, words(jType(0, start - streamEnd))]) },
    data: { address: window, bytes: program.memory },
    registers: startRegisters(program),
    doubles: program.machine.doubles ? program.doubles : [],
  }
}

function startRegisters(program: RiscvProgram): bigint[] {
  return program.registers.map((value, i) => (i === TP ? BigInt(program.rounds) : BigInt(bases.get(i) ?? value)))
}

export function riscvElf(program: RiscvProgram): Uint8Array {
  const { machine, units } = program
  const { xlen } = machine
  const bytesEach = xlen / 8
  const stream = concatenate(units)
  const start = streamStart(units)
  const all = Array.from({ length: 32 }, (_, i) => i)

  const load = xlen === 64 ? 3 : 2
  const setDoubles = [
    ...all.map((i) => iType(0b0000111, 3, i, 31, doublesOffset + i * 8)),
    iType(0b1110011, 0b101, 0, program.roundingMode, CSR_frm),
  ]
  const prologue = words(
    ...loadAddress(31, initial),
    ...(machine.doubles ? setDoubles : []),
    ...all.slice(1).map((i) => iType(0b0000011, load, i, 31, i * bytesEach)),
  )
  const dumpDoubles = [
    ...all.map((i) => sType(0b0100111, 3, GP, i, doublesOffset + i * 8)),
    iType(0b1110011, 0b010, 10, 0, CSR_fcsr),
    sType(0b0100011, load, GP, 10, fcsrOffset),
  ]
  const loop = words(
    iType(0b0010011, 0, TP, TP, -1),
    bType(0b000, TP, 0, 8),
    jType(0, start - (streamEnd + 8)),
    ...loadAddress(GP, dump),
    ...all.slice(1).map((i) => sType(0b0100011, load, GP, i, i * bytesEach)),
    ...(machine.doubles ? dumpDoubles : []),
    iType(0b0010011, 0, 10, 0, 1),
    ...loadAddress(11, dump),
    ...loadAddress(12, window + windowSize - dump),
    iType(0b0010011, 0, 17, 0, SYS_write),
    0b1110011,
    iType(0b0010011, 0, 10, 0, 0),
    iType(0b0010011, 0, 17, 0, SYS_exit),
    0b1110011,
  )

  const image = new Uint8Array(window + windowSize - data)
  const view = new DataView(image.buffer)
  startRegisters(program).forEach((value, i) => {
    if (xlen === 64) view.setBigUint64(i * 8, value, true)
    else view.setUint32(i * 4, Number(value), true)
  })
  program.doubles.forEach((value, i) => {
    view.setBigUint64(doublesOffset + i * 8, value, true)
  })
  image.set(program.memory, window - data)

  return writeElf({
    bits: xlen,
    machine: EM_RISCV,
    flags: EF_RISCV_RVC | (machine.doubles ? EF_RISCV_FLOAT_ABI_DOUBLE : 0),
    entry: start - prologue.length,
    segments: [
      { address: start - prologue.length, bytes: concatenate([prologue, stream, loop]), flags: { execute: true } },
      { address: data, bytes: image, flags: { write: true } },
    ],
  })
}

/** What differs between two dumps, as text; undefined when they agree. */
export function compareDumps(machine: RiscvMachine, expected: Uint8Array, actual: Uint8Array): string | undefined {
  if (expected.length !== actual.length) return `dump of ${expected.length} and ${actual.length} bytes`
  const differences: string[] = []
  const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).reverse().toString('hex')}`
  const size = machine.xlen / 8
  const nameOf = (at: number): string => {
    if (at < 32 * size) return `x${at / size}`
    if (at >= doublesOffset && at < fcsrOffset) return `f${Math.floor((at - doublesOffset) / 8)}`
    return at === fcsrOffset ? 'fcsr' : `memory at 0x${(dump + at).toString(16)}`
  }
  for (let at = 0; at < expected.length; at += size) {
    const [a, b] = [expected.subarray(at, at + size), actual.subarray(at, at + size)]
    if (Buffer.compare(a, b) !== 0) differences.push(`${nameOf(at)}: ${hex(a)} and ${hex(b)}`)
  }
  if (differences.length === 0) return undefined
  return differences.length > 8 ? `${differences.slice(0, 8).join('; ')} …` : differences.join('; ')
}

// ---- instruction formats (unprivileged manual 20240411, 2.3)

function rType(opcode: number, f3: number, f7: number, rd: number, rs1: number, rs2: number): number {
  return (f7 << 25) | (rs2 << 20) | (rs1 << 15) | (f3 << 12) | (rd << 7) | opcode
}
function iType(opcode: number, f3: number, rd: number, rs1: number, imm: number): number {
  return ((imm & 0xfff) << 20) | (rs1 << 15) | (f3 << 12) | (rd << 7) | opcode
}
function sType(opcode: number, f3: number, rs1: number, rs2: number, imm: number): number {
  return (((imm >> 5) & 0x7f) << 25) | (rs2 << 20) | (rs1 << 15) | (f3 << 12) | ((imm & 31) << 7) | opcode
}
function bType(f3: number, rs1: number, rs2: number, imm: number): number {
  const high = (((imm >> 12) & 1) << 6) | ((imm >> 5) & 0x3f)
  const low = (((imm >> 1) & 15) << 1) | ((imm >> 11) & 1)
  return (high << 25) | (rs2 << 20) | (rs1 << 15) | (f3 << 12) | (low << 7) | 0b1100011
}
function uType(opcode: number, rd: number, imm: number): number {
  return (imm << 12) | (rd << 7) | opcode
}
function jType(rd: number, imm: number): number {
  const bits = (((imm >> 20) & 1) << 19) | (((imm >> 1) & 0x3ff) << 9) | (((imm >> 11) & 1) << 8) | ((imm >> 12) & 0xff)
  return (bits << 12) | (rd << 7) | 0b1101111
}
/** lui and addi. */
function loadAddress(rd: number, address: number): [number, number] {
  return [uType(0b0110111, rd, (address + 0x800) >> 12), iType(0b0010011, 0, rd, rd, address)]
}

function words(...codes: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(codes).buffer)
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts))
}
