/** The slab allocator beside glibc's malloc: random sizes of 1–256 bytes, 1,024 objects alive, each step frees one and allocates one. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SlabAllocator } from '../../runtime/slab.ts'
import { isInstalled, median, projectRoot, run } from './processes.ts'

export interface SlabResult {
  readonly name: string
  /** Per pair of allocate and free. */
  readonly nanoseconds: number
}

const pairs = 10_000_000
const live = 1024
const arena = 1 << 24

export function benchSlab(rounds: number): SlabResult[] {
  const slab: number[] = []
  const glibc: number[] = []
  const malloc = isInstalled('gcc') ? buildMalloc() : undefined
  try {
    slabRound()
    for (let round = 0; round < rounds; round++) {
      slab.push(slabRound())
      if (malloc) glibc.push(Number(run(malloc.program, [String(pairs), String(live)]).out))
    }
  } finally {
    malloc?.remove()
  }
  const results = [{ name: 'slab allocator', nanoseconds: median(slab) }]
  if (malloc) results.push({ name: 'glibc malloc', nanoseconds: median(glibc) })
  return results
}

/** The same sequence of sizes and slots as malloc.c; CPU time. */
function slabRound(): number {
  const allocator = new SlabAllocator(new Int32Array(arena / 4), 0x1000, arena)
  const objects = new Int32Array(live)
  let state = 1
  const before = process.cpuUsage()
  for (let i = 0; i < pairs; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    const slot = state & (live - 1)
    const object = objects[slot] ?? 0
    if (object !== 0) allocator.free(object)
    objects[slot] = allocator.allocate(1 + ((state >>> 16) & 255))
  }
  return (process.cpuUsage(before).user * 1e3) / pairs
}

function buildMalloc(): { readonly program: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'isagen-bench-'))
  const program = join(folder, 'malloc')
  run('gcc', ['-O2', '-o', program, join(projectRoot, 'test/bench/malloc.c')])
  return { program, remove: () => rmSync(folder, { recursive: true }) }
}
