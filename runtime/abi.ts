/**
 * THE seam: what generated code and the runtime know of each other. The generator writes against these constants and types, the
 * runtime reads generated modules through `GuestIsa`. Nothing else crosses. A change here is a new ABI_VERSION.
 *
 * Everything an engine works on lies in one linear memory of 4 GiB at most (a WebAssembly.Memory, or a plain ArrayBuffer where Wasm may not
 * be compiled), at the fixed byte offsets below. A *word* is 32 bits; word offsets index an Int32Array over that memory.
 */

export const ABI_VERSION = 8

// ---- the map of linear memory (byte offsets)

/** Control block: exits, pc, fuel. */
export const CONTROL = 0
/** Guest registers, one after the other as `RegisterInfo.word` says. */
export const STATE = 0x1000
/** One byte a guest page (PAGE_* bits); 2^20 entries. */
export const PAGES = 0x10000
/** JUMP_ENTRIES entries of JUMP_WORDS words. */
export const JUMP_CACHE = 0x110000
/** The slab allocator's arena: pre-decoded blocks and other engine records. */
export const SLAB = 0x210000
/**
 * Which granules of guest memory (`granuleShift`) hold pre-decoded or translated code, a bit each: bit i % 8 of byte i / 8. Asked only for pages with PAGE_CODE.
 * Ends where guest memory begins.
 */
export const CODE_MAP = 0x3800000
/** Guest address 0 lies here. */
export const GUEST = 0x4000000

// ---- control block (word offsets)

/** Guest pc, low and high half: where to go on, or the instruction that trapped. With a decode context the high half is its key. */
export const PC_LO = 0
export const PC_HI = 1
/** Instructions that may still run; both tiers leave it exact at every exit. */
export const FUEL = 2
/** Not 0: leave the block after the current instruction (code was overwritten, or someone asked). Polled after stores. */
export const LEAVE = 3
/** TrapInfo index of the trap statement that was reached, and its arguments (low, high), up to two. */
export const TRAP = 4
export const TRAP_ARGS = 5
/** Fault: guest address (low, high), and access (ACCESS_*). */
export const FAULT_LO = 9
export const FAULT_HI = 10
export const FAULT_ACCESS = 11
/** Set by `wait` together with LEAVE: nothing to do until an event. */
export const WAITING = 12
/** Instructions that ran in compiled code, baseline and optimised, that the interpreter in Wasm went on to: it adds to them. */
export const RAN_BASELINE = 13
export const RAN_OPTIMISED = 14
/** Not 0: an irq is raised and masked. Instructions that may let it in leave with EXIT_STEP before they do anything. */
export const ATTENTION = 15
/** Number of the loop at which a region is entered (jit/entries.ts), for as long as its fuel has ENTERING. */
export const ENTRY = 16
/** A bit of fuel that is on its way to a loop in a region: it makes every test of fuel fail. */
export const ENTERING = 1 << 31
export const ACCESS_READ = 0
export const ACCESS_WRITE = 1
export const ACCESS_FETCH = 2

// ---- guest registers
//
// Word offsets of registers count from the start of linear memory, so handlers index one Int32Array with them.

/** Four words that take writes to hardwired registers: decoding points such a write here, so no handler needs a condition. */
export const SINK_WORD = STATE >> 2
/** The first register's word. */
export const FIRST_WORD = SINK_WORD + 4

// ---- guest pages

/** What the guest may do. */
export const PAGE_READ = 1
export const PAGE_WRITE = 2
export const PAGE_EXEC = 4
/** Instructions of this page were pre-decoded or translated: a store must invalidate them where they lie (CODE_MAP). */
export const PAGE_CODE = 8
/** Derived, for one test on a fast path: writable without code; and this page and the next readable; and both fast-writable. */
export const PAGE_FAST_WRITE = 16
export const PAGE_READ_SPAN = 32
export const PAGE_WRITE_SPAN = 64
/** log2 of the page size: 12, but 8 where addresses have 16 bits or fewer, so that code and data of small machines part. */
export function pageShift(addressWidth: number): number {
  return addressWidth <= 16 ? 8 : 12
}
/** log2 of the bytes that one bit of CODE_MAP stands for: as few as its 8 MiB allow, because data next to code is usual in small machines. */
export function granuleShift(addressWidth: number): number {
  return Math.max(0, Math.min(addressWidth, 32) - 26)
}

