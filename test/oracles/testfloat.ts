/**
 * Berkeley TestFloat against the engine: what its `testfloat_gen` prints (operands, result and flags of one operation in one rounding mode) is
 * computed again by an instruction of RISC-V in a loop of guest code, over tables in guest memory.
 *
 * Each case runs three times: with the flags clear, with `inexact` set, and with some set at random, for engines may take another way where an exception
 * need not be found out.
 */

import { spawn } from 'node:child_process'
import type { GuestIsa } from '../../runtime/abi.ts'
import { createEngine, type Tier } from '../../runtime/engine.ts'
import { EXEC, READ, WRITE } from '../../runtime/memory.ts'

export const roundings = [
  { name: 'rne', option: '-rnear_even', number: 0 },
  { name: 'rtz', option: '-rminMag', number: 1 },
  { name: 'rdn', option: '-rmin', number: 2 },
  { name: 'rup', option: '-rmax', number: 3 },
  { name: 'rmm', option: '-rnear_maxMag', number: 4 },
] as const
export type Rounding = (typeof roundings)[number]

type FloatType = 'f16' | 'f32' | 'f64'
type Type = FloatType | 'i32' | 'ui32' | 'i64' | 'ui64' | 'bool'
const fmt: Readonly<Record<FloatType, string>> = { f16: 'h', f32: 's', f64: 'd' }
const int = { i32: 'w', ui32: 'wu', i64: 'l', ui64: 'lu' } as const

export interface Operation {
  /** As TestFloat calls it. */
  readonly name: string
  readonly args: readonly Type[]
  readonly result: Type
  /** "fadd.s fa3, fa0, fa1": operands are fa0 … fa2 or a3, the result is fa3 or a4. */
  readonly instruction: string
  /** A rounding mode is written behind it. */
  readonly rounds: boolean
  /** Operands whose sign is flipped, so that a relative of the instruction computes the same. */
  readonly negated?: readonly number[]
}

/** Every operation of the formats that is an instruction. Integers of 64 bits want a machine of that width. */
export function operations(formats: readonly FloatType[], xlen: 32 | 64): Operation[] {
  const integers = (Object.keys(int) as (keyof typeof int)[]).filter((type) => xlen === 64 || type.endsWith('32'))
  const found: Operation[] = []
  for (const t of formats) {
    const s = fmt[t]
    const add = (name: string, args: readonly Type[], result: Type, instruction: string, rounds: boolean): void => {
      found.push({ name, args, result, instruction, rounds })
    }
    for (const op of ['add', 'sub', 'mul', 'div']) add(`${t}_${op}`, [t, t], t, `f${op}.${s} fa3, fa0, fa1`, true)
    add(`${t}_sqrt`, [t], t, `fsqrt.${s} fa3, fa0`, true)
    for (const op of ['eq', 'le', 'lt']) add(`${t}_${op}`, [t, t], 'bool', `f${op}.${s} a4, fa0, fa1`, false)
    for (const type of integers) {
      add(`${t}_to_${type}`, [t], type, `fcvt.${int[type]}.${s} a4, fa0`, true)
      const exact = t === 'f64' && type.endsWith('32')
      add(`${type}_to_${t}`, [type], t, `fcvt.${s}.${int[type]} fa3, a3`, !exact)
    }
    for (const other of formats) {
      if (other !== t) add(`${t}_to_${other}`, [t], other, `fcvt.${fmt[other]}.${s} fa3, fa0`, other < t)
    }
    const fused = (name: string, negated: readonly number[]): void => {
      const instruction = `${name}.${s} fa3, fa0, fa1, fa2`
      found.push({ name: `${t}_mulAdd`, args: [t, t, t], result: t, instruction, rounds: true, negated })
    }
    fused('fmadd', [])
    fused('fmsub', [2])
    fused('fnmsub', [0])
    fused('fnmadd', [0, 2])
  }
  return found
}

const CODE = 0x1000
const INPUT = 0x100000
const OUTPUT = 0x400000
const MEMORY = 0x800000
const BATCH = 1 << 15
/** Bytes of a case: three operands, and flags at random; a result and its flags, three times. */
const IN = 32
const OUT = 48
const GIVEN_FLAGS = 24

/** `dynamic`: the rounding mode comes from frm, and not from the instruction. */
export interface Way {
  readonly tier: Tier
  readonly dynamic: boolean
}

