/**
 * The holes of templates as an interpreter fills them: what a template's compiler knows, it reads from the record at hand. Registers lie in memory, at the
 * words that the record gives; jumps and steps are branches to labels of the interpreter's loop (wasm-interpreter.ts).
 *
 * Decode-time values do not come here: `withRecordLocals` makes locals of them first, which the handler's beginning loads.
 */

import * as abi from '../../runtime/abi.ts'
import { mapChildren, mapStmts } from '../ir/build.ts'
import type { Expr } from '../ir/expr.ts'
import type { Handler, SlottedIsa } from '../ir/slots.ts'
import type { Body, Local } from '../ir/stmt.ts'
import type { Hole, Holes, RegisterWord } from './template-holes.ts'
import { typeOf } from './wasm-context.ts'
import { constant, getLocal, ifStatement, op, setLocal, type WasmType, type Wat } from './wat.ts'

/** Byte address of the record at hand, and the guest's pc between blocks. */
export const RECORD = '$record'
export const PC = '$pc'
/** Locals of memory accesses. */
export const ACCESS_LOCALS = { $address: 'i32', $wide: 'i64', $value32: 'i32', $value64: 'i64' } as const
/** Labels: on at PC; leave for the TypeScript interpreter to do this instruction. */
export const BLOCKS = '$blocks'
export const STEP = '$step'
/**
 * (address, size) → not 0 when a load or a store that its page's bits do not simply allow is not allowed, or meets code. EDGE is part of the interpreter, MEETS
 * the runtime's, which compiled code asks, too.
 */
export const EDGE = '$edge'
export const MEETS = '$meets'
export const libraryName = (number: number): string => `$library.${number}`

/** A word of the record at hand. */
export const recordWord = (at: number): Wat => op(`i32.load offset=${at * 4}`, getLocal(RECORD))

export class RecordHoles implements Holes {
  readonly splitsAddresses = false
  readonly #wideAddress: boolean
  readonly #faults: boolean
  readonly #shift: number

  constructor({ isa }: SlottedIsa) {
    const memory = isa.memories[0]
    const width = memory?.addressWidth ?? isa.pcWidth
    this.#wideAddress = width > 32
    this.#faults = memory?.faults ?? true
    this.#shift = abi.pageShift(width)
  }

  call(hole: Hole, ...operands: readonly Wat[]): Wat {
    switch (hole.kind) {
      case 'get':
        return this.#register(hole.word, `${hole.type}.load`)
      case 'set':
        return this.#register(hole.word, `${hole.type}.store`, ...operands)
      case 'load':
        return this.#load(hole, operands)
      case 'store':
        return this.#store(hole, operands)
      case 'step':
        return op(`br ${STEP}`)
      case 'jumpTo':
        return op(`br ${BLOCKS}`, ...operands.map((to) => setLocal(PC, to)))
      case 'jump':
        return op(`br ${BLOCKS}`, setLocal(PC, known(hole.target)))
      case 'known':
        return known(hole.value)
      case 'when':
        return known(hole.cond)
      case 'call':
        return op(`call ${libraryName(hole.number)}`, ...operands)
    }
  }

  #register(word: RegisterWord, name: string, ...value: readonly Wat[]): Wat {
    if (word.kind === 'word') return op(`${name} offset=${word.word * 4}`, constant('i32', 0), ...value)
    return op(name, op('i32.shl', recordWord(abi.RECORD_SLOTS + word.slot), constant('i32', 2)), ...value)
  }

  #load({ type, size, signed }: Hole & { kind: 'load' }, address: readonly Wat[]): Wat {
    const part = size * 8 === bitsOf(type) ? '' : `${size * 8}_${signed ? 's' : 'u'}`
    const name = `${type}.load${part} offset=${abi.GUEST}`
    if (!this.#faults) return op(name, ...address)
    const check = this.#check(size, size === 1 ? abi.PAGE_READ : abi.PAGE_READ_SPAN, size === 1 ? undefined : EDGE)
    return op(name, ...address, ...check, getLocal('$address'))
  }

  #store({ type, size }: Hole & { kind: 'store' }, operands: readonly Wat[]): Wat {
    const part = size * 8 === bitsOf(type) ? '' : `${size * 8}`
    const value = type === 'i64' ? '$value64' : '$value32'
    const check = this.#check(size, size === 1 ? abi.PAGE_FAST_WRITE : abi.PAGE_WRITE_SPAN, MEETS)
    const name = `${type}.store${part} offset=${abi.GUEST}`
    return op(name, ...operands, op(`local.set ${value}`), ...check, getLocal('$address'), getLocal(value))
  }

  /** Takes the address on the stack to $address; steps unless the page's bit `enough` allows the access, or the function `otherwise` does. */
  #check(size: number, enough: number, otherwise: string | undefined): Wat[] {
    const take = this.#wideAddress
      ? [
          op('local.set $wide'),
          op(`br_if ${STEP}`, op('i32.wrap_i64', op('i64.shr_u', getLocal('$wide'), constant('i64', 32)))),
          setLocal('$address', op('i32.wrap_i64', getLocal('$wide'))),
        ]
      : [op('local.set $address')]
    const index = op('i32.shr_u', getLocal('$address'), constant('i32', this.#shift))
    const page = op(`i32.load8_u offset=${abi.PAGES}`, index)
    const fails = op('i32.eqz', op('i32.and', page, constant('i32', enough)))
    if (!otherwise) return [...take, op(`br_if ${STEP}`, fails)]
    const asked = op(`call ${otherwise}`, getLocal('$address'), constant('i32', size))
    return [...take, ifStatement(fails, [op(`br_if ${STEP}`, asked)], [])]
  }
}