// ---- the jump cache: pc → pre-decoded block and compiled function, direct-mapped

export const JUMP_ENTRIES = 0x10000
export const JUMP_WORDS = 4
/** Words of an entry. An empty one has pc −1, −1. */
export const JUMP_PC_LO = 0
export const JUMP_PC_HI = 1
/** Word offset of the block, or 0. */
export const JUMP_BLOCK = 2
/** Slot of the compiled function in the table; slot 0 is the stub that returns to the engine. */
export const JUMP_SLOT = 3
/** The entry of a pc is (pcLo >>> jumpShift(unit)) & (JUMP_ENTRIES − 1). */
export function jumpShift(unit: number): number {
  return unit >= 32 ? 2 : unit >= 16 ? 1 : 0
}

// ---- pre-decoded blocks: a header, `count` records, and a record with HANDLER_END

export const BLOCK_PC_LO = 0
export const BLOCK_PC_HI = 1
/** Instructions in the block: 1 … 64. */
export const BLOCK_COUNT = 2
/** Counted down at each entry by the interpreter, before it looks at fuel; below 0 it leaves with EXIT_HOT. */
export const BLOCK_HEAT = 3
/** Guest bytes that the block covers. */
export const BLOCK_BYTES = 4
export const BLOCK_HEADER = 8

/** Words of a record: handler in bits 0…15 and instruction length in bytes in 16…23; pc; then slots. */
export const RECORD_HANDLER = 0
export const RECORD_PC_LO = 1
export const RECORD_PC_HI = 2
export const RECORD_SLOTS = 3

/** The handler that every isa has: the end of a block, go on at the record's pc. The isa's own start at HANDLER_FIRST. */
export const HANDLER_END = 0
export const HANDLER_FIRST = 1

// ---- exits of the interpreter and of compiled code
//
// PC_LO/HI and FUEL are exact at each of them: fuel that a block took for instructions which were not completed is given back. The instruction
// that traps, faults or steps counts as not completed; the one that set LEAVE as completed. Illegal and unfetchable instructions never reach
// a block: the engine finds them when it decodes the pc that was missed.

/** No block (compiled code: no function) for pc. */
export const EXIT_MISS = 0
/** The block at pc has used up its heat (nothing of it was run): compile it, or enter its compiled code. */
export const EXIT_HOT = 1
/** Less fuel than the next block needs; nothing of it was run. */
export const EXIT_FUEL = 2
/** A trap statement; pc is the trapping instruction's. */
export const EXIT_TRAP = 3
/** A memory access that is not allowed; pc is the instruction's, nothing of it was done. */
export const EXIT_FAULT = 4
/** LEAVE was set; pc is where to go on. */
export const EXIT_LEAVE = 5
/** Compiled code only: let the interpreter run the one instruction at pc (it traps, faults or writes code). */
export const EXIT_STEP = 6
/** A bit beside the code: it was optimised code that left. */
export const EXIT_OPTIMISED = 0x10
/** A bit beside the code, from the interpreter in Wasm: it was compiled code that left, to which it had gone on. */
export const EXIT_COMPILED = 0x20

// ---- the interpreter

export interface InterpreterHost {
  readonly buffer: ArrayBuffer
  /** log2 of the page size. */
  readonly pageShift: number
  /** The pages behind a fast path that failed: gives the byte offset in linear memory, or throws `fault` having set FAULT_*. */
  readonly slowRead: (lo: number, hi: number, size: number) => number
  /** As slowRead, but for stores; invalidates code that lies there, which sets LEAVE. */
  readonly slowWrite: (lo: number, hi: number, size: number) => number
  /** Identity of what slowRead and slowWrite throw. */
  readonly fault: object
}
/** Starts at PC_LO/HI with FUEL in the control block; gives an EXIT_* code. */
export type Interpreter = () => number
export type CreateInterpreter = (host: InterpreterHost) => Interpreter

