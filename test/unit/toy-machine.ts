/**
 * A machine small enough to be written by hand in every form the runtime needs: decoder, interpreter, templates. It keeps tests of the runtime apart
 * from the generator. Four bytes an instruction: opcode, a, b, c. Registers R0 (always 0) … R7 of 64 bits, C of 32 bits; 64-bit addresses.
 */

import {
  ABI_VERSION,
  BLOCK_COUNT,
  BLOCK_HEADER,
  BLOCK_HEAT,
  EMPTY,
  EXIT_FAULT,
  EXIT_FUEL,
  EXIT_HOT,
  EXIT_LEAVE,
  EXIT_MISS,
  EXIT_TRAP,
  FIRST_WORD,
  FUEL,
  GUEST,
  type GuestIsa,
  HANDLER_END,
  HANDLER_FIRST,
  type HandlerInfo,
  I64,
  type Interpreter,
  type InterpreterHost,
  JUMP_BLOCK,
  JUMP_CACHE,
  JUMP_ENTRIES,
  JUMP_WORDS,
  type JumpHint,
  LEAVE,
  PAGE_FAST_WRITE,
  PAGE_READ,
  PAGE_READ_SPAN,
  PAGE_WRITE_SPAN,
  PAGES,
  PC_HI,
  PC_LO,
  RECORD_HANDLER,
  RECORD_PC_HI,
  RECORD_PC_LO,
  RECORD_SLOTS,
  SINK_WORD,
  type Template,
  TRAP,
  TRAP_ARGS,
} from '../../runtime/abi.ts'

export const OPCODES = [
  'addi',
  'add',
  'load8',
  'store8',
  'load1',
  'store1',
  'bne',
  'jal',
  'jr',
  'trap',
  'less',
  'move',
] as const
export type Opcode = (typeof OPCODES)[number]

/** addi a = b + c; add a = b + R[c]; load a = M[b + c]; store M[b + c] = a; bne a, b, c words away; jal a, b words; jr a; less C = a < b; move a = b if C. */
export function encode(name: Opcode, a = 0, b = 0, c = 0): number[] {
  return [OPCODES.indexOf(name) + 1, a, b & 0xff, c & 0xff]
}
export function assemble(...lines: [Opcode, number?, number?, number?][]): Uint8Array {
  return Uint8Array.from(lines.flatMap((line) => encode(...line)))
}

const R = FIRST_WORD
const C = FIRST_WORD + 16
const [A, B, IMM] = [RECORD_SLOTS, RECORD_SLOTS + 1, RECORD_SLOTS + 2]
const RECORD_WORDS = 6
const ENDS: readonly string[] = ['bne', 'jal', 'jr', 'trap']
const WRITES_A: readonly string[] = ['addi', 'add', 'load8', 'load1', 'jal', 'move']

function decode(bytes: Uint8Array, at: number, words: Int32Array, record: number): number {
  const [op, a, b, c] = [bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0, bytes[at + 3] ?? 0]
  const name = OPCODES[op - 1]
  if (!name || a > 7 || (name !== 'jal' && b > 7) || (name === 'add' && c > 7)) return 0
  words[record + RECORD_HANDLER] = (op - 1 + HANDLER_FIRST) | (4 << 16)
  words[record + A] = a === 0 && WRITES_A.includes(name) ? SINK_WORD : R + 2 * a
  words[record + B] = name === 'jal' ? (b << 24) >> 24 : R + 2 * b
  words[record + IMM] = name === 'add' ? R + 2 * c : (c << 24) >> 24
  return 4
}

