/**
 * A checked machine: what check/ makes of a spec for one `isa` (one parameter set), and all that emit/ reads.
 * Every row of every family is an instruction of its own here.
 */

import type { Expr, Width } from './expr.ts'
import type { Body } from './stmt.ts'

export interface Isa {
  readonly name: string
  readonly title: string
  /** Names of the parts it is composed of, in order. */
  readonly parts: readonly string[]
  readonly params: Readonly<Record<string, bigint>>
  /** Spec files (path from the spec's folder, forward slashes) with a digest of each text; for banners. */
  readonly sources: readonly { readonly file: string; readonly digest: string }[]
  readonly unit: number
  readonly endian: 'little' | 'big'
  /** How assembly writes hexadecimal numbers; `$` numbers are padded to their width. */
  readonly hexPrefix: '0x' | '$'
  /** Longest instruction in bytes, with its prefixes. */
  readonly maxLength: number
  /** Known while one instruction is decoded: fields called `@NAME`, which no bits hold. */
  readonly context: readonly Context[]
  readonly prefixes: readonly Prefix[]
  /** While this register, which is context, holds 1, the first byte of an instruction is read a second time as its next one. */
  readonly refetch?: string
  readonly pcWidth: Width
  readonly registers: readonly Register[]
  readonly views: readonly View[]
  readonly memories: readonly Memory[]
  readonly traps: readonly TrapKind[]
  /** Called by bodies; each before those that call it. */
  readonly functions: readonly IsaFunction[]
  readonly instructions: readonly Instruction[]
  readonly pseudos: readonly Pseudo[]
  readonly reserved: readonly Reserved[]
  readonly events: readonly Event[]
  readonly tests: readonly SpecTest[]
  readonly vectors: readonly VectorMap[]
  /** Fuse patterns as written, for the optimising tier. */
  readonly fuses: readonly (readonly string[])[]
}

export interface Context {
  readonly name: string
  readonly width: Width
  /** Where no prefix says anything else. */
  readonly initial: bigint
}
/** One unit of code that may stand before an instruction, any number of times; of several that set the same the last counts. */
export interface Prefix {
  readonly encoding: Encoding
  readonly fields: readonly Field[]
  /** Must stand directly before the instruction. */
  readonly last: boolean
  /** How assembly writes it, before the mnemonic; absent: operands show what it does. */
  readonly word?: string
  /** Made at once, over the fields and the context before. */
  readonly sets: readonly { readonly context: string; readonly value: Expr }[]
}
/** Bytes of prefixes that an instruction may have. */
export function maxPrefixes(isa: Pick<Isa, 'maxLength' | 'prefixes' | 'instructions'>): number {
  return isa.prefixes.length === 0 ? 0 : isa.maxLength - longestEncoding(isa)
}
export function longestEncoding({ instructions }: Pick<Isa, 'instructions'>): number {
  return Math.max(1, ...instructions.map((i) => i.encoding.length))
}

/**
 * A register or register file. A register with `bits` is stored as one register a named field ("P.N"), and the whole is a View:
 * so a flag is a cell of its own, and writing one flag touches no other.
 */
export interface Register {
  readonly name: string
  readonly width: Width
  /** Absent: a single register. */
  readonly count?: number
  /** What each register of the file (or the one) is called in assembly. */
  readonly names: readonly string[]
  /** Other spellings that the assembler and tests accept: spelling → index. */
  readonly also: Readonly<Record<string, number>>
  /** Writes to this index are dropped; it always holds `value`. */
  readonly hardwired?: { readonly index: number; readonly value: bigint }
  readonly reset: bigint
  /** Decoding or translation depends on it. */
  readonly context: boolean
  /** True for what the spec's author did not declare: the cycle counter, reservations. */
  readonly hidden: boolean
}

