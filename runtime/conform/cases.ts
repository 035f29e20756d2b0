/**
 * Single-instruction tests in one form, from the two places they come from: the tests in a spec (worked out by the generator) and corpora of
 * single-step vectors (JSON, already parsed by the caller), whose keys the spec's `vectors` item maps to places of the machine.
 */

import type { CellValue, GuestIsa, SpecTest, TestState, VectorMap, VectorPlace } from '../abi.ts'
import type { Place } from '../state.ts'

export interface MemoryByte {
  readonly address: number
  readonly byte: number
}
export interface PlaceValue {
  readonly place: Place
  readonly value: bigint
}
export interface ConformanceCase {
  readonly name: string
  /** What is not named has its reset value, memory is 0. */
  readonly before: CaseState
  readonly expected: ExpectedState | ExpectedTrap
}
export interface CaseState {
  readonly places: readonly PlaceValue[]
  readonly memory: readonly MemoryByte[]
  readonly pc: bigint
}
/** What is not named is as before. */
export interface ExpectedState extends CaseState {
  readonly kind: 'state'
  /** An instruction that traps goes on as the machine says (`on trap`). */
  readonly takesTraps?: boolean
  /** Places that may hold anything. */
  readonly unknown?: readonly Place[]
  /** Clock cycles that the instruction takes; absent: not compared. */
  readonly cycles?: bigint
}
export interface ExpectedTrap {
  readonly kind: 'trap'
  readonly trap: string
}

/** Gives the place of a name, as GuestState.place does. */
export type FindPlace = (name: string, index?: number) => Place

// ---- tests in a spec

export function specCase(test: SpecTest, isa: GuestIsa, place: FindPlace): ConformanceCase {
  const state = (from: TestState, code: readonly number[]): CaseState => ({
    places: from.cells.map((cell) => cellValue(cell, isa, place)),
    memory: [
      ...code.map((byte, at) => ({ address: Number(test.before.pc) + at, byte })),
      ...from.memory.map(({ address, byte }) => ({ address: Number(address), byte })),
    ],
    pc: from.pc,
  })
  const { expected } = test
  return {
    name: test.text,
    before: state(test.before, test.bytes),
    expected:
      expected.kind === 'trap'
        ? expected
        : {
            kind: 'state',
            ...state(expected.after, []),
            ...(expected.cycles !== undefined && { cycles: expected.cycles }),
          },
  }
}

function cellValue(cell: CellValue, isa: GuestIsa, place: FindPlace): PlaceValue {
  const file = isa.registers.some((register) => register.name === cell.register && register.file)
  return { place: file ? place(cell.register, cell.index) : place(cell.register), value: cell.value }
}

// ---- vectors

/** Shapes differ by corpus: { name, initial: {…}, final: {…}, cycles: […] } with any capitals. */
type Json = Readonly<Record<string, unknown>>

/** Throws an Error that names the key when a value has not the form that its place needs. */
export function vectorCase(vector: unknown, map: VectorMap, isa: GuestIsa, place: FindPlace): ConformanceCase {
  const root = objectOf(vector, 'a vector')
  const initial = objectOf(member(root, 'initial'), 'initial')
  const final = objectOf(member(root, 'final'), 'final')
  const name = member(root, 'name')
  return {
    name: typeof name === 'string' ? name : '',
    // What stands beside the two states was so before: what a port gave.
    before: withBus(vectorState(initial, map, isa, place, root), busBytes(root, map, false)),
    expected: {
      kind: 'state',
      takesTraps: true,
      unknown: [...unlisted(map, isa, place), ...given(map, isa, place)],
      ...withBus(vectorState(final, map, isa, place, {}, initial), busBytes(root, map, true)),
      ...vectorCycles(root, final, map),
    },
  }
}

function withBus(state: CaseState, bytes: readonly MemoryByte[]): CaseState {
  return { ...state, memory: [...state.memory, ...bytes] }
}

/** Places whose key is empty: the corpus does not have them. */
function unlisted(map: VectorMap, isa: GuestIsa, find: FindPlace): Place[] {
  return map.keys.flatMap(({ path, place }) => {
    if (path !== '' || (place.kind !== 'register' && place.kind !== 'view')) return []
    return registerValues(0, 'what is not listed', place, isa, find).map((one) => one.place)
  })
}

/** Bits of `actions` in a bus access that a corpus lists: 1 reads, 2 writes, 4 fetches. */
const BUS_WRITE = 2

/** Where a key for memory is one of the vector itself, it lists what went over the bus: { actions, sz, addr, val }, val little-endian. */
function busBytes(root: Json, map: VectorMap, isWritten: boolean): MemoryByte[] {
  return map.keys.flatMap(({ path, place }) => {
    const log = place.kind === 'memory' ? at(root, path) : undefined
    if (!Array.isArray(log)) return []
    return log.flatMap((access: unknown) => {
      const { actions, sz, addr, val } = objectOf(access, `an access in ${path}`)
      if (((Number(number(actions, path)) & BUS_WRITE) !== 0) !== isWritten) return []
      return Array.from({ length: Number(number(sz, path)) }, (_, i) => ({
        address: Number(number(addr, path)) + i,
        byte: Number((number(val, path) >> BigInt(8 * i)) & 0xffn),
      }))
    })
  })
}

