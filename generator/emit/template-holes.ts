/**
 * Typed holes of Wasm templates: what is known only when an instruction is translated. In a template's text a hole is a
 * call of an imported function with the hole's type, so wabt checks the text around it; wasm-reader.ts finds it again,
 * templates.ts makes a call of the TemplateWriter (runtime/abi.ts) of it.
 *
 * A hole table belongs to one module; equal holes are one import. The number of a hole is that of its import.
 */

import type { Expr } from '../ir/expr.ts'
import { printExpr } from '../ir/print.ts'
import type { Jump } from '../ir/stmt.ts'
import { op, type WasmType, type Wat } from './wat.ts'

/** A register's word: a number, or what a slot of the record holds. `label` names it in text. */
export type RegisterWord =
  | { readonly kind: 'word'; readonly word: number; readonly label: string }
  | { readonly kind: 'slot'; readonly slot: number }

/** On the stack as a value of a type, or a register plus something known at translation time. */
export type Address = WasmType | { readonly base: RegisterWord; readonly offset: Expr }

export type Hole =
  | { readonly kind: 'get' | 'set'; readonly type: WasmType; readonly word: RegisterWord }
  /** A value known at decode or translation time. */
  | { readonly kind: 'known'; readonly type: WasmType; readonly value: Expr }
  /**
   * The condition of an `if` that is decided when translating: only the arm taken is written. Always directly followed
   * by `if`.
   */
  | { readonly kind: 'when'; readonly cond: Expr }
  /** Size in bytes. */
  | {
      readonly kind: 'load'
      readonly type: WasmType
      readonly address: Address
      readonly size: number
      readonly signed: boolean
    }
  | { readonly kind: 'store'; readonly type: WasmType; readonly address: Address; readonly size: number }
  | { readonly kind: 'step' }
  /** To an address known at translation time. */
  | { readonly kind: 'jump'; readonly target: Expr; readonly hint: Jump['hint'] }
  | { readonly kind: 'jumpTo'; readonly type: WasmType; readonly hint: Jump['hint'] }
  /** A function of the isa's library, by its number there. */
  | {
      readonly kind: 'call'
      readonly name: string
      readonly number: number
      readonly params: readonly WasmType[]
      readonly results: readonly WasmType[]
    }

export interface NamedHole {
  readonly name: string
  readonly hole: Hole
}

/** Where lowering goes with what it leaves open. */
export interface Holes {
  /** Addresses of loads and stores that are a register plus something known come in these parts, rather than on the stack. */
  readonly splitsAddresses: boolean
  /** `operands` push what the hole pops. */
  call(hole: Hole, ...operands: readonly Wat[]): Wat
}

export class HoleTable implements Holes {
  readonly splitsAddresses = true
  readonly #holes: NamedHole[] = []
  readonly #names = new Map<string, string>()

  get holes(): readonly NamedHole[] {
    return this.#holes
  }

  call(hole: Hole, ...operands: readonly Wat[]): Wat {
    const key = JSON.stringify(hole, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
    let name = this.#names.get(key)
    if (!name) {
      name = `$${this.#unique(nameOf(hole))}`
      this.#names.set(key, name)
      this.#holes.push({ name, hole })
    }
    return op(`call ${name}`, ...operands)
  }

  #unique(name: string): string {
    if (!this.#holes.some((other) => other.name === `$${name}`)) return name
    for (let n = 2; ; n++) if (!this.#holes.some((other) => other.name === `$${name}.${n}`)) return `${name}.${n}`
  }
}

/** As a WAT identifier without its $. */
function nameOf(hole: Hole): string {
  switch (hole.kind) {
    case 'get':
    case 'set':
      return `${hole.kind}${bitsOf(hole.type)}.${wordName(hole.word)}`
    case 'known':
      return `${hole.type}.${shortName(hole.value)}`
    case 'when':
      return `when.${shortName(hole.cond)}`
    case 'load': {
      const sign = hole.size * 8 < bitsOf(hole.type) ? (hole.signed ? '_s' : '_u') : ''
      return `${hole.type}.load${hole.size * 8}${sign}${addressName(hole.address)}`
    }
    case 'store':
      return `${hole.type}.store${hole.size * 8}${addressName(hole.address)}`
    case 'step':
      return 'step'
    case 'jump':
      return `${hole.hint}.${shortName(hole.target)}`
    case 'jumpTo':
      return `${hole.hint}To`
    case 'call':
      return hole.name
  }
}

const wordName = (word: RegisterWord): string => (word.kind === 'slot' ? `slot${word.slot}` : word.label)
const addressName = (address: Address): string =>
  typeof address === 'string' ? '' : `.${wordName(address.base)}+${shortName(address.offset)}`

const bitsOf = (type: WasmType): number => (type === 'i32' ? 32 : 64)

const NAME_LIMIT = 40

/** The expression's text as far as identifiers can hold it; the import's comment has the whole. */
function shortName(e: Expr): string {
  const text = printExpr(e)
    .replace(/:\d+/g, '')
    .replace(/, |[([{]/g, '.')
    .replace(/[^\w+*/<>=.~^|&-]/g, '')
    .replace(/\.+/g, '.')
    .replace(/^\./, '')
  return text.slice(0, NAME_LIMIT)
}

/** The hole as an import; for readers with a comment where its name does not say it all. */
export function printImport({ name, hole }: NamedHole, forReaders: boolean): string {
  const declaration = `(import "hole" "${name.slice(1)}" (func ${name}${signatureOf(hole)}))`
  if (!forReaders) return declaration
  const value =
    hole.kind === 'known'
      ? hole.value
      : hole.kind === 'when'
        ? hole.cond
        : hole.kind === 'jump'
          ? hole.target
          : (hole.kind === 'load' || hole.kind === 'store') && typeof hole.address !== 'string'
            ? hole.address.offset
            : undefined
  return value ? `${declaration} ;; ${printExpr(value)}` : declaration
}

/** As WAT: " (param i32 i64) (result i32)". */
export function signature(params: readonly WasmType[], results: readonly WasmType[]): string {
  return ` (param ${params.join(' ')}) (result ${results.join(' ')})`
}

function signatureOf(hole: Hole): string {
  switch (hole.kind) {
    case 'get':
    case 'known':
      return ` (result ${hole.type})`
    case 'set':
    case 'jumpTo':
      return ` (param ${hole.type})`
    case 'when':
      return ' (result i32)'
    case 'load':
      return `${typeof hole.address === 'string' ? ` (param ${hole.address})` : ''} (result ${hole.type})`
    case 'store':
      return ` (param ${typeof hole.address === 'string' ? `${hole.address} ` : ''}${hole.type})`
    case 'step':
    case 'jump':
      return ''
    case 'call':
      return signature(hole.params, hole.results)
  }
}