// ---- events

/**
 * What the machine does when an instruction traps (the spec's `on trap`): PC is the instruction's, nothing of it was done; cause and value (the trap's
 * number and its first argument, 0 where it has none) come as low and high halves. EXIT_LEAVE: done, PC is where to go on. EXIT_TRAP, EXIT_FAULT: it
 * trapped or faulted itself, and has done nothing.
 */
export type TrapEvent = (causeLo: number, causeHi: number, valueLo: number, valueHi: number) => number
export type CreateTrapEvent = (host: InterpreterHost) => TrapEvent
/** `on reset`, `on nmi`, `on irq when …`: whether it may be taken now, and what it does; exits as of TrapEvent. */
export interface MachineEvent {
  readonly when: () => boolean
  readonly run: () => number
  /** Of an irq: from here on only instructions that look at ATTENTION can let it in. Absent: any can. */
  readonly isAttended?: () => boolean
}
/** By the events' names; those that the spec has. */
export type CreateEvents = (host: InterpreterHost) => Readonly<Partial<Record<string, MachineEvent>>>

// ---- Wasm templates

/** Locals below are the parameters of compiled functions, and not the templates'. */
export const FIRST_SCRATCH = 3
/** Wasm value types as their binary codes. */
export const I32 = 0x7f
export const I64 = 0x7e
export const EMPTY = 0x40

/**
 * What a template writes to. A template was assembled and validated by wabt at build time; the text between its holes comes as bytes, the
 * holes as calls. Values of 1…32 bits are i32, of 33…64 bits i64, upper bits zero. Registers may live in locals: only the writer knows.
 *
 * From FIRST_SCRATCH on, scratch.i32 locals are i32 and the next scratch.i64 are i64, free for use inside one instruction.
 */
export interface TemplateWriter {
  code1(a: number): void
  code2(a: number, b: number): void
  code3(a: number, b: number, c: number): void
  code4(a: number, b: number, c: number, d: number): void
  /** Any number of bytes as a latin-1 string. */
  code(bytes: string): void
  i32(value: number): void
  i64(lo: number, hi: number): void
  /** Push or pop a register by its word. A set to SINK_WORD only drops the value. */
  get32(word: number): void
  get64(word: number): void
  set32(word: number): void
  set64(word: number): void
  /** Guest memory. Stack: address (i32 or i64 by the memory's address width) → value (`type`). size in bytes. */
  load(size: number, type: number, signed: boolean): void
  /** Stack: address, value → nothing. */
  store(size: number, type: number): void
  /** The same at a register, by its word, plus an offset of the address's width. Stack: → value, and value → nothing. */
  loadAt(base: number, lo: number, hi: number, size: number, type: number, signed: boolean): void
  storeAt(base: number, lo: number, hi: number, size: number, type: number): void
  /** The structured instructions come as calls because the writer tracks what is dirty on each path. type: EMPTY, I32 or I64. */
  if(type: number): void
  else(): void
  end(): void
  /** Leave for the interpreter to do this instruction; nothing of it has been done. */
  step(): void
  /** Go to a known address. */
  jump(lo: number, hi: number, hint: JumpHint): void
  /** Go to the address on the stack (i32 or i64 by the pc's width). */
  jumpTo(hint: JumpHint): void
  /** Call a function of the library. Stack: its arguments → its results. */
  call(number: number): void
}
export type JumpHint = 'jump' | 'call' | 'return'
/** `record` is the word offset of the instruction's record in `words`. */
export type Template = (w: TemplateWriter, words: Int32Array, record: number) => void

