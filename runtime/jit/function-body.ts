/**
 * The body of a compiled function, before it is part of a module; and the code of one while it is written: bytes, and what is known of its branches. Such hints go into a
 * section of their own (WebAssembly Branch Hinting, 2.1). Hosts may ignore it; those that heed it do not store, in loops, what only ways out need.
 */

import { ByteWriter } from './byte-writer.ts'
import { BR_IF } from './opcodes.ts'

export interface BranchHint {
  /** Of the `br_if` or `if`: bytes from the start of the body. */
  readonly at: number
  readonly isLikely: boolean
}

export interface FunctionBody {
  /** Locals and code, without the size before them. */
  readonly code: Uint8Array
  /** In order of their places. */
  readonly hints: readonly BranchHint[]
}

export class CodeWriter extends ByteWriter {
  #hints: BranchHint[] = []

  override clear(): void {
    super.clear()
    this.#hints = []
  }

  brIf(depth: number, isLikely?: boolean): void {
    if (isLikely !== undefined) this.hint(this.length, isLikely)
    this.u8(BR_IF)
    this.u32(depth)
  }

  /** The condition of the `br_if` or `if` at `at` is nearly always, or nearly never, met. */
  hint(at: number, isLikely: boolean): void {
    this.#hints.push({ at, isLikely })
  }

  /** Bytes from `start` to `end` of other code. */
  appendCode(code: CodeWriter, start = 0, end = code.length): void {
    const moved = this.length - start
    for (const { at, isLikely } of code.#hints)
      if (at >= start && at < end) this.#hints.push({ at: at + moved, isLikely })
    this.append(code.bytes().subarray(start, end))
  }

  body(): FunctionBody {
    return { code: this.bytes().slice(), hints: this.#hints.sort((a, b) => a.at - b.at) }
  }
}
