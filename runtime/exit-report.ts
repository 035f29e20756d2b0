/** From the control block, as a tier left it, to the Exit that the embedder gets. */

import {
  ACCESS_FETCH,
  ACCESS_READ,
  FAULT_ACCESS,
  FAULT_HI,
  FAULT_LO,
  type GuestIsa,
  PC_HI,
  TRAP,
  TRAP_ARGS,
} from './abi.ts'
import type { Undecodable } from './decode-block.ts'
import type { FaultExit, IllegalExit, TrapExit } from './exit.ts'
import type { GuestMemory } from './memory.ts'

export class ExitReport {
  readonly #isa: GuestIsa
  readonly #words: Int32Array
  readonly #memory: GuestMemory

  constructor(isa: GuestIsa, words: Int32Array, memory: GuestMemory) {
    this.#isa = isa
    this.#words = words
    this.#memory = memory
  }

  /** `next` is pc after the instruction at pc. */
  trap(pc: bigint, next: bigint): TrapExit {
    const trap = this.#isa.traps[this.#words[TRAP]!]!
    const args = trap.params.map(({ width }, index) => BigInt.asUintN(width, this.#pair(TRAP_ARGS + 2 * index)))
    return { kind: 'trap', pc, next, trap: trap.name, number: trap.number, args }
  }

  fault(pc: bigint, next: bigint): FaultExit {
    const access = this.#words[FAULT_ACCESS] === ACCESS_READ ? 'read' : 'write'
    return { kind: 'fault', pc, next, access, address: this.#pair(FAULT_LO) }
  }

  /** The instruction at pc could not be decoded. */
  undecodable(pc: bigint, what: Undecodable): FaultExit | IllegalExit {
    if (what.kind === 'illegal') {
      const at = Number(pc)
      return { kind: 'illegal', pc, bytes: this.#memory.bytes.slice(at, at + this.#isa.maxLength) }
    }
    // Beyond 2^32 there is no memory, so it is pc itself that cannot be fetched (and a number might not be exact).
    const address = this.#words[PC_HI] === 0 ? BigInt(what.address) : pc
    this.#words[FAULT_LO] = Number(address & 0xffffffffn)
    this.#words[FAULT_HI] = Number(address >> 32n)
    this.#words[FAULT_ACCESS] = ACCESS_FETCH
    return { kind: 'fault', pc, next: pc, access: 'fetch', address }
  }

  #pair(word: number): bigint {
    return (BigInt(this.#words[word + 1]! >>> 0) << 32n) | BigInt(this.#words[word]! >>> 0)
  }
}
