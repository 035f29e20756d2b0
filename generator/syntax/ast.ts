/**
 * The syntax tree of a spec: plain readonly data, made by parse.ts, printed by print.ts, read by check/.
 *
 * Row cells stay text here: what a cell means depends on its column, which only the checker knows. It calls
 * parseCell (parse.ts) with the grammar rule that the column asks for.
 */

/** A half-open range of characters in one source file. */
export interface Span {
  /** Path as the user gave it. */
  readonly file: string
  readonly start: number
  readonly end: number
}

export interface Name {
  readonly text: string
  readonly span: Span
}

/** The items of one file, in order. */
export interface SpecFile {
  readonly file: string
  readonly text: string
  /** `//!` lines. */
  readonly doc: readonly string[]
  readonly items: readonly Item[]
}

interface ItemBase {
  readonly span: Span
  /** `///` lines directly above. */
  readonly doc: readonly string[]
  readonly override: boolean
}

export type Item = ItemBase & Declaration

export type Declaration =
  | {
      readonly kind: 'isa'
      readonly name: Name
      readonly title: string
      readonly sum: readonly Name[]
      readonly settings: readonly Setting[]
    }
  | { readonly kind: 'part'; readonly name: Name; readonly title: string }
  /** How texts name machines: what parts longer options, and the two numbers of a version. */
  | {
      readonly kind: 'family'
      readonly name: Name
      readonly title: string
      readonly spellings: readonly Spelling[]
    }
  | {
      readonly kind: 'base' | 'option'
      readonly name: Name
      readonly version?: Version
      readonly beside: readonly Name[]
      readonly sum: readonly Name[]
      readonly settings: readonly Setting[]
    }
  | { readonly kind: 'requires' | 'conflicts'; readonly names: readonly Name[] }
  | { readonly kind: 'unit' | 'maxlen'; readonly value: number }
  | { readonly kind: 'endian'; readonly value: Expr }
  | { readonly kind: 'digits'; readonly value: Name }
  /** While that register is 1, the first unit of an instruction is read a second time as its next one. */
  | { readonly kind: 'refetch'; readonly value: Name }
  /** How assembly writes hexadecimal numbers: "0x" or "$". */
  | { readonly kind: 'hex'; readonly prefix: string }
  | { readonly kind: 'param'; readonly name: Name; readonly choices: readonly Expr[]; readonly value?: Expr }
  | { readonly kind: 'let'; readonly name: Name; readonly type?: Type; readonly value: Expr }
  | {
      readonly kind: 'reg'
      readonly names: readonly RegName[]
      readonly type: Type
      readonly at?: At
      readonly clauses: readonly Clause[]
    }
  | {
      readonly kind: 'view'
      readonly name: Name
      readonly params: readonly (readonly Param[])[]
      readonly type: Type
      readonly at?: At
      readonly is?: Is
      readonly clauses: readonly Clause[]
    }
  | { readonly kind: 'type'; readonly name: Name; readonly type: Type; readonly clauses: readonly Clause[] }
  | {
      readonly kind: 'space'
      readonly name: Name
      readonly index: Type
      readonly type: Type
      readonly clauses: readonly Clause[]
    }
  | { readonly kind: 'mem'; readonly name: Name; readonly type: Type; readonly clauses: readonly Clause[] }
  | { readonly kind: 'context'; readonly names: readonly Name[]; readonly type: Type; readonly value: Expr }
  | { readonly kind: 'trap'; readonly name: Name; readonly params: readonly Param[]; readonly value?: Expr }
  | {
      readonly kind: 'fn'
      readonly name: Name
      readonly params: readonly Param[]
      readonly type?: Type
      readonly body: Block
    }
  | OperandItem
  | { readonly kind: 'prefix'; readonly last: boolean; readonly enc: Enc; readonly text?: string; readonly body: Block }
  | { readonly kind: 'insn'; readonly name: Name; readonly clauses: readonly Clause[] }
  | {
      readonly kind: 'alias' | 'pseudo'
      readonly template: Template
      readonly lines: readonly Template[]
      readonly when?: Expr
    }
  | { readonly kind: 'choice'; readonly template: Template; readonly arms: readonly PseudoArm[] }
  | { readonly kind: 'fuse'; readonly templates: readonly Template[]; readonly body?: Block }
  | {
      readonly kind: 'on'
      readonly event: Name
      readonly params: readonly Param[]
      readonly when?: Expr
      readonly body: Block
    }
  | { readonly kind: 'vectors'; readonly folder: string; readonly keys: readonly VectorKey[] }
  | { readonly kind: 'remove'; readonly names: readonly Name[] }
  | { readonly kind: 'reserved'; readonly enc: Enc; readonly text?: string }
  | TestClause