/** A named place made of cells, most significant part first: `P` of its flags, `AF`. Places that need decisions are not listed. */
export interface View {
  readonly name: string
  readonly width: Width
  readonly parts: readonly ViewPart[]
}
/** A constant part reads as itself and ignores writes; a cell gives bits low … low + width − 1 of a register. */
export type ViewPart =
  | { readonly kind: 'constant'; readonly width: Width; readonly value: bigint }
  | {
      readonly kind: 'cell'
      readonly register: string
      readonly index: number
      readonly low: number
      readonly width: Width
    }

export interface Memory {
  readonly name: string
  readonly addressWidth: Width
  /** False when every address exists (small address spaces): loads and stores can never fault. */
  readonly faults: boolean
}
/** `number` is the architecture's cause code (its place in the list when the spec gives none). */
export interface TrapKind {
  readonly name: string
  readonly number: number
  readonly params: readonly { readonly name: string; readonly width: Width }[]
}

export interface Instruction {
  /** Unique in the isa and a good identifier: "addi", "lda_absx", "amoadd_w", "c_addi". */
  readonly id: string
  /** The spec's `insn` item and row, for explain and reports. */
  readonly family: string
  readonly doc: readonly string[]
  readonly source: {
    readonly file: string
    /** Of the row, or of the family that has no rows. */
    readonly line: number
    /** Where several tables were joined: the line of each one's row. */
    readonly rows?: readonly number[]
  }
  readonly encoding: Encoding
  readonly fields: readonly Field[]
  /** Decode-time condition over the fields, 1 bit; constant 1 when there is none. */
  readonly when: Expr
  /** First is the instruction's own; then aliases, most specific first. */
  readonly syntaxes: readonly Syntax[]
  readonly semantics: Semantics
}
/**
 * A function of the spec that stays one, for certain widths of its parameters: pure (no registers, no memory, no traps), and larger than is good to
 * put in wherever it is called. Its body consists of `set`, `if` and `call`, and ends with `return`.
 */
export interface IsaFunction {
  /** Unique in the isa and a good identifier: "round_pack_64". */
  readonly name: string
  readonly doc: readonly string[]
  /** Locals of the body that hold the arguments; 1 … 64 bits each, as are the results. */
  readonly params: readonly number[]
  readonly results: readonly Width[]
  readonly body: Body
}
/** Either a body, or another instruction written shorter: the target's fields as decode-time expressions over this one's. */
export type Semantics =
  | { readonly kind: 'body'; readonly body: Body }
  | { readonly kind: 'delegate'; readonly target: string; readonly fields: Readonly<Record<string, Expr>> }

/**
 * The bits as one number of 8 × length bits whose bit 8 j + k is bit k of the j-th byte in memory. So a little-endian word reads
 * as itself; check/ has put big-endian boxes in this order.
 */
export interface Encoding {
  /** Bytes. */
  readonly length: number
  readonly mask: bigint
  readonly value: bigint
  /** As the manual draws it, high bit first, for explain and docs: constant digits or a field's bits. */
  readonly drawing: readonly DrawnBits[]
}
export interface DrawnBits {
  readonly width: number
  /** Binary digits, or a field with the bits of it that stand here. */
  readonly text: string
}
/** The field's bits low … low + width − 1 are the encoding's bits at … at + width − 1. Bits no piece names are 0. */
export interface Field {
  readonly name: string
  readonly width: Width
  readonly pieces: readonly { readonly at: number; readonly low: number; readonly width: number }[]
}

/** One way to write an instruction. */
export interface Syntax {
  readonly alias: boolean
  readonly mnemonic: readonly AsmPart[]
  readonly operands: readonly AsmPart[]
  /** Fields this spelling fixes, for the assembler. */
  readonly fixed: Readonly<Record<string, bigint>>
  /** When it may be printed: decode-time, 1 bit, over the fields. */
  readonly condition: Expr
}
export type AsmPart =
  | { readonly kind: 'text'; readonly text: string }
  | AsmHole
  /** The first choice whose `when` holds is printed; the assembler tries each in turn, with `fixed` fields set. */
  | {
      readonly kind: 'choice'
      readonly choices: readonly {
        readonly when: Expr
        readonly fixed: Readonly<Record<string, bigint>>
        readonly parts: readonly AsmPart[]
      }[]
    }

