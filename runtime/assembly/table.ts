/**
 * What a generated assembler and disassembler are made of: plain data about every instruction, with small functions where the spec has
 * expressions. The engine that prints and parses (disassemble.ts, assemble.ts) is the same for all isas.
 *
 * Numbers are bigints throughout, and always in range: a field's value, a hole's value, an address is 0 ≤ v < 2^width.
 */

/** Field values by name. The engine sets every field of an instruction before it calls a function of the table. */
export type Fields = Readonly<Record<string, bigint>>
/** Addresses of the instruction and of the one behind it. */
export interface Place {
  readonly pc: bigint
  readonly next: bigint
}
export type Value = (fields: Fields, at: Place) => bigint
export type Condition = (fields: Fields, at: Place) => boolean
/** A field from what was read at a hole. `fields` holds what is fixed, and what earlier holes gave. */
export type Solve = (read: bigint, at: Place, fields: Fields) => bigint

export interface AssemblyTable {
  /** How hexadecimal numbers are written. `$` numbers are padded to their width, and `$0012` says that 16 bits are wanted. */
  readonly hexPrefix: '0x' | '$'
  readonly pcWidth: number
  /** The decode context where no prefix stands, by `@NAME`; absent: there is none. */
  readonly context?: Fields
  readonly prefixes?: { readonly most: number; readonly each: readonly Prefix[] }
  /** In the isa's order: index as the decoder's `identify` gives it. */
  readonly instructions: readonly InstructionSyntax[]
}
/** A byte that may stand before an instruction, and the context that it sets. */
export interface Prefix {
  readonly mask: number
  readonly value: number
  /** Bits of the byte by name. */
  readonly fields: Readonly<Record<string, readonly [low: number, width: number]>>
  readonly sets: Readonly<Record<string, Value>>
  /** Written before the mnemonic. */
  readonly word?: string
  /** Nothing but the instruction may follow. */
  readonly last?: boolean
}
export interface InstructionSyntax {
  readonly id: string
  /** Bytes. */
  readonly length: number
  /** The constant bits; bit 8 j + k is bit k of byte j. */
  readonly value: bigint
  readonly fields: readonly FieldLayout[]
  /** Fields that are a valid instruction; absent: all. */
  readonly when?: Condition
  /** The instruction's own, then aliases, most specific first. */
  readonly syntaxes: readonly Syntax[]
  /** Set for an instruction that is another one written shorter. */
  readonly delegate?: Delegate
}
export interface FieldLayout {
  readonly name: string
  readonly width: number
  /** The bits that the encoding has room for; the others are 0. */
  readonly placed: bigint
  readonly pieces: readonly FieldPiece[]
}
/** The field's bits low … low + width − 1 are the encoding's bits at … at + width − 1. */
export type FieldPiece = readonly [at: number, low: number, width: number]
export interface Delegate {
  /** Index of the instruction that this one stands for. */
  readonly target: number
  /** The target's fields from this one's. */
  readonly fields: Readonly<Record<string, Value>>
  /** This one's fields from the target's, so that the assembler finds the short form; to be checked with `fields`. */
  readonly solve: Readonly<Record<string, Value>>
}

/** One way to write an instruction. */
export interface Syntax {
  readonly mnemonic: readonly Part[]
  readonly operands: readonly Part[]
  /** Fields that this spelling says without a hole. */
  readonly fixed?: Fields
  /** When it may be printed; absent: always. */
  readonly condition?: Condition
}
/** A string stands for itself. */
export type Part = string | Hole | Choice
/** The first arm whose `when` holds is printed; the assembler tries each in turn, with its `fixed` fields set. */
export interface Choice {
  readonly arms: readonly ChoiceArm[]
}
export interface ChoiceArm {
  readonly when: Condition
  readonly fixed?: Fields
  readonly parts: readonly Part[]
}
/** A value that is printed and parsed: `value` comes from the fields, `solve` gives fields back. */
export interface Hole {
  /** For messages: "rd", "pc + imm". */
  readonly name: string
  /** Bits of the value. */
  readonly width: number
  readonly print: HolePrint
  readonly value: Value
  readonly solve: Readonly<Record<string, Solve>>
}
export type HolePrint =
  | { readonly kind: 'register'; readonly file: RegisterFile }
  /** A number that may have a name. */
  | { readonly kind: 'named'; readonly names: NameTable }
  /** plus: with its sign, and nothing at all for 0. */
  | { readonly kind: 'number'; readonly signed: boolean; readonly style: 'decimal' | 'hex' | 'plus' }
  | { readonly kind: 'label' }
  /** A letter for each set bit, the first for the highest; "0" when none is set. */
  | { readonly kind: 'letters'; readonly letters: string }

/** Registers by index; the spellings are in lower case. */
export interface RegisterFile {
  readonly name: string
  readonly names: readonly string[]
  readonly index: ReadonlyMap<string, bigint>
}
/** Names of numbers, both ways; spellings are in lower case. */
export interface NameTable {
  readonly byName: ReadonlyMap<string, bigint>
  readonly byNumber: ReadonlyMap<bigint, string>
}

/** A line that stands for other lines. */
export interface Pseudo {
  readonly mnemonic: string
  /** A string is text; a param is a word, or a number. */
  readonly operands: readonly (string | PseudoParam)[]
  readonly arms: readonly PseudoArm[]
}
export interface PseudoParam {
  readonly name: string
  /** Bits of a number; absent: the param is a word, put in as it was written. */
  readonly width?: number
}
/** Numeric params stand where fields would; pc is that of the first line. The first arm whose `when` holds is taken. */
export interface PseudoArm {
  readonly when?: Condition
  readonly lines: readonly (readonly PseudoPart[])[]
}
/** A string is text. A value is put in as a signed number of `width` bits. */
export type PseudoPart = string | { readonly param: string } | { readonly value: Value; readonly width: number }

// ---- constructors for generated tables

export function fieldLayout(name: string, width: number, pieces: readonly FieldPiece[]): FieldLayout {
  let placed = 0n
  for (const [, low, bits] of pieces) placed |= ((1n << BigInt(bits)) - 1n) << BigInt(low)
  return { name, width, placed, pieces }
}
export function hole(
  name: string,
  width: number,
  print: HolePrint,
  value: Value,
  solve: Readonly<Record<string, Solve>>,
): Hole {
  return { name, width, print, value, solve }
}
export function choice(arms: readonly ChoiceArm[]): Choice {
  return { arms }
}
/** `also`: other spellings → index. */
export function registerFile(
  name: string,
  names: readonly string[],
  also: Readonly<Record<string, number>> = {},
): RegisterFile {
  const index = new Map<string, bigint>()
  for (const [spelling, i] of Object.entries(also)) index.set(spelling.toLowerCase(), BigInt(i))
  names.forEach((spelling, i) => {
    index.set(spelling.toLowerCase(), BigInt(i))
  })
  return { name, names, index }
}
/** Of several names of one number the first is printed. */
export function nameTable(names: Readonly<Record<string, bigint>>): NameTable {
  const byName = new Map<string, bigint>()
  const byNumber = new Map<bigint, string>()
  for (const [name, number] of Object.entries(names)) {
    byName.set(name.toLowerCase(), number)
    if (!byNumber.has(number)) byNumber.set(number, name)
  }
  return { byName, byNumber }
}