function createInterpreter(host: InterpreterHost): Interpreter {
  const words = new Int32Array(host.buffer)
  const bytes = new Uint8Array(host.buffer)
  const view = new DataView(host.buffer)
  const get = (word: number): bigint => view.getBigInt64(word * 4, true)
  const set = (word: number, value: bigint): void => view.setBigInt64(word * 4, value, true)
  const place = (
    address: bigint,
    size: number,
    one: number,
    span: number,
    slow: InterpreterHost['slowRead'],
  ): number => {
    const [lo, hi] = [Number(BigInt.asIntN(32, address)), Number(BigInt.asIntN(32, address >> 32n))]
    if (hi === 0 && (bytes[PAGES + (lo >>> 12)]! & (size === 1 ? one : span)) !== 0) return GUEST + (lo >>> 0)
    return slow(lo, hi, size)
  }
  return () => {
    for (;;) {
      const pcLo = words[PC_LO]!
      const entry = (JUMP_CACHE >> 2) + ((pcLo >>> 2) & (JUMP_ENTRIES - 1)) * JUMP_WORDS
      const block = words[entry + JUMP_BLOCK]!
      if (words[entry] !== pcLo || words[entry + 1] !== words[PC_HI] || block === 0) return EXIT_MISS
      if (--words[block + BLOCK_HEAT]! < 0) return EXIT_HOT
      const count = words[block + BLOCK_COUNT]!
      if (words[FUEL]! < count) return EXIT_FUEL
      words[FUEL]! -= count
      let done = 0
      for (let record = block + BLOCK_HEADER; ; record += RECORD_WORDS, done++) {
        words[PC_LO] = words[record + RECORD_PC_LO]!
        words[PC_HI] = words[record + RECORD_PC_HI]!
        const handler = words[record + RECORD_HANDLER]! & 0xffff
        if (handler === HANDLER_END) break
        const leave = (code: number): number => {
          words[FUEL]! += count - done
          return code
        }
        const [a, b, imm] = [words[record + A]!, words[record + B]!, words[record + IMM]!]
        const pc = BigInt(words[PC_HI]! >>> 0) * 2n ** 32n + BigInt(words[PC_LO]! >>> 0)
        let target: bigint | undefined
        try {
          switch (OPCODES[handler - HANDLER_FIRST]) {
            case 'addi':
              set(a, get(b) + BigInt(imm))
              break
            case 'add':
              set(a, get(b) + get(imm))
              break
            case 'load8':
              set(a, view.getBigInt64(place(get(b) + BigInt(imm), 8, PAGE_READ, PAGE_READ_SPAN, host.slowRead), true))
              break
            case 'load1':
              set(a, BigInt(bytes[place(get(b) + BigInt(imm), 1, PAGE_READ, PAGE_READ_SPAN, host.slowRead)]!))
              break
            case 'store8':
              view.setBigInt64(
                place(get(b) + BigInt(imm), 8, PAGE_FAST_WRITE, PAGE_WRITE_SPAN, host.slowWrite),
                get(a),
                true,
              )
              break
            case 'store1':
              bytes[place(get(b) + BigInt(imm), 1, PAGE_FAST_WRITE, PAGE_WRITE_SPAN, host.slowWrite)] = Number(
                get(a) & 0xffn,
              )
              break
            case 'bne':
              if (get(a) !== get(b)) target = pc + BigInt(4 * imm)
              break
            case 'jal':
              set(a, pc + 4n)
              target = pc + BigInt(4 * b)
              break
            case 'jr':
              target = get(a)
              break
            case 'trap':
              words[TRAP] = 0
              set(TRAP_ARGS, get(a))
              set(TRAP_ARGS + 2, BigInt(imm))
              return leave(EXIT_TRAP)
            case 'less':
              words[C] = get(a) < get(b) ? 1 : 0
              break
            case 'move':
              if (words[C]) set(a, get(b))
              break
          }
        } catch (error) {
          if (error !== host.fault) throw error
          return leave(EXIT_FAULT)
        }
        if (target !== undefined) {
          words[PC_LO] = Number(BigInt.asIntN(32, target))
          words[PC_HI] = Number(BigInt.asIntN(32, target >> 32n))
          break
        }
        if (words[LEAVE]) {
          words[PC_LO] = words[record + RECORD_WORDS + RECORD_PC_LO]!
          words[PC_HI] = words[record + RECORD_WORDS + RECORD_PC_HI]!
          done++
          return leave(EXIT_LEAVE)
        }
      }
    }
  }
}

const [I64_ADD, I64_NE, I64_LT_S] = [0x7c, 0x52, 0x53]

