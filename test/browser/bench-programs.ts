/** What the page of benchmarks, its worker and its server say to each other. The programs are those of `npm run bench` (test/bench/programs.ts). */

export interface BenchProgram {
  readonly name: string
  readonly group: string
  /** Of the ELF file, as it is served. */
  readonly file: string
  /** Arguments: for the interpreter, for tiers that compile (some second each), and for a run that only shows that it works. */
  readonly short: readonly string[]
  readonly long: readonly string[]
  readonly quick: readonly string[]
}

export const benchTiers = ['interpreter', 'wasm-interpreter', 'baseline', 'optimising', 'auto'] as const
export type BenchTier = (typeof benchTiers)[number]

export interface BenchRequest {
  readonly file: string
  readonly argv: readonly string[]
  readonly tier: BenchTier
}
export type BenchAnswer =
  | { readonly instructions: number; readonly milliseconds: number; readonly output: string }
  | { readonly error: string }