/** `operand rm[N] /slot:3 : b[N] = one of … { clauses }` */
export interface OperandItem {
  readonly kind: 'operand'
  readonly names: readonly Name[]
  /** N of `rm[N]`. */
  readonly width?: Name
  readonly fields: readonly OperandField[]
  /** `/slot:3` */
  readonly slot?: { readonly name: Name; readonly width: number }
  readonly type?: Type
  readonly is?: Is
  readonly clauses: readonly Clause[]
}

/** `n:5`, or `n` whose width the encoding gives. */
export interface OperandField {
  readonly name: Name
  readonly width?: number
}

export interface Setting {
  readonly name: Name
  readonly value: Expr
}
/** `separator "_"` of a family. */
export interface Spelling {
  readonly kind: 'separator' | 'version'
  readonly text: string
}
/** `2.1` */
export interface Version {
  readonly major: number
  readonly minor: number
}
/** `X[32]` or `pc`. */
export interface RegName {
  readonly name: Name
  readonly count?: Expr
}
/** `at csr[0x300]` */
export interface At {
  readonly space: Name
  readonly index: Expr
}
export interface Param {
  readonly name: Name
  readonly type?: Type
}
/** What follows `=` in a view or operand: a place or value, or `one of a, b`. */
export type Is =
  | { readonly kind: 'value'; readonly value: Expr }
  | { readonly kind: 'oneOf'; readonly choices: readonly Expr[] }
/** One arm of a pseudo-instruction; no `when` is `else`. */
export interface PseudoArm {
  readonly when?: Expr
  readonly lines: readonly Template[]
}
/** A key is a dotted JSON path; a `given` one, which may be a number, is set before and not compared. */
export interface VectorKey {
  readonly given: boolean
  readonly path: string
  readonly place: Expr
  readonly span: Span
}

/** `b8`, `b[N]` (name `b`, width N), `pte`, or a tuple. */
export type Type =
  | { readonly kind: 'bits'; readonly width: Expr; readonly span: Span }
  | { readonly kind: 'named'; readonly name: Name; readonly span: Span }
  | { readonly kind: 'tuple'; readonly items: readonly Type[]; readonly span: Span }

// ---- clauses

export type Clause = { readonly span: Span } & ClauseBody
export type ClauseBody =
  | { readonly kind: 'enc' | 'bits'; readonly enc: Enc }
  | { readonly kind: 'name' | 'asm'; readonly template: Template }
  | { readonly kind: 'names' | 'also'; readonly template: Template; readonly value?: Expr; readonly when?: Expr }
  | { readonly kind: 'is'; readonly templates: readonly Template[] }
  | { readonly kind: 'exec' | 'read' | 'missing'; readonly body: Block }
  | { readonly kind: 'write' | 'encode'; readonly param: Name; readonly body: Block }
  | RowsClause
  | { readonly kind: 'value' | 'cycles' | 'reset'; readonly value: Expr }
  | { readonly kind: 'hardwired'; readonly index: Expr; readonly value: Expr }
  | { readonly kind: 'warl'; readonly name: Name; readonly values: readonly Expr[] }
  | { readonly kind: 'readonly'; readonly name: Name; readonly value?: Expr }
  | { readonly kind: 'w1c' | 'only'; readonly names: readonly Name[] }
  | { readonly kind: 'context' | 'key'; readonly places: readonly Expr[] }
  | { readonly kind: 'through'; readonly name: Name }
  | {
      readonly kind: 'let'
      readonly names: readonly Name[]
      readonly tuple: boolean
      readonly type?: Type
      readonly value: Expr
    }
  | { readonly kind: 'when'; readonly value: Expr }
  | TestClause

/** A table: column names, and rows of cells. */
export interface RowsClause {
  readonly kind: 'rows'
  readonly columns: readonly Name[]
  readonly rows: readonly Row[]
}
export interface Row {
  readonly cells: readonly Cell[]
  readonly when?: Expr
  readonly span: Span
}
/** The text of a cell, trimmed; `-` is nothing. */
export interface Cell {
  readonly text: string
  readonly span: Span
}

