/**
 * Bodies of handlers as TypeScript on linear memory: registers, records and the control block are words of one Int32Array `m`, guest memory is
 * reached through `bytes` and `view` of the same buffer, and `r` is the word of the record at hand (runtime/abi.ts).
 *
 * In: a handler, and how its surroundings jump, trap and go on (Flow); or a function of the isa. Out: lines. A page test stands in line before each access of guest
 * memory; what does not pass it is sorted out by readAt and writeAt, which throw on a fault.
 */

import * as abi from '../../runtime/abi.ts'
import type { Expr, Load, ReadRegister, Width } from '../ir/expr.ts'
import type { Event, Isa, IsaFunction, Memory } from '../ir/isa.ts'
import { registerLayout } from '../ir/layout.ts'
import { lowerBody } from '../ir/lower.ts'
import { exprKey, type Handler, placeOf, type SlottedIsa } from '../ir/slots.ts'
import type { Body, Call, Jump, Local, Stmt, Store, Trap, WriteRegister } from '../ir/stmt.ts'
import { ends, escapingLocals, hasStore, withoutHints } from './body-shape.ts'
import { recordWords } from './metadata.ts'
import type { HelperName } from './ts-arithmetic.ts'
import { clean, cleanWord, code, literal, operand, type Word } from './ts-code.ts'
import { bitsOfNumber } from './ts-floats.ts'
import { Lines } from './ts-lines.ts'
import { assign, type Leaves, type Pair, toPair, type Value, word, words } from './ts-value.ts'
import { Values } from './ts-values.ts'

/** Names that every handler finds around it. */
export const surroundings = [
  'm',
  'bytes',
  'view',
  'r',
  'block',
  'blocks',
  'pcLo',
  'pcHi',
  'readAt',
  'writeAt',
  'stop',
  'stopAt',
  'high',
  'run',
  'host',
  'fault',
] as const

/** How the code around a handler goes on. */
export interface Flow {
  /** To a guest address; `stored`: the instruction has stored, so LEAVE is to be looked at. */
  readonly jump: (lo: string, hi: string, stored: boolean) => readonly string[]
  /** To the following record. */
  readonly next: (stored: boolean) => readonly string[]
  /** The trap is in the control block already. */
  readonly trap: () => readonly string[]
  /** Leaves before the instruction while ATTENTION is set. */
  readonly attend: () => readonly string[]
}

export function handlerLines(
  all: SlottedIsa,
  handler: Handler,
  flow: Flow,
  helpers: Set<HelperName>,
): readonly string[] {
  const { instruction, body, slots } = handler
  return new BodyWriter(all, { name: instruction.id, body, slots }, flow, helpers).write()
}

/** A function of the isa: its parameters as words, and lines that return the first word of its results; the others are put into variables (resultNames). */
export function functionLines(
  all: SlottedIsa,
  called: IsaFunction,
  helpers: Set<HelperName>,
): { readonly params: readonly string[]; readonly lines: readonly string[] } {
  const { name, body, params } = called
  return new BodyWriter(all, { name, body, slots: [] }, nowhere, helpers).writeFunction(params)
}
/** An event of the machine: as `functionLines`, but it goes on as `flow` says; its pc stands in the control block. */
export function eventLines(
  all: SlottedIsa,
  { name, params, body }: Event,
  flow: Flow,
  helpers: Set<HelperName>,
): { readonly params: readonly string[]; readonly lines: readonly string[] } {
  const subject = { name: `on ${name}`, body: lowerBody(all.isa, body), slots: undefined }
  return new BodyWriter(all, subject, flow, helpers).writeFunction(params)
}
/** A function neither jumps nor traps. */
const nowhere: Flow = { jump: () => [], next: () => [], trap: () => [], attend: () => [] }
/** Names of the isa's functions, and of what they leave results in. */
export function functionNames({ functions }: SlottedIsa): string[] {
  return [...functions.map(({ name }) => name), ...resultNames(functions)]
}
export function resultNames(functions: readonly IsaFunction[]): string[] {
  const words = functions.map(({ results }) => results.reduce((sum, width) => sum + Math.ceil(width / 32), 0))
  return Array.from({ length: Math.max(1, ...words) - 1 }, (_, i) => resultName(i + 1))
}
const resultName = (i: number): string => `result${i}`