/** What EDGE is: not within one page that may be read. Parameters $p1 (address), $p2 (size). */
export function edgeFunction(addressWidth: number): Wat {
  const shift = abi.pageShift(addressWidth)
  const page = op(`i32.load8_u offset=${abi.PAGES}`, op('i32.shr_u', getLocal('$p1'), constant('i32', shift)))
  const rest = op('i32.and', getLocal('$p1'), constant('i32', 2 ** shift - 1))
  const crosses = op('i32.gt_u', rest, op('i32.sub', constant('i32', 2 ** shift), getLocal('$p2')))
  return op('i32.or', op('i32.eqz', op('i32.and', page, constant('i32', abi.PAGE_READ))), crosses)
}

export interface RecordBody {
  readonly body: Body
  /** Locals to be set at the handler's beginning, by id. */
  readonly loads: readonly { readonly local: number; readonly value: Wat }[]
}

/** The body with slots that hold values, pc and next as locals. */
export function withRecordLocals({ isa }: SlottedIsa, { body, slots }: Handler): RecordBody {
  const locals: Local[] = [...body.locals]
  const loads: { local: number; value: Wat }[] = []
  const byKey = new Map<string, Expr>()
  let next = Math.max(0, ...locals.map(({ id }) => id + 1))
  const local = (key: string, width: number, value: Wat): Expr => {
    let found = byKey.get(key)
    if (!found) {
      const id = next++
      locals.push({ id, name: key, width, mutable: false })
      loads.push({ local: id, value })
      byKey.set(key, (found = { kind: 'local', width, id }))
    }
    return found
  }
  const type = typeOf(isa.pcWidth)
  const pc = op(`${type}.load offset=${abi.RECORD_PC_LO * 4}`, getLocal(RECORD))
  const length = op(`i32.load8_u offset=${abi.RECORD_HANDLER * 4 + 2}`, getLocal(RECORD))
  const change = (e: Expr): Expr => {
    // A register's word stays: RecordHoles reads it.
    if (e.kind === 'slot') {
      if (slots[e.slot]?.place) return e
      return local(`slot ${e.slot}`, e.width, recordWord(abi.RECORD_SLOTS + e.slot))
    }
    if (e.kind === 'pc') return local('pc', isa.pcWidth, pc)
    if (e.kind === 'next') return local('next', isa.pcWidth, sum(type, isa.pcWidth, pc, length))
    return mapChildren(e, change)
  }
  return { body: { locals, statements: mapStmts(body.statements, change) }, loads }
}

function sum(type: WasmType, width: number, pc: Wat, length: Wat): Wat {
  const added = op(`${type}.add`, pc, type === 'i64' ? op('i64.extend_i32_u', length) : length)
  return width === bitsOf(type) ? added : op(`${type}.and`, added, constant(type, 2 ** width - 1))
}

function known(e: Expr): Wat {
  if (e.kind === 'slot') return recordWord(abi.RECORD_SLOTS + e.slot)
  if (e.kind === 'const') return constant(typeOf(e.width), BigInt.asIntN(bitsOf(typeOf(e.width)), e.value))
  throw new Error(`isagen internal: ${e.kind} known before an interpreter runs`)
}

const bitsOf = (type: WasmType): number => (type === 'i32' ? 32 : 64)
