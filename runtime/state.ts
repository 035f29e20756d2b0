/**
 * The guest's registers as the embedder sees them: read and written by name while no guest code runs. They lie in linear memory as the isa's
 * RegisterInfo says, the same for all tiers; compiled code has put everything back whenever `run` has come back.
 */

import { type GuestIsa, PC_HI, PC_LO, type RegisterInfo, type ViewInfo } from './abi.ts'

/** One place that a name stands for. Values are unsigned bigints below 2^width; a write takes any bigint modulo 2^width. */
export interface Place {
  readonly name: string
  /** Bits. */
  readonly width: number
  read(): bigint
  write(value: bigint): void
}

export class GuestState {
  readonly #isa: GuestIsa
  readonly #words: Int32Array
  /** The same memory, two words at once: platforms read registers at every system call. */
  readonly #pairs: BigUint64Array
  readonly #registers = new Map<string, RegisterInfo>()
  readonly #places = new Map<string, Place>()

  /** `words` is all of linear memory. Registers take their reset values. */
  constructor(isa: GuestIsa, words: Int32Array) {
    this.#isa = isa
    this.#words = words
    this.#pairs = new BigUint64Array(words.buffer, words.byteOffset, words.length >> 1)
    for (const register of isa.registers) this.#registers.set(register.name, register)
    this.#namePlaces()
    this.reset()
  }

  /** Guest address of the next instruction. */
  get pc(): bigint {
    return BigInt.asUintN(this.#isa.pcWidth, this.#pairs[PC_LO >> 1]!)
  }
  set pc(value: bigint) {
    this.#pairs[PC_LO >> 1] = BigInt.asUintN(this.#isa.pcWidth, value)
  }

  /**
   * By the spec's name of a register ('A', 'P.N', 'X' with an index), of a view ('P'), 'pc', or as assembly writes it ('a0', 'x10').
   * Throws RangeError for a name or an index that the isa does not have.
   */
  read(name: string, index?: number): bigint {
    return this.place(name, index).read()
  }
  write(name: string, value: bigint): void
  write(name: string, index: number, value: bigint): void
  write(name: string, indexOrValue: number | bigint, value?: bigint): void {
    if (typeof indexOrValue === 'number') this.place(name, indexOrValue).write(value ?? 0n)
    else this.place(name).write(indexOrValue)
  }

  /** What a name stands for, to keep when it is used often. */
  place(name: string, index?: number): Place {
    const key = index === undefined ? name : `${name}[${index}]`
    const known = this.#places.get(key)
    if (known) return known
    const register = this.#registers.get(name)
    if (register?.file)
      throw new RangeError(`${name} has registers 0 … ${register.count - 1}: index ${index} is none of them`)
    throw new RangeError(`${this.#isa.name} has no register '${key}'`)
  }

  /** Every register has its reset value again, pc is 0. */
  reset(): void {
    for (const register of this.#isa.registers) {
      for (let index = 0; index < register.count; index++) {
        const value = register.hardwired?.index === index ? register.hardwired.value : register.reset
        this.#writeWords(register.word + index * register.stride, register.width, value)
      }
    }
    this.pc = 0n
  }

  /** All registers and the pc, for comparing and restoring. */
  snapshot(): Int32Array {
    const [first, end] = this.#extent()
    const copy = new Int32Array(end - first + 2)
    copy[0] = this.#words[PC_LO]!
    // Of a machine with a decode context it follows from the registers.
    copy[1] = this.#isa.context ? 0 : this.#words[PC_HI]!
    copy.set(this.#words.subarray(first, end), 2)
    return copy
  }
  restore(snapshot: Int32Array): void {
    this.#words[PC_LO] = snapshot[0]!
    this.#words[PC_HI] = snapshot[1]!
    this.#words.set(snapshot.subarray(2), this.#extent()[0])
  }

  #extent(): [first: number, end: number] {
    const first = Math.min(...this.#isa.registers.map((register) => register.word))
    return [first, first + this.#isa.stateWords]
  }

  /** Cells by the spec's names and indexes win over views, those over assembly names. */
  #namePlaces(): void {
    const add = (key: string, place: Place): void => {
      if (!this.#places.has(key)) this.#places.set(key, place)
    }
    for (const register of this.#isa.registers) {
      for (let index = 0; index < register.count; index++) {
        add(register.file ? `${register.name}[${index}]` : register.name, this.#cell(register, index))
      }
    }
    for (const view of this.#isa.views) add(view.name, this.#view(view))
    for (const register of this.#isa.registers) {
      register.names.forEach((name, index) => {
        add(name, this.#cell(register, index))
      })
      for (const [name, index] of Object.entries(register.also)) add(name, this.#cell(register, index))
    }
    add('pc', {
      name: 'pc',
      width: this.#isa.pcWidth,
      read: () => this.pc,
      write: (value) => {
        this.pc = value
      },
    })
  }

  #cell(register: RegisterInfo, index: number): Place {
    const { width, hardwired } = register
    const word = register.word + index * register.stride
    return {
      name: register.names[index] ?? register.name,
      width,
      read: () => this.#readWords(word, width),
      write: (value) => {
        if (hardwired?.index !== index) this.#writeWords(word, width, value)
      },
    }
  }

  #view(view: ViewInfo): Place {
    const parts = view.parts.map((part) => {
      if (part.kind === 'constant') return part
      const register = this.#registers.get(part.register)
      if (!register) throw new Error(`view ${view.name} names register ${part.register}, which ${this.#isa.name} lacks`)
      return { ...part, cell: this.#cell(register, part.index) }
    })
    return {
      name: view.name,
      width: view.width,
      read: () => {
        let value = 0n
        for (const part of parts) {
          const bits =
            part.kind === 'constant' ? part.value : BigInt.asUintN(part.width, part.cell.read() >> BigInt(part.low))
          value = (value << BigInt(part.width)) | bits
        }
        return value
      },
      write: (value) => {
        let rest = value
        for (const part of parts.toReversed()) {
          const bits = BigInt.asUintN(part.width, rest)
          rest >>= BigInt(part.width)
          if (part.kind === 'constant') continue
          const low = BigInt(part.low)
          const hole = ((1n << BigInt(part.width)) - 1n) << low
          part.cell.write((part.cell.read() & ~hole) | (bits << low))
        }
      },
    }
  }

  #readWords(word: number, width: number): bigint {
    if (width === 64) return this.#pairs[word >> 1]!
    let value = 0n
    for (let at = Math.ceil(width / 32) - 1; at >= 0; at--)
      value = (value << 32n) | BigInt(this.#words[word + at]! >>> 0)
    return BigInt.asUintN(width, value)
  }

  #writeWords(word: number, width: number, value: bigint): void {
    if (width === 64) {
      this.#pairs[word >> 1] = value
      return
    }
    let rest = BigInt.asUintN(width, value)
    for (let at = 0; at * 32 < width; at++) {
      this.#words[word + at] = Number(rest & 0xffffffffn)
      rest >>= 32n
    }
  }
}
