/**
 * The small functions of an assembly table: IR expressions as arrow functions that take fields by name and the instruction's place. See
 * runtime/assembly/table.ts for their types.
 */

import type { Expr } from '../ir/expr.ts'
import { type BigintHelper, bigintCondition, bigintHelpers, bigintValue } from './bigint-values.ts'
import { stringText } from './data-text.ts'
import type { Code } from './ts-code.ts'

/** Collects which functions of the runtime a file needs. */
export type Imports = Set<string>

/** `Value`: fields (or the numeric params of a pseudo-instruction) and place → bigint. */
export function valueFunction(e: Expr, imports: Imports): string {
  return arrow((scope) => bigintValue(e, scope), imports, false)
}
/** `Condition`: the same → boolean. */
export function conditionFunction(e: Expr, imports: Imports): string {
  return arrow((scope) => bigintCondition(e, scope), imports, false)
}
/** `Solve`: what was read at the hole, place, fields → bigint. */
export function solveFunction(e: Expr, imports: Imports): string {
  return arrow((scope) => bigintValue(e, scope), imports, true)
}

const READ = 'read'
const AT = 'at'
const taken: ReadonlySet<string> = new Set([
  ...bigintHelpers,
  READ,
  AT,
  '_',
  'undefined',
  'NaN',
  'Infinity',
  ...(
    'await break case catch class const continue debugger default delete do else enum export extends false finally for function if ' +
    'implements import in instanceof interface let new null package private protected public return static super switch this throw ' +
    'true try typeof var void while with yield arguments eval'
  ).split(' '),
])

function arrow(body: (names: Scope) => Code, imports: Imports, solves: boolean): string {
  const scope = new Scope(imports, solves)
  const { text, op } = body(scope)
  const fields = scope.destructuring()
  const place = scope.usesPlace ? AT : '_at'
  const params = solves
    ? fields !== undefined
      ? [READ, place, fields]
      : scope.usesPlace
        ? [scope.usesRead ? READ : '_', AT]
        : scope.usesRead
          ? [READ]
          : []
    : scope.usesPlace
      ? [fields ?? '_', AT]
      : fields !== undefined
        ? [fields]
        : []
  return `(${params.join(', ')}) => ${op === '?:' ? `(${text})` : text}`
}

/** Names within one function. */
class Scope {
  readonly #imports: Imports
  readonly #solves: boolean
  readonly #names = new Map<string, string>()
  usesPlace = false
  usesRead = false

  constructor(imports: Imports, solves: boolean) {
    this.#imports = imports
    this.#solves = solves
  }
  readonly field = (name: string): string => {
    const known = this.#names.get(name)
    if (known !== undefined) return known
    let id = name.replace(/\W/g, '_').replace(/^(?=\d)/, '_')
    while (taken.has(id) || [...this.#names.values()].includes(id)) id += '_'
    this.#names.set(name, id)
    return id
  }
  readonly hole = (name: string): string => {
    if (!this.#solves) return this.field(name)
    this.usesRead = true
    return READ
  }
  readonly place = (which: 'pc' | 'next'): string => {
    this.usesPlace = true
    return `${AT}.${which}`
  }
  readonly helper = (name: BigintHelper): string => {
    this.#imports.add(name)
    return name
  }
  destructuring(): string | undefined {
    if (this.#names.size === 0) return undefined
    const each = [...this.#names].map(([name, id]) =>
      name === id ? `${id} = 0n` : `${/^[A-Za-z_]\w*$/.test(name) ? name : stringText(name)}: ${id} = 0n`,
    )
    return `{ ${each.join(', ')} }`
  }
}
