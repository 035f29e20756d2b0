/** The guest programs that the page of benchmarks runs: arguments for a measurement, and for a run that only shows that it works. */

export interface BenchProgram {
  readonly name: string
  /** Served as `NAME.rv64.elf`. */
  readonly isa: 'rv64imac' | 'rv64gc'
  /** For the interpreter, and for tiers that compile: some seconds each. */
  readonly short: string
  readonly long: string
  readonly quick: string
}

export const benchPrograms: readonly BenchProgram[] = [
  { name: 'sieve', isa: 'rv64imac', short: '400', long: '800', quick: '3' },
  { name: 'matmul', isa: 'rv64imac', short: '200', long: '800', quick: '20' },
  { name: 'fib', isa: 'rv64imac', short: '30', long: '35', quick: '20' },
  { name: 'interpreter', isa: 'rv64imac', short: '300000', long: '2500000', quick: '3000' },
  { name: 'nbody', isa: 'rv64gc', short: '5000', long: '200000', quick: '100' },
  { name: 'mandelbrot', isa: 'rv64gc', short: '100', long: '1000', quick: '20' },
]

export const benchTiers = ['interpreter', 'baseline', 'optimising', 'auto'] as const
export type BenchTier = (typeof benchTiers)[number]

export interface BenchRequest {
  readonly program: BenchProgram
  readonly tier: BenchTier
  readonly quick: boolean
}
export type BenchAnswer =
  | { readonly instructions: number; readonly milliseconds: number; readonly output: string }
  | { readonly error: string }