/** What a body belongs to. */
interface Subject {
  readonly name: string
  readonly body: Body
  /** Of the record at r; undefined: there is none. */
  readonly slots: Handler['slots'] | undefined
}

interface FloatLocal {
  readonly name: string
  readonly width: Width
}

class BodyWriter {
  readonly #all: SlottedIsa
  readonly #isa: Isa
  readonly #subject: Subject
  readonly #flow: Flow
  readonly #out: Lines
  readonly #values: Values
  readonly #stores: boolean
  readonly #locals = new Map<number, Value>()
  /** Locals that are floats, by names of JavaScript numbers. */
  readonly #numbers = new Map<number, FloatLocal>()
  /** Names of locals that are set more than once, or on several paths. */
  readonly #variables = new Set<string>()
  /** Slots and 64-bit registers that have names here, innermost block last. */
  readonly #bound: Map<string, Value>[] = [new Map()]

  constructor(all: SlottedIsa, subject: Subject, flow: Flow, helpers: Set<HelperName>) {
    this.#all = all
    this.#isa = all.isa
    this.#subject = subject
    this.#flow = flow
    this.#stores = hasStore(subject.body.statements)
    this.#out = new Lines(helpers, [...surroundings, ...functionNames(all)], {
      enter: () => this.#bound.push(new Map()),
      leave: () => this.#bound.pop(),
    })
    const leaves: Leaves = {
      field: (name) => {
        throw new Error(`isagen internal: field ${name} in the body of ${subject.name}`)
      },
      slot: (slot, width) => this.#slot(slot, width),
      pc: (which, width) => this.#pc(which, width),
      local: (id) => this.#local(id),
      read: (e) => this.#read(e),
      load: (e) => this.#load(e),
      number: (id) => this.#numbers.get(id)?.name,
    }
    this.#values = new Values(leaves, this.#out)
  }

  write(): readonly string[] {
    const { statements } = this.#subject.body
    this.#variablesOf(new Set())
    this.#statements(withoutHints(statements))
    if (!ends(statements)) this.#out.push(...this.#flow.next(this.#stores))
    return withoutUnread(this.#out.lines)
  }
  writeFunction(params: readonly number[]): { params: string[]; lines: readonly string[] } {
    const { locals, statements } = this.#subject.body
    const words = params.flatMap((id) => {
      const { name, width } = locals.find((l) => l.id === id) as Local
      const v = this.#nameWords(name, width)
      this.#locals.set(id, v)
      return wordTexts(v)
    })
    this.#variablesOf(new Set(params))
    this.#statements(withoutHints(statements))
    if (!ends(statements)) this.#out.push(...this.#flow.next(this.#stores))
    return { params: words, lines: this.#out.lines }
  }
  /** Declares locals that are set more than once, or in one block and read in another; all but those that have a value. */
  #variablesOf(known: ReadonlySet<number>): void {
    const { locals, statements } = this.#subject.body
    const escaping = escapingLocals(statements)
    for (const { id, name, width, mutable } of locals) {
      if (!known.has(id) && (mutable || escaping.has(id))) this.#locals.set(id, this.#declare(name, width))
    }
  }

  // ---- statements

  #statements(statements: readonly Stmt[]): void {
    for (const s of statements) {
      switch (s.kind) {
        case 'set':
          this.#set(s.local, s.value)
          break
        case 'write':
          this.#write(s)
          break
        case 'store':
          this.#store(s)
          break
        case 'if': {
          const cond = this.#values.condition(s.cond)
          const then = this.#out.nested(() => this.#statements(s.then))
          const otherwise = this.#out.nested(() => this.#statements(s.otherwise))
          if (then.lines.length === 0 && otherwise.lines.length > 0) {
            this.#out.pushIf(code(`!(${cond.text})`, '!'), otherwise.lines, [])
          } else if (then.lines.length > 0) this.#out.pushIf(cond, then.lines, otherwise.lines)
          break
        }
        case 'jump':
          this.#jump(s)
          break
        case 'trap':
          this.#trap(s)
          break
        case 'effect':
          if (s.effect === 'attend') {
            this.#out.push(...this.#flow.attend())
            break
          }
          // Stores to translated code are found when they happen, and this engine runs one instruction at a time: nothing is left to do.
          this.#out.push(s.effect === 'wait' ? `m[${abi.WAITING}] = m[${abi.LEAVE}] = 1` : `// ${s.effect}`)
          break
        case 'call':
          this.#call(s)
          break
        case 'return': {
          const [first, ...others] = s.values.flatMap((e) => wordTexts(this.#values.value(e)))
          others.forEach((text, i) => this.#out.push(`${resultName(i + 1)} = ${text}`))
          this.#out.push(`return ${first}`)
          break
        }
      }
    }
  }
  /** Results are words: the first is what the function gives, the others stand in variables until the next call. */
  #call(s: Call): void {
    const args = s.args.flatMap((arg) => wordTexts(this.#values.value(arg)))
    const widths = this.#all.functions.find((f) => f.name === s.function)?.results ?? []
    let from = `${s.function}(${args.join(', ')})`
    let next = 1
    const take = (): string => {
      const text = from
      from = resultName(next++)
      return text
    }
    s.results.forEach((id, i) => {
      const variable = this.#locals.get(id)
      const v = variable ?? this.#nameWords(this.#nameOf(id), widths[i] ?? 32)
      for (const text of wordTexts(v)) this.#out.push(`${variable ? '' : 'const '}${text} = ${take()}`)
      this.#locals.set(id, v)
    })
  }
  #set(id: number, value: Expr): void {
    const variable = this.#locals.get(id)
    if (!variable && value.kind === 'float' && value.op !== 'to_int') {
      const name = this.#out.fresh(this.#nameOf(id))
      this.#out.push(`const ${name} = ${this.#values.number(value).text}`)
      this.#numbers.set(id, { name, width: value.width })
      return
    }
    const v = this.#values.value(value)
    if (variable) this.#assign(variable, v)
    else {
      this.#locals.set(id, this.#asItIs(v, this.#nameOf(id)))
    }
  }
  /** A new high half that depends on the old low half is computed before that goes. */
  #assign(variable: Value, v: Value): void {
    if (variable.kind === 'pair' && v.kind === 'pair' && mentions(v.hi.text, variable.lo.text)) {
      const hi = this.#out.fresh('hi')
      this.#out.push(`const ${hi} = ${clean(v.hi).text}`)
      this.#out.push(...assign(variable, words(v.lo, cleanWord(code(hi), v.hi.width))))
    } else this.#out.push(...assign(variable, v))
  }
  /** The value under a name of its own, where it stands in a variable that may change. */
  #asItIs(v: Value, hint: string): Value {
    const named = this.#values.name(v, hint)
    const copied = (text: string): string => {
      if (!this.#variables.has(text)) return text
      const name = this.#out.fresh(hint)
      this.#out.push(`const ${name} = ${text}`)
      return name
    }
    const copy = (w: Word): Word => (this.#variables.has(w.text) ? cleanWord(code(copied(w.text)), w.width) : w)
    if (named.kind === 'big') return { ...named, text: copied(named.text) }
    return named.kind === 'word' ? word(copy(named)) : words(copy(named.lo), copy(named.hi))
  }
  #write(s: WriteRegister): void {
    const v = this.#values.value(s.value)
    const at = placeOf(this.#all.layout, s.register, s.index, 'write')
    if (at.kind === 'word' && at.word === abi.SINK_WORD) return
    const parts = wordTexts(v)
    const target =
      at.kind === 'word'
        ? at.word
        : at.kind === 'slot'
          ? this.#slotName(at.slot)
          : this.#indexed(at.word, at.stride, at.index)
    parts.forEach((text, i) => {
      this.#out.push(`m[${wordOf(target, i)}] = ${text}`)
    })
    for (const scope of this.#bound) {
      for (const key of scope.keys()) if (key.startsWith(`${s.register} `)) scope.delete(key)
    }
  }
  #jump(s: Jump): void {
    const v = this.#values.value(s.target)
    const { lo, hi } = v.kind === 'word' ? { lo: clean(v), hi: undefined } : toPair(v)
    this.#out.push(...this.#flow.jump(lo.text, hi?.text ?? '0', this.#stores))
  }
  #trap(s: Trap): void {
    const index = this.#isa.traps.findIndex((t) => t.name === s.trap)
    this.#out.push(`m[${abi.TRAP}] = ${index} // ${s.trap}`)
    s.args.forEach((arg, i) => {
      const { lo, hi } = this.#values.pair(arg)
      this.#out.push(`m[${abi.TRAP_ARGS + 2 * i}] = ${lo.text}`, `m[${abi.TRAP_ARGS + 2 * i + 1}] = ${hi.text}`)
    })
    this.#out.push(...this.#flow.trap())
  }

  // ---- leaves

  #slot(slot: number, width: Width): Value {
    return word(cleanWord(code(this.#slotName(slot)), width))
  }
  #slotName(slot: number): string {
    const key = `# ${slot}`
    const known = this.#find(key)
    if (known?.kind === 'word') return known.text
    const name = this.#out.fresh(this.#subject.slots?.[slot]?.name ?? 'slot')
    this.#out.push(`const ${name} = m[r + ${abi.RECORD_SLOTS + slot}]!`)
    this.#bind(key, word(cleanWord(code(name), 32)))
    return name
  }
  #pc(which: 'pc' | 'next', width: Width): Value {
    // The following record (of an instruction or of the block's end) begins with the following address.
    const base = which === 'pc' ? 0 : recordWords(this.#all)
    const [lo, hi] = this.#subject.slots
      ? [`r + ${base + abi.RECORD_PC_LO}`, `r + ${base + abi.RECORD_PC_HI}`]
      : [abi.PC_LO, abi.PC_HI]
    if (width <= 32) return word(cleanWord(code(`m[${lo}]!`), width))
    return words(cleanWord(code(`m[${lo}]!`), 32), cleanWord(code(`m[${hi}]!`), width - 32))
  }
  #local(id: number): Value {
    const number = this.#numbers.get(id)
    const v = this.#locals.get(id) ?? (number && this.#bitsOf(id, number))
    if (!v) throw new Error(`isagen internal: local ${id} of ${this.#subject.name} is read before it is set`)
    return v
  }
  #nameOf(id: number): string {
    return this.#subject.body.locals.find((l) => l.id === id)?.name ?? 'v'
  }
  /** The words of a local that is a number: found where they are first wanted, and known to the end of that block. */
  #bitsOf(id: number, { name, width }: FloatLocal): Value {
    const key = `% ${id}`
    const known = this.#find(key)
    if (known) return known
    const bits = bitsOfNumber(this.#out, code(name), width, name)
    this.#bind(key, bits)
    return bits
  }
  #read(e: ReadRegister): Value {
    const { register, width } = e
    const at = placeOf(this.#all.layout, register, e.index, 'read')
    const key = `${register} ${e.index ? exprKey(e.index) : ''}`
    // A cell that is found at run time may be another one the next time.
    const known = at.kind === 'index' ? undefined : this.#find(key)
    if (known) return known
    const base =
      at.kind === 'word'
        ? at.word
        : at.kind === 'slot'
          ? this.#slotName(at.slot)
          : this.#indexed(at.word, at.stride, at.index)
    const cell = (i: number): string => `m[${wordOf(base, i)}]!`
    if (width <= 32) return word(cleanWord(code(cell(0)), width))
    const hint = at.kind === 'slot' ? base : register
    const done =
      width <= 64
        ? this.#values.name(words(cleanWord(code(cell(0)), 32), cleanWord(code(cell(1)), width - 32)), `${hint}`)
        : this.#wide(
            width,
            Array.from({ length: registerLayout(this.#all.layout, register).stride }, (_, i) => cell(i)),
            `${hint}`,
          )
    if (at.kind !== 'index') this.#bind(key, done)
    return done
  }
  #indexed(base: number, stride: number, index: Expr): string {
    const v = this.#values.value(index)
    const number = v.kind === 'word' ? clean(v) : toPair(v).lo
    const name = this.#out.fresh('cell')
    this.#out.push(
      `const ${name} = ${base} + ${stride === 1 ? operand(number, '+') : `${operand(number, '*')} * ${stride}`}`,
    )
    return name
  }

  // ---- guest memory

  #memory(name: string): Memory {
    const [first] = this.#isa.memories
    if (first?.name === name) return first
    throw new Error(`${this.#isa.name} accesses ${name}: engines have one memory, the spec's first`)
  }
  /** Binds the byte offset in linear memory of an access that may be done. */
  #access(kind: 'read' | 'write', memory: Memory, address: Value, size: number): string {
    const { lo, hi } = this.#values.name(toPair(address), 'address') as Pair
    const wide = memory.addressWidth > 32
    const fastBits =
      kind === 'read'
        ? size === 1
          ? abi.PAGE_READ
          : abi.PAGE_READ_SPAN
        : size === 1
          ? abi.PAGE_FAST_WRITE
          : abi.PAGE_WRITE_SPAN
    const shift = abi.pageShift(memory.addressWidth)
    const name = this.#out.fresh('at')
    const offset =
      memory.addressWidth > 24 ? `(${lo.text} + ${literal(abi.GUEST)}) >>> 0` : `${lo.text} + ${literal(abi.GUEST)}`
    if (kind === 'read' && !memory.faults) {
      this.#out.push(`const ${name} = ${offset}`)
      return name
    }
    const page = `(bytes[${literal(abi.PAGES)} + (${lo.text} >>> ${shift})]! & ${fastBits}) !== 0`
    const slow = `${kind}At(${lo.text}, ${hi.text}, ${size})`
    this.#out.push(`const ${name} = ${wide ? `${hi.text} === 0 && ` : ''}${page} ? ${offset} : ${slow}`)
    return name
  }
  #load(e: Load): Value {
    const memory = this.#memory(e.memory)
    const size = e.width / 8
    const at = this.#access('read', memory, this.#values.value(e.address), size)
    const little = this.#isa.endian === 'little'
    const bind = (text: string, width: Width): Word => this.#values.nameWord(cleanWord(code(text), width), 'loaded')
    if (size === 1) return word(bind(`bytes[${at}]!`, 8))
    if (size === 2) return word(bind(`view.getUint16(${at}, ${little})`, 16))
    // The words of a wider access, least significant first.
    const parts = wordOffsets(size, little).map((offset) => bind(`view.getInt32(${plus(at, offset)}, ${little})`, 32))
    const [lo, hi] = parts
    if (!lo) throw new Error(`isagen internal: a load of ${e.width} bits`)
    if (parts.length === 1) return word(lo)
    return parts.length === 2 && hi
      ? words(lo, hi)
      : this.#wide(
          e.width,
          parts.map((p) => p.text),
          'loaded',
        )
  }
  #store(s: Store): void {
    const memory = this.#memory(s.memory)
    const { width } = s.value
    const v = this.#values.value(s.value)
    const parts = wordTexts(v)
    const at = this.#access('write', memory, this.#values.value(s.address), width / 8)
    const little = this.#isa.endian === 'little'
    if (width === 8) this.#out.push(`bytes[${at}] = ${parts[0]}`)
    else if (width === 16) this.#out.push(`view.setInt16(${at}, ${parts[0]}, ${little})`)
    else {
      wordOffsets(width / 8, little).forEach((offset, i) => {
        this.#out.push(`view.setInt32(${plus(at, offset)}, ${parts[i]}, ${little})`)
      })
    }
  }

  // ---- names

  #find(key: string): Value | undefined {
    for (const scope of this.#bound) {
      const v = scope.get(key)
      if (v) return v
    }
    return undefined
  }
  #bind(key: string, v: Value): void {
    this.#bound.at(-1)?.set(key, v)
  }
  /** Free names for a value of at most 64 bits. */
  #nameWords(name: string, width: Width): Value {
    if (width <= 32) return word(cleanWord(code(this.#out.fresh(name)), width))
    const [lo, hi] = [this.#out.fresh(`${name}Lo`), this.#out.fresh(`${name}Hi`)]
    return words(cleanWord(code(lo), 32), cleanWord(code(hi), width - 32))
  }
  #declare(name: string, width: Width): Value {
    const variable = (suffix: string, start: string): string => {
      const text = this.#out.fresh(name + suffix)
      this.#out.push(`let ${text} = ${start}`)
      this.#variables.add(text)
      return text
    }
    if (width > 64) return { kind: 'big', width, text: variable('', '0n') }
    if (width <= 32) return word(cleanWord(code(variable('', '0')), width))
    return words(cleanWord(code(variable('Lo', '0')), 32), cleanWord(code(variable('Hi', '0')), width - 32))
  }
  /** A BigInt from words, least significant first. */
  #wide(width: Width, parts: readonly string[], hint: string): Value {
    this.#out.helpers.add('big')
    const name = this.#out.fresh(hint)
    const pairs = parts.flatMap((lo, i) =>
      i % 2 === 0 ? [`big(${lo}, ${parts[i + 1] ?? '0'})${i === 0 ? '' : ` << ${32 * i}n`}`] : [],
    )
    const joined = pairs.map((p, i) => (i === 0 ? p : `(${p})`)).join(' | ')
    this.#out.push(`const ${name} = ${width % 64 === 0 ? joined : `BigInt.asUintN(${width}, ${joined})`}`)
    return { kind: 'big', width, text: name }
  }
}