/**
 * A value that is printed and parsed. `solve` gives fields from the value read (`hole` in the expression); the assembler sets them, and then
 * checks that `value` really comes out: that is the range check.
 */
export interface AsmHole {
  readonly kind: 'hole'
  /** For messages: "rd", "imm", "pc + imm". */
  readonly name: string
  readonly print: HolePrint
  /** Decode or translation time, over the fields. For a register: its index. */
  readonly value: Expr
  readonly solve: readonly { readonly field: string; readonly value: Expr }[]
}
export type HolePrint =
  | { readonly kind: 'register'; readonly register: string }
  /** A register of a space (CSR) by number: its name, else the number. */
  | { readonly kind: 'named'; readonly names: Readonly<Record<string, bigint>> }
  | { readonly kind: 'number'; readonly signed: boolean; readonly style: 'decimal' | 'hex' | 'plus' }
  /** An address; printed absolute or relative to pc. */
  | { readonly kind: 'label' }
  /** One letter for each set bit, the first letter for the highest bit; "0" when none is set. */
  | { readonly kind: 'letters'; readonly letters: string }

/** Assembles into other lines. A hole of the pattern is a register-like word (text) or a number. */
export interface Pseudo {
  readonly mnemonic: string
  readonly operands: readonly (
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'param'; readonly name: string; readonly number: boolean }
  )[]
  readonly arms: readonly PseudoArm[]
}
export interface PseudoArm {
  /** Over holes named as the parameters; absent: always. */
  readonly when?: Expr
  readonly lines: readonly (readonly PseudoPart[])[]
}
export type PseudoPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'param'; readonly name: string }
  /** Signed number over holes, and pc of the first line. */
  | { readonly kind: 'value'; readonly value: Expr }

export interface Reserved {
  readonly encoding: Encoding
  readonly text: string
}
/** `reset`, `irq`, `nmi`, `tick`, `trap`: names are fixed by the runtime's seam. */
export interface Event {
  readonly name: string
  /** Locals of the body that hold what the event is given: of a trap its number and its first argument. */
  readonly params: readonly number[]
  readonly when?: Expr
  readonly body: Body
}

/** A test of the spec with all values worked out: states name cells ("X", 10) or ("P.N", 0); memory is bytes. */
export interface SpecTest {
  readonly text: string
  readonly bytes: readonly number[]
  /** False when only the bytes are given or the text is not to be printed back. */
  readonly source: { readonly file: string; readonly line: number }
  readonly pc: bigint
  readonly before: TestState
  readonly expected:
    | { readonly kind: 'state'; readonly after: TestState; readonly cycles?: bigint }
    | { readonly kind: 'trap'; readonly trap: string }
}
export interface TestState {
  /** Only cells that differ from reset (before), or from before (after). */
  readonly cells: readonly { readonly register: string; readonly index: number; readonly value: bigint }[]
  readonly memory: readonly { readonly memory: string; readonly address: bigint; readonly byte: number }[]
  readonly pc: bigint
}

/** How a corpus of single-step vectors names the state. */
export interface VectorMap {
  readonly folder: string
  /** `given`: set before, and what is there afterwards is not compared. The path may be a number then. */
  readonly keys: readonly { readonly path: string; readonly place: VectorPlace; readonly given?: boolean }[]
}
export type VectorPlace =
  | { readonly kind: 'register'; readonly register: string; readonly index: number }
  | { readonly kind: 'file'; readonly register: string }
  | { readonly kind: 'view'; readonly view: string }
  | { readonly kind: 'memory'; readonly memory: string }
  | { readonly kind: 'pc' }
  | { readonly kind: 'cycles' }