/** `test "text" = BYTES { given } => { expected }`, or `=> trap name`. */
export interface TestClause {
  readonly kind: 'test'
  readonly template: Template
  readonly enc?: Enc
  readonly given?: Block
  readonly expected: { readonly kind: 'state'; readonly block: Block } | { readonly kind: 'trap'; readonly name: Name }
  readonly span: Span
}

// ---- encodings and bit layouts

export interface Enc {
  readonly atoms: readonly EncAtom[]
  readonly span: Span
}
export type EncAtom = { readonly span: Span } & (
  | { readonly kind: 'box'; readonly atoms: readonly EncAtom[] }
  /** `imm[12|10:5]`; bounds are numbers or names (`imm[W-1:0]` is not allowed here). */
  | { readonly kind: 'slices'; readonly name: string; readonly ranges: readonly Range[] }
  /** `n:5`, `_:3`, `imm26:26` */
  | { readonly kind: 'field'; readonly name: string; readonly width: Expr }
  /** `/reg`, `/0` */
  | { readonly kind: 'slot'; readonly name: string }
  /** Digits (bits or a hex byte) or a name: which one is decided by the place. */
  | { readonly kind: 'word'; readonly text: string }
)
export interface Range {
  readonly high: Bound
  /** Absent: one bit. */
  readonly low?: Bound
}
export type Bound = number | string

// ---- templates: text with holes

export interface Template {
  readonly kind: 'template'
  readonly parts: readonly TemplatePart[]
  readonly span: Span
}
export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'hole'; readonly value: Expr; readonly style?: string; readonly span: Span }

// ---- statements and expressions

export interface Block {
  readonly statements: readonly Stmt[]
  readonly span: Span
}
export type Stmt = { readonly span: Span } & (
  | {
      readonly kind: 'let'
      readonly names: readonly Name[]
      readonly tuple: boolean
      readonly type?: Type
      readonly value: Expr
    }
  | { readonly kind: 'var'; readonly name: Name; readonly type?: Type; readonly value: Expr }
  | { readonly kind: 'for'; readonly name: Name; readonly range: Expr; readonly body: Block }
  | { readonly kind: 'jump' | 'call' | 'return' | 'cycles'; readonly value: Expr }
  | { readonly kind: 'trap'; readonly name: Name; readonly args: readonly Expr[] }
  | { readonly kind: 'commit' | 'fence' | 'wait' | 'execute' }
  | { readonly kind: 'atomic'; readonly body: Block }
  | { readonly kind: 'assign'; readonly target: Expr; readonly value: Expr }
  /** An expression as a statement: `if`, `match`, a call for its effect, or (last) the block's value. */
  | { readonly kind: 'value'; readonly value: Expr }
)

export type BinaryOp =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '/s'
  | '%s'
  | '<<'
  | '>>'
  | '>>s'
  | '&'
  | '|'
  | '^'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '<s'
  | '<=s'
  | '>s'
  | '>=s'
  | 'and'
  | 'or'
  | 'is'
  | '..'
export type UnaryOp = '-' | '~' | 'not'

export type Expr = {
  readonly span: Span
} /** `pattern` is set for `0b1xx`: digits with x, most significant first. */ & (
  | { readonly kind: 'number'; readonly value: bigint; readonly text: string; readonly pattern?: string }
  | { readonly kind: 'name'; readonly name: string }
  /** `'iorw'` */
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'template'; readonly template: Template }
  | { readonly kind: 'unary'; readonly op: UnaryOp; readonly operand: Expr }
  | { readonly kind: 'binary'; readonly op: BinaryOp; readonly left: Expr; readonly right: Expr }
  | { readonly kind: 'member'; readonly object: Expr; readonly name: Name }
  /** `a[i]`, or `a[high:low]`. */
  | { readonly kind: 'index'; readonly object: Expr; readonly index: Expr; readonly low?: Expr }
  | { readonly kind: 'call'; readonly callee: Expr; readonly args: readonly Expr[] }
  | { readonly kind: 'tuple'; readonly items: readonly Expr[] }
  /** `otherwise` is a block; `else if` is a block of one if-expression. */
  | { readonly kind: 'if'; readonly cond: Expr; readonly then: Block; readonly otherwise?: Block }
  | { readonly kind: 'match'; readonly subject: Expr; readonly arms: readonly MatchArm[] }
  | { readonly kind: 'undef' }
)
/** No patterns is `else`. */
export interface MatchArm {
  readonly patterns: readonly Expr[]
  readonly when?: Expr
  readonly body: Block
  readonly span: Span
}