/** Runs batches of cases of one operation in one rounding mode. */
async function createRunner(isa: GuestIsa, operation: Operation, rounding: Rounding, way: Way) {
  const engine = createEngine(isa, { tier: way.tier, memoryBytes: MEMORY })
  const { memory, state } = engine
  memory.map(0, MEMORY, READ | WRITE | EXEC)
  const assemble = await isa.assembler()
  const mode = operation.rounds ? `, ${way.dynamic ? 'dyn' : rounding.name}` : ''
  const toInteger = !isFloat(operation.result)
  const store = toInteger ? (isa.pcWidth === 64 ? 'sd a4' : 'sw a4') : 'fsd fa3'
  const loads = operation.args.map((type, i) =>
    isFloat(type) ? `fld fa${i}, ${8 * i}(a0)` : `${isa.pcWidth === 64 ? 'ld' : 'lw'} a3, ${8 * i}(a0)`,
  )
  const once = (setFlags: string, at: number): string[] => [
    setFlags,
    `${operation.instruction}${mode}`,
    'frflags t0',
    `${store}, ${at}(a1)`,
    `sw t0, ${at + 8}(a1)`,
  ]
  const body = [
    ...loads,
    `lw t1, ${GIVEN_FLAGS}(a0)`,
    ...once('fsflagsi 0', 0),
    ...once('fsflagsi 1', 16),
    ...once('fsflags t1', 32),
    ...[`addi a0, a0, ${IN}`, `addi a1, a1, ${OUT}`, 'addi a2, a2, -1'],
  ]
  const code: number[] = []
  for (const line of [...body, 'bnez', 'ecall']) {
    const text = line === 'bnez' ? `bne a2, x0, ${CODE}` : line
    const result = assemble(text, BigInt(CODE + code.length), { atLeast: 4 })
    if (!result.ok) throw new Error(`${text}: ${result.message}`)
    code.push(...result.bytes)
  }
  memory.write(CODE, code)
  const { buffer, byteOffset } = memory.bytes
  return {
    input: new Uint32Array(buffer, byteOffset + INPUT, (BATCH * IN) / 4),
    output: new Uint32Array(buffer, byteOffset + OUTPUT, (BATCH * OUT) / 4),
    run(count: number): void {
      state.write('frm', BigInt(rounding.number))
      state.write('a0', BigInt(INPUT))
      state.write('a1', BigInt(OUTPUT))
      state.write('a2', BigInt(count))
      state.pc = BigInt(CODE)
      const exit = engine.run()
      if (exit.kind !== 'trap' || exit.trap !== 'ecall') throw new Error(`${operation.instruction}: ${exit.kind}`)
    },
  }
}

/** A column of a line: two words of a value, as it stands in a register. */
interface Column {
  readonly type: Type
  readonly lo: Uint32Array
  readonly hi: Uint32Array
}

export interface Outcome {
  readonly cases: number
  /** The first case that differs. */
  readonly difference: string | undefined
}

/** Runs what `testfloat_gen` gives for the operation, at least `limit` cases if there are so many; stops at the first difference. `options`: as -level 2. */
export async function runTestFloat(
  generator: string,
  isa: GuestIsa,
  operation: Operation,
  rounding: Rounding,
  way: Way,
  limit: number,
  options: readonly string[] = [],
): Promise<Outcome> {
  const runner = await createRunner(isa, operation, rounding, way)
  const columns = [...operation.args, operation.result].map(
    (type): Column => ({ type, lo: new Uint32Array(BATCH), hi: new Uint32Array(BATCH) }),
  )
  const flags = new Uint32Array(BATCH)
  const child = spawn(generator, [rounding.option, '-tininessafter', '-exact', ...options, operation.name])
  let complaint = ''
  child.stderr.on('data', (text: Buffer) => (complaint += text.toString()))
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })

  const parser = new Parser([...columns, undefined].map((column) => (column ? column : flags)))
  let cases = 0
  let difference: string | undefined
  const flush = (): void => {
    prepare(runner.input, operation, columns, parser.lines)
    runner.run(parser.lines)
    difference = compare(runner.output, operation, columns, flags, parser.lines, isa.pcWidth)
    cases += parser.lines
    parser.lines = 0
  }
  for await (const chunk of child.stdout) {
    let at = 0
    while (difference === undefined && cases < limit && at < (chunk as Buffer).length) {
      at = parser.parse(chunk as Buffer, at)
      if (parser.lines === BATCH) flush()
    }
    if (difference !== undefined || cases >= limit) break
  }
  const stopped = difference !== undefined || cases >= limit
  if (!stopped && parser.lines > 0) flush()
  if (stopped) child.kill()
  const status = await ended
  if (!stopped && (status !== 0 || cases === 0)) throw new Error(`${operation.name}: ${complaint || 'no cases'}`)
  return { cases, difference: difference && `${rounding.name}, ${operation.instruction}: ${difference}` }
}