const templates: Record<Opcode, Template> = {
  addi: (w, words, r) => {
    w.get64(words[r + B]!)
    w.i64(words[r + IMM]!, words[r + IMM]! >> 31)
    w.code1(I64_ADD)
    w.set64(words[r + A]!)
  },
  add: (w, words, r) => {
    w.get64(words[r + B]!)
    w.get64(words[r + IMM]!)
    w.code1(I64_ADD)
    w.set64(words[r + A]!)
  },
  load8: (w, words, r) => load(w, words, r, 8),
  load1: (w, words, r) => load(w, words, r, 1),
  store8: (w, words, r) => store(w, words, r, 8),
  store1: (w, words, r) => store(w, words, r, 1),
  bne: (w, words, r) => {
    w.get64(words[r + A]!)
    w.get64(words[r + B]!)
    w.code1(I64_NE)
    w.if(EMPTY)
    away(w, words, r, words[r + IMM]!)
    w.end()
  },
  jal: (w, words, r) => {
    const next = pcOf(words, r) + 4n
    w.i64(Number(next & 0xffffffffn), Number(next >> 32n))
    w.set64(words[r + A]!)
    away(w, words, r, words[r + B]!, words[r + A] === SINK_WORD ? 'jump' : 'call')
  },
  jr: (w, words, r) => {
    w.get64(words[r + A]!)
    const hints: readonly JumpHint[] = ['return', 'call', 'jump']
    w.jumpTo(hints[((words[r + A]! - R) >> 1) % 3]!)
  },
  trap: (w) => w.step(),
  less: (w, words, r) => {
    w.get64(words[r + A]!)
    w.get64(words[r + B]!)
    w.code1(I64_LT_S)
    w.set32(C)
  },
  // In two ways, so that arms of both kinds are seen.
  move: (w, words, r) => {
    w.get32(C)
    w.if(EMPTY)
    if (words[r + A]! & 2) {
      w.get64(words[r + B]!)
      w.set64(words[r + A]!)
    } else {
      w.get64(words[r + B]!)
      w.set64(words[r + A]!)
      w.else()
    }
    w.end()
  },
}

type Writer = Parameters<Template>[0]
function pcOf(words: Int32Array, r: number): bigint {
  return BigInt(words[r + RECORD_PC_HI]! >>> 0) * 2n ** 32n + BigInt(words[r + RECORD_PC_LO]! >>> 0)
}
function away(w: Writer, words: Int32Array, r: number, distance: number, hint: JumpHint = 'jump'): void {
  const target = BigInt.asUintN(64, pcOf(words, r) + BigInt(4 * distance))
  w.jump(Number(target & 0xffffffffn) | 0, Number(target >> 32n) | 0, hint)
}
function load(w: Writer, words: Int32Array, r: number, size: number): void {
  w.get64(words[r + B]!)
  w.i64(words[r + IMM]!, words[r + IMM]! >> 31)
  w.code1(I64_ADD)
  w.load(size, I64, false)
  w.set64(words[r + A]!)
}
function store(w: Writer, words: Int32Array, r: number, size: number): void {
  w.get64(words[r + B]!)
  w.i64(words[r + IMM]!, words[r + IMM]! >> 31)
  w.code1(I64_ADD)
  w.get64(words[r + A]!)
  w.store(size, I64)
}

function handler(name: Opcode): HandlerInfo {
  return {
    id: name,
    endsBlock: ENDS.includes(name),
    flow:
      name === 'bne'
        ? 'branch'
        : name === 'jal'
          ? 'jump'
          : name === 'jr'
            ? 'indirect'
            : name === 'trap'
              ? 'trap'
              : 'next',
    loads: name.startsWith('load'),
    stores: name.startsWith('store'),
    traps: name === 'trap',
    uses: [],
  }
}

const missing = (): Promise<never> => Promise.reject(new Error('the toy machine has none'))

export const toy: GuestIsa = {
  abi: ABI_VERSION,
  name: 'toy',
  title: 'Toy machine',
  pcWidth: 64,
  unit: 32,
  endian: 'little',
  maxLength: 4,
  memory: { name: 'M', addressWidth: 64, faults: true },
  registers: [
    {
      name: 'R',
      width: 64,
      count: 8,
      file: true,
      word: R,
      stride: 2,
      names: ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7'],
      also: { zero: 0 },
      hardwired: { index: 0, value: 0n },
      reset: 0n,
      hidden: false,
    },
    {
      name: 'C',
      width: 32,
      count: 1,
      file: false,
      word: C,
      stride: 1,
      names: ['c'],
      also: {},
      reset: 0n,
      hidden: false,
    },
  ],
  views: [
    {
      name: 'V',
      width: 16,
      parts: [
        { kind: 'cell', register: 'R', index: 1, low: 4, width: 8 },
        { kind: 'constant', width: 4, value: 5n },
        { kind: 'cell', register: 'C', index: 0, low: 0, width: 4 },
      ],
    },
  ],
  stateWords: 18,
  traps: [
    {
      name: 'service',
      number: 8,
      params: [
        { name: 'a', width: 64 },
        { name: 'code', width: 8 },
      ],
    },
  ],
  recordWords: RECORD_WORDS,
  handlers: OPCODES.map(handler),
  decode,
  createInterpreter,
  templates: OPCODES.map((name) => templates[name]),
  scratch: { i32: 1, i64: 1 },
  disassembler: missing,
  assembler: missing,
  conformance: missing,
}