function vectorState(
  state: Json,
  map: VectorMap,
  isa: GuestIsa,
  find: FindPlace,
  beside: Json = {},
  before: Json = {},
): CaseState {
  const places: PlaceValue[] = []
  const memory: MemoryByte[] = []
  let pc = 0n
  for (const { path, place } of map.keys) {
    const found = /^(?:0x[\da-f]+|\d+)$/i.test(path) ? path : (at(state, path) ?? sum(path, state, before))
    const value = found ?? (place.kind === 'memory' ? undefined : at(beside, path))
    if (path === '' || value === undefined || place.kind === 'cycles') continue
    if (place.kind === 'pc') pc = BigInt.asUintN(isa.memory.addressWidth, number(value, path))
    else if (place.kind === 'memory') memory.push(...bytes(value, path))
    else places.push(...registerValues(value, path, place, isa, find))
  }
  return { places, memory, pc }
}

function registerValues(
  value: unknown,
  path: string,
  place: Extract<VectorPlace, { kind: 'register' | 'file' | 'view' }>,
  isa: GuestIsa,
  find: FindPlace,
): PlaceValue[] {
  const one = placeOf(place, isa, find)
  if (one) return [{ place: one, value: number(value, path) }]
  const register = isa.registers.find(({ name }) => place.kind !== 'view' && name === place.register)
  const name = place.kind === 'view' ? place.view : place.register
  if (!register) throw new Error(`${path}: ${isa.name} has no register ${name}`)
  if (!Array.isArray(value)) throw new Error(`${path} is no array of registers`)
  return value.map((item, index) => ({ place: find(register.name, index), value: number(item, path) }))
}

/** Places that are set before, and may hold anything afterwards. */
function given(map: VectorMap, isa: GuestIsa, find: FindPlace): Place[] {
  return map.keys.flatMap((key) => (key.given ? (placeOf(key.place, isa, find) ?? []) : []))
}

/** The one place that a key stands for; none for a whole file, and for registers that the machine lacks. */
function placeOf(place: VectorPlace, isa: GuestIsa, find: FindPlace): Place | undefined {
  if (place.kind === 'view') return find(place.view)
  if (place.kind !== 'register') return undefined
  const register = isa.registers.find(({ name }) => name === place.register)
  return register && (register.file ? find(register.name, place.index) : find(register.name))
}

/** A corpus gives the number, or lists what happened on the bus in each cycle. */
function vectorCycles(root: Json, final: Json, map: VectorMap): { cycles?: bigint } {
  const key = map.keys.find(({ place }) => place.kind === 'cycles')
  if (!key) return {}
  const value = at(final, key.path) ?? at(root, key.path)
  if (value === undefined) return {}
  return { cycles: Array.isArray(value) ? BigInt(value.length) : number(value, key.path) }
}

/** Corpora of one machine differ in capitals: the exact name counts first. */
function member(object: Json, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name]
  const key = Object.keys(object).find((one) => one.toLowerCase() === name.toLowerCase())
  return key === undefined ? undefined : object[key]
}

function at(from: Json, path: string): unknown {
  let value: unknown = from
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined
    value = member(value as Json, key)
  }
  return value
}

/** `segment * 16 + offset`: a path that is a sum. Terms that a corpus does not repeat in the state after are as before. */
function sum(path: string, state: Json, before: Json): string | undefined {
  if (!/[+*]/.test(path)) return undefined
  const terms = path.split('+').map((term) => {
    const [key = '', factor = '1'] = term.split('*').map((part) => part.trim())
    return number(at(state, key) ?? at(before, key), key) * BigInt(factor)
  })
  return String(terms.reduce((a, b) => a + b))
}

function objectOf(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null) throw new Error(`${what} is no JSON object`)
  return value as Json
}

function number(value: unknown, path: string): bigint {
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value)
  if (typeof value === 'string' && /^(-?\d+|0x[\da-f]+)$/i.test(value)) return BigInt(value)
  throw new Error(`${path}: ${JSON.stringify(value)} is no integer`)
}

/** [[address, byte] …] */
function bytes(value: unknown, path: string): MemoryByte[] {
  if (!Array.isArray(value)) throw new Error(`${path} is no list of [address, value]`)
  return value.map((pair: unknown) => {
    if (!Array.isArray(pair) || pair.length < 2)
      throw new Error(`${path}: ${JSON.stringify(pair)} is no [address, value]`)
    return { address: Number(number(pair[0], path)), byte: Number(number(pair[1], path)) }
  })
}