/** Pure functions that templates call: a module without imports, which exports them as '0', '1' … */
export interface Library {
  /** Types as I32 and I64. */
  readonly functions: readonly { readonly params: readonly number[]; readonly results: readonly number[] }[]
  /** The module's binary as base64. */
  readonly code: string
  /**
   * For hosts that round a product and a sum once (Relaxed SIMD), a module of other functions, under their numbers, with the same results; it imports those of `code` that it calls
   * as l.0, l.1 …
   */
  readonly fusing?: string
}

// ---- what a generated module exports

export interface RegisterInfo {
  readonly name: string
  /** Bits. */
  readonly width: number
  /** 1 for a single register. */
  readonly count: number
  readonly file: boolean
  /** First word (from the start of linear memory, see FIRST_WORD), and words between neighbours. 1 word up to 32 bits, 2 (8-byte aligned) up to 64, 4 up to 128. */
  readonly word: number
  readonly stride: number
  /** Assembly names by index. */
  readonly names: readonly string[]
  readonly also: Readonly<Record<string, number>>
  readonly hardwired?: { readonly index: number; readonly value: bigint }
  readonly reset: bigint
  readonly hidden: boolean
}
/** A place made of cells, most significant part first: the flag byte of its flags. A constant part reads as itself and ignores writes. */
export interface ViewInfo {
  readonly name: string
  readonly width: number
  readonly parts: readonly ViewPart[]
}
export type ViewPart =
  | { readonly kind: 'constant'; readonly width: number; readonly value: bigint }
  /** Bits low … low + width − 1 of a register. */
  | {
      readonly kind: 'cell'
      readonly register: string
      readonly index: number
      readonly low: number
      readonly width: number
    }
export interface TrapInfo {
  readonly name: string
  readonly number: number
  readonly params: readonly { readonly name: string; readonly width: number }[]
}
/** How a register is used by a handler: its word is given, or stands in a slot of the record. */
export interface RegisterUse {
  /** 'maybe' is a write on some paths only. */
  readonly access: 'read' | 'write' | 'maybe'
  readonly word?: number
  readonly slot?: number
  readonly wide: boolean
}
export interface HandlerInfo {
  readonly id: string
  readonly endsBlock: boolean
  readonly flow: 'next' | 'branch' | 'jump' | 'indirect' | 'trap'
  readonly loads: boolean
  readonly stores: boolean
  readonly traps: boolean
  readonly uses: readonly RegisterUse[]
}

/**
 * Registers that decoding depends on. Their values as one number are the *key* of a context: 0 at reset, below 2^20. Where the machine has a context, code is known by
 * its pc and the key together: the key is the high half of the *address of code*.
 */
export interface DecodeContext {
  /** The key of what the registers hold. */
  readonly key: (words: Int32Array) => number
  /** The next instruction that `decode` gets lies at this pc (low half), in this context; those after it where and as each leaves things. */
  readonly start: (key: number, pc: number) => void
  /** The key for the instruction behind the one that was decoded last. */
  readonly after: () => number
  /** That one ends a block, in its context. */
  readonly ends: () => boolean
}
/** Bits of addresses of code. */
export function codeWidth({ pcWidth, context }: Pick<GuestIsa, 'pcWidth' | 'context'>): number {
  return context ? 64 : pcWidth
}

