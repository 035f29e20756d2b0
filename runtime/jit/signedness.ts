/**
 * Which registers of 64 bits hold the sign-extension of 32 bits at the start of each node of a region, whatever way led there: those can meet as 32 bits (narrowing-compiler.ts).
 * In: for each write of a register, the registers that have to be such values for it to be one, taken down from the text of templates (`SignTracker`). Out: sets of registers,
 * by a forward analysis from "all are" to the greatest solution. At the region's entry, and behind calls, nothing is known; where loops are entered from outside, code tests it.
 */

import type { AccessEvent } from './access-tests.ts'
import type { ByteWriter } from './byte-writer.ts'
import type { RegisterMask } from './flow-recorder.ts'
import { predecessors, reaching, waysBack } from './loops.ts'
import {
  I32_CONST,
  I32_EQZ,
  I32_LOAD,
  I32_OR,
  I32_SHR_S,
  I32_XOR,
  I64_ADD,
  I64_AND,
  I64_EXTEND_I32_S,
  I64_EXTEND_I32_U,
  I64_GE_U,
  I64_OR,
  I64_SHR_S,
  I64_XOR,
  TYPE_I64,
} from './opcodes.ts'
import type { Region } from './region.ts'

/** A value of which is known: it is a sign-extension if what these registers hold is; and perhaps that it is below 2^31. */
interface Known {
  readonly registers: readonly number[]
  readonly isSmall: boolean
}
type Value = Known | undefined

const SIGNED: Known = { registers: [], isSmall: false }
const SMALL: Known = { registers: [], isSmall: true }
const ZERO: Known = { registers: [], isSmall: true }

/** Follows the values that a template pushes, as far as they matter; undefined ones may stand for any number of values. */
export class SignTracker {
  #values: Value[] = []

  /** Nothing is known of what lies on the stack. */
  forget(): void {
    this.#values = []
  }
  register(word: number): void {
    this.#values.push({ registers: [word], isSmall: false })
  }
  constant(lo: number, hi: number): void {
    this.#values.push(lo >> 31 !== hi ? undefined : hi !== 0 ? SIGNED : lo !== 0 ? SMALL : ZERO)
  }
  loaded(size: number, type: number, signed: boolean): void {
    const isKnown = type === TYPE_I64 && (signed ? size <= 4 : size < 4)
    this.#values = [isKnown ? (signed ? SIGNED : SMALL) : undefined]
  }
  /** Instructions that end with this opcode; `first`: what they begin with, where they are two of one byte. */
  text(last: number, first = 0): void {
    const isTest = first >= I32_EQZ && first <= I64_GE_U
    const value = last === I64_EXTEND_I32_S ? SIGNED : last === I64_EXTEND_I32_U && isTest ? SMALL : undefined
    this.#values = [value]
  }
  operator(opcode: number): void {
    const [b, a] = [this.#values.pop(), this.#values.pop()]
    // Moves and constants are written so.
    if (opcode === I64_ADD) this.#values.push(a === ZERO ? b : b === ZERO ? a : undefined)
    else if (opcode >= I64_AND && opcode <= I64_XOR) this.#values.push(combined(opcode, a, b))
    else if (opcode === I64_SHR_S) this.#values.push(b && a)
    else this.text(opcode)
  }
  /** Of the value on top: the registers, or undefined. */
  take(): readonly number[] | undefined {
    return this.#values.pop()?.registers
  }
}

function combined(opcode: number, a: Value, b: Value): Value {
  if (opcode === I64_AND && (a?.isSmall || b?.isSmall)) return SMALL
  if (!a || !b) return undefined
  return { registers: [...a.registers, ...b.registers], isSmall: opcode >= I64_OR && a.isSmall && b.isSmall }
}

/** By node; for registers as they are numbered in `registers`. */
export function findSigned(
  { nodes, order }: Region,
  registers: readonly number[],
  wideAt: (lo: number) => ReadonlySet<number> | undefined = () => undefined,
): RegisterMask[] {
  const bits = new Map(registers.map((word, number) => [word, 1n << BigInt(number)]))
  const effects = new Map<object, Effect[]>()
  const effectsOf = (at: number): Effect[] => {
    const { flow } = nodes[at]!
    let known = effects.get(flow)
    if (!known) {
      known = flow.ways.map(({ events }) => effectOf(flow.events.slice(0, events), bits))
      effects.set(flow, known)
    }
    return known
  }
  const signed: RegisterMask[] = nodes.map(({ lo }, at) => {
    const wide = wideAt(lo)
    return at === 0
      ? 0n
      : registers.reduce((all, word, number) => (wide?.has(word) ? all : all | (1n << BigInt(number))), 0n)
  })
  for (let changed = true; changed; ) {
    changed = false
    for (const at of order) {
      const all = effectsOf(at)
      for (const [number, way] of nodes[at]!.flow.ways.entries()) {
        const after = way.hint === 'call' ? 0n : apply(all[number]!, signed[at]!)
        for (const next of nodes[at]!.to[number]!) {
          if ((signed[next]! & ~after) === 0n) continue
          signed[next]! &= after
          changed = true
        }
      }
    }
  }
  return signed
}

/** What events do: of the registers written, those that are sign-extensions where others (`need`) are at the start. */
interface Effect {
  readonly written: RegisterMask
  readonly results: readonly { readonly bit: RegisterMask; readonly need: RegisterMask }[]
}

function effectOf(events: readonly AccessEvent[], bits: ReadonlyMap<number, RegisterMask>): Effect {
  const needs = new Map<number, RegisterMask | undefined>()
  for (const event of events) {
    if (event.kind !== 'write') continue
    let need: RegisterMask | undefined = event.signedIf && 0n
    for (const word of event.signedIf ?? []) {
      const its = needs.has(word) ? needs.get(word) : bits.get(word)
      need = need === undefined || its === undefined ? undefined : need | its
    }
    needs.set(event.base, need)
  }
  let written = 0n
  const results: { bit: RegisterMask; need: RegisterMask }[] = []
  for (const [word, need] of needs) {
    const bit = bits.get(word)!
    written |= bit
    if (need !== undefined) results.push({ bit, need })
  }
  return { written, results }
}

function apply({ written, results }: Effect, before: RegisterMask): RegisterMask {
  let after = before & ~written
  for (const { bit, need } of results) if ((before & need) === need) after |= bit
  return after
}

/** By node: registers that the loop which it is the header of writes; all are, where nothing is a loop. */
export function writtenInLoops(region: Region): RegisterMask[] {
  const { nodes, isLoop } = region
  const before = predecessors(region)
  return nodes.map((_, header) => {
    if (!isLoop[header]) return -1n
    const body = reaching(before, header, waysBack(region.dominators, before, header))
    return [...body].reduce((all, at) => nodes[at]!.flow.ways.reduce((written, { dirty }) => written | dirty, all), 0n)
  })
}

/** Leaves on the stack whether one of these registers, words, is something else in memory than its lower half sign-extended. */
export function testSigns(w: ByteWriter, words: readonly number[]): void {
  const half = (word: number): void => {
    w.u8x4(I32_CONST, 0, I32_LOAD, 2)
    w.u32(word * 4)
  }
  for (const [place, word] of words.entries()) {
    half(word)
    w.u8x3(I32_CONST, 31, I32_SHR_S)
    half(word + 1)
    w.u8(I32_XOR)
    if (place > 0) w.u8(I32_OR)
  }
}