/** Lines of hex numbers, parted by blanks, into columns. Keeps what a chunk cuts off. */
class Parser {
  lines = 0
  readonly #columns: readonly (Column | Uint32Array)[]
  #column = 0
  #lo = 0
  #hi = 0

  constructor(columns: readonly (Column | Uint32Array)[]) {
    this.#columns = columns
  }

  /** Goes on to the end of the chunk, or until BATCH lines are there; gives where it stopped. */
  parse(chunk: Buffer, from: number): number {
    let at = from
    let lo = this.#lo
    let hi = this.#hi
    for (; at < chunk.length; at++) {
      const c = chunk[at]!
      if (c > 0x20) {
        hi = (hi << 4) | (lo >>> 28)
        lo = (lo << 4) | (c < 0x3a ? c - 0x30 : c - 0x37)
        continue
      }
      const column = this.#columns[this.#column]!
      if (column instanceof Uint32Array) column[this.lines] = lo
      else {
        column.lo[this.lines] = lo
        column.hi[this.lines] = hi
      }
      lo = 0
      hi = 0
      this.#column++
      if (c !== 0x0a) continue
      this.#column = 0
      if (++this.lines === BATCH) {
        at++
        break
      }
    }
    this.#lo = lo
    this.#hi = hi
    return at
  }
}

function isFloat(type: Type): type is FloatType {
  return type in fmt
}

/** The upper half of a register that holds the value: boxed floats have ones there, integers of 32 bits their sign. */
function upper(type: Type, lo: number, hi: number): number {
  if (type === 'f32' || type === 'f16') return 0xffffffff
  return type === 'i32' || type === 'ui32' ? lo >> 31 : hi
}
const lower = (type: Type, lo: number): number => (type === 'f16' ? lo | 0xffff0000 : lo)

function prepare(
  input: Uint32Array,
  { args, negated = [] }: Operation,
  columns: readonly Column[],
  count: number,
): void {
  for (let i = 0; i < count; i++) input[(i * IN + GIVEN_FLAGS) / 4] = someFlags(i)
  args.forEach((type, k) => {
    const { lo, hi } = columns[k]!
    const flip = negated.includes(k)
    const flipLo = flip ? (type === 'f32' ? 0x80000000 : type === 'f16' ? 0x8000 : 0) : 0
    const flipHi = flip && type === 'f64' ? 0x80000000 : 0
    for (let i = 0; i < count; i++) {
      input[(i * IN) / 4 + 2 * k] = lower(type, lo[i]!) ^ flipLo
      input[(i * IN) / 4 + 2 * k + 1] = upper(type, lo[i]!, hi[i]!) ^ flipHi
    }
  })
}

function compare(
  output: Uint32Array,
  operation: Operation,
  columns: readonly Column[],
  flags: Uint32Array,
  count: number,
  xlen: number,
): string | undefined {
  const { lo, hi, type } = columns.at(-1)!
  const wide = isFloat(type) || xlen === 64
  for (let i = 0; i < count; i++) {
    const at = (i * OUT) / 4
    const wantedLo = lower(type, lo[i]!) >>> 0
    const wantedHi = upper(type, lo[i]!, hi[i]!) >>> 0
    for (const [k, before] of [0, 1, someFlags(i)].entries()) {
      const from = at + 4 * k
      if (
        output[from] === wantedLo &&
        (!wide || output[from + 1] === wantedHi) &&
        output[from + 2] === (flags[i]! | before)
      )
        continue
      const given = operation.args.map((t, j) => hex(t, columns[j]!.lo[i]!, columns[j]!.hi[i]!))
      return `${given.join(', ')} with flags ${before}: ${hex(type, wantedLo, wantedHi)} and flags ${flags[i]! | before} expected, ${hex(type, output[from]!, output[from + 1]!)} and flags ${output[from + 2]} here`
    }
  }
  return undefined
}

/** Of a case: any of the 32 sets of flags. */
const someFlags = (i: number): number => (Math.imul(i, 0x9e3779b1) >>> 27) & 31

function hex(type: Type, lo: number, hi: number): string {
  const low = (lo >>> 0).toString(16).padStart(8, '0')
  return type.endsWith('64') ? `0x${(hi >>> 0).toString(16).padStart(8, '0')}${low}` : `0x${low}`
}
