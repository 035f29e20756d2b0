/**
 * Where LLVM 19 and we differ on RISC-V, and why that is right. Everything else must agree to the letter.
 */

export interface Difference {
  readonly reason: string
  /** `input` is a word ("0x00b50533") when decoding, a line of assembly when encoding; undefined stands for a refusal. */
  covers(input: string, llvm: string | undefined, ours: string | undefined): boolean
}

export const decodeDifferences: readonly Difference[] = []

export const encodeDifferences: readonly Difference[] = []