export interface GuestIsa {
  readonly abi: number
  readonly name: string
  readonly title: string
  readonly pcWidth: number
  readonly unit: number
  readonly endian: 'little' | 'big'
  readonly maxLength: number
  readonly memory: { readonly name: string; readonly addressWidth: number; readonly faults: boolean }
  readonly registers: readonly RegisterInfo[]
  readonly views: readonly ViewInfo[]
  readonly stateWords: number
  readonly traps: readonly TrapInfo[]
  readonly recordWords: number
  /** Index is handler − HANDLER_FIRST. */
  readonly handlers: readonly HandlerInfo[]
  /**
   * Decodes the instruction at bytes[at]; missing bytes count as 0. Writes its record (all but the pc) at words[record] and gives how many bytes
   * it was decoded from, or 0 when no instruction has these bits.
   */
  readonly decode: (bytes: Uint8Array, at: number, words: Int32Array, record: number) => number
  /** Absent: decoding depends on nothing but bytes. */
  readonly context?: DecodeContext
  readonly createInterpreter: CreateInterpreter
  /**
   * The interpreter as a Wasm module in base64. Imports m.m, the linear memory, m.enter, (fuel, slot) → exit, for what is
   * compiled, m.meets, (address, size) → 0 where a store of these guest bytes is allowed and meets no code (CODE_MAP), and the library as l.0, l.1 …; exports run, an
   * `Interpreter` that leaves with EXIT_STEP before what it cannot do. Absent: there is none.
   */
  readonly wasmInterpreter?: string
  /** Absent: traps are the embedder's. */
  readonly createTrapEvent?: CreateTrapEvent
  /** Absent: the machine has no other events. */
  readonly createEvents?: CreateEvents
  /** Index is handler − HANDLER_FIRST. */
  readonly templates: readonly Template[]
  readonly scratch: { readonly i32: number; readonly i64: number }
  /** Absent where templates call nothing. */
  readonly library?: Library
  /** Loaded only when asked for. */
  readonly disassembler: () => Promise<Disassemble>
  readonly assembler: () => Promise<Assemble>
  readonly conformance: () => Promise<Conformance>
}

// ---- assembly

export interface DisassembleOptions {
  /** Print aliases where they fit, and short encodings as what they stand for; default true. */
  readonly aliases?: boolean
  /** Labels as addresses (default) or as signed distances from pc. */
  readonly labels?: 'absolute' | 'relative'
  /** A name for an address. */
  readonly symbol?: (address: bigint) => string | undefined
}
export interface Disassembled {
  readonly text: string
  /** Bytes. */
  readonly length: number
  /** Instruction id as in the spec. */
  readonly id: string
}
/** undefined: no instruction has these bits. */
export type Disassemble = (
  bytes: Uint8Array,
  at: number,
  pc: bigint,
  options?: DisassembleOptions,
) => Disassembled | undefined

export interface AssembleOptions {
  /** Address of a label. */
  readonly symbol?: ((name: string) => bigint | undefined) | undefined
  /** Bytes: shorter encodings are taken only where there is none of this length. So layout settles, and what was disassembled comes back. */
  readonly atLeast?: number
}
export type Assembled =
  | { readonly ok: true; readonly bytes: Uint8Array }
  /** `column` counts from 0 in the line. */
  | { readonly ok: false; readonly message: string; readonly column: number }
/** One line of assembly without label. Labels and numbers may be written `.+8`, `0x10`, `-1`, `name`, `name+4`. */
export type Assemble = (line: string, pc: bigint, options?: AssembleOptions) => Assembled

// ---- the spec's own tests, and how corpora of vectors name the state

export interface Conformance {
  readonly tests: readonly SpecTest[]
  readonly vectors: readonly VectorMap[]
}
export interface CellValue {
  readonly register: string
  readonly index: number
  readonly value: bigint
}
export interface TestState {
  readonly cells: readonly CellValue[]
  readonly memory: readonly { readonly address: bigint; readonly byte: number }[]
  readonly pc: bigint
}
/** `before`: what differs from reset. `after`: what differs from before; all else must be unchanged. */
export interface SpecTest {
  readonly text: string
  readonly file: string
  readonly line: number
  readonly bytes: readonly number[]
  readonly before: TestState
  readonly expected:
    | { readonly kind: 'state'; readonly after: TestState; readonly cycles?: bigint }
    | { readonly kind: 'trap'; readonly trap: string }
}
export interface VectorMap {
  readonly folder: string
  /** `given`: set before, and what is there afterwards is not compared. The path may be a number then. */
  readonly keys: readonly { readonly path: string; readonly place: VectorPlace; readonly given?: boolean }[]
}
export type VectorPlace =
  | { readonly kind: 'register'; readonly register: string; readonly index: number }
  | { readonly kind: 'file'; readonly register: string }
  | { readonly kind: 'view'; readonly view: string }
  | { readonly kind: 'memory' }
  | { readonly kind: 'pc' }
  | { readonly kind: 'cycles' }