/** Drops bindings of words of `m` that nothing reads: the high half of an address in a small memory, a mask of a store. */
function withoutUnread(lines: readonly string[]): readonly string[] {
  const text = lines.join('\n')
  const unread = (line: string): boolean => {
    const name = /^ *const (\w+) = m\[[^\]]*\]!$/.exec(line)?.[1]
    return name !== undefined && text.split(new RegExp(`\\b${name}\\b`)).length === 2
  }
  const kept = lines.filter((line) => !unread(line))
  return kept.length === lines.length ? lines : withoutUnread(kept)
}

function mentions(text: string, name: string): boolean {
  return new RegExp(`\\b${name}\\b`).test(text)
}

/** The words of a value, least significant first. */
function wordTexts(v: Value): string[] {
  if (v.kind === 'word') return [clean(v).text]
  if (v.kind === 'pair') return [v.lo.text, v.hi.text]
  return Array.from({ length: Math.ceil(v.width / 32) }, (_, i) => `Number(BigInt.asIntN(32, ${v.text} >> ${32 * i}n))`)
}
/** The i-th word of a cell. Cells are aligned to their size, so `|` adds, and the host's compiler need not think of overflow. */
function wordOf(cell: string | number, i: number): string {
  return typeof cell === 'number' ? `${cell + i}` : i === 0 ? cell : `${cell} | ${i}`
}
const plus = (at: string, offset: number): string => (offset === 0 ? at : `${at} + ${offset}`)
/** Byte offsets of the words of an access, least significant word first. */
function wordOffsets(size: number, little: boolean): number[] {
  const offsets = Array.from({ length: size / 4 }, (_, i) => 4 * i)
  return little ? offsets : offsets.reverse()
}
